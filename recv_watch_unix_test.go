//go:build unix

package curlew

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/curlew-ws/curlew/internal/socket"
)

// socketPair makes two ends of a socket, where what is written to one can be read
// from the other at once.
func socketPair(t *testing.T) (ours, theirs net.Conn) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	var ends [2]net.Conn
	for i, fd := range fds {
		f := os.NewFile(uintptr(fd), "socket")
		if ends[i], err = net.FileConn(f); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return ends[0], ends[1]
}

// What waits in a socket already is received without a deadline. One of an
// earlier wait, which has passed since, does not stand in the way, and is no
// reason for a PING.
func TestReadySetsNoDeadline(t *testing.T) {
	ours, theirs := socketPair(t)
	c := NewConn(ours, false, &AcceptOptions{PingInterval: 20 * time.Millisecond, PongTimeout: time.Hour})
	defer c.Close()
	defer theirs.Close()
	exchange := func() {
		t.Helper()
		theirs.Write([]byte("\x81\x02hi"))
		if _, m, err := c.Next(); err != nil || m.Len != 2 {
			t.Fatalf("%+v, %v", m, err)
		}
	}
	exchange()
	if !c.limit.ownTime().IsZero() {
		t.Error("a receive that had not to wait set a deadline")
	}
	go func() { // answers the first PING, for which the receive below must wait
		theirs.Read(make([]byte, 100))
		theirs.Write([]byte("\x81\x02hi"))
	}()
	if _, _, err := c.Next(); err != nil {
		t.Fatal(err)
	}
	if c.limit.ownTime().IsZero() {
		t.Fatal("a receive that waited set no deadline")
	}
	c.beat.interval, c.beat.next = time.Hour, past // however slow the rest is, no PING is due
	exchange()
	c.limit.setOwn(past)
	exchange()
	own := c.limit.ownTime()
	for range 3 {
		exchange()
	}
	if !c.limit.ownTime().Equal(own) {
		t.Error("receives that had not to wait set a deadline again and again")
	}
	if _, err := c.TryRecv(nil); err != ErrAgain {
		t.Errorf("a try: %v, want ErrAgain", err)
	}
	c.limit.setOwn(past)
	if _, err := c.TryRecv(nil); err != ErrAgain {
		t.Errorf("a try behind the deadline of an earlier wait: %v, want ErrAgain", err)
	}
	if c.out.pings.sent != 1 {
		t.Errorf("%d PINGs, want the first only", c.out.pings.sent)
	}
}

// The user's deadline, once passed, stops a receive although something waits;
// so does a context that has ended. A context that ends later does not.
func TestReadyWithLimits(t *testing.T) {
	ours, theirs := socketPair(t)
	c := NewConn(ours, false, &AcceptOptions{PingInterval: time.Hour})
	defer c.Close()
	defer theirs.Close()
	theirs.Write([]byte("\x81\x02hi"))
	c.SetReadDeadline(past)
	if _, _, err := c.Next(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("behind the deadline: %v", err)
	}
	c.SetReadDeadline(time.Time{})
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if _, _, err := c.ReadMessage(ctx, nil); err != enough {
		t.Errorf("with a context that has ended: %v", err)
	}
	ctx, cancel = context.WithCancelCause(t.Context())
	if _, p, err := c.ReadMessage(ctx, nil); string(p) != "hi" || err != nil {
		t.Errorf("%q, %v", p, err)
	}
	received := make(chan error)
	go func() { _, _, err := c.ReadMessage(ctx, nil); received <- err }()
	cancel(enough)
	if err := <-received; err != enough {
		t.Errorf("when the context ended: %v", err)
	}
	theirs.Write([]byte("\x81\x02ho"))
	if _, p, err := c.ReadMessage(t.Context(), nil); string(p) != "ho" || err != nil {
		t.Errorf("afterwards: %q, %v", p, err)
	}
}

// A large frame is received into the user's memory as far as it can be, also
// where the buffer has grown, and none of the next one is read then but what a
// small buffer takes.
func TestRecvStraightThoughGrown(t *testing.T) {
	ours, theirs := socketPair(t)
	c := NewConn(ours, false, nil)
	defer c.Close()
	defer theirs.Close()
	p := make([]byte, defaultBuffer)
	theirs.Write([]byte("\x82\x7f\x00\x00\x00\x00\x00\x10\x00\x00x"))
	if m, err := c.Recv(p); err != nil || m.Len != 1 {
		t.Fatalf("%+v, %v", m, err)
	}
	for _, s := range []net.Conn{ours, theirs} { // so that the write need not wait
		s.(*net.UnixConn).SetReadBuffer(largeBuffer)
		s.(*net.UnixConn).SetWriteBuffer(largeBuffer)
	}
	theirs.Write(make([]byte, defaultBuffer+1000))
	c.in.size = largeBuffer
	if m, err := c.Recv(p); err != nil || m.Len != len(p) || c.in.len() != 0 {
		t.Errorf("%+v, %v; %d bytes are in the buffer, want none", m, err, c.in.len())
	}
	if c.in.size != defaultBuffer {
		t.Errorf("the next buffer is to have %d bytes, want %d", c.in.size, defaultBuffer)
	}
}

// A lateSocket's waits end by their deadline, as those of a process that was
// stopped meanwhile; what comes meanwhile is there all the same.
type lateSocket struct {
	syscall.RawConn
	meanwhile func()
}

func (s *lateSocket) Read(try func(fd uintptr) bool) error {
	waits := false
	err := s.RawConn.Read(func(fd uintptr) bool { waits = !try(fd); return true })
	if waits {
		s.meanwhile()
		return os.ErrDeadlineExceeded
	}
	return err
}

// A lateConn is the same for what is read by layers.
type lateConn struct {
	net.Conn
	meanwhile func()
}

func (s *lateConn) Read([]byte) (int, error) {
	s.meanwhile()
	return 0, os.ErrDeadlineExceeded
}

// A layer passes everything on to what is below it.
type layer struct{ net.Conn }

func (l layer) NetConn() net.Conn { return l.Conn }

// Who was stopped while an answer to PING came, and finds its time over, looks for
// it before the peer is given up.
func TestHeartbeatOfStoppedProcess(t *testing.T) {
	for _, layered := range []bool{false, true} {
		ours, theirs := socketPair(t)
		var c *Conn
		beats := 0
		meanwhile := func() {
			if beats++; beats == 2 { // the first one is for PING
				theirs.Write([]byte("\x81\x02hi"))
			}
			time.Sleep(time.Until(c.beat.next))
		}
		o := &AcceptOptions{PingInterval: time.Millisecond}
		if layered {
			below := socket.Below(ours).(*socket.Conn)
			below.Conn = &lateConn{ours, meanwhile}
			c = NewConn(layer{below}, false, o)
		} else {
			c = NewConn(ours, false, o)
			c.out.socket = &lateSocket{c.out.socket, meanwhile}
		}
		if p, _, err := c.Next(); string(p) != "hi" || err != nil || beats != 2 {
			t.Errorf("layered %v: behind %d beats came %q, %v", layered, beats, p, err)
		}
		c.Close()
		theirs.Close()
	}
}
