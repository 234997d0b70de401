package curlew_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// A counting stream counts its reads and the read deadlines that it is given.
type counting struct {
	net.Conn
	reads, deadlines atomic.Int64
}

func (s *counting) Read(p []byte) (int, error) {
	s.reads.Add(1)
	return s.Conn.Read(p)
}

func (s *counting) SetReadDeadline(t time.Time) error {
	s.deadlines.Add(1)
	return s.Conn.SetReadDeadline(t)
}

// Without a heartbeat what is received sets no deadline.
func TestRememberedReceivingSetsNoDeadline(t *testing.T) {
	ours, theirs := curlewtest.Pipe()
	stream := &counting{Conn: ours}
	c, peer := newPair(t, stream, theirs, false, nil)
	for range 20 {
		peer.send(textFrame("small"))
		wantNext(t, c, curlew.Text, "small")
	}
	if n := stream.deadlines.Load(); n != 0 {
		t.Errorf("20 messages set %d deadlines", n)
	}
}

// A receive that waits, for the rest of a large frame too, sleeps until something
// comes.
func TestRememberedWaitingIsQuiet(t *testing.T) {
	const size = 1 << 20
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := curlewtest.Pipe()
		stream := &counting{Conn: ours}
		c, peer := newPair(t, stream, theirs, false, nil)
		peer.sendBytes(appendWireHeader(nil, false, wBinary, size, 0))
		peer.sendBytes(make([]byte, curlewtest.PipeBuffer-10)) // a read fills the room that there is
		p := make([]byte, size)
		for got := 0; got < curlewtest.PipeBuffer-10; {
			m, err := c.Recv(p[got:])
			if err != nil {
				t.Fatal(err)
			}
			got += m.Len
		}
		waiting := later(func() error { _, err := c.Recv(p); return err })
		time.Sleep(time.Second)
		before := stream.reads.Load()
		time.Sleep(time.Hour)
		blocked(t, waiting)
		if n := stream.reads.Load() - before; n > 0 {
			t.Errorf("in an hour of silence the stream was read %d times", n)
		}
		c.Close()
		<-waiting
	})
}

// A PONG with a number that no PING had yet answers none, not even later.
func TestRememberedPongOfLaterPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipePair(t, nil)
		ping := func() error { _, err := c.Ping(t.Context()); return err }
		first := later(ping)
		p := []byte(peer.frame().payload)
		ahead := append([]byte(nil), p...)
		ahead[len(ahead)-1]++
		peer.send(pongFrame(string(ahead)), pongFrame(string(p)))
		second := func() <-chan error {
			if err := <-first; err != nil {
				t.Fatal(err)
			}
			return later(ping)
		}()
		blocked(t, second)
		peer.send(pongFrame(peer.frame().payload))
		if err := <-second; err != nil {
			t.Error(err)
		}
	})
}

// The error of a stream that ends within a header counts the bytes of that.
func TestRememberedEndWithinHeader(t *testing.T) {
	c, peer := pipePair(t, nil)
	peer.sendBytes(append(wireBytes(false, textFrame("hello")), wText))
	peer.closeWrite()
	wantNext(t, c, curlew.Text, "hello")
	if err := next(c)(); err == nil || !strings.Contains(err.Error(), "at byte 8") {
		t.Errorf("came %v, expected an end at byte 8", err)
	}
}

// In raw mode the end of the stream is io.EOF itself, also if a send failed before.
func TestRememberedRawEndAfterFailedSend(t *testing.T) {
	ours, theirs := curlewtest.Pipe()
	c, peer := newPair(t, ours, theirs, false, &curlew.AcceptOptions{RawMode: true})
	peer.Close()
	if err := c.Send(0, []byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Fatal(err)
	}
	if _, err := c.Recv(make([]byte, 1)); err != io.EOF {
		t.Errorf("came %v", err)
	}
}

// Shutdown says that its context ended if the answer to the peer's CLOSE did not
// get out.
func TestRememberedShutdownOfAnswerThatWaits(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := curlewtest.PipeSize(1)
		c, peer := newPair(t, ours, theirs, false, nil)
		go peer.send(closeFrame(1000, ""))
		wantNext(t, c, curlew.Close, closeFrame(1000, "").payload)
		synctest.Wait() // the answer is being written
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		wantError(t, c.Shutdown(ctx, 1000, ""), context.DeadlineExceeded)
	})
}
