package curlew_test

import (
	"testing"

	"github.com/curlew-ws/curlew"
)

// One Conn with a flooding peer held up all others of its Multi, and is itself
// returned again, though no event says that there is more.
func TestRememberedFloodLeavesMulti(t *testing.T) {
	for _, flood := range floods {
		t.Run(flood.name, func(t *testing.T) {
			m := newMulti(t)
			bad, theirs := floodPair(t, tcpPair, flood.frame, flood.deflated, &curlew.AcceptOptions{})
			defer theirs.Close()
			add(t, m, bad)
			good, peer := addIdleAmong(t, m)
			peer.send(textFrame("hello"))
			turns := map[*curlew.Conn]int{}
			for got := false; !got || turns[bad] < 100; {
				c, err := m.Wait(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				turns[c]++
				meta, err := c.TryRecv(make([]byte, 10))
				got = got || c == good && err == nil && meta.Len == 5
				if err == nil && c == good {
					m.Yield(c)
				}
				if err != nil && err != curlew.ErrAgain {
					t.Fatal(err)
				}
				if turns[bad] > 1_000_000 {
					t.Fatal("the other Conn was never returned")
				}
			}
		})
	}
}

// addIdleAmong adds a Conn to a Multi that has others.
func addIdleAmong(t *testing.T, m *curlew.Multi) (*curlew.Conn, *wirePeer) {
	c, peer := tryPair(t, nil)
	add(t, m, c)
	return c, peer
}
