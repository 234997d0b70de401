package curlew_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// countWrites counts the writes of a stream.
type countWrites struct {
	net.Conn
	n atomic.Int32
}

func (c *countWrites) Write(p []byte) (int, error) {
	c.n.Add(1)
	return c.Conn.Write(p)
}

// Many small frames go out in few writes, in order, with nothing between them.
func TestBatch(t *testing.T) {
	curlewtest.NoLeaks(t)
	ours, theirs := curlewtest.Pipe()
	counted := &countWrites{Conn: ours}
	c, peer := newPair(t, counted, theirs, false, &curlew.AcceptOptions{WriteBuffer: 4096})
	frames := peer.drain()
	var want []rawFrame
	b := c.Cork()
	for i := range 1000 {
		p := fmt.Sprint("frame ", i)
		if err := b.Send(curlew.Text, []byte(p)); err != nil {
			t.Fatal(err)
		}
		want = append(want, rawFrame{wText, p})
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	if n := counted.n.Load(); n > 5 { // of 15,000 bytes and more
		t.Errorf("%d writes", n)
	}
	c.Close()
	wantFrames(t, <-frames, want...)
}

// A batch takes frames of every kind and size.
func TestBatchSizes(t *testing.T) {
	for _, server := range []bool{false, true} {
		curlewtest.NoLeaks(t)
		ours, theirs := curlewtest.Pipe()
		c, peer := newPair(t, ours, theirs, server, &curlew.AcceptOptions{WriteBuffer: 512})
		frames := peer.drain()
		var want []rawFrame
		for range 3 {
			b := c.Cork()
			for _, size := range []int{0, 490, 0, 0, 1, 497, 498, 499, 500, 501, 502, 503, 504, 505, 506, 507, 508, 509, 510, 511, 512, 513, 0, 70000, 3} {
				p := strings.Repeat("z", size)
				if err := errors.Join(b.Send(curlew.Text|curlew.Cont, []byte(p)), b.Send(curlew.Ping, []byte("between")), b.Send(0, nil)); err != nil {
					t.Fatal(err)
				}
				want = append(want, rawFrame{wTextGo, p}, rawFrame{wPing, "between"}, rawFrame{wCont, ""})
			}
			if err := b.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		c.Close()
		wantFrames(t, <-frames, want...)
	}
}

// Until Flush the send side is the batch's; what others send, and answers to
// PINGs that have not got into it, come behind.
func TestBatchHoldsTheSendSide(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipePair(t, nil)
		b := c.Cork()
		if err := b.Send(curlew.Text, []byte("one")); err != nil {
			t.Fatal(err)
		}
		other := later(func() error { return c.Send(curlew.Text, []byte("other")) })
		second := later(func() error { b := c.Cork(); return errors.Join(b.Send(curlew.Text, []byte("second")), b.Flush()) })
		c.SetWriteDeadline(time.Now().Add(time.Second))
		late := c.Cork() // waits for its turn in vain
		wantError(t, late.Send(curlew.Text, nil), os.ErrDeadlineExceeded)
		wantError(t, late.Flush(), os.ErrDeadlineExceeded)
		synctest.Wait()
		c.SetWriteDeadline(time.Time{})
		select {
		case <-other: // it waited for its turn under the same deadline
		default:
			t.Error("a deadline that passed does not end the wait of Send")
		}
		<-second
		if err := errors.Join(b.Send(curlew.Text, []byte("two")), b.Flush()); err != nil {
			t.Fatal(err)
		}
		peer.expect(rawFrame{wText, "one"}, rawFrame{wText, "two"})

		b = c.Cork()
		other = later(func() error { return c.Send(curlew.Text, []byte("other")) })
		peer.send(rawFrame{wPing, "early"}, rawFrame{wText, ""})
		if _, _, err := c.Next(); err != nil {
			t.Fatal(err)
		}
		if err := b.Send(curlew.Text, []byte("three")); err != nil { // takes the answer along
			t.Fatal(err)
		}
		peer.send(rawFrame{wPing, "late"}, rawFrame{wText, ""})
		if _, _, err := c.Next(); err != nil {
			t.Fatal(err)
		}
		blocked(t, other)
		if err := errors.Join(b.Flush(), <-other); err != nil {
			t.Fatal(err)
		}
		peer.expect(rawFrame{wPong, "early"}, rawFrame{wText, "three"})
		a, z := peer.frame(), peer.frame()
		if a.first == wText {
			a, z = z, a
		}
		if a != (rawFrame{wPong, "late"}) || z != (rawFrame{wText, "other"}) {
			t.Errorf("then %v, %v", a, z)
		}
	})
}

// A batch of nothing gives the send side back all the same, to those who wait for it.
func TestEmptyBatchGivesBack(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipePair(t, nil)
		b := c.Cork()
		other := later(func() error { return c.Send(curlew.Text, []byte("other")) })
		blocked(t, other)
		if err := errors.Join(b.Flush(), <-other); err != nil {
			t.Error(err)
		}
		peer.expect(textFrame("other"))
	})
}

// A batch that fills its buffer while another's write is in progress waits for
// that, and its frames come behind.
func TestBatchBehindAWrite(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := narrow(t, 10, &curlew.AcceptOptions{WriteBuffer: 512})
		first := later(func() error { return c.Send(curlew.Binary, []byte(letters(100))) })
		want := []rawFrame{binaryFrame(letters(100))}
		b := c.Cork()
		for i := range 5 {
			want = append(want, textFrame(letters(200+i)))
		}
		batch := later(func() (err error) {
			for _, f := range want[1:] {
				err = errors.Join(err, b.Send(curlew.Text, []byte(f.payload)))
			}
			return errors.Join(err, b.Flush())
		})
		blocked(t, first)
		blocked(t, batch)
		peer.expect(want...)
		if err := errors.Join(<-first, <-batch); err != nil {
			t.Error(err)
		}
	})
}

