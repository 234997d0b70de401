package curlew_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/curlew-ws/curlew/curlewtest"
)

// A limitedSink takes room bytes, then fails.
type limitedSink struct {
	b    []byte
	room int
	err  error
}

func (s *limitedSink) Write(p []byte) (int, error) {
	n := min(len(p), s.room-len(s.b))
	s.b = append(s.b, p[:n]...)
	return n, s.err
}

// What a writer did not take is kept, whatever is received before it is read: a
// Ping receives its PONG, and the connection's memory is used again for that.
func TestRememberedWriteToKeepsItsBytes(t *testing.T) {
	const end = "the end of a message that the writer does not take"
	for _, kind := range streamKinds {
		for _, room := range []int{0, 1, 20} {
			t.Run(fmt.Sprintf("%s/%d", kind.name, room), func(t *testing.T) {
				curlewtest.NoLeaks(t)
				ours, theirs := kind.make(t)
				c, peer := newPair(t, ours, theirs, false, nil)
				for range 10 { // the memory may be another by chance
					peer.send(textFrame(end))
					_, r, err := c.NextReader(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					w := limitedSink{room: room}
					if _, err := io.Copy(&w, r); !errors.Is(err, io.ErrShortWrite) {
						t.Fatal(err)
					}
					go func() {
						peer.send(pongFrame("not asked for, but as long as what is kept: ######"), rawFrame{wPong, peer.frame().payload})
					}()
					if _, err := c.Ping(t.Context()); err != nil {
						t.Fatal(err)
					}
					rest, err := io.ReadAll(r)
					if got := string(w.b) + string(rest); got != end || err != nil {
						t.Fatalf("came %q, %v", got, err)
					}
				}
			})
		}
	}
}
