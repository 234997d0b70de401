package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// narrowPair is narrow in either role, and over TLS if secure is set.
func narrowPair(t *testing.T, server, secure bool, o *curlew.AcceptOptions) (*curlew.Conn, *wirePeer) {
	ours, theirs := curlewtest.PipeSize(1000)
	if secure {
		ours, theirs = tlsOver(t, func(testing.TB) (net.Conn, net.Conn) { return ours, theirs })
	}
	return newPair(t, ours, theirs, server, o)
}

// everyRole runs test in a bubble for both roles, plain and over TLS.
func everyRole(t *testing.T, test func(t *testing.T, server, secure bool)) {
	for _, server := range []bool{false, true} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprintf("server=%v/tls=%v", server, secure), func(t *testing.T) {
				curlewtest.NoLeaks(t)
				synctest.Test(t, func(t *testing.T) { test(t, server, secure) })
			})
		}
	}
}

// ends reports how a call ended that must end within limit of the bubble's time.
func endsWithin(t *testing.T, name string, call <-chan error, limit time.Duration) error {
	t.Helper()
	select {
	case err := <-call:
		return err
	case <-time.After(limit):
		t.Fatalf("%s has not ended after %v", name, limit)
		return nil
	}
}

// feed sends until that fails.
func feed(c *curlew.Conn) func() error {
	return func() error {
		for {
			if err := c.Send(curlew.Binary, make([]byte, 300)); err != nil {
				return err
			}
		}
	}
}

// A peer that sends CLOSE and then reads nothing held a session for ever, with
// or without a heartbeat.
func TestRememberedCloseOfPeerThatReadsNothing(t *testing.T) {
	for _, o := range []*curlew.AcceptOptions{nil, {PingInterval: time.Second, PongTimeout: time.Second}, {NoAutoClose: true}} {
		everyRole(t, func(t *testing.T, server, secure bool) {
			c, peer := narrowPair(t, server, secure, o)
			feeding := later(feed(c))
			waiting := later(func() error { return c.WriteMessage(t.Context(), curlew.Text, make([]byte, 300_000)) })
			peer.send(closeFrame(1000, ""))
			receiving := later(func() error { return recvToTheEnd(c) })
			if err := endsWithin(t, "Recv", receiving, 20*time.Second); err != io.EOF {
				t.Errorf("Recv: got %v, expected io.EOF", err)
			}
			for name, call := range map[string]<-chan error{"Send": feeding, "WriteMessage": waiting} {
				err := endsWithin(t, name, call, 20*time.Second)
				var peers *curlew.CloseError
				if name == "Send" && !errors.Is(err, curlew.ErrLost) || !errors.As(err, &peers) || peers.Code != 1000 {
					t.Errorf("%s: got %v, expected CloseError 1000, of what was being sent ErrLost too", name, err)
				}
			}
			wantError(t, c.Shutdown(t.Context(), 1000, ""), curlew.ErrLost)
		})
	}
}

// recvToTheEnd receives until that fails.
func recvToTheEnd(c *curlew.Conn) error {
	for {
		if _, err := c.Recv(make([]byte, 100)); err != nil {
			return err
		}
	}
}

// So did one that sends PINGs first, whose answers it does not read.
func TestRememberedCloseBehindUnreadPongs(t *testing.T) {
	for name, receive := range map[string]func(t *testing.T, c *curlew.Conn) error{
		"Recv":        func(_ *testing.T, c *curlew.Conn) error { return recvToTheEnd(c) },
		"ReadMessage": func(t *testing.T, c *curlew.Conn) error { _, _, err := c.ReadMessage(t.Context(), nil); return err },
		"Perform":     func(t *testing.T, c *curlew.Conn) error { return c.Perform(t.Context(), curlew.Handler{}) },
		"Perform with Upload": func(t *testing.T, c *curlew.Conn) error {
			return c.Perform(t.Context(), curlew.Handler{Upload: neverUploads})
		},
		"Shutdown": func(t *testing.T, c *curlew.Conn) error { return c.Shutdown(t.Context(), 1000, "") },
	} {
		t.Run(name, func(t *testing.T) {
			everyRole(t, func(t *testing.T, server, secure bool) {
				c, peer := narrowPair(t, server, secure, nil)
				go func() {
					for range 64 {
						peer.send(pingFrame(letters(120)))
					}
					peer.send(closeFrame(4001, "bye"))
				}()
				err := endsWithin(t, name, later(func() error { return receive(t, c) }), 20*time.Second)
				var peers *curlew.CloseError
				if err != nil && err != io.EOF && !errors.As(err, &peers) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// The program's own answer, of NoAutoClose, has all the time it wants.
func TestProgramsAnswerToCloseHasTime(t *testing.T) {
	everyRole(t, func(t *testing.T, server, secure bool) {
		c, peer := narrowPair(t, server, secure, &curlew.AcceptOptions{NoAutoClose: true})
		peer.send(closeFrame(1000, ""))
		if err := recvToTheEnd(c); err != io.EOF {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if err := c.Send(curlew.Close, curlew.AppendClose(nil, 1000, "")); err != nil {
			t.Error(err)
		}
		peer.expect(closeFrame(1000, ""))
	})
}

// Shutdown with a context that never ends waited for ever for a peer that does
// not answer, or takes nothing.
func TestRememberedShutdownEnds(t *testing.T) {
	everyRole(t, func(t *testing.T, server, secure bool) {
		for _, full := range []bool{false, true} {
			c, _ := narrowPair(t, server, secure, nil)
			if full {
				later(feed(c))
			}
			err := endsWithin(t, "Shutdown", later(func() error { return c.Shutdown(context.Background(), 1000, "") }), time.Minute)
			wantError(t, err, context.DeadlineExceeded)
		}
	})
}
