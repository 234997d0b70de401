package curlew_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
)

// performWaits are the situations in which Perform waits for something, begun
// by OnOpen, OnChunk or Upload, over a stream that holds 1000 bytes and a peer
// that receives nothing and sends one message.
var performWaits = []struct {
	name string
	h    func(t *testing.T) curlew.Handler
}{
	{"for chunks", func(*testing.T) curlew.Handler { return curlew.Handler{} }},
	{"for chunks beside a paused Upload", func(*testing.T) curlew.Handler { return curlew.Handler{Upload: neverUploads} }},
	{"paused", func(*testing.T) curlew.Handler { return curlew.Handler{OnChunk: pauses} }},
	{"both paused", func(*testing.T) curlew.Handler { return curlew.Handler{OnChunk: pauses, Upload: neverUploads} }},
	{"to upload", func(*testing.T) curlew.Handler {
		return curlew.Handler{Upload: func(_ *curlew.Conn, buf []byte) (int, error) { return len(buf), nil }}
	}},
	{"to upload, paused", func(*testing.T) curlew.Handler {
		return curlew.Handler{OnChunk: pauses, Upload: func(_ *curlew.Conn, buf []byte) (int, error) { return len(buf), nil }}
	}},
	{"in OnOpen, sending", func(*testing.T) curlew.Handler {
		return curlew.Handler{OnOpen: func(c *curlew.Conn) error { return c.Send(curlew.Text, make([]byte, 5000)) }}
	}},
	{"in OnChunk, sending", func(*testing.T) curlew.Handler {
		return curlew.Handler{OnChunk: func(c *curlew.Conn, _ []byte, _ curlew.Meta) error { return c.Send(curlew.Text, make([]byte, 5000)) }}
	}},
	{"in OnChunk, sending in pieces", func(*testing.T) curlew.Handler {
		return curlew.Handler{OnChunk: func(c *curlew.Conn, _ []byte, _ curlew.Meta) error {
			c.StartFrame(curlew.Binary, 1<<40)
			for {
				if err := c.SendPayload(make([]byte, 500)); err != nil {
					return err
				}
			}
		}}
	}},
	{"in Upload, sending", func(*testing.T) curlew.Handler {
		return curlew.Handler{Upload: func(c *curlew.Conn, _ []byte) (int, error) { return 0, c.Send(curlew.Text, make([]byte, 5000)) }}
	}},
	{"in Upload, writing", func(t *testing.T) curlew.Handler {
		return curlew.Handler{Upload: func(c *curlew.Conn, _ []byte) (int, error) {
			return 0, c.WriteMessage(context.Background(), curlew.Text, make([]byte, 5000))
		}}
	}},
}

func pauses(*curlew.Conn, []byte, curlew.Meta) error { return curlew.ErrPause }

// Whatever Perform waits for, the end of its context and Close end it at once.
func TestPerformInterrupted(t *testing.T) {
	for _, wait := range performWaits {
		for _, by := range []struct {
			name string
			want error
			end  func(c *curlew.Conn, cancel context.CancelCauseFunc)
		}{
			{"context", errCause, func(_ *curlew.Conn, cancel context.CancelCauseFunc) { cancel(errCause) }},
			{"Close", net.ErrClosed, func(c *curlew.Conn, _ context.CancelCauseFunc) { c.Close() }},
		} {
			t.Run(wait.name+" by "+by.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c, p := smallPair(t, 1000, nil)
					ctx, cancel := context.WithCancelCause(t.Context())
					p.send(textFrame("x"))
					go func() {
						time.Sleep(time.Second)
						by.end(c, cancel)
					}()
					start := time.Now()
					err := c.Perform(ctx, wait.h(t))
					if took := time.Since(start); took != time.Second {
						t.Errorf("took %v", took)
					}
					wantError(t, err, by.want)
					if _, err := io.Copy(io.Discard, p.r); err != nil {
						t.Errorf("the stream did not end: %v", err)
					}
					if err := c.Send(curlew.Text, nil); err == nil {
						t.Error("the connection was not dropped")
					}
				})
			})
		}
	}
}

