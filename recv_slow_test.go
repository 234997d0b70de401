package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// slowReaders receive one message each, as a program may.
var slowReaders = map[string]func(c *curlew.Conn) error{
	"Recv": func(c *curlew.Conn) error {
		for {
			m, err := c.Recv(make([]byte, 1000))
			if err != nil || m.MessageEnd() {
				return err
			}
		}
	},
	"Next": func(c *curlew.Conn) error {
		for {
			_, m, err := c.Next()
			if err != nil || m.MessageEnd() {
				return err
			}
		}
	},
	"Next with short deadlines": func(c *curlew.Conn) error {
		for {
			c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
			_, m, err := c.Next()
			if err == nil && m.MessageEnd() || err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				return err
			}
		}
	},
	"ReadMessage": func(c *curlew.Conn) error {
		_, _, err := c.ReadMessage(context.Background(), nil)
		return err
	},
	"ReadMessage with short contexts": func(c *curlew.Conn) error {
		for {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			_, _, err := c.ReadMessage(ctx, nil)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) {
				return err
			}
		}
	},
}

// A slow reader lost what was there already one second after a write failed, and
// an automatic PONG is such a write.
func TestRememberedSlowReaderAfterFailedWrite(t *testing.T) {
	for name, read := range slowReaders {
		for _, kind := range streamKinds {
			for _, server := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/server=%v", name, kind.name, server), func(t *testing.T) {
					if kind.name == "pipe" {
						synctest.Test(t, func(t *testing.T) { testSlowReader(t, kind.make, server, read, 50*time.Millisecond) })
						return
					}
					t.Parallel()
					testSlowReader(t, kind.make, server, read, 25*time.Millisecond)
				})
			}
		}
	}
}

func testSlowReader(t *testing.T, pair func(testing.TB) (net.Conn, net.Conn), server bool, read func(c *curlew.Conn) error, pause time.Duration) {
	ours, theirs := pair(t)
	c, peer := newPair(t, ours, theirs, server, nil)
	for range 60 {
		peer.send(pingFrame("?"), rawFrame{wText, letters(1000)})
	}
	peer.send(closeFrame(4001, "enough"))
	peer.Close()
	for i := range 60 {
		if err := read(c); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
		time.Sleep(pause)
	}
	c.SetReadDeadline(time.Time{})
	_, _, err := c.ReadMessage(context.Background(), nil)
	wantClose(t, err, 4001, "enough")
}

// A stream that takes nothing more and stays silent ends for those who ask now
// and then, too.
func TestRememberedFailedWriteEndsPolling(t *testing.T) {
	for name, read := range slowReaders {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := curlewtest.Pipe()
				c, _ := newPair(t, deafStream{ours}, theirs, false, nil)
				if err := c.Send(curlew.Text, nil); !errors.Is(err, curlew.ErrLost) {
					t.Error(err)
				}
				time.Sleep(500 * time.Millisecond)
				start := time.Now()
				if err := read(c); !errors.Is(err, curlew.ErrLost) {
					t.Errorf("got %v, expected ErrLost", err)
				}
				if took := time.Since(start); took > time.Second {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}
