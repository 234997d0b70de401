//go:build unix

package curlew_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// A large payload is not written before pieces of its frame that the socket did
// not take in time, in whatever states of the send side they are.
func TestRememberedLargePieceStaysBehind(t *testing.T) {
	for pieces := range 4 {
		curlewtest.NoLeaks(t)
		ours, theirs := unixPair(t)
		c, peer := newPair(t, ours, theirs, true, nil) // a server writes payloads from where they are
		garbage := fill(t, ours)
		large := letters(100_000)
		if err := c.StartFrame(curlew.Binary, int64(100*pieces+len(large))); err != nil {
			t.Fatal(err)
		}
		want := ""
		c.SetWriteDeadline(time.Unix(1, 0))
		for i := range pieces {
			p := letters(100 + i)[i:]
			wantError(t, c.SendPayload([]byte(p)), os.ErrDeadlineExceeded)
			want += p
		}
		c.SetWriteDeadline(time.Time{})
		sent := make(chan error, 1)
		go func() { sent <- c.SendPayload([]byte(large)) }()
		if _, err := io.ReadFull(peer.r, make([]byte, garbage)); err != nil {
			t.Fatal(err)
		}
		peer.expect(rawFrame{wBinary, want + large})
		if err := <-sent; err != nil {
			t.Error(err)
		}
	}
}

// A payload that is large, and fits the queue, is queued behind the write in
// progress as any other, and not written beside it.
func TestRememberedLargePayloadIsQueued(t *testing.T) {
	curlewtest.NoLeaks(t)
	ours, theirs := unixPair(t)
	c, peer := newPair(t, ours, theirs, true, nil)
	garbage := fill(t, ours)
	small := make(chan error, 2)
	for range 2 { // one is written, and waits; the other is queued
		go func() { small <- c.Send(curlew.Text, []byte("small")) }()
	}
	large := make(chan error, 1)
	err := <-small
	go func() { large <- c.Send(curlew.Binary, []byte(letters(20_000))) }()
	select {
	case queued := <-large:
		err = errors.Join(err, queued)
	case <-time.After(20 * time.Second):
		t.Error("the large frame waits, though there is room in the queue")
	}
	if _, err := io.ReadFull(peer.r, make([]byte, garbage)); err != nil {
		t.Fatal(err)
	}
	peer.expect(textFrame("small"), textFrame("small"), binaryFrame(letters(20_000)))
	if err := errors.Join(err, <-small); err != nil {
		t.Error(err)
	}
}

// A compressed message that was not written in time can be completed: what is
// left of it is kept, although it is large.
func TestRememberedCompressedMessageGoesOn(t *testing.T) {
	curlewtest.NoLeaks(t)
	ours, theirs := unixPair(t)
	c, peer, err := openPair(t.Context(), ours, theirs, true, curlew.AcceptOptions{Compression: &curlew.Compression{Level: 9}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	defer peer.Close()
	garbage := fill(t, ours)
	p := hexadecimal(60_000) // half as long when it is compressed well
	c.SetWriteDeadline(time.Unix(1, 0))
	err = c.Send(curlew.Text|curlew.Compressed, p)
	c.SetWriteDeadline(time.Time{})
	var se *curlew.SendError
	if !errors.As(err, &se) {
		t.Fatalf("expected a frame that can be completed, got %v", err)
	}
	sent := make(chan error, 1)
	go func() { sent <- c.SendPayload(p[se.Sent:]) }()
	if _, err := io.ReadFull(theirs, make([]byte, garbage)); err != nil {
		t.Fatal(err)
	}
	f, got, err := peer.ReadMessage(t.Context(), nil)
	wantMessage(t, curlew.Message{Flags: curlew.Text | curlew.Compressed, Data: p}, f, got, err)
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// hexadecimal returns n digits by chance.
func hexadecimal(n int) []byte { return fmt.Appendf(nil, "%x", noise(n/2)) }
