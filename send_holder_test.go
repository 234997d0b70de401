package curlew_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// A batch ends with the CLOSE that is sent in it.
func TestBatchClose(t *testing.T) {
	curlewtest.NoLeaks(t)
	c, peer := pipePair(t, nil)
	b := c.Cork()
	if err := errors.Join(b.Send(curlew.Text, []byte("a")), b.Send(curlew.Close, curlew.AppendClose(nil, 1000, ""))); err != nil {
		t.Fatal(err)
	}
	if err := b.Send(curlew.Text, []byte("b")); err != curlew.ErrClosing {
		t.Errorf("behind CLOSE: %v", err)
	}
	b.Flush()
	peer.expect(rawFrame{wText, "a"}, closeFrame(1000, ""))
}

// NextWriter waits for an open batch, whose frames it would hold up for ever.
func TestBatchBeforeNextWriter(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipePair(t, nil)
		b := c.Cork()
		done := make(chan error, 1)
		go func() {
			w, err := c.NextWriter(t.Context(), curlew.Text)
			if err == nil {
				_, err = w.Write([]byte("behind"))
				err = errors.Join(err, w.Close())
			}
			done <- err
		}()
		synctest.Wait()
		for range 3 {
			if err := b.Send(curlew.Ping, nil); err != nil { // a way that takes the lock
				t.Fatal(err)
			}
			if err := b.Send(curlew.Text, []byte("first")); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(b.Flush(), <-done); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			peer.expect(rawFrame{wPing, ""}, rawFrame{wText, "first"})
		}
		peer.expect(rawFrame{wText, "behind"})
	})
}

// Who stands in line looks at nothing that a batch changes without the lock:
// the race detector watches.
func TestSendBesideBatches(t *testing.T) {
	curlewtest.NoLeaks(t)
	c, peer := pipePair(t, nil)
	const batches, frames = 50, 200
	done := make(chan error, 2)
	go func() {
		var err error
		for range batches {
			b := c.Cork()
			for range frames {
				err = errors.Join(err, b.Send(curlew.Binary, make([]byte, 1000)))
			}
			err = errors.Join(err, b.Flush())
		}
		done <- err
	}()
	go func() {
		var err error
		for range batches {
			err = errors.Join(err, c.Send(curlew.Binary, make([]byte, 100_000)), c.Send(curlew.Text, nil))
		}
		done <- err
	}()
	for range batches*frames + 2*batches {
		peer.frame()
	}
	if err := errors.Join(<-done, <-done); err != nil {
		t.Fatal(err)
	}
}

// A send whose write times out when somebody else has the side by then is
// queued: its frame goes out in front of the other's, who keeps the side.
func TestSendTimesOutBehindHolder(t *testing.T) {
	for name, o := range map[string]*curlew.AcceptOptions{"alone": nil, "in turn": {Trace: &curlew.Trace{}}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := curlewtest.PipeSize(100)
				c, peer := newPair(t, ours, theirs, false, o)
				c.SetWriteDeadline(time.Now().Add(time.Second))
				sent := later(func() error { return c.Send(curlew.Binary, []byte(letters(2000))) })
				synctest.Wait()
				b := c.Cork()
				if err := b.Send(curlew.Text, []byte("batch")); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Second)
				if err := <-sent; err != nil {
					t.Errorf("expected the frame to be queued, came %v", err)
				}
				c.SetWriteDeadline(time.Time{})
				flushed := later(func() error { return errors.Join(b.Send(curlew.Text, []byte("more")), b.Flush()) })
				peer.expect(binaryFrame(letters(2000)), textFrame("batch"), textFrame("more"))
				if err := <-flushed; err != nil {
					t.Error(err)
				}
			})
		})
	}
}
