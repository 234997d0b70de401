package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/internal/handshake"
)

// errInterrupted and errTerminated are the causes of sessions that SIGINT and
// SIGTERM ended.
var (
	errInterrupted = &failure{codeInterrupt, errors.New("interrupted")}
	errTerminated  = &failure{codeTerminate, errors.New("terminated")}
)

// transfers holds a session with each URL, one after the other, and returns the
// error of the last, or with --fail-early the first.
func (c *config) transfers() error {
	if err := cmp.Or(c.checkURLs(), c.onlyClient()); err != nil {
		return err
	}
	ctx, cancel := interruptible()
	defer cancel()
	if err := c.finish(); err != nil {
		return err
	}
	var last error
	for n, arg := range c.urls {
		if n > 0 {
			c.report(last)
		}
		last = c.transfer(ctx, n, arg)
		if last != nil && c.failEarly || ctx.Err() != nil {
			break
		}
	}
	return cmp.Or(last, written(c.out.close()), c.saveCookies())
}

// transfer is the session with a URL.
func (c *config) transfer(ctx context.Context, n int, arg string) error {
	u, err := c.target(arg)
	if err != nil {
		return err
	}
	c.secure, c.urlUser = u.Scheme == "wss", u.User != nil
	c.asked.server.Store(false)
	c.asked.proxy.Store(false)
	if c.netrcAlone() {
		u.User = nil
	}
	client, err := c.clientFor(u)
	if err != nil {
		return err
	}
	r, t := &result{c: c, n: n, url: u}, newTally()
	if client.Trace = together(c.traces); c.needsTally() {
		client.Trace = together(append(c.traces[:len(c.traces):len(c.traces)], t.trace()))
	}
	ctx, cancel := c.limited(ctx)
	defer cancel()
	if c.reconnect {
		r.err = c.stay(ctx, client, u, t, r)
	} else {
		r.err = c.once(ctx, client, u, t, r)
	}
	if r.resp == nil {
		r.resp = answer(r.err)
	}
	r.tally = t.now()
	r.total = time.Since(t.start)
	return cmp.Or(r.err, c.finished(r))
}

// once is a single session.
func (c *config) once(ctx context.Context, client *curlew.Client, u *url.URL, t *tally, r *result) error {
	conn, err := c.dial(ctx, client, u)
	if err != nil {
		return err
	}
	defer conn.Close()
	r.conn, r.resp = conn, conn.Response()
	return newSession(c, conn, t).run(ctx)
}

// finished tells of a session what was asked for.
func (c *config) finished(r *result) error {
	if c.stats {
		r.tally.write(c.stderr)
	}
	if c.writeOut != "" {
		if err := r.write(c.writeOut); err != nil {
			return err
		}
	}
	for _, t := range c.tellers {
		if err := t.failed(); err != nil {
			return written(err)
		}
	}
	return nil
}

func (c *config) needsTally() bool {
	return c.stats || c.writeOut != "" || c.speedLimit > 0 || c.progress || c.person()
}

// interruptible is a context that SIGINT and SIGTERM end, with the causes
// errInterrupted and errTerminated. A second one ends the program.
func interruptible() (context.Context, context.CancelFunc) {
	ctx, interrupt := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		cause := errInterrupted
		select {
		case came := <-signals:
			if came == syscall.SIGTERM {
				cause = errTerminated
			}
		case <-ctx.Done():
		}
		signal.Stop(signals)
		interrupt(cause)
	}()
	return ctx, func() { interrupt(nil) }
}

// interrupted reports whether a signal ended the session.
func interrupted(err error) bool {
	return errors.Is(err, errInterrupted) || errors.Is(err, errTerminated)
}

// limited is ctx with the end that --max-time sets.
func (c *config) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.maxTime == 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, c.maxTime, timeLimit("--max-time", c.maxTime))
}

func timeLimit(option string, d time.Duration) error {
	return &failure{codeTimeout, fmt.Errorf("the session took longer than %s allows, which is %v", option, d)}
}

// cause is why ctx ended, or err if it has not.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// dial opens the session, as often as --retry allows.
func (c *config) dial(ctx context.Context, client *curlew.Client, u *url.URL) (*curlew.Conn, error) {
	start, pause := time.Now(), time.Second
	for tries := c.retry; ; tries-- {
		conn, err := client.Dial(c.watched(ctx), handshake.FormatURL(u))
		if err == nil {
			return conn, nil
		}
		err = cause(ctx, err)
		c.tellUntrusted(err)
		wait := cmp.Or(c.retryDelay, retryAfter(err), pause)
		if ctx.Err() != nil || tries == 0 || !c.transient(err) || c.retryMaxTime > 0 && time.Since(start)+wait > c.retryMaxTime {
			return nil, err
		}
		c.note("%s; trying again in %v (%d left)", plain(err), wait, tries)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		pause = min(2*pause, 10*time.Minute)
	}
}

// transient reports whether a failure may not be there the next time.
func (c *config) transient(err error) bool {
	if c.retryAll {
		return true
	}
	if r := answer(err); r != nil {
		switch r.StatusCode {
		case 408, 429, 500, 502, 503, 504, 522, 524:
			return true
		}
	}
	return timedOut(err) || c.retryRefused && errors.Is(err, syscall.ECONNREFUSED)
}

// maxRetryAfter is how long a server may keep --retry waiting, as with curl.
const maxRetryAfter = 6 * time.Hour

// retryAfter is how long the server wants to be left alone.
func retryAfter(err error) time.Duration {
	r := answer(err)
	if r == nil {
		return 0
	}
	value := r.Header.Get("Retry-After")
	if s, err := strconv.ParseUint(value, 10, 31); err == nil || errors.Is(err, strconv.ErrRange) {
		return min(time.Duration(s)*time.Second, maxRetryAfter)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(0, time.Until(at)), maxRetryAfter)
}
