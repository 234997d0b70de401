package curlew_test

import (
	"strings"
	"testing"

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
