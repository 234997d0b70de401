package curlew_test

import (
	"errors"
	"net"
	"sync"
	"testing"

	"github.com/curlew-ws/curlew"
)

// One whose peer never stops, given back again and again, does not keep Wait from
// the others.
func TestMultiYieldIsFair(t *testing.T) {
	m := newMulti(t)
	busy, busyPeer := addIdle(t, m, nil)
	quiet, quietPeer := addIdle(t, m, nil)
	const messages = 20
	for range messages {
		busyPeer.send(textFrame("a"))
	}
	wantConn(t, m, busy)
	m.Yield(busy)
	quietPeer.send(textFrame("b"))
	for range messages {
		c, err := m.Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if c == quiet {
			return
		}
		if _, err := c.TryRecv(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		m.Yield(c)
	}
	t.Errorf("Wait returned one Conn %d times, and the other never", messages)
}

// Whom Wait returns while Add is not over can be taken out, and added again.
func TestMultiRemovedDuringAdd(t *testing.T) {
	m := newMulti(t)
	c, _ := tryPair(t, nil)
	for range 3000 {
		removed := aside(func() error {
			c, err := m.Wait(t.Context())
			if err == nil {
				m.Remove(c)
			}
			return err
		})
		add(t, m, c)
		if err := <-removed; err != nil {
			t.Fatal(err)
		}
	}
}

// A Remove that comes late takes out a Conn that was added again, or does
// nothing: what is in the Multi is heard of.
func TestMultiRemovedTwice(t *testing.T) {
	m := newMulti(t)
	c, peer := tryPair(t, nil)
	for range 1000 {
		add(t, m, c)
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() { m.Remove(c) })
		}
		all.Go(func() {
			for errors.Is(m.Add(c), curlew.ErrUsage) { // until it is removed
			}
		})
		all.Wait()
		if m.Add(c) != nil { // it is in already
			wantConn(t, m, c)
			wantAgain(t, c)
			peer.send(textFrame("a"))
			wantConn(t, m, c)
			if _, err := c.TryRecv(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
		}
		m.Remove(c)
	}
}

// Add says that the Multi is closed also if it is just being closed.
func TestMultiClosedDuringAdd(t *testing.T) {
	c, _ := tryPair(t, nil)
	for range 3000 {
		m := newMulti(t)
		closed := aside(m.Close)
		if err := m.Add(c); err != nil {
			wantError(t, err, net.ErrClosed)
		}
		<-closed
	}
}

// Add says that a Conn is closed also if its holder was not told yet.
func TestMultiAddHeldAndClosed(t *testing.T) {
	m := newMulti(t)
	c, _ := tryPair(t, nil)
	add(t, m, c)
	wantConn(t, m, c)
	c.Close()
	wantError(t, m.Add(c), net.ErrClosed)
}
