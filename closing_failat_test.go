package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// failing are sessions of which every call of the stream's Read and Write is
// made to fail. Each returns the first error of the client's; nil means that
// all was well up to the closing handshake, whose failure is told by the last
// method's result only where that says so.
var failing = map[string]struct {
	client func(ctx context.Context, c *curlew.Conn) error
	server func(ctx context.Context, c *curlew.Conn)
}{
	"Perform": {func(ctx context.Context, c *curlew.Conn) error {
		n := 0
		return c.Perform(ctx, curlew.Handler{
			OnOpen: func(c *curlew.Conn) error { return c.Send(curlew.Text, []byte("x")) },
			OnChunk: func(c *curlew.Conn, p []byte, m curlew.Meta) error {
				if n += m.Len; n < 10_000 {
					return c.Send(curlew.Text, append(p, p...))
				}
				return curlew.ErrStop
			},
		})
	}, echoes},
	"Perform until CLOSE": {func(ctx context.Context, c *curlew.Conn) error { return c.Perform(ctx, curlew.Handler{}) }, sends},
	"Perform with Upload": {func(ctx context.Context, c *curlew.Conn) error {
		const pieces, size = 5, 500
		sent, got := 0, 0
		err := c.Perform(ctx, curlew.Handler{
			OnChunk: func(_ *curlew.Conn, p []byte, _ curlew.Meta) error {
				if got += len(p); got == pieces*size {
					return curlew.ErrStop
				}
				return nil
			},
			Upload: func(_ *curlew.Conn, buf []byte) (int, error) {
				if sent++; sent == pieces {
					return size, io.EOF
				}
				return size, nil
			},
		})
		return err
	}, echoes},
	"Shutdown": {func(ctx context.Context, c *curlew.Conn) error { return c.Shutdown(ctx, 1000, "") }, sends},
	"Ping": {func(ctx context.Context, c *curlew.Conn) error {
		for range 5 {
			if _, err := c.Ping(ctx); err != nil {
				return err
			}
		}
		return nil
	}, echoes},
	"ReadMessage": {func(ctx context.Context, c *curlew.Conn) error {
		for {
			if _, _, err := c.ReadMessage(ctx, nil); err != nil {
				return unlessClosed(err)
			}
		}
	}, sends},
	"NextReader": {func(ctx context.Context, c *curlew.Conn) error {
		for {
			_, r, err := c.NextReader(ctx)
			if err == nil {
				_, err = io.Copy(io.Discard, readerOnly{r})
			}
			if err != nil {
				return unlessClosed(err)
			}
		}
	}, sends},
	"WriteTo": {func(ctx context.Context, c *curlew.Conn) error {
		for {
			_, r, err := c.NextReader(ctx)
			if err == nil {
				_, err = r.(io.WriterTo).WriteTo(onlyWriter{})
			}
			if err != nil {
				return unlessClosed(err)
			}
		}
	}, sends},
	"Messages": {func(ctx context.Context, c *curlew.Conn) error {
		for _, err := range c.Messages(ctx) {
			if err != nil {
				return err
			}
		}
		return nil
	}, sends},
	"WriteMessage": {func(ctx context.Context, c *curlew.Conn) error {
		for i := range 10 {
			if err := c.WriteMessage(ctx, curlew.Text, []byte(letters(i*700))); err != nil {
				return err
			}
		}
		return c.Shutdown(ctx, 1000, "")
	}, echoes},
	"NextWriter": {func(ctx context.Context, c *curlew.Conn) error {
		for range 3 {
			w, err := c.NextWriter(ctx, curlew.Text)
			if err != nil {
				return err
			}
			_, err = io.Copy(w, strings.NewReader(letters(5000)))
			if err = errors.Join(err, w.Close()); err != nil {
				return err
			}
		}
		return c.Shutdown(ctx, 1000, "")
	}, echoes},
	"SendPrepared": {func(ctx context.Context, c *curlew.Conn) error {
		for i := range 5 {
			m, err := curlew.Prepare(curlew.Binary, []byte(letters(i*700)))
			if err = errors.Join(err, c.SendPrepared(m)); err != nil {
				return err
			}
		}
		return c.Shutdown(ctx, 1000, "")
	}, echoes},
	"MessageConn": {func(ctx context.Context, c *curlew.Conn) error {
		s := c.MessageConn(curlew.Binary)
		defer s.Close()
		written := later(func() error { _, err := io.WriteString(s, letters(5000)); return err })
		_, err := io.ReadFull(s, make([]byte, 5000))
		var op *net.OpError
		if err != nil && !errors.As(err, &op) {
			return fmt.Errorf("%w is no *net.OpError", err)
		}
		return errors.Join(err, <-written, s.Close())
	}, echoes},
	"Recv": {func(ctx context.Context, c *curlew.Conn) error {
		return unlessEOF(receiveTo(c, 1<<20, func() (int, error) { m, err := c.Recv(make([]byte, 200)); return m.Len, err }))
	}, sends},
	"Next": {func(ctx context.Context, c *curlew.Conn) error {
		return unlessEOF(receiveTo(c, 1<<20, func() (int, error) { p, _, err := c.Next(); return len(p), err }))
	}, sends},
	"Send": {func(ctx context.Context, c *curlew.Conn) error {
		for _, f := range []curlew.Flags{curlew.Text | curlew.Compressed | curlew.Cont, curlew.Cont, curlew.Ping, curlew.Text, curlew.Pong} {
			p := letters(700)
			if f == curlew.Ping || f == curlew.Pong {
				p = p[:100]
			}
			if err := c.Send(f, []byte(p)); err != nil {
				return err
			}
		}
		return c.Shutdown(ctx, 1000, "")
	}, echoes},
	"all at once": {func(ctx context.Context, c *curlew.Conn) error {
		done := make(chan error, 3)
		go func() { _, err := c.Ping(ctx); done <- err }()
		go func() { done <- c.WriteMessage(ctx, curlew.Text, []byte(letters(3000))) }()
		go func() { done <- streamed(ctx, c, letters(3000)) }()
		for range 2 {
			if _, _, err := c.ReadMessage(ctx, nil); err != nil {
				return errors.Join(err, <-done, <-done, <-done)
			}
		}
		return errors.Join(<-done, <-done, <-done, c.Shutdown(ctx, 1000, ""))
	}, echoes},
}

