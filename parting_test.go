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

// leaveTakings receive the peer's CLOSE, and end the Conn at once.
var leaveTakings = map[string]func(c *curlew.Conn) error{
	"Recv, Close": func(c *curlew.Conn) error { return errors.Join(toEOF(c), c.Close()) },
	"Close twice": func(c *curlew.Conn) error { return errors.Join(toEOF(c), c.Close(), c.Close()) },
	"Close from elsewhere": func(c *curlew.Conn) error {
		err := toEOF(c)
		done := make(chan error)
		go func() { done <- c.Close() }()
		return errors.Join(err, <-done, c.Close())
	},
	"Shutdown, Close": func(c *curlew.Conn) error {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		return errors.Join(toEOF(c), c.Shutdown(ctx, 1000, ""), c.Close())
	},
	"Perform, Close": func(c *curlew.Conn) error {
		return errors.Join(c.Perform(context.Background(), curlew.Handler{}), c.Close())
	},
}

// toEOF receives until the closing handshake is over.
func toEOF(c *curlew.Conn) error {
	for {
		switch _, _, err := c.Next(); err {
		case nil:
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}

// What the peer sends behind its CLOSE does not undo ours by a reset, although
// the program calls Close at once: the peer gets our CLOSE and the stream's end.
func TestRememberedFramesBehindCloseMakeNoReset(t *testing.T) {
	for name, leave := range leaveTakings {
		for _, kind := range streamKinds {
			for _, server := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/server=%v", name, kind.name, server), func(t *testing.T) {
					curlewtest.NoLeaks(t)
					ours, theirs := kind.make(t)
					c, peer := newPair(t, ours, theirs, server, nil)
					sent := wireBytes(!peer.masked, closeFrame(1000, ""))
					for range 30 {
						sent = append(sent, wireBytes(!peer.masked, textFrame(letters(1000)))...)
					}
					peer.sendBytes(sent)
					if err := leave(c); err != nil {
						t.Error(err)
					}
					peer.send(textFrame("late"))
					peer.expect(closeFrame(1000, ""))
					peer.expectEnd()
				})
			}
		}
	}
}

// Close does not wait for the peer's end of the stream, and a peer that never
// ends it holds nothing for longer than a second.
func TestRememberedCloseBehindFramesWaitsForNobody(t *testing.T) {
	everyRole(t, func(t *testing.T, server, secure bool) {
		ours, theirs := curlewtest.Pipe()
		if secure {
			ours, theirs = tlsOver(t, func(testing.TB) (a, b net.Conn) { return ours, theirs })
		}
		c, peer := newPair(t, ours, theirs, server, nil)
		peer.send(closeFrame(1000, ""))
		if err := toEOF(c); err != nil {
			t.Error(err)
		}
		start := time.Now()
		c.Close()
		if took := time.Since(start); took != 0 {
			t.Errorf("Close took %v", took)
		}
		wantError(t, c.Send(curlew.Text, nil), net.ErrClosed)
		time.Sleep(time.Second)
		synctest.Wait()
		if _, err := theirs.Write([]byte{0}); err == nil {
			t.Error("the stream is still open")
		}
	})
}

// Shutdown has all the time of its context, also where a chunk method that is
// not called again left data unread.
func TestRememberedShutdownOfUnreadChunkTakesItsTime(t *testing.T) {
	everyRole(t, func(t *testing.T, server, secure bool) {
		ours, theirs := curlewtest.Pipe()
		if secure {
			ours, theirs = tlsOver(t, func(testing.TB) (a, b net.Conn) { return ours, theirs })
		}
		c, peer := newPair(t, ours, theirs, server, nil)
		peer.send(textFrame("more than that"))
		if _, err := c.Recv(make([]byte, 4)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		over := later(func() error { return c.Shutdown(ctx, 1000, "") })
		peer.expect(closeFrame(1000, ""))
		time.Sleep(30 * time.Second)
		blocked(t, over)
		peer.send(closeFrame(1000, ""))
		peer.closeWrite()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
}