// A Flush that waits for another's write learns that this failed.
func TestBatchBehindAFailedWrite(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := narrow(t, 10, nil)
		first := later(func() error { return c.Send(curlew.Binary, []byte(letters(100))) })
		b := c.Cork()
		batch := later(func() error { return errors.Join(b.Send(curlew.Text, []byte("never")), b.Flush()) })
		blocked(t, first)
		blocked(t, batch)
		peer.Close()
		wantError(t, <-batch, io.ErrClosedPipe)
		wantError(t, <-first, io.ErrClosedPipe)
	})
}

// A batch whose frames cannot be written is lost, and the connection with it.
func TestBatchFails(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, _ := narrow(t, 10, nil)
		b := c.Cork()
		if err := b.Send(curlew.Text, []byte("longer than ten bytes")); err != nil {
			t.Fatal(err)
		}
		c.SetWriteDeadline(time.Now().Add(time.Second))
		err := b.Flush()
		wantError(t, err, os.ErrDeadlineExceeded)
		for _, again := range []error{c.Send(curlew.Text, nil), c.Cork().Flush()} {
			if !errors.Is(again, curlew.ErrLost) || again.Error() != err.Error() {
				t.Errorf("then %v", again)
			}
		}
	})
}

// A peer that breaks the protocol ends a batch as well.
func TestBatchAfterProtocolError(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipePair(t, nil)
		b := c.Cork()
		if err := b.Send(curlew.Text, []byte("one")); err != nil {
			t.Fatal(err)
		}
		peer.sendBytes([]byte{0xFF, 0})
		_, _, err := c.Next()
		pe := wantProtocolError(t, err, curlew.CloseProtocolError, 0)
		if err := b.Send(curlew.Text, []byte("two")); err != pe {
			t.Errorf("Send: %v", err)
		}
		if err := b.Flush(); err != pe {
			t.Errorf("Flush: %v", err)
		}
		peer.expect(rawFrame{wText, "one"}, rawFrame{wClose, "\x03\xea"})
		peer.expectEnd()
	})
}

// Raw mode has no frames, and so none to batch: bytes go on.
func TestBatchInRawMode(t *testing.T) {
	c, peer := pipePair(t, &curlew.AcceptOptions{RawMode: true})
	b := c.Cork()
	wantError(t, b.Send(curlew.Text, []byte("x")), curlew.ErrUsage)
	wantError(t, b.Flush(), curlew.ErrUsage)
	if err := c.Send(0, []byte("bytes")); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if got, err := io.ReadAll(peer.r); string(got) != "bytes" || err != nil {
		t.Errorf("the peer got %q, %v", got, err)
	}
}

// Close ends a batch at its next call, though that would take no lock.
func TestBatchAfterClose(t *testing.T) {
	curlewtest.NoLeaks(t)
	c, _ := pipePair(t, nil)
	b := c.Cork()
	for range 2 {
		if err := b.Send(curlew.Text, []byte("one")); err != nil {
			t.Fatal(err)
		}
	}
	c.Close()
	wantError(t, b.Send(curlew.Text, []byte("two")), net.ErrClosed)
	wantError(t, b.Flush(), net.ErrClosed)
}

// Beside a batch that takes no lock others send, receive, set deadlines and
// answer PINGs; what comes is whole.
func TestBatchBesideOthers(t *testing.T) {
	curlewtest.NoLeaks(t)
	ours, theirs := curlewtest.Pipe()
	c, peer := newPair(t, ours, theirs, false, &curlew.AcceptOptions{WriteBuffer: 1024})
	const rounds, frames = 50, 60
	var all sync.WaitGroup
	all.Go(func() {
		for range rounds {
			b := c.Cork()
			var err error
			for range frames {
				err = errors.Join(err, b.Send(curlew.Text, []byte("batch")))
			}
			if err := errors.Join(err, b.Flush()); err != nil {
				t.Error(err)
			}
		}
	})
	all.Go(func() {
		for range rounds {
			if err := errors.Join(c.Send(curlew.Text, []byte("other")), c.SetWriteDeadline(time.Time{})); err != nil {
				t.Error(err)
			}
		}
	})
	all.Go(func() {
		for range rounds {
			if _, _, err := c.Next(); err != nil {
				t.Error(err)
			}
		}
	})
	all.Go(func() {
		for range rounds {
			peer.send(rawFrame{wPing, "ping"}, rawFrame{wText, ""})
		}
	})
	run := 0 // of the batch's frames
	for got := map[rawFrame]int{}; got[rawFrame{wText, "batch"}] < rounds*frames || got[rawFrame{wText, "other"}] < rounds; {
		f := peer.frame()
		if got[f]++; f.payload == "batch" {
			run++
		}
		if f.payload == "other" && run%frames != 0 {
			t.Fatalf("a message of another goroutine is within a batch, behind %d of its frames", run%frames)
		}
		if f.payload != "batch" && f.payload != "other" && f != (rawFrame{wPong, "ping"}) {
			t.Fatalf("came %v", f)
		}
	}
	all.Wait()
}
