//go:build unix

package curlew_test

import (
	"bytes"
	"net"
	"testing"

	"github.com/curlew-ws/curlew"
)

// floods are streams of frames that give the user nothing.
var floods = []struct {
	name     string
	frame    []byte
	deflated bool
}{
	{"PING", []byte{wPing, 0}, false},
	{"PING of 125 bytes", append([]byte{wPing, 125}, make([]byte, 125)...), false},
	{"empty compressed fragments", []byte{0, 0}, true},
	{"compressed fragments of an empty block", []byte{0, 5, 0, 0, 0, 0xff, 0xff}, true},
}

// floodPair returns a Conn that can be tried, and the connection of a peer that
// floods it until that is closed.
func floodPair(t *testing.T, make func(testing.TB) (ours, theirs net.Conn), frame []byte, deflated bool, o *curlew.AcceptOptions) (*curlew.Conn, net.Conn) {
	t.Helper()
	ours, theirs := make(t)
	if deflated {
		o.Compression = &curlew.Compression{}
	}
	c, _, err := openPair(t.Context(), ours, theirs, false, *o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if deflated {
		if _, err := theirs.Write([]byte{0x41, 0}); err != nil { // the message's first fragment
			t.Fatal(err)
		}
	}
	go func() {
		for all := bytes.Repeat(frame, 64<<10/len(frame)+1); ; {
			if _, err := theirs.Write(all); err != nil {
				return
			}
		}
	}()
	go func() { // the replies
		for buf := [4096]byte{}; ; {
			if _, err := theirs.Read(buf[:]); err != nil {
				return
			}
		}
	}()
	return c, theirs
}

// A peer that sent PINGs without end, or anything else that gives the user
// nothing, held one TryRecv for as long as it went on.
func TestRememberedFloodLeavesTryRecv(t *testing.T) {
	for _, kind := range tryKinds {
		for _, flood := range floods {
			t.Run(kind.name+"/"+flood.name, func(t *testing.T) {
				received := 0
				o := &curlew.AcceptOptions{Trace: &curlew.Trace{Bytes: func(sent bool, p []byte) {
					if !sent {
						received += len(p)
					}
				}}}
				c, theirs := floodPair(t, kind.make, flood.frame, flood.deflated, o)
				defer theirs.Close()
				for calls, total := 0, 0; total < 4<<20; calls++ {
					received = 0
					if _, err := c.TryRecv(make([]byte, 10)); err != curlew.ErrAgain {
						t.Fatalf("got %v, expected ErrAgain", err)
					}
					if total += received; received > 1<<20 {
						t.Fatalf("a try received %d bytes", received)
					}
					if calls > 4<<20 {
						t.Fatalf("received only %d bytes", total)
					}
				}
			})
		}
	}
}
