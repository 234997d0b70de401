package curlew_test

import (
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// A peer that refuses an upload says so in a CLOSE and drops: that is what the
// uploader learns, not that a write failed.
func TestRefusedUploadTellsWhy(t *testing.T) {
	for _, kind := range streamKinds {
		t.Run(kind.name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			ours, theirs := kind.make(t)
			c, peer := newPair(t, ours, theirs, false, nil)
			go func() {
				peer.frame()
				peer.send(closeFrame(curlew.ClosePolicy, "too much"))
				peer.Close() // with bytes unread, so that our writes fail
			}()
			err := c.Perform(t.Context(), curlew.Handler{Upload: func(_ *curlew.Conn, buf []byte) (int, error) { return len(buf), nil }})
			wantClose(t, err, curlew.ClosePolicy, "too much")
		})
	}
}
