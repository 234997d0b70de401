package curlew_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// everyCall are the methods that may fail, each called once.
var everyCall = []struct {
	name string
	call func(ctx context.Context, c *curlew.Conn) error
}{
	{"Recv", func(_ context.Context, c *curlew.Conn) error { _, err := c.Recv(make([]byte, 9)); return err }},
	{"Recv peeking", func(_ context.Context, c *curlew.Conn) error { _, err := c.Recv(nil); return err }},
	{"Next", func(_ context.Context, c *curlew.Conn) error { _, _, err := c.Next(); return err }},
	{"ReadMessage", func(ctx context.Context, c *curlew.Conn) error { _, _, err := c.ReadMessage(ctx, nil); return err }},
	{"NextReader", func(ctx context.Context, c *curlew.Conn) error { _, _, err := c.NextReader(ctx); return err }},
	{"Messages", func(ctx context.Context, c *curlew.Conn) (err error) {
		for _, err = range c.Messages(ctx) {
		}
		return err
	}},
	{"Perform", func(ctx context.Context, c *curlew.Conn) error { return c.Perform(ctx, curlew.Handler{}) }},
	{"Ping", func(ctx context.Context, c *curlew.Conn) error { _, err := c.Ping(ctx); return err }},
	{"Shutdown", func(ctx context.Context, c *curlew.Conn) error { return c.Shutdown(ctx, 1000, "") }},
	{"Send", func(_ context.Context, c *curlew.Conn) error { return c.Send(curlew.Text, []byte("hello")) }},
	{"Send PING", func(_ context.Context, c *curlew.Conn) error { return c.Send(curlew.Ping, nil) }},
	{"StartFrame", func(_ context.Context, c *curlew.Conn) error { return c.StartFrame(curlew.Text, 0) }},
	{"SendPayload", func(_ context.Context, c *curlew.Conn) error { return c.SendPayload([]byte("x")) }},
	{"Batch.Send", func(_ context.Context, c *curlew.Conn) error { return c.Cork().Send(curlew.Text, nil) }},
	{"Batch.Flush", func(_ context.Context, c *curlew.Conn) error { return c.Cork().Flush() }},
	{"WriteMessage", func(ctx context.Context, c *curlew.Conn) error { return c.WriteMessage(ctx, curlew.Text, nil) }},
	{"NextWriter", func(ctx context.Context, c *curlew.Conn) error {
		w, err := c.NextWriter(ctx, curlew.Text)
		if err != nil {
			return err
		}
		_, err = w.Write(nil)
		return errors.Join(err, w.Close())
	}},
}

// Every call after Close says so, also where something is still buffered.
func TestUseAfterClose(t *testing.T) {
	for _, kind := range streamKinds {
		for _, call := range everyCall {
			for _, buffered := range []bool{false, true} {
				t.Run(kind.name+"/"+call.name, func(t *testing.T) {
					t.Parallel()
					curlewtest.NoLeaks(t)
					ours, theirs := kind.make(t)
					c, peer := newPair(t, ours, theirs, false, nil)
					if buffered {
						peer.send(rawFrame{wText, "one"}, rawFrame{wText, "two"}, rawFrame{wClose, ""})
						if _, _, err := c.Next(); err != nil {
							t.Fatal(err)
						}
					}
					for range 3 {
						if err := c.Close(); err != nil {
							t.Error(err)
						}
					}
					wantError(t, call.call(t.Context(), c), net.ErrClosed)
					wantError(t, call.call(t.Context(), c), net.ErrClosed)
					wantError(t, c.SetDeadline(time.Now()), net.ErrClosed)
				})
			}
		}
	}
}

