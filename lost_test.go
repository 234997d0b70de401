package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// A deadline after which receiving may go on is never mistaken for one that cost
// the connection, a send's: whoever receives in a loop would do so for ever.
func TestReceiveFromLostByDeadline(t *testing.T) {
	for name, receive := range map[string]func(c *curlew.Conn) error{
		"Recv": func(c *curlew.Conn) error { _, err := c.Recv(make([]byte, 1)); return err },
		"Next": func(c *curlew.Conn) error { _, _, err := c.Next(); return err },
		"ReadMessage": func(c *curlew.Conn) error {
			_, _, err := c.ReadMessage(context.Background(), nil)
			return err
		},
	} {
		for _, way := range []string{"deadline", "context"} {
			synctest.Test(t, func(t *testing.T) {
				ours, _ := tlsOver(t, func(testing.TB) (net.Conn, net.Conn) { return curlewtest.Pipe() })
				c := curlew.NewConn(ours, false, nil)
				ctx := t.Context()
				if way == "context" {
					var cancel func()
					ctx, cancel = context.WithTimeout(ctx, time.Second)
					defer cancel()
				} else {
					c.SetWriteDeadline(time.Now().Add(time.Second))
				}
				err := c.WriteMessage(ctx, curlew.Binary, make([]byte, 1<<20)) // the peer takes nothing
				if !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("the send's error is %v", err)
				}
				for _, when := range []string{"lost", "closed"} {
					err := receive(c)
					if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) ||
						!errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "lost") {
						t.Errorf("%s, %s, %s: came %v, want io.ErrUnexpectedEOF and why", name, way, when, err)
					}
					c.Close()
				}
			})
		}
	}
}

// What sends return on a lost connection says that it is lost, and never that
// time is over, but for the send whose own time that was.
func TestRememberedLostIsNoDeadline(t *testing.T) {
	everyRole(t, func(t *testing.T, server, secure bool) {
		c, _ := narrowPair(t, server, secure, &curlew.AcceptOptions{WriteBuffer: 512})
		c.SetWriteDeadline(time.Now().Add(time.Second))
		w, err := c.NextWriter(t.Context(), curlew.Binary)
		for err == nil {
			_, err = w.Write(make([]byte, 1000))
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.Is(err, curlew.ErrLost) {
			t.Errorf("the send that was cut: got %v, expected os.ErrDeadlineExceeded and ErrLost", err)
		}
		for _, when := range []string{"lost", "with a new deadline", "closed"} {
			_, ping := c.Ping(t.Context())
			for name, err := range map[string]error{
				"Send":         c.Send(curlew.Text, nil),
				"WriteMessage": c.WriteMessage(t.Context(), curlew.Text, nil),
				"StartFrame":   c.StartFrame(curlew.Text, 1),
				"Cork":         c.Cork().Flush(),
				"Ping":         ping,
				"Shutdown":     c.Shutdown(t.Context(), 1000, ""),
			} {
				if !errors.Is(err, curlew.ErrLost) || errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("%s, %s: got %v, expected ErrLost and no deadline", name, when, err)
				}
			}
			if c.SetWriteDeadline(time.Time{}); when == "with a new deadline" {
				c.Close()
			}
		}
	})
}

// Waiting for a turn is over at the deadline, and may be tried again.
func TestRememberedWaitForTurnIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := pipePair(t, nil)
		w, err := c.NextWriter(t.Context(), curlew.Binary)
		if err != nil {
			t.Fatal(err)
		}
		c.SetWriteDeadline(time.Now().Add(time.Second))
		err = c.WriteMessage(t.Context(), curlew.Text, nil)
		if !errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, curlew.ErrLost) {
			t.Errorf("got %v, expected os.ErrDeadlineExceeded alone", err)
		}
		c.SetWriteDeadline(time.Time{})
		if err := errors.Join(w.Close(), c.WriteMessage(t.Context(), curlew.Text, nil)); err != nil {
			t.Error(err)
		}
	})
}

// A send that waits for a peer that has ended its side without CLOSE, and takes
// nothing, ends; before, only Close ended it. One that takes bytes can be sent to.
func TestRememberedBlockedSendEndsWithStream(t *testing.T) {
	for _, takes := range []bool{false, true} {
		t.Run(fmt.Sprintf("takes=%v", takes), func(t *testing.T) {
			everyRole(t, func(t *testing.T, server, secure bool) {
				c, peer := narrowPair(t, server, secure, &curlew.AcceptOptions{WriteBuffer: 512})
				sending := later(func() error { return c.Send(curlew.Binary, make([]byte, 20000)) })
				waiting := later(func() error { return c.WriteMessage(t.Context(), curlew.Text, nil) })
				received := later(next(c))
				peer.closeWrite()
				wantError(t, <-received, io.ErrUnexpectedEOF)
				if takes {
					for range 12 {
						time.Sleep(400 * time.Millisecond)
						io.CopyN(io.Discard, peer.Conn, 1000)
					}
					blocked(t, sending)
					go io.Copy(io.Discard, peer.Conn)
				}
				for name, call := range map[string]<-chan error{"Send": sending, "WriteMessage": waiting} {
					err := endsWithin(t, name, call, 2*time.Second)
					if takes && err != nil || !takes && !errors.Is(err, curlew.ErrLost) {
						t.Errorf("%s: got %v", name, err)
					}
				}
			})
		})
	}
}
