package curlew_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
)

// takeTwo receives two messages that come in one segment, and then nothing until
// ready is closed.
func takeTwo(t *testing.T, c *curlew.Conn, next bool, first chan<- struct{}, ready <-chan struct{}) {
	p := make([]byte, 200)
	for i, want := range []string{strings.Repeat("a", 100), strings.Repeat("b", 100)} {
		got := p
		if next {
			got, _, _ = c.Next()
		} else {
			m, _ := c.Recv(p)
			got = p[:m.Len]
		}
		if i == 0 {
			close(first)
		} else {
			<-ready
		}
		if string(got) != want {
			t.Errorf("got %q", got)
		}
	}
}

// What Recv copies, and what Next lends, is not touched by a Ping that waits for
// the receive side and gets it with the last message of the buffer.
func TestRememberedPingAfterLastMessage(t *testing.T) {
	for _, next := range []bool{false, true} {
		for range 20 {
			c, p := newTCP(t, nil)
			p.send(textFrame(strings.Repeat("a", 100)), textFrame(strings.Repeat("b", 100)))
			first, ponged := make(chan struct{}), make(chan struct{})
			go func() {
				f := p.frame()
				p.send(pongFrame(strings.Repeat("x", 125)), pongFrame(strings.Repeat("x", 125)), pongFrame(f.payload))
			}()
			go func() {
				defer close(ponged)
				<-first
				if _, err := c.Ping(t.Context()); err != nil {
					t.Error(err)
				}
			}()
			takeTwo(t, c, next, first, ponged)
		}
	}
}

// A goroutine that left data in the buffer and does something else meanwhile
// shares no memory with Shutdown.
func TestRememberedShutdownBesideUnreadData(t *testing.T) {
	for _, next := range []bool{false, true} {
		c, p := newTCP(t, nil)
		text := textFrame(strings.Repeat("a", 100))
		p.send(text, textFrame(strings.Repeat("b", 100)), text, text)
		first, down := make(chan struct{}), make(chan struct{})
		go func() {
			p.frame()
			p.send(text, closeFrame(1000, ""))
			p.Close()
		}()
		go func() {
			defer close(down)
			<-first
			if err := c.Shutdown(t.Context(), 1000, ""); err != nil {
				t.Error(err)
			}
		}()
		takeTwo(t, c, next, first, down)
	}
}

// A view that Next returned of a compressed message stays as it is while Ping
// receives, within the message and behind it.
func TestRememberedPingLeavesTheInflatedView(t *testing.T) {
	for _, o := range []curlew.Compression{{}, {ServerNoTakeover: true, ClientNoTakeover: true}} {
		ours, theirs := tcpPair(t)
		c, peer, err := openPair(t.Context(), ours, theirs, false, curlew.AcceptOptions{Compression: &o})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close(); peer.Close() })
		message := func(letter string) []byte { return []byte(strings.Repeat(letter, 100_000)) }
		go func() {
			peer.WriteMessage(t.Context(), curlew.Binary, message("a"))
			peer.WriteMessage(t.Context(), curlew.Binary, message("b"))
			peer.ReadMessage(t.Context(), nil) // answers PINGs
		}()
		for _, letter := range []string{"a", "b"} {
			for got := 0; got < 100_000; {
				view, _, err := c.Next()
				if err != nil {
					t.Fatal(err)
				}
				pinged := make(chan error)
				go func() {
					ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond) // a PONG behind data is not found
					defer cancel()
					c.Ping(ctx)
					close(pinged)
				}()
				if same := strings.Count(string(view), letter); same != len(view) {
					t.Fatalf("%d bytes of %d are not %q", len(view)-same, len(view), letter)
				}
				<-pinged
				if same := strings.Count(string(view), letter); same != len(view) {
					t.Fatalf("after Ping %d bytes of %d are not %q", len(view)-same, len(view), letter)
				}
				got += len(view)
			}
		}
	}
}
