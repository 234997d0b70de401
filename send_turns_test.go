package curlew_test

import (
	"errors"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// One that waited while others wrote again and again has the next turn, also
// before a sender that comes back at once.
func TestRememberedTurnOfWhoWaited(t *testing.T) {
	for name, send := range map[string]func(*testing.T, *curlew.Conn, []byte) error{"message": asMessage, "stream": asStream, "batch": asBatch} {
		t.Run(name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			synctest.Test(t, func(t *testing.T) {
				c, peer := pipePair(t, &curlew.AcceptOptions{WriteBuffer: 512})
				frames := peer.drain()
				for range 20 {
					w, err := c.NextWriter(t.Context(), curlew.Text)
					if err != nil {
						t.Fatal(err)
					}
					waited := later(func() error { return send(t, c, []byte("waited")) })
					for range 40 { // it looks after each
						synctest.Wait()
						if _, err := w.Write(make([]byte, 512)); err != nil {
							t.Fatal(err)
						}
					}
					synctest.Wait()
					if err := errors.Join(w.Close(), c.Send(curlew.Text, []byte("again")), <-waited); err != nil {
						t.Fatal(err)
					}
				}
				synctest.Wait()
				c.Close()
				var messages []string
				for _, f := range <-frames {
					if f.first == wText || f.first == wBinary {
						messages = append(messages, f.payload)
					}
				}
				if want := slices.Repeat([]string{"waited", "again"}, 20); !slices.Equal(messages, want) {
					t.Errorf("the peer got %q", messages)
				}
			})
		})
	}
}

// A single stream is one whose writes must not overlap.
type single struct {
	net.Conn
	gate    chan struct{}
	writing atomic.Int32
	t       *testing.T
}

func (s *single) Write(p []byte) (int, error) {
	if s.writing.Add(1) != 1 {
		s.t.Error("a write began while another was in progress")
	}
	defer s.writing.Add(-1)
	<-s.gate
	return s.Conn.Write(p)
}

// In raw mode, too, no write of the stream begins before the last one is over.
func TestRememberedRawSendsDoNotOverlap(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := curlewtest.Pipe()
		stream := &single{Conn: ours, gate: make(chan struct{}), t: t}
		c, peer := newPair(t, stream, theirs, false, &curlew.AcceptOptions{RawMode: true})
		first := later(func() error { return c.Send(0, []byte("first ")) })
		second := later(func() error { return c.Send(0, []byte("second")) })
		blocked(t, second)
		close(stream.gate)
		if err := errors.Join(<-first, <-second); err != nil {
			t.Fatal(err)
		}
		peer.keep(len("first second"))
		if string(peer.kept) != "first second" {
			t.Errorf("the peer got %q", peer.kept)
		}
	})
}
