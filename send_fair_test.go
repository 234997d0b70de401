package curlew_test

import (
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// Of many senders, some of messages that fill many buffers, each has its turn
// while the peer takes what all of them send without end: nobody starves.
func TestSendersAreFair(t *testing.T) {
	curlewtest.NoLeaks(t)
	ours, theirs := curlewtest.PipeSize(1000)
	c, peer := newPair(t, ours, theirs, false, &curlew.AcceptOptions{WriteBuffer: 512})
	sizes := []int{10, 10, 10, 10, 400, 400, 3000, 3000}
	var all sync.WaitGroup
	for who, size := range sizes {
		all.Go(func() {
			p := make([]byte, size)
			p[0] = byte(who)
			var err error
			for err == nil {
				err = c.WriteMessage(t.Context(), curlew.Binary, p)
			}
			if !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.ErrClosedPipe) {
				t.Error(err)
			}
		})
	}
	const turns, most = 5, 500_000
	var got [8]int
	n := 0
	for ; n < most && slices.Min(got[:]) < turns; n++ {
		got[peer.frame().payload[0]]++
	}
	c.Close()
	all.Wait()
	if n == most {
		t.Errorf("of %d messages came from each sender %d", n, got)
	}
}
