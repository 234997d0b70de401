package curlew_test

import (
	"errors"
	"io"
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

// Close of a Conn whose peer reads nothing held its caller, and so all other
// Conns of a Multi, for 100 ms. Now our CLOSE gets out after Close has returned.
func TestRememberedCloseInMultiReturnsAtOnce(t *testing.T) {
	m := newMulti(t)
	c, peer := addIdle(t, m, nil)
	go func() { c.Send(curlew.Binary, make([]byte, 4<<20)) }() // fills the socket
	var head [10]byte
	if _, err := io.ReadFull(peer.Conn, head[:]); err != nil {
		t.Fatal(err)
	}
	peer.sendBytes([]byte{0xff, 0xff})
	wantConn(t, m, c)
	var protocol *curlew.ProtocolError
	if _, err := c.TryRecv(make([]byte, 10)); !errors.As(err, &protocol) {
		t.Fatalf("got %v, expected a protocol error", err)
	}
	c.Close()
	all, err := io.ReadAll(peer.Conn)
	if err != nil {
		t.Fatal(err)
	}
	if want := 4<<20 + 4 + 4 + 4; len(all) != want { // the rest of the header, payload, CLOSE of 1002 with its header and key
		t.Errorf("the peer got %d bytes after Close, expected %d", len(all), want)
	}
}
