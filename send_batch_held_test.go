package curlew_test

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// Nothing of a batch is written before Flush, though the answer to a PING waits.
func TestRememberedBatchIsLeftAlone(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := curlewtest.Pipe()
		stream := &countWrites{Conn: ours}
		c, peer := newPair(t, stream, theirs, false, nil)
		b := c.Cork()
		if err := b.Send(curlew.Text, []byte("one")); err != nil {
			t.Fatal(err)
		}
		peer.send(pingFrame("?"), textFrame(""))
		wantNext(t, c, curlew.Text, "")
		synctest.Wait()
		if n := stream.n.Load(); n != 0 {
			t.Errorf("%d writes before Flush", n)
		}
		if err := errors.Join(b.Send(curlew.Text, []byte("two")), b.Flush()); err != nil {
			t.Fatal(err)
		}
		got := map[rawFrame]bool{peer.frame(): true, peer.frame(): true, peer.frame(): true}
		if !got[textFrame("one")] || !got[textFrame("two")] || !got[pongFrame("?")] {
			t.Errorf("the peer got %v", got)
		}
	})
}

// After the peer's CLOSE receiving waits for ours to be written, also where that
// is in a batch.
func TestRememberedCloseInBatchIsAwaited(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipePair(t, nil)
		b := c.Cork()
		if err := b.Send(curlew.Close, curlew.AppendClose(nil, 1000, "")); err != nil {
			t.Fatal(err)
		}
		peer.send(closeFrame(1000, ""))
		wantNext(t, c, curlew.Close, closeFrame(1000, "").payload)
		end := later(next(c))
		blocked(t, end)
		if err := b.Flush(); err != nil {
			t.Fatal(err)
		}
		if err := <-end; err != io.EOF {
			t.Error(err)
		}
		peer.expect(closeFrame(1000, ""))
	})
}