// A callback that runs when the context ends is waited for, and is the last.
func TestPerformContextEndsInCallback(t *testing.T) {
	every(t, func(t *testing.T, h func(func() error) curlew.Handler) {
		c, p := pipePair(t, nil)
		p.send(textFrame("x"), textFrame("y"))
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errCause)
		defer cancel()
		calls, start := 0, time.Now()
		err := c.Perform(ctx, h(func() error {
			calls++
			time.Sleep(2 * time.Second)
			return nil
		}))
		wantError(t, err, errCause)
		if took := time.Since(start); calls != 1 || took != 2*time.Second {
			t.Errorf("%d calls, %v", calls, took)
		}
		p.expectEnd()
	})
}

func TestPerformContextEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		p.send(textFrame("x"))
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errCause)
		never := func() error { t.Error("a callback was called"); return nil }
		wantError(t, c.Perform(ctx, curlew.Handler{
			OnOpen:  func(*curlew.Conn) error { return never() },
			OnChunk: func(*curlew.Conn, []byte, curlew.Meta) error { return never() },
			Upload:  func(*curlew.Conn, []byte) (int, error) { return 0, never() },
		}), errCause)
		p.expectEnd()
	})
}

// A session that ended before its context did ended well.
func TestPerformContextEndsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		p.send(closeFrame(1000, ""))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2) // the server is given a second to drop
		defer cancel()
		start := time.Now()
		wantNil(t, c.Perform(ctx, curlew.Handler{}))
		if took := time.Since(start); took != time.Second/2 {
			t.Errorf("took %v", took)
		}
	})
}

// Beside Perform, others may send, ping, close in good order, and resume.
func TestPerformBeside(t *testing.T) {
	for _, upload := range []func(*curlew.Conn, []byte) (int, error){nil, neverUploads} {
		synctest.Test(t, func(t *testing.T) {
			c, p := pipePair(t, nil)
			go func() {
				for {
					f := p.frame()
					time.Sleep(time.Second)
					switch f.first {
					case wPing:
						p.send(pongFrame(f.payload))
					case wText:
						p.send(f)
					case wClose:
						p.send(textFrame("late"), closeFrame(1000, "bye"))
						p.Close()
						return
					}
				}
			}()
			done := make(chan bool)
			go func() {
				defer close(done)
				time.Sleep(time.Second)
				for range 3 {
					if rtt, err := c.Ping(t.Context()); rtt != time.Second || err != nil {
						t.Errorf("Ping: %v, %v", rtt, err)
					}
				}
				wantNil(t, c.WriteMessage(t.Context(), curlew.Text, []byte("echo")))
				wantNil(t, c.Shutdown(t.Context(), 1000, ""))
			}()
			var got []piece
			wantNil(t, c.Perform(t.Context(), curlew.Handler{OnChunk: collect(&got), Upload: upload}))
			<-done
			samePieces(t, got, piecesOf(0, textFrame("echo"), textFrame("late"), closeFrame(1000, "bye")))
		})
	}
}

// Ping receives by itself where nobody does; when Perform begins then, the two
// must not receive at once.
func TestPerformBehindPing(t *testing.T) {
	for range 20 {
		client, server := bothEnds(t, nil)
		done := make(chan error)
		go func() { done <- server.Perform(t.Context(), echoHandler()) }()
		go func() {
			for {
				if _, err := client.Ping(t.Context()); err != nil {
					done <- err
					return
				}
			}
		}()
		n := 0
		wantNil(t, client.Perform(t.Context(), curlew.Handler{
			OnOpen: func(c *curlew.Conn) error { return c.Send(curlew.Text, []byte("x")) },
			OnChunk: func(c *curlew.Conn, _ []byte, _ curlew.Meta) error {
				if n++; n == 50 {
					return curlew.ErrStop
				}
				return c.Send(curlew.Text, []byte("x"))
			},
		}))
		for range 2 {
			if err := <-done; err != nil {
				fmt.Fprint(io.Discard, err)
			}
		}
	}
}
