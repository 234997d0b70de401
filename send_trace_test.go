package curlew_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// Trace sees every chunk and every byte of both directions, automatic frames
// too, and never two at once for a direction: it has no lock here.
func TestTrace(t *testing.T) {
	curlewtest.NoLeaks(t)
	var chunks [2][]string
	var stream [2]bytes.Buffer
	var calls [2]int // of both functions
	side := map[bool]int{false: 0, true: 1}
	ours, theirs := curlewtest.Pipe()
	c, peer := newPair(t, ours, theirs, false, &curlew.AcceptOptions{WriteBuffer: 512, Trace: &curlew.Trace{
		Chunk: func(sent bool, p []byte, m curlew.Meta) {
			if m.Len != len(p) {
				t.Errorf("%d bytes with %+v", len(p), m)
			}
			calls[side[sent]]++
			chunks[side[sent]] = append(chunks[side[sent]], fmt.Sprintf("%d %d %d %d", m.Flags, m.Offset, m.Len, m.BytesLeft))
		},
		Bytes: func(sent bool, p []byte) {
			calls[side[sent]]++
			stream[side[sent]].Write(p)
		},
	}})
	const senders, messages = 4, 200
	var wire bytes.Buffer
	var all sync.WaitGroup
	all.Go(func() { io.Copy(&wire, peer.Conn) })
	fromPeer := wireBytes(false, rawFrame{wPing, "p"}, rawFrame{wTextGo, "abc"}, rawFrame{wPong, ""}, rawFrame{wCont, ""}, rawFrame{wClose, ""})
	var sending sync.WaitGroup
	for s := range senders {
		sending.Go(func() {
			for range messages {
				if err := c.Send(curlew.Text, make([]byte, 200*s)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	sending.Wait()
	peer.sendBytes(fromPeer)
	if _, err := receiveAll(c, curlewtest.Fixed(2)); err != io.EOF {
		t.Error(err)
	}
	c.Close()
	all.Wait()
	if !bytes.Equal(stream[0].Bytes(), fromPeer) {
		t.Errorf("received %x", stream[0].Bytes())
	}
	if !bytes.Equal(stream[1].Bytes(), wire.Bytes()) {
		t.Errorf("%d bytes were shown, %d were sent", stream[1].Len(), wire.Len())
	}
	wantReceived := []string{"16 0 1 0", "5 0 2 1", "5 2 1 0", "64 0 0 0", "1 0 0 0", "8 0 0 0"}
	if fmt.Sprint(chunks[0]) != fmt.Sprint(wantReceived) {
		t.Errorf("received chunks %q", chunks[0])
	}
	n := len(chunks[1])
	if n < senders*messages+2 || chunks[1][n-2] != "64 0 1 0" || chunks[1][n-1] != "8 0 0 0" {
		t.Errorf("%d sent chunks end with %q", n, chunks[1][max(n-2, 0):])
	}
}

// A frame in pieces is shown piece by piece, and one of no bytes within it is none.
func TestTraceOfPieces(t *testing.T) {
	var got []piece
	ours, theirs := curlewtest.Pipe()
	c, _ := newPair(t, ours, theirs, false, &curlew.AcceptOptions{Trace: &curlew.Trace{
		Chunk: func(_ bool, p []byte, m curlew.Meta) { got = append(got, pieceOf(p, m)) },
	}})
	if err := errors.Join(c.StartFrame(curlew.Text, 4), c.SendPayload(nil), c.SendPayload([]byte("ab")), c.SendPayload(nil), c.SendPayload([]byte("cd")),
		c.StartFrame(curlew.Binary, 0)); err != nil {
		t.Fatal(err)
	}
	want := []piece{{curlew.Text, 0, "ab", 2}, {curlew.Text, 2, "cd", 0}, {curlew.Binary, 0, "", 0}}
	samePieces(t, got, want)
}