// unlessEOF is err, but nil for the end of the closing handshake.
func unlessEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// unlessClosed is err, but nil for a normal end.
func unlessClosed(err error) error {
	var ce *curlew.CloseError
	if errors.As(err, &ce) && ce.Code == 1000 {
		return nil
	}
	return err
}

// echoes receives in one goroutine and sends in another.
func echoes(ctx context.Context, c *curlew.Conn) {
	queue := make(chan curlew.Message, 1000)
	defer close(queue)
	go func() {
		for m := range queue {
			c.WriteMessage(ctx, m.Flags, m.Data)
		}
	}()
	for {
		f, p, err := c.ReadMessage(ctx, nil)
		if err != nil {
			return
		}
		queue <- curlew.Message{Flags: f, Data: p}
	}
}

// sends sends messages of all sorts, and closes.
func sends(ctx context.Context, c *curlew.Conn) {
	for i := range 5 {
		c.WriteMessage(ctx, curlew.Text, []byte(letters(i*1000)))
		c.Send(curlew.Ping, []byte("?"))
		streamed(ctx, c, letters(2000))
	}
	c.Shutdown(ctx, 1000, "")
}

// A noticing stream knows whether a call of it was made to fail.
type noticing struct {
	net.Conn
	hit atomic.Bool
}

func (n *noticing) notice(err error) {
	if errors.Is(err, curlewtest.ErrInjected) {
		n.hit.Store(true)
	}
}

func (n *noticing) Read(p []byte) (k int, err error) {
	k, err = n.Conn.Read(p)
	n.notice(err)
	return k, err
}

