//go:build unix

package curlew_test

import (
	"testing"

	"github.com/curlew-ws/curlew"
)

// A TryRecv that ends leaves nothing of it to a Ping that has waited for it.
func TestRememberedPingNextToTryRecv(t *testing.T) {
	c, p := newTCP(t, nil)
	go func() {
		for range 200 {
			f := p.frame()
			p.send(pongFrame(f.payload))
		}
	}()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 200 {
			if _, err := c.Ping(t.Context()); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for {
		select {
		case <-done:
			return
		default:
			if _, err := c.TryRecv(make([]byte, 10)); err != curlew.ErrAgain {
				t.Fatal(err)
			}
		}
	}
}
