package curlew_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"

	"github.com/curlew-ws/curlew"
)

// receivers are the ways to receive a message: whole, or its first half only,
// which leaves the message in progress.
var receivers = []struct {
	name string
	kind int
	half func(ctx context.Context, c *curlew.Conn) error
	full func(ctx context.Context, c *curlew.Conn) (string, error)
}{
	{"Recv", 1, recvSome, func(_ context.Context, c *curlew.Conn) (s string, err error) {
		for p := make([]byte, 2); ; {
			m, err := c.Recv(p)
			s += string(p[:m.Len])
			if err != nil || m.MessageEnd() {
				return s, err
			}
		}
	}},
	{"Next", 1, recvSome, func(_ context.Context, c *curlew.Conn) (s string, err error) {
		for {
			p, m, err := c.Next()
			s += string(p)
			if err != nil || m.MessageEnd() {
				return s, err
			}
		}
	}},
	{"ReadMessage", 2, readSome, func(ctx context.Context, c *curlew.Conn) (string, error) {
		_, p, err := c.ReadMessage(ctx, nil)
		return string(p), err
	}},
	{"Messages", 2, readSome, func(ctx context.Context, c *curlew.Conn) (string, error) {
		for m, err := range c.Messages(ctx) {
			return string(m.Data), err
		}
		return "", io.EOF
	}},
	{"NextReader", 3, func(ctx context.Context, c *curlew.Conn) error {
		_, r, err := c.NextReader(ctx)
		if err == nil {
			_, err = r.Read(make([]byte, 1))
		}
		return err
	}, func(ctx context.Context, c *curlew.Conn) (string, error) {
		_, r, err := c.NextReader(ctx)
		if err != nil {
			return "", err
		}
		p, err := io.ReadAll(r)
		return string(p), err
	}},
}

func recvSome(_ context.Context, c *curlew.Conn) error {
	_, err := c.Recv(make([]byte, 1))
	return err
}

// readSome is a ReadMessage that is cancelled when half of the message is there.
func readSome(ctx context.Context, c *curlew.Conn) error {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		synctest.Wait()
		cancel()
	}()
	if _, _, err := c.ReadMessage(ctx, nil); err != context.Canceled {
		return err
	}
	return nil
}

// Kinds of methods take turns freely between messages; within one they do not.
func TestKindsWithinAMessage(t *testing.T) {
	for _, first := range receivers {
		for _, second := range receivers {
			t.Run(first.name+" then "+second.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c, p := pipePair(t, nil)
					p.send(textFrame("one"))
					if s, err := first.full(t.Context(), c); s != "one" || err != nil {
						t.Errorf("first message: %q, %v", s, err)
					}
					p.send(textFrame("two"))
					if s, err := second.full(t.Context(), c); s != "two" || err != nil {
						t.Errorf("second message: %q, %v", s, err)
					}
					p.send(rawFrame{wTextGo, "th"})
					if err := first.half(t.Context(), c); err != nil {
						t.Errorf("half a message: %v", err)
					}
					p.send(rawFrame{wCont, "ree"}, textFrame("four"))
					s, err := second.full(t.Context(), c)
					if first.kind != second.kind {
						wantError(t, err, curlew.ErrUsage)
						wantError(t, c.Perform(t.Context(), curlew.Handler{}), curlew.ErrUsage)
						return
					}
					want := map[int]string{1: "hree", 2: "three", 3: "four"}[first.kind] // NextReader discards the rest
					if s != want || err != nil {
						t.Errorf("second half: %q, %v, want %q", s, err, want)
					}
				})
			})
		}
	}
}

// A refused call changes nothing: the kind that began the message ends it.
func TestKindsAfterAUsageError(t *testing.T) {
	for _, first := range receivers {
		for _, second := range receivers {
			if first.kind == second.kind || first.kind == 3 {
				continue
			}
			t.Run(first.name+" then "+second.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c, p := pipePair(t, nil)
					p.send(rawFrame{wTextGo, "th"})
					if err := first.half(t.Context(), c); err != nil {
						t.Errorf("half a message: %v", err)
					}
					_, err := second.full(t.Context(), c)
					wantError(t, err, curlew.ErrUsage)
					p.send(rawFrame{wCont, "ree"}, textFrame("four"))
					want := map[int]string{1: "hree", 2: "three"}[first.kind]
					if s, err := first.full(t.Context(), c); s != want || err != nil {
						t.Errorf("the rest: %q, %v, want %q", s, err, want)
					}
					if s, err := second.full(t.Context(), c); s != "four" || err != nil {
						t.Errorf("the next message: %q, %v", s, err)
					}
				})
			})
		}
	}
}

// Control frames belong to no message: between two, and within one, they do
// not make a kind of their own.
func TestKindsAroundControlFrames(t *testing.T) {
	for _, next := range receivers {
		synctest.Test(t, func(t *testing.T) {
			c, p := pipePair(t, nil)
			p.send(pongFrame("hello"), textFrame("x"))
			if m, err := c.Recv(make([]byte, 2)); m.Flags != curlew.Pong || err != nil {
				t.Errorf("%v, %v", m, err)
			}
			c.Recv(make([]byte, 3)) // the rest of it
			if s, err := next.full(t.Context(), c); s != "x" || err != nil {
				t.Errorf("%s: %q, %v", next.name, s, err)
			}
		})
	}
}

func TestMessagesInRawMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := pipePair(t, &curlew.AcceptOptions{RawMode: true})
		for _, r := range receivers[2:] {
			_, err := r.full(t.Context(), c)
			wantError(t, err, curlew.ErrUsage)
		}
		wantError(t, c.WriteMessage(t.Context(), curlew.Text, nil), curlew.ErrUsage)
		_, err := c.NextWriter(t.Context(), curlew.Text)
		wantError(t, err, curlew.ErrUsage)
		_, err = c.Ping(t.Context())
		wantError(t, err, curlew.ErrUsage)
		wantError(t, c.Shutdown(t.Context(), 1000, ""), curlew.ErrUsage)
		wantError(t, c.StartFrame(curlew.Text, 1), curlew.ErrUsage)
		wantError(t, c.Send(curlew.Text, nil), curlew.ErrUsage)
		wantNil(t, c.Send(0, nil))
	})
}

// With NoAutoPong somebody must see the PINGs, which message methods cannot
// show; they say so at once.
func TestMessagesWithNoAutoPong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, &curlew.AcceptOptions{NoAutoPong: true})
		for _, r := range receivers[2:] {
			_, err := r.full(t.Context(), c)
			wantError(t, err, curlew.ErrUsage)
		}
		p.send(pingFrame("?"), textFrame("x"))
		if b, m, err := c.Next(); m.Flags != curlew.Ping || string(b) != "?" || err != nil {
			t.Errorf("%v, %q, %v", m, b, err)
		}
		wantNil(t, c.WriteMessage(t.Context(), curlew.Text, []byte("fine")))
		p.expect(textFrame("fine"))
	})
}