// Calls in progress end within the time that Close has, and say why.
func TestCloseEndsCalls(t *testing.T) {
	for _, call := range everyCall {
		t.Run(call.name, func(t *testing.T) {
			t.Parallel()
			curlewtest.NoLeaks(t)
			synctest.Test(t, func(t *testing.T) {
				c, _ := narrow(t, 10, &curlew.AcceptOptions{WriteBuffer: 512})
				full := later(func() error { return c.Send(curlew.Binary, make([]byte, 1000)) })
				running := later(func() error { return call.call(t.Context(), c) })
				if call.name != "SendPayload" { // which has no frame
					blocked(t, running)
				}
				start := time.Now()
				var closers sync.WaitGroup
				for range 3 {
					closers.Go(func() { c.Close() })
				}
				closers.Wait()
				wantError(t, <-full, net.ErrClosed)
				err := <-running
				if call.name != "SendPayload" {
					wantError(t, err, net.ErrClosed)
				}
				if took := time.Since(start); took > 100*time.Millisecond {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// A payload that is being sent, a batch that is being flushed and a message
// that is being written end as well.
func TestCloseEndsPieces(t *testing.T) {
	calls := map[string]func(c *curlew.Conn) error{
		"SendPayload": func(c *curlew.Conn) error {
			return errors.Join(c.StartFrame(curlew.Binary, 1000), c.SendPayload(make([]byte, 1000)))
		},
		"Batch.Send": func(c *curlew.Conn) error { return c.Cork().Send(curlew.Text, make([]byte, 1000)) },
		"Batch.Flush": func(c *curlew.Conn) error {
			b := c.Cork()
			return errors.Join(b.Send(curlew.Text, make([]byte, 100)), b.Flush())
		},
		"Writer": func(c *curlew.Conn) error {
			w, err := c.NextWriter(context.Background(), curlew.Text)
			if err == nil {
				_, err = w.Write(make([]byte, 5000))
			}
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			synctest.Test(t, func(t *testing.T) {
				c, _ := narrow(t, 10, &curlew.AcceptOptions{WriteBuffer: 512})
				running := later(func() error { return call(c) })
				blocked(t, running)
				c.Close()
				wantError(t, <-running, net.ErrClosed)
			})
		})
	}
}

// Close drops what is queued.
func TestCloseDropsTheQueue(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := narrow(t, 10, nil)
		full := later(func() error { return c.Send(curlew.Binary, make([]byte, 100)) })
		for range 10 {
			if err := c.Send(curlew.Text, []byte("queued")); err != nil {
				t.Fatal(err)
			}
		}
		c.Close()
		wantError(t, <-full, net.ErrClosed)
		if got, _ := io.ReadAll(peer.Conn); len(got) != 10 {
			t.Errorf("the peer got %d bytes", len(got))
		}
	})
}

// Over TLS, Close does not wait to say goodbye to a peer that reads nothing.
func TestCloseOverTLS(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := tlsOver(t, func(testing.TB) (net.Conn, net.Conn) { return curlewtest.PipeSize(5000) })
		c, _ := newPair(t, ours, theirs, false, nil)
		full := later(func() error { return c.Send(curlew.Binary, make([]byte, 100000)) })
		blocked(t, full)
		start := time.Now()
		c.Close()
		wantError(t, <-full, net.ErrClosed)
		if took := time.Since(start); took > 100*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
	synctest.Test(t, func(t *testing.T) { // with nobody writing, but no room for the goodbye
		ours, theirs := tlsOver(t, func(testing.TB) (net.Conn, net.Conn) { return curlewtest.PipeSize(5000) })
		c, _ := newPair(t, ours, theirs, false, nil)
		if err := c.Send(curlew.Binary, make([]byte, 4950)); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		c.Close()
		if took := time.Since(start); took > 100*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}

// Behind our CLOSE nothing is sent; once the peer's came too, sends say what
// was in it.
func TestSendAfterClose(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipePair(t, nil)
		sends := func() (all []error) {
			w, err := c.NextWriter(t.Context(), curlew.Text)
			if err == nil {
				err = w.Close()
			}
			return append(all, err, c.Send(curlew.Text, nil), c.Send(curlew.Ping, nil), c.Send(curlew.Close, nil), c.Send(0, nil),
				c.StartFrame(curlew.Binary, 1), c.SendPayload(nil), c.Cork().Send(curlew.Text, nil), c.Cork().Flush(),
				c.WriteMessage(t.Context(), curlew.Text, nil))
		}
		if err := c.Send(curlew.Close, curlew.AppendClose(nil, 1001, "bye")); err != nil {
			t.Fatal(err)
		}
		for i, err := range sends() {
			if err != curlew.ErrClosing {
				t.Errorf("call %d: %v", i, err)
			}
		}
		peer.expect(rawFrame{wClose, "\x03\xe9bye"})
		peer.send(rawFrame{wText, "on its way"}, rawFrame{wPing, "too late"}, rawFrame{wClose, "\x03\xe8so long"})
		got, err := receiveAll(c, nil)
		if err != io.EOF {
			t.Error(err)
		}
		samePieces(t, got, piecesOf(0, rawFrame{wText, "on its way"}, rawFrame{wClose, "\x03\xe8so long"}))
		for i, err := range sends() {
			var ce *curlew.CloseError
			if !errors.As(err, &ce) || ce.Code != 1000 || ce.Reason != "so long" {
				t.Errorf("call %d: %v", i, err)
			}
		}
		c.Close()
		peer.expectEnd()
	})
}

// A haltingConn returns from Write when the bytes are with the peer and the
// connection was closed meanwhile.
type haltingConn struct {
	net.Conn
	written, closed chan bool
	once            sync.Once
}

func (c *haltingConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.written <- true
	<-c.closed
	return n, err
}

func (c *haltingConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// What was written before Close was sent, and its sender is told so.
func TestSentBeforeClose(t *testing.T) {
	prepared, err := curlew.Prepare(curlew.Text, []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		raw  bool
		send func(ctx context.Context, c *curlew.Conn) error
	}{
		{"Send", false, func(_ context.Context, c *curlew.Conn) error { return c.Send(curlew.Text, []byte("hello")) }},
		{"Send PING", false, func(_ context.Context, c *curlew.Conn) error { return c.Send(curlew.Ping, nil) }},
		{"Send raw", true, func(_ context.Context, c *curlew.Conn) error { return c.Send(0, []byte("hello")) }},
		{"SendInPlace", false, func(_ context.Context, c *curlew.Conn) error { return c.SendInPlace(curlew.Text, []byte("hello")) }},
		{"SendPrepared", false, func(_ context.Context, c *curlew.Conn) error { return c.SendPrepared(prepared) }},
		{"SendPayload", false, func(_ context.Context, c *curlew.Conn) error {
			return errors.Join(c.StartFrame(curlew.Text, 5), c.SendPayload([]byte("hello")))
		}},
		{"Batch.Flush", false, func(_ context.Context, c *curlew.Conn) error {
			b := c.Cork()
			return errors.Join(b.Send(curlew.Text, []byte("hello")), b.Send(curlew.Text, []byte("again")), b.Flush())
		}},
		{"WriteMessage", false, func(ctx context.Context, c *curlew.Conn) error {
			return c.WriteMessage(ctx, curlew.Text, []byte("hello"))
		}},
		{"NextWriter", false, func(ctx context.Context, c *curlew.Conn) error {
			w, err := c.NextWriter(ctx, curlew.Text)
			if err != nil {
				return err
			}
			_, err = w.Write([]byte("hello"))
			return errors.Join(err, w.Close())
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			a, b := curlewtest.Pipe()
			stream := &haltingConn{Conn: a, written: make(chan bool, 9), closed: make(chan bool)}
			c, _ := newPair(t, stream, b, false, &curlew.AcceptOptions{RawMode: test.raw})
			done := make(chan error, 1)
			go func() { done <- test.send(t.Context(), c) }()
			<-stream.written
			c.Close()
			if err := <-done; err != nil {
				t.Errorf("what the peer has was not sent: %v", err)
			}
			wantError(t, test.send(t.Context(), c), net.ErrClosed)
		})
	}
}
