package curlew_test

import (
	"context"
	"errors"
	"io"
	"runtime/debug"
	"runtime/metrics"
	"testing"

	"github.com/curlew-ws/curlew"
)

// sessionEnds are the ways a session can end, once a message was received: what
// the peer does, and what we do then.
var sessionEnds = map[string]struct {
	peer func(p *wirePeer)
	ours func(t *testing.T, c *curlew.Conn)
}{
	"the peer's CLOSE":     {func(p *wirePeer) { p.send(closeFrame(1000, "")) }, receiveToEnd},
	"CLOSE and more":       {func(p *wirePeer) { p.send(closeFrame(1000, ""), textFrame("more")) }, receiveToEnd},
	"the stream's end":     {func(p *wirePeer) { p.Close() }, receiveToEnd},
	"the end in a message": {func(p *wirePeer) { p.send(rawFrame{wTextGo, "x"}); p.Close() }, receiveToEnd},
	"the end in a header":  {func(p *wirePeer) { p.sendBytes([]byte{wText}); p.Close() }, receiveToEnd},
	"a protocol error":     {func(p *wirePeer) { p.sendBytes([]byte{0xff, 0xff}) }, receiveToEnd},
	"our Close":            {func(*wirePeer) {}, func(_ *testing.T, c *curlew.Conn) { c.Close() }},
	"our Shutdown": {func(p *wirePeer) { p.frame(); p.send(closeFrame(1000, "")); p.Close() }, func(t *testing.T, c *curlew.Conn) {
		c.Shutdown(t.Context(), 1000, "")
	}},
}

func receiveToEnd(t *testing.T, c *curlew.Conn) {
	for {
		if _, _, err := c.ReadMessage(t.Context(), nil); err != nil {
			return
		}
	}
}

// sessionReceives are the ways to receive one message.
var sessionReceives = map[string]func(ctx context.Context, c *curlew.Conn) error{
	"ReadMessage": func(ctx context.Context, c *curlew.Conn) error {
		_, _, err := c.ReadMessage(ctx, nil)
		return err
	},
	"Recv": func(_ context.Context, c *curlew.Conn) error {
		_, err := c.Recv(make([]byte, 100))
		return err
	},
	"NextReader": func(ctx context.Context, c *curlew.Conn) error {
		_, r, err := c.NextReader(ctx)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		return err
	},
}

// A session that the peer ended never gave its receive buffer back, so that each
// session cost one.
func TestRememberedSessionsGiveBuffersBack(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector sync.Pool drops what it is given, at random")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // it would empty the pools
	for end, do := range sessionEnds {
		for name, receive := range sessionReceives {
			for _, kind := range streamKinds[1:] { // a pipe is large itself
				t.Run(end+"/"+name+"/"+kind.name, func(t *testing.T) {
					session := func() {
						ours, theirs := kind.make(t)
						c, p := newPair(t, ours, theirs, false, nil)
						done := make(chan struct{})
						go func() {
							defer close(done)
							p.send(textFrame("hello"))
							do.peer(p)
							io.Copy(io.Discard, theirs)
						}()
						if err := receive(t.Context(), c); err != nil {
							t.Fatal(err)
						}
						do.ours(t, c) // a Conn whose session is over may be closed much later
						theirs.Close()
						<-done
					}
					session()
					const n = 8
					if got := buffersOf(session, n); got > n/2 {
						t.Errorf("%d sessions allocated %d receive buffers", n, got)
					}
				})
			}
		}
	}
}

// buffersOf returns how many objects as large as a receive buffer n runs of f allocate.
func buffersOf(f func(), n int) int {
	before := largeObjects()
	for range n {
		f()
	}
	return int(largeObjects() - before)
}

// largeObjects returns how many objects of more than 32 KiB were allocated.
func largeObjects() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs-by-size:bytes"}}
	metrics.Read(sample)
	counts := sample[0].Value.Float64Histogram().Counts
	return counts[len(counts)-1]
}

// A session in Perform gives its buffer back as well.
func TestRememberedPerformGivesBufferBack(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector sync.Pool drops what it is given, at random")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for name, end := range map[string]func(p *wirePeer){"CLOSE": sessionEnds["the peer's CLOSE"].peer, "end": sessionEnds["the stream's end"].peer, "error": func(*wirePeer) {}} {
		t.Run(name, func(t *testing.T) {
			session := func() {
				ours, theirs := tcpPair(t)
				c, p := newPair(t, ours, theirs, false, nil)
				go func() {
					p.send(textFrame("hello"))
					end(p)
				}()
				c.Perform(t.Context(), curlew.Handler{OnChunk: func(_ *curlew.Conn, _ []byte, m curlew.Meta) error {
					if name == "error" {
						return errors.New("enough")
					}
					return nil
				}})
				theirs.Close()
			}
			session()
			const n = 8
			if got := buffersOf(session, n); got > n/2 {
				t.Errorf("%d sessions allocated %d receive buffers", n, got)
			}
		})
	}
}
