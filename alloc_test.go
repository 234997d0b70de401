package curlew_test

import (
	"errors"
	"net"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// An endless stream gives the same frames for ever, and swallows what is
// written to it.
type endless struct {
	scripted
	frames []byte
	at     int
}

func (s *endless) Read(p []byte) (n int, err error) {
	for n < len(p) {
		k := copy(p[n:], s.frames[s.at:])
		n += k
		s.at = (s.at + k) % len(s.frames)
	}
	return n, nil
}

// wantNoAllocs runs a call often enough that every kind of frame has passed.
func wantNoAllocs(t *testing.T, what string, call func() error) {
	t.Helper()
	if raceEnabled {
		t.Skip("the race detector drops what is in pools")
	}
	var failed error
	work := func() {
		for range 20 {
			failed = errors.Join(failed, call())
		}
	}
	for range 20 {
		work()
	}
	n := testing.AllocsPerRun(100, work)
	if failed != nil {
		t.Errorf("%s: %v", what, failed)
	}
	if n >= 1 {
		t.Errorf("%s: %v allocations in 20 calls", what, n)
	}
}

// In steady state nothing is allocated for a frame, in either role.
func TestRecvAllocs(t *testing.T) {
	frames := []rawFrame{{wText, "text, and more of it"}, {wBinaryGo, string(make([]byte, 1000))}, {wPong, "p"}, {wCont, ""}, {wBinary, string(make([]byte, 70000))}}
	for _, server := range []bool{false, true} {
		stream := &endless{frames: wireBytes(server, frames...)}
		c := curlew.NewConn(stream, server, nil)
		wantNoAllocs(t, "Next", func() error { _, _, err := c.Next(); return err })
		for _, size := range []int{1, 100, 1 << 17} {
			p := make([]byte, size)
			wantNoAllocs(t, "Recv", func() error { _, err := c.Recv(p); return err })
		}
		wantNoAllocs(t, "Recv(nil)", func() error { _, err := c.Recv(nil); return err })
		c.Close()
	}
}

// Also where each receive has to wait for the socket.
func TestRecvAllocsOnSockets(t *testing.T) {
	for name, streams := range map[string]func(testing.TB) (net.Conn, net.Conn){"tcp": tcpPair, "pipe": func(testing.TB) (net.Conn, net.Conn) { return curlewtest.Pipe() }} {
		ours, theirs := streams(t)
		c, _ := newPair(t, ours, theirs, false, nil)
		frame := wireBytes(false, rawFrame{wText, "a short text"})
		wantNoAllocs(t, name, func() error {
			if _, err := theirs.Write(frame); err != nil {
				return err
			}
			_, _, err := c.Next()
			return err
		})
	}
}

func TestSendAllocs(t *testing.T) {
	small, large := []byte("a text"), make([]byte, 200000)
	for _, server := range []bool{false, true} {
		c := curlew.NewConn(&endless{}, server, nil)
		wantNoAllocs(t, "Send", func() error { return c.Send(curlew.Text, small) })
		wantNoAllocs(t, "Send of much", func() error { return c.Send(curlew.Binary, large) })
		wantNoAllocs(t, "Send of a fragment", func() error { return c.Send(curlew.Binary|curlew.Cont, small) })
		wantNoAllocs(t, "Send of the last fragment", func() error { return c.Send(curlew.Binary, small) })
		wantNoAllocs(t, "Send of a PING", func() error { return c.Send(curlew.Ping, small) })
		wantNoAllocs(t, "StartFrame", func() error {
			if err := c.StartFrame(curlew.Binary, int64(len(small)+len(large))); err != nil {
				return err
			}
			return errors.Join(c.SendPayload(small), c.SendPayload(large))
		})
		wantNoAllocs(t, "Cork", func() error {
			b := c.Cork()
			return errors.Join(b.Send(curlew.Text, small), b.Send(curlew.Ping, small), b.Send(curlew.Binary, large), b.Flush())
		})
		c.Close()
	}
}

// A PING costs no memory, once the queue of answers has some.
func TestPingAllocs(t *testing.T) {
	stream := &endless{frames: wireBytes(false, rawFrame{wPing, "ping"}, rawFrame{wText, "text"})}
	c := curlew.NewConn(stream, false, nil)
	defer c.Close()
	if err := c.StartFrame(curlew.Binary, 1); err != nil { // so that answers wait, and coalesce
		t.Fatal(err)
	}
	wantNoAllocs(t, "PING", func() error { _, _, err := c.Next(); return err })
}
