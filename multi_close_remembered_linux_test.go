package curlew

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// Close of a Conn in a Multi does not wait for its CLOSE to get out, nor for
// the peer to end its side: here the peer does that after Close has returned.
func TestRememberedCloseLeavesMulti(t *testing.T) {
	m, err := NewMulti()
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	ours, theirs := idleTCP(t)
	defer theirs.Close()
	c := NewConn(ours, false, nil)
	defer c.Close()
	if err := m.Add(c); err != nil {
		t.Fatal(err)
	}
	theirs.Write([]byte{0xFF, 0xFF})
	var breach *ProtocolError
	for err = ErrAgain; err == ErrAgain; _, err = c.TryRecv(make([]byte, 9)) {
	}
	if !errors.As(err, &breach) {
		t.Fatal(err)
	}
	c.out.drop(net.ErrClosed, time.Hour) // Close, with more patience than this machine needs
	c.out.mu.Lock()
	parted := c.out.dead
	c.out.mu.Unlock()
	if parted {
		t.Error("Close waited until the stream was closed")
	}
	if _, err := c.TryRecv(make([]byte, 9)); !errors.As(err, &breach) && !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close a try is %v", err)
	}
	said, _ := io.ReadAll(theirs) // to the end, which must come
	if len(said) < 2 || said[0] != 0x88 {
		t.Errorf("the peer got % x, want a CLOSE", said)
	}
}
