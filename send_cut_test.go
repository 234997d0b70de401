package curlew_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// A message whose context ends when the peer has taken any number of its bytes,
// the end of a piece included, is sent whole, not at all, or the connection is lost.
func TestRememberedMessageCutAnywhere(t *testing.T) {
	const size, buffer = 1200, 512
	for _, server := range []bool{false, true} {
		for room := 1; room < size; room++ {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := curlewtest.PipeSize(room)
				c, peer := newPair(t, ours, theirs, server, &curlew.AcceptOptions{WriteBuffer: buffer})
				peer.cut = true
				ctx, cancel := context.WithCancel(t.Context())
				done := later(func() error { return c.WriteMessage(ctx, curlew.Text, make([]byte, size)) })
				cancel()
				err := <-done
				frames := peer.drain()
				after := c.Send(curlew.Text, []byte("after"))
				synctest.Wait()
				c.Close()
				got := <-frames
				if err == nil || after == nil {
					t.Fatalf("with room for %d bytes: %v, then %v, and %v", room, err, after, got)
				}
				wantError(t, err, context.Canceled)
				wantFrames(t, got)
			})
		}
	}
}

// fillUp writes size bytes, so that a stream of that size takes nothing more.
func fillUp(t *testing.T, ours net.Conn, size int) {
	if _, err := ours.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
}

// noise is n bytes that are not UTF-8 and do not repeat soon.
func noise(n int) string {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return string(b)
}

// A compressed message that a context cut, although nothing of it was written,
// is not missing from what later ones refer to.
func TestRememberedCompressedMessageCut(t *testing.T) {
	for again := range 30 { // so many bytes get shorter
		curlewtest.NoLeaks(t)
		synctest.Test(t, func(t *testing.T) {
			const room = 1000
			ours, theirs := curlewtest.PipeSize(room)
			c, peer, err := openPair(t.Context(), ours, theirs, false, curlew.AcceptOptions{Compression: &curlew.Compression{MinSize: 1}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			defer peer.Close()
			fillUp(t, ours, room)
			p := []byte(noise(300))
			p = append(p, p[:again]...)
			ctx, cancel := context.WithCancel(t.Context())
			cut := later(func() error { return c.WriteMessage(ctx, curlew.Binary, p) })
			cancel()
			wantError(t, <-cut, context.Canceled)
			if _, err := io.ReadFull(theirs, make([]byte, room)); err != nil {
				t.Fatal(err)
			}
			if err := c.WriteMessage(t.Context(), curlew.Binary, p); err != nil {
				wantError(t, err, context.Canceled) // the connection is lost
				return
			}
			_, got, err := peer.ReadMessage(t.Context(), nil)
			if err != nil || !bytes.Equal(got, p) {
				t.Errorf("the next message came as % x, %v", got, err)
			}
		})
	}
}

// A writer whose first fragment times out says so, and its message is not
// taken for one that was sent.
func TestRememberedWriterTimesOut(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		const room = 1000
		ours, theirs := curlewtest.PipeSize(room)
		fillUp(t, ours, room)
		c, _ := newPair(t, ours, theirs, false, nil)
		w, err := c.NextWriter(t.Context(), curlew.Text)
		if err != nil {
			t.Fatal(err)
		}
		c.SetWriteDeadline(time.Now().Add(time.Second))
		_, err = w.Write([]byte("never"))
		wantError(t, errors.Join(err, w.Close()), os.ErrDeadlineExceeded)
	})
}
