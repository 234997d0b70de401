package curlew_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
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

// A Conn that could not be added is in no Multi, and may be added when it can be:
// here another has the same socket.
func TestMultiAddFails(t *testing.T) {
	m := newMulti(t)
	ours, theirs := unixStreams(t)
	first, peer := newPair(t, ours, theirs, false, nil)
	second := curlew.NewConn(ours, false, nil)
	add(t, m, first)
	wantError(t, m.Add(second), syscall.EEXIST)
	wantConn(t, m, first)
	wantAgain(t, first)
	m.Remove(first)
	add(t, m, second)
	wantConn(t, m, second)
	wantAgain(t, second)
	peer.send(textFrame("a"))
	wantConn(t, m, second)
}

// One that is given back twice is returned once, and nobody behind it is lost.
func TestMultiYieldTwice(t *testing.T) {
	m := newMulti(t)
	var all [3]*curlew.Conn
	for i := range all {
		c, peer := addIdle(t, m, nil)
		peer.send(textFrame("a"))
		all[i] = c
	}
	for range all {
		if _, err := m.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, i := range []int{0, 1, 0, 2, 1} {
		m.Yield(all[i])
	}
	for _, c := range all {
		wantConn(t, m, c)
		if got, err := tryAll(c, curlewtest.Fixed(10)); len(got) != 1 || err != curlew.ErrAgain {
			t.Errorf("%v, %v", got, err)
		}
	}
	wantNone(t, m)
}

// A countingContext counts those who wait for its end, and tells when one begins.
type countingContext struct {
	context.Context
	waiting int
	begun   chan bool
	done    chan struct{} // never closed
}

func (c *countingContext) Done() <-chan struct{} { return c.done }

func (c *countingContext) AfterFunc(func()) (stop func() bool) {
	c.waiting++
	c.begun <- true
	return func() bool { c.waiting--; return true }
}

// A Wait that is over leaves nothing with its context, which may go on for long.
func TestMultiLeavesContext(t *testing.T) {
	m := newMulti(t)
	c, peer := addIdle(t, m, nil)
	counting := &countingContext{Context: context.Background(), begun: make(chan bool, 100), done: make(chan struct{})}
	for range 3 {
		waited := aside(func() error { _, err := m.Wait(counting); return err })
		<-counting.begun
		peer.send(textFrame("a"))
		if err := <-waited; err != nil {
			t.Fatal(err)
		}
		if got, err := tryAll(c, curlewtest.Fixed(10)); len(got) != 1 || err != curlew.ErrAgain {
			t.Errorf("%v, %v", got, err)
		}
	}
	if counting.waiting != 0 {
		t.Errorf("%d still wait for the context's end", counting.waiting)
	}
}

// Who is taken out before Wait has returned it is not returned.
func TestMultiRemovedBeforeWait(t *testing.T) {
	m := newMulti(t)
	c, _ := tryPair(t, nil)
	add(t, m, c)
	m.Remove(c)
	wantNone(t, m)
}

// A try too many, of who does not have the Conn, does not make Wait forget it.
func TestMultiTriedWhileQueued(t *testing.T) {
	m := newMulti(t)
	c, _ := tryPair(t, nil)
	add(t, m, c)
	wantAgain(t, c)
	wantConn(t, m, c)
}

// Who has a Conn has it alone, also when it is time for its heartbeat.
func TestMultiHeartbeatWhileHeld(t *testing.T) {
	m := newMulti(t)
	c, _ := tryPair(t, &curlew.AcceptOptions{PingInterval: 1, PongTimeout: time.Hour})
	add(t, m, c)
	wantConn(t, m, c)
	wantNone(t, m) // which waits for longer than it takes to look at heartbeats
	wantAgain(t, c)
}
