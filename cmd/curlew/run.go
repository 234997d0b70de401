package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// errInterrupted is the cause of a session that SIGINT ended.
var errInterrupted = &failure{codeInterrupt, errors.New("interrupted")}

// run is the program: it returns the exit code.
func run(args []string, s std) int {
	signal.Ignore(syscall.SIGPIPE) // a closed output is an error of write
	if len(args) > 0 {
		if command := commands[args[0]]; command != nil {
			return report(s, newConfig(s), command(s, args[1:]))
		}
	}
	c := newConfig(s)
	err := c.parse(args)
	switch {
	case err != nil:
	case c.help != nil:
		err = writeHelp(s.out, *c.help)
	case c.version:
		err = writeVersion(s.out)
	case len(c.urls) != 1:
		err = usagef("expected one URL, came %d; curlew --help shows the options", len(c.urls))
	default:
		err = transfer(c)
	}
	return report(s, c, err)
}

// commands are what the first argument may be instead of a URL.
var commands = map[string]func(std, []string) error{
	"demo": demo,
	"docs": docs, // for go generate
}

// transfer is one session with the URL.
func transfer(c *config) (err error) {
	u, err := c.target(c.urls[0])
	if err != nil {
		return err
	}
	if err := c.finish(u); err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, c.saveCookies()) }()
	ctx, cancel := c.limits()
	defer cancel()
	conn, err := c.client.Dial(ctx, u.String())
	if err != nil {
		return c.tooMany(cause(ctx, err))
	}
	defer conn.Close()
	return newSession(c, conn).run(ctx)
}

// limits is the context of a session: --max-time and SIGINT end it, and their
// errors are its cause. A second SIGINT ends the program.
func (c *config) limits() (context.Context, context.CancelFunc) {
	ctx, interrupt := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	go func(done <-chan struct{}) {
		select {
		case <-signals:
		case <-done:
		}
		signal.Stop(signals)
		interrupt(errInterrupted)
	}(ctx.Done())
	if c.maxTime == 0 {
		return ctx, func() { interrupt(nil) }
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.maxTime, timeLimit("--max-time", c.maxTime))
	return ctx, func() { cancel(); interrupt(nil) }
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

// tooMany gives a refusal by --max-redirs its exit code.
func (c *config) tooMany(err error) error {
	r := answer(err)
	if r == nil || c.client.MaxRedirects == 0 || r.Header.Get("Location") == "" {
		return err
	}
	followed := 0
	for _, hop := range r.Hops {
		if hop.Header.Get("Location") != "" {
			followed++
		}
	}
	if followed < c.client.MaxRedirects {
		return err
	}
	return &failure{codeRedirects, err}
}
