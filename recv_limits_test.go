package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// received starts to receive, and does not wait for it.
func received(c *curlew.Conn) <-chan error {
	done := make(chan error, 1)
	go func() { done <- next(c)() }()
	return done
}

// A read deadline beyond the next beat leaves the heartbeat what it is, however
// far beyond it is, and also if it is set while the call waits.
func TestRememberedHeartbeatBeforeDeadline(t *testing.T) {
	for _, later := range []time.Duration{1, time.Second, time.Hour, 100 * 365 * 24 * time.Hour} {
		for _, waits := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v/waits=%v", later, waits), func(t *testing.T) {
				beating(t, func(t *testing.T, c *curlew.Conn, peer *wirePeer) {
					start := time.Now()
					deadline := start.Add(beatInterval + beatTimeout + later)
					if !waits {
						c.SetReadDeadline(deadline)
					}
					end := received(c)
					if waits {
						time.Sleep(time.Second)
						c.SetReadDeadline(deadline)
					}
					if f := arrives(t, peer, start.Add(beatInterval)); f.first != wPing {
						t.Errorf("%v", f)
					}
					wantError(t, <-end, curlew.ErrPongTimeout)
					if took := time.Since(start); took != beatInterval+beatTimeout {
						t.Errorf("the connection was given up after %v", took)
					}
				})
			})
		}
	}
}

// A read deadline before the next beat ends the call, and the beat comes in the
// next at its time.
func TestRememberedDeadlineBeforeHeartbeat(t *testing.T) {
	beating(t, func(t *testing.T, c *curlew.Conn, peer *wirePeer) {
		start := time.Now()
		c.SetReadDeadline(start.Add(beatInterval - 1))
		wantError(t, next(c)(), os.ErrDeadlineExceeded)
		if took := time.Since(start); took != beatInterval-1 {
			t.Errorf("the deadline passed after %v", took)
		}
		c.SetReadDeadline(start.Add(time.Hour))
		end := received(c)
		const moment = 10 * time.Millisecond // that a receive looks for bytes, if a beat is due
		if f := peer.frame(); f.first != wPing || time.Since(start) > beatInterval+moment {
			t.Errorf("%v after %v", f, time.Since(start))
		}
		wantError(t, <-end, curlew.ErrPongTimeout)
	})
}

// A context that ends at the moment when a message comes, so that its end is
// noticed after that, does nothing to later calls.
func TestRememberedContextThatEndsLate(t *testing.T) {
	curlewtest.NoLeaks(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // who is woken last runs first
	c, peer := pipePair(t, nil)
	for range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		received := make(chan error, 1)
		go func() {
			_, _, err := c.ReadMessage(ctx, nil)
			received <- err
		}()
		for range 3 {
			runtime.Gosched() // it waits
		}
		cancel()
		peer.send(textFrame("at last"))
		err := <-received
		if err != nil {
			wantError(t, err, context.Canceled)
			err = next(c)()
		}
		for range 3 {
			runtime.Gosched() // the end is noticed
		}
		peer.send(textFrame("next"))
		if err := errors.Join(err, next(c)()); err != nil {
			t.Fatal(err)
		}
	}
}