func (n *noticing) Write(p []byte) (k int, err error) {
	k, err = n.Conn.Write(p)
	n.notice(err)
	return k, err
}

// withDeflate compresses what is 100 bytes long or more; other options are those
// of the sessions that fail.
var withDeflate = &curlew.Compression{MinSize: 100, ClientNoTakeover: true}

// openEnd opens one end of a session, of role server. Without compression it
// needs no handshake.
func openEnd(ctx context.Context, s net.Conn, server bool, o curlew.AcceptOptions) (c *curlew.Conn, err error) {
	switch {
	case o.Compression == nil:
		return curlew.NewConn(s, server, &o), nil
	case server:
		c, err = curlewtest.Upgrade(ctx, s, &o)
	default:
		client := curlew.Client{Compression: o.Compression, MaxMessage: o.MaxMessage, WriteBuffer: o.WriteBuffer, ReadBuffer: o.ReadBuffer, Trace: o.Trace}
		client.Net.NetDial = func(context.Context, string, string) (net.Conn, error) { return s, nil }
		c, err = client.Dial(ctx, "ws://h/")
	}
	if err != nil {
		s.Close()
	}
	return c, err
}

// openPair opens a session between streams, of which ours is of role server.
func openPair(ctx context.Context, ours, theirs net.Conn, server bool, o curlew.AcceptOptions) (c, peer *curlew.Conn, err error) {
	opened := make(chan error, 1)
	go func() {
		var failed error
		peer, failed = openEnd(ctx, theirs, !server, curlew.AcceptOptions{WriteBuffer: 512, Compression: o.Compression})
		opened <- failed
	}()
	c, err = openEnd(ctx, ours, server, o)
	if failed := <-opened; err == nil && failed != nil { // of our answer not all arrived
		c.Close()
		err = failed
	}
	if err != nil && peer != nil {
		peer.Close()
	}
	return c, peer, err
}

func TestFailAtMessages(t *testing.T) {
	for name, session := range failing {
		for _, server := range []bool{false, true} {
			for _, with := range []*curlew.Compression{nil, withDeflate} {
				t.Run(fmt.Sprintf("%s/server=%v,compressed=%v", name, server, with != nil), func(t *testing.T) {
					curlewtest.FailAt(t, func(t *testing.T, wrap func(net.Conn) net.Conn) (err error) {
						synctest.Test(t, func(t *testing.T) { err = failSession(t, wrap, session.client, session.server, server, with) })
						return err
					})
				})
			}
		}
	}
}

// failSession is one session over a stream of which a call may fail.
func failSession(t *testing.T, wrap func(net.Conn) net.Conn, ours func(context.Context, *curlew.Conn) error,
	theirs func(context.Context, *curlew.Conn), server bool, with *curlew.Compression) error {
	a, b := curlewtest.PipeSize(1000)
	stream := &noticing{Conn: wrap(a)}
	var closed atomic.Bool // the closing handshake had begun
	c, peer, err := openPair(t.Context(), stream, b, server, curlew.AcceptOptions{
		WriteBuffer: 512, ReadBuffer: 512, Compression: with, Trace: &curlew.Trace{
			Chunk: func(_ bool, _ []byte, m curlew.Meta) {
				if m.Flags == curlew.Close {
					closed.Store(true)
				}
			},
		}})
	if err != nil {
		if !stream.hit.Load() {
			t.Errorf("no call failed, and the opening gave %v", err)
		}
		return err
	}
	done := make(chan bool)
	go func() {
		defer close(done)
		theirs(t.Context(), peer)
		peer.Close()
	}()
	err = ours(t.Context(), c)
	c.Close()
	peer.Close()
	<-done
	switch {
	case err != nil && !errors.Is(err, curlewtest.ErrInjected):
		err = fmt.Errorf("%w, which is not what failed", err)
		t.Error(err)
	case err == nil && stream.hit.Load() && !closed.Load():
		t.Error("a call failed before the closing handshake, and nobody was told")
	case err == nil && stream.hit.Load():
		err = curlewtest.ErrInjected
	}
	return err
}
