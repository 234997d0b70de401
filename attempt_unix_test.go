//go:build unix

package curlew

import (
	"io"
	"testing"
)

// An attempt counts all that it writes, in however many pieces the system takes it.
func TestAttemptCountsEveryPiece(t *testing.T) {
	ours, theirs := idleTCP(t)
	c := NewConn(ours, false, nil)
	received := make(chan int64)
	go func() {
		n, _ := io.Copy(io.Discard, theirs)
		received <- n
	}()
	wrote, p := int64(0), make([]byte, 8<<20)
	for range 50 {
		n, err := c.out.attempt(p)
		if err != nil {
			t.Fatal(err)
		}
		wrote += int64(n)
	}
	c.Close()
	if got := <-received; got != wrote {
		t.Errorf("the attempts say that they wrote %d bytes, the peer received %d", wrote, got)
	}
	theirs.Close()
}
