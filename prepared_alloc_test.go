//go:build !race

package curlew

import (
	"testing"

	"github.com/curlew-ws/curlew/internal/handshake"
)

// Sending what is prepared allocates nothing, the race detector aside, which
// empties pools.
func TestSendPreparedAllocations(t *testing.T) {
	alone := &handshake.Deflate{ServerNoTakeover: true, ClientNoTakeover: true, ServerBits: 15, ClientBits: 15}
	for _, n := range []int{0, 10, 1000, 100_000} {
		m, err := Prepare(Text|Compressed, make([]byte, n))
		if err != nil {
			t.Fatal(err)
		}
		for _, server := range []bool{true, false} {
			for _, agreed := range []*handshake.Deflate{nil, alone} {
				c := newConn(&endless{}, server, &AcceptOptions{Compression: &Compression{}}, nil, agreed)
				if got := testing.AllocsPerRun(100, func() { err = c.SendPrepared(m) }); got != 0 || err != nil {
					t.Errorf("%d bytes, server %v, deflated %v: came %v allocations, %v", n, server, agreed != nil, got, err)
				}
			}
		}
	}
}
