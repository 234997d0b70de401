package curlew_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
)

// Shutdown of a Conn in a Multi, from another goroutine, shares its heartbeat's
// memory with nobody.
func TestRememberedShutdownNextToWait(t *testing.T) {
	m := newMulti(t)
	c, p := newTCP(t, &curlew.AcceptOptions{PingInterval: 10 * time.Millisecond, PongTimeout: time.Minute})
	add(t, m, c)
	ctx, cancel := context.WithCancel(t.Context())
	for range 10 { // what c was added with
		wait, done := context.WithTimeout(ctx, 20*time.Millisecond)
		if c, err := m.Wait(wait); err == nil {
			if _, err := c.TryRecv(make([]byte, 10)); err != curlew.ErrAgain {
				t.Fatal(err)
			}
		}
		done()
	}
	go func() {
		for f := p.frame(); f.first != wClose; f = p.frame() {
		}
		for range 50 {
			p.send(textFrame("x"))
		}
		p.send(closeFrame(1000, ""))
		p.Close()
	}()
	go func() {
		defer cancel()
		if err := c.Shutdown(context.Background(), 1000, ""); err != nil {
			t.Error(err)
		}
	}()
	for {
		c, err := m.Wait(ctx)
		if errors.Is(err, context.Canceled) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.TryRecv(make([]byte, 10)); err == nil || err != curlew.ErrAgain {
			m.Remove(c)
		}
	}
}
