package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/internal/handshake"
	"github.com/curlew-ws/curlew/reconnect"
)

// stay is --reconnect: one session after the other, each begun by the messages
// of -d, with what is read from standard input going to the one that is there.
func (c *config) stay(ctx context.Context, client *curlew.Client, u *url.URL, t *tally, r *result) error {
	opening, stdin, err := c.opening()
	if err != nil {
		return err
	}
	if stdin != nil {
		f := newFeed(c, *stdin)
		go f.run(ctx)
		c.feed = f
	}
	var last error // of the last session
	loop := &reconnect.Loop{
		Client: client, Opening: opening, MinDelay: c.reconnectDelay, MaxDelay: c.reconnectMax,
		OnPause: func(g reconnect.Gap, pause time.Duration) {
			c.note("%s; connecting again in %v", plain(ending(g.Err)), pause.Round(time.Millisecond))
		},
	}
	err = loop.Run(ctx, handshake.FormatURL(u), func(ctx context.Context, conn *curlew.Conn, g reconnect.Gap) error {
		if g.Sessions > 0 {
			if err := c.markGap(g); err != nil {
				last = err
				return reconnect.ErrDone
			}
		}
		r.conn, r.resp = conn, conn.Response()
		s := newSession(c, conn, t)
		s.messages = c.received
		last = s.run(ctx)
		c.received = s.messages
		if last == nil && s.wait.closedWith == 0 || isA[*failure](last) {
			return reconnect.ErrDone // it was us who ended it
		}
		return last
	})
	if err == nil {
		return last
	}
	return cause(ctx, err)
}

// opening are the messages that begin every session, and standard input, if it
// is read.
func (c *config) opening() (opening []curlew.Message, stdin *outgoing, err error) {
	for _, o := range c.input() {
		switch {
		case o.file == "":
			opening = append(opening, curlew.Message{Flags: cmp.Or(o.flags, c.messageType()), Data: o.data})
		case o.file == "-" && o.framing != "" && o.framing != framingMessage && stdin == nil:
			stdin = &o
		default:
			return nil, nil, usagef("option --reconnect sends the messages of -d again, and messages of standard input once; it has no place for other files")
		}
	}
	return opening, stdin, nil
}

// markGap says, where the messages are, that some may be missing.
func (c *config) markGap(g reconnect.Gap) error {
	gap := time.Since(g.Begin)
	c.note("connected again; what came in the %v between is missing", gap.Round(time.Millisecond))
	if c.framingOut != framingNDJSON {
		return nil
	}
	type mark struct {
		Seconds float64 `json:"seconds"`
		Error   string  `json:"error"`
	}
	line, err := json.Marshal(map[string]mark{"gap": {gap.Seconds(), plain(ending(g.Err))}})
	if err == nil {
		_, err = fmt.Fprintf(c.stdout, "%s\n", line)
	}
	return written(err)
}

// A feed hands the messages of standard input to the session that is there. A
// message that a session did not take, since it was closed, goes to the next.
type feed struct {
	c    *config
	from outgoing

	mu      sync.Mutex
	turn    *sync.Cond
	session *session // nil: there is none
	ended   bool     // the input has, by err
	err     error
}

func newFeed(c *config, from outgoing) *feed {
	f := &feed{c: c, from: from}
	f.turn = sync.NewCond(&f.mu)
	return f
}

// run reads the input to its end.
func (f *feed) run(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { f.turn.Broadcast() })
	defer stop()
	if f.from.flags == 0 {
		f.from.flags = f.c.messageType()
	}
	in := newInput(textIn(stdin{f.c.std.in}, f.from.flags, f.from.framing), f.from.flags, f.from.framing)
	in.keep = f.c.keeps(f.from.framing)
	var err error
	for err == nil && in.next() {
		err = f.send(ctx, in)
	}
	if err == nil {
		err = in.err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended, f.err = true, err
	f.tell()
}

// tell tells the session that the input has ended.
func (f *feed) tell() {
	switch {
	case f.session == nil || !f.ended:
	case f.err != nil:
		f.session.wait.interrupt(f.err, 0)
	default:
		f.session.wait.inputEnded()
	}
}

// send sends the message of in by the session that is there.
func (f *feed) send(ctx context.Context, in *input) error {
	for {
		s := f.current(ctx)
		if s == nil {
			return context.Cause(ctx)
		}
		err := s.sendMessage(ctx, in.flags, in.message, in.where())
		switch {
		case err == nil || isA[*failure](err):
			return err
		case errors.Is(err, curlew.ErrClosing), errors.Is(err, net.ErrClosed), isA[*curlew.CloseError](err):
			f.detach(s)
		default:
			f.c.note("%s may not have arrived: %s", in.where(), plain(err))
			return nil
		}
	}
}

// current waits for a session; it is nil when ctx has ended.
func (f *feed) current(ctx context.Context) *session {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.session == nil && ctx.Err() == nil {
		f.turn.Wait()
	}
	return f.session
}

// attach makes s the session that is there.
func (f *feed) attach(s *session) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.session = s
	f.tell()
	f.turn.Broadcast()
}

// detach takes it back.
func (f *feed) detach(s *session) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.session == s {
		f.session = nil
	}
}

// errLent is what lend returns: it is the feed that knows of the input's end.
var errLent = errors.New("lent to the feed")

// lend lets the feed send by the session, until that ends.
func (s *session) lend(ctx context.Context) error {
	s.c.feed.attach(s)
	<-ctx.Done()
	s.c.feed.detach(s)
	return errLent
}
