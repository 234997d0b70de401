package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/curlew-ws/curlew"
)

// A tally counts what passes, for -w, --stats and the limits of speed.
type tally struct {
	mu    sync.Mutex
	ping  string    // the payload of the last PING sent
	asked time.Time // and when, zero once it is answered
	totals
}

// totals are a tally's at a moment.
type totals struct {
	start     time.Time
	in, out   counts
	first     time.Duration // until the first message began to come
	rtt       time.Duration // of the last PING with a PONG
	closeCode int           // of the peer's CLOSE, 0 if none came
	reason    string
}

func newTally() *tally { return &tally{totals: totals{start: time.Now()}} }

// counts are those of a direction.
type counts struct {
	Head     int64 // bytes of heads
	Frames   int64
	Messages int64
	Payload  int64 // bytes of messages, inflated
	Wire     int64 // bytes behind the heads
	Deflated bool  // some of the messages were
}

func (t *tally) trace() curlew.Trace {
	return curlew.Trace{Head: t.head, Chunk: t.chunk, Bytes: t.bytes}
}

func (t *tally) side(sent bool) *counts {
	if sent {
		return &t.out
	}
	return &t.in
}

func (t *tally) head(sent bool, head []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.side(sent).Head += int64(len(head))
}

func (t *tally) bytes(sent bool, p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.side(sent).Wire += int64(len(p))
}

func (t *tally) chunk(sent bool, p []byte, m curlew.Meta) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.side(sent)
	if m.FrameEnd() {
		c.Frames++
	}
	switch {
	case m.Flags&(curlew.Text|curlew.Binary) != 0:
		c.Payload += int64(m.Len)
		c.Deflated = c.Deflated || m.Flags&curlew.Compressed != 0
		if m.MessageEnd() {
			c.Messages++
		}
		if !sent && t.first == 0 {
			t.first = time.Since(t.start)
		}
	case sent && m.Flags&curlew.Ping != 0:
		t.ping, t.asked = string(p), time.Now()
	case m.Flags&curlew.Pong != 0 && !sent && !t.asked.IsZero() && string(p) == t.ping:
		t.rtt, t.asked = time.Since(t.asked), time.Time{}
	case !sent && m.Flags&curlew.Close != 0:
		t.closeCode, t.reason, _ = curlew.ParseClose(p)
	}
}

// now is how the totals are now.
func (t *tally) now() totals {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.totals
}

// write is --stats.
func (t totals) write(w io.Writer) {
	fmt.Fprintf(w, "curlew: %v", time.Since(t.start).Round(time.Millisecond))
	for _, side := range []struct {
		name string
		c    counts
	}{{"sent", t.out}, {"received", t.in}} {
		fmt.Fprintf(w, "; %s %s of %s in %s, %s on the wire", side.name,
			amount(side.c.Messages, "message"), amount(side.c.Payload, "byte"), amount(side.c.Frames, "frame"), amount(side.c.Wire, "byte"))
		if side.c.Deflated && side.c.Payload > 0 {
			fmt.Fprintf(w, " (%.0f%% of it)", 100*float64(side.c.Wire)/float64(side.c.Payload))
		}
	}
	if t.closeCode != 0 {
		fmt.Fprintf(w, "; closed with code %d", t.closeCode)
	}
	fmt.Fprintln(w)
}

// amount is a number of things: "1 frame", "2 frames".
func amount(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
