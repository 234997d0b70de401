package curlew_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// wantNoAllocs calls often enough that every kind of frame has passed, and
// every queue and buffer has its size.
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

// Nothing is allocated for a frame that a server receives, who unmasks it, nor
// for one whose receive waits for the socket.
func TestRecvAllocs(t *testing.T) {
	c := curlew.NewConn(&loopStream{wire: wireBytes(true, rawFrame{wText, "text"}, rawFrame{wBinaryGo, string(make([]byte, 1000))},
		rawFrame{wPong, "p"}, rawFrame{wCont, ""}, rawFrame{wBinary, string(make([]byte, 70000))})}, true, nil)
	wantNoAllocs(t, "Next", func() error { _, _, err := c.Next(); return err })
	wantNoAllocs(t, "Recv(nil)", func() error { _, err := c.Recv(nil); return err })
	for _, size := range []int{1, 100, 1 << 17} {
		p := make([]byte, size)
		wantNoAllocs(t, "Recv", func() error { _, err := c.Recv(p); return err })
	}
	c.Close()
	for name, streams := range map[string]func(testing.TB) (net.Conn, net.Conn){
		"tcp": tcpPair, "pipe": func(testing.TB) (net.Conn, net.Conn) { return curlewtest.Pipe() },
	} {
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

// NextReader allocates its reader and nothing else, WriteTo nothing; where it
// splices, what it needs for that, however long the message is.
func TestWriteToAllocs(t *testing.T) {
	c := curlew.NewConn(&loopStream{wire: wireBytes(false, rawFrame{wText, "text"}, rawFrame{wBinaryGo, string(make([]byte, 1000))},
		rawFrame{wPong, "p"}, rawFrame{wCont, string(make([]byte, 70000))})}, false, nil)
	defer c.Close()
	got := testing.AllocsPerRun(100, func() {
		_, r, err := c.NextReader(context.Background())
		if err == nil {
			_, err = io.Copy(onlyWriter{}, r)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	if got > 1 && !raceEnabled {
		t.Errorf("%v allocations for a message", got)
	}
}

// An onlyWriter has no ReadFrom, and takes all.
type onlyWriter struct{}

func (onlyWriter) Write(p []byte) (int, error) { return len(p), nil }

// Nor for one that a server sends.
func TestSendAllocs(t *testing.T) {
	small, large := []byte("a text"), make([]byte, 70000)
	c := curlew.NewConn(&loopStream{}, true, nil)
	defer c.Close()
	wantNoAllocs(t, "Send", func() error { return c.Send(curlew.Text, small) })
	wantNoAllocs(t, "Send of much", func() error { return c.Send(curlew.Binary, large) })
	wantNoAllocs(t, "Send of a fragment", func() error { return c.Send(curlew.Binary|curlew.Cont, small) })
	wantNoAllocs(t, "StartFrame", func() error {
		return errors.Join(c.StartFrame(curlew.Ping, int64(len(small))), c.SendPayload(small))
	})
	wantNoAllocs(t, "Cork", func() error {
		b := c.Cork()
		return errors.Join(b.Send(curlew.Text, small), b.Send(curlew.Ping, small), b.Send(curlew.Binary, large), b.Flush())
	})
}

// A PING costs no memory, once the queue of answers has some.
func TestPingAllocs(t *testing.T) {
	c := curlew.NewConn(&loopStream{wire: wireBytes(false, rawFrame{wPing, "ping"}, rawFrame{wText, "text"})}, false, nil)
	defer c.Close()
	if err := c.StartFrame(curlew.Binary, 1); err != nil { // so that answers wait, and coalesce
		t.Fatal(err)
	}
	wantNoAllocs(t, "PING", func() error { _, _, err := c.Next(); return err })
}
