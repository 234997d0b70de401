package curlew

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// memberOf adds a new Conn, which holds at most one place in m.
func memberOf(t *testing.T, m *Multi, o *AcceptOptions) *Conn {
	t.Helper()
	ours, theirs := socketPair(t)
	c := NewConn(ours, false, o)
	t.Cleanup(func() {
		c.Close()
		theirs.Close()
	})
	if err := m.Add(c); err != nil {
		t.Fatal(err)
	}
	return c
}

// waitFor waits for c.
func waitFor(t *testing.T, m *Multi, c *Conn) {
	t.Helper()
	if got, err := m.Wait(t.Context()); got != c || err != nil {
		t.Fatalf("Wait returned %p, %v; want %p", got, err, c)
	}
}

// However a Conn leaves, nothing of it stays in the Multi.
func TestMultiForgets(t *testing.T) {
	for name, leave := range map[string]func(t *testing.T, m *Multi, c *Conn){
		"removed": func(_ *testing.T, m *Multi, c *Conn) { m.Remove(c) },
		"removed while held": func(t *testing.T, m *Multi, c *Conn) {
			waitFor(t, m, c)
			m.Remove(c)
		},
		"closed": func(t *testing.T, m *Multi, c *Conn) {
			c.Close()
			waitFor(t, m, c)
		},
		"closed while held": func(t *testing.T, m *Multi, c *Conn) {
			waitFor(t, m, c)
			c.Close()
		},
		"closed while idle": func(t *testing.T, m *Multi, c *Conn) {
			waitFor(t, m, c)
			if _, err := c.TryRecv(nil); err != ErrAgain {
				t.Error(err)
			}
			c.Close()
			waitFor(t, m, c)
		},
	} {
		m, err := NewMulti()
		if err != nil {
			t.Fatal(err)
		}
		c := memberOf(t, m, nil)
		if leave(t, m, c); len(m.members) != 0 {
			t.Errorf("%s: %d members are left", name, len(m.members))
		}
		m.Close()
	}
}

// Heartbeats are looked at once in the shortest of their intervals, those of
// PongTimeout too, not below grace, and not at every Wait.
func TestMultiLooksAtHeartbeats(t *testing.T) {
	m, err := NewMulti()
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, row := range []struct{ interval, timeout, want time.Duration }{
		{0, 0, 0}, {time.Hour, 0, time.Hour}, {2 * time.Hour, 0, time.Hour}, {time.Hour, time.Minute, time.Minute}, {time.Minute / 2, time.Hour, time.Minute / 2},
	} {
		before := time.Now()
		c := memberOf(t, m, &AcceptOptions{PingInterval: row.interval, PongTimeout: row.timeout})
		next := m.next
		waitFor(t, m, c)
		if m.beat != row.want || m.beat > 0 && m.next.After(time.Now().Add(row.want)) {
			t.Errorf("%+v: they are looked at every %v, next in %v", row, m.beat, m.next.Sub(before))
		}
		if !m.next.Equal(next) {
			t.Errorf("%+v: Wait looked at them, %v too early", row, time.Until(next))
		}
	}
	memberOf(t, m, &AcceptOptions{PingInterval: 1})
	if m.beat != grace {
		t.Errorf("an interval of 1 ns is looked at every %v, want %v", m.beat, grace)
	}
}

// The poller tells of an event once, by ids of any size, and is not for other programs.
func TestPollerTellsOnce(t *testing.T) {
	p, err := newPoller()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	p.epoll.Control(func(fd uintptr) {
		if flags, _, _ := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_GETFD, 0); flags&syscall.FD_CLOEXEC == 0 {
			t.Error("programs that are started get it too")
		}
	})
	ours, theirs := socketPair(t)
	defer ours.Close()
	raw, err := ours.(*net.UnixConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	const id = 5<<40 | 0xFFFFFFF0
	if err := p.add(raw, id); err != nil {
		t.Fatal(err)
	}
	p.setDeadline(time.Now().Add(time.Millisecond))
	if n, err := p.look(true); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a look that waits for nothing: %d events, %v", n, err)
	}
	p.setDeadline(time.Time{})
	for _, happens := range []func(){func() { theirs.Write([]byte("x")) }, func() { theirs.Close() }} {
		happens()
		if n, err := p.look(true); n != 1 || err != nil || p.id(0) != id {
			t.Fatalf("%d events, the first for %#x, %v", n, p.id(0), err)
		}
		if n, err := p.look(false); n != 0 || err != nil {
			t.Errorf("then %d events, %v", n, err)
		}
	}
}
