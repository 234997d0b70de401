package curlew_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// The ways of sending a payload.
func asMessage(t *testing.T, c *curlew.Conn, p []byte) error {
	return c.WriteMessage(t.Context(), curlew.Binary, p)
}

func asStream(t *testing.T, c *curlew.Conn, p []byte) error {
	w, err := c.NextWriter(t.Context(), curlew.Binary)
	if err != nil {
		return err
	}
	_, err = w.Write(p)
	return errors.Join(err, w.Close())
}

func asBatch(_ *testing.T, c *curlew.Conn, p []byte) error {
	b := c.Cork()
	return errors.Join(b.Send(curlew.Binary, p), b.Flush())
}

// Of many senders, some of messages that fill many buffers, each has its turn
// while the peer takes what all of them send without end: nobody starves,
// whatever the others do.
func TestSendersAreFair(t *testing.T) {
	type sender struct {
		send func(t *testing.T, c *curlew.Conn, p []byte) error
		size int
	}
	for name, senders := range map[string][]sender{
		"messages":                 {{asMessage, 10}, {asMessage, 10}, {asMessage, 10}, {asMessage, 10}, {asMessage, 400}, {asMessage, 400}, {asMessage, 3000}, {asMessage, 3000}},
		"a stream beside messages": {{asMessage, 10}, {asMessage, 10}, {asMessage, 3000}, {asStream, 3000}},
		"a batch beside messages":  {{asMessage, 10}, {asMessage, 10}, {asMessage, 3000}, {asBatch, 3000}},
		"a message beside streams": {{asMessage, 3000}, {asStream, 3000}, {asStream, 10}},
		"a message beside batches": {{asMessage, 3000}, {asBatch, 3000}, {asBatch, 10}},
		"a message beside a batch": {{asMessage, 10}, {asBatch, 3000}},
		"a stream beside a batch":  {{asStream, 3000}, {asBatch, 3000}},
		"a batch beside a stream":  {{asBatch, 10}, {asStream, 3000}},
		"all":                      {{asMessage, 10}, {asMessage, 3000}, {asStream, 10}, {asStream, 3000}, {asBatch, 10}, {asBatch, 3000}},
	} {
		for _, kind := range streamKinds {
			t.Run(fmt.Sprintf("%s/%s", name, kind.name), func(t *testing.T) {
				curlewtest.NoLeaks(t)
				ours, theirs := kind.make(t)
				c, peer := newPair(t, ours, theirs, false, &curlew.AcceptOptions{WriteBuffer: 512})
				var all sync.WaitGroup
				for who, s := range senders {
					all.Go(func() {
						p := make([]byte, s.size)
						var err error
						for err == nil {
							p[0] = byte(who)
							err = s.send(t, c, p)
						}
						if !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.ErrClosedPipe) {
							t.Error(err)
						}
					})
				}
				// Who is not in line since his thread has no processor may be overtaken by thousands.
				const turns, most = 5, 2_000_000
				got := make([]int, len(senders))
				n := 0
				for ; n < most && slices.Min(got) < turns; n++ {
					f := peer.frame()
					for f.first&0x80 == 0 { // of a stream the first frame tells whose it is
						f.first = peer.frame().first
					}
					got[f.payload[0]]++
				}
				c.Close()
				all.Wait()
				if n == most {
					t.Errorf("of %d messages came from each sender %d", n, got)
				}
			})
		}
	}
}

// A batch within a message that is open does not wait behind those in line, who
// wait for that message.
func TestBatchPassesLine(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipePair(t, nil)
		frames := peer.drain()
		if err := c.Send(curlew.Text|curlew.Cont, nil); err != nil {
			t.Fatal(err)
		}
		others := later(func() error { return c.WriteMessage(t.Context(), curlew.Text, []byte("other")) })
		want := []rawFrame{{wTextGo, ""}}
		for range 40 { // others look, and stand in line after some
			synctest.Wait()
			if err := c.Send(curlew.Cont, nil); err != nil {
				t.Fatal(err)
			}
			want = append(want, rawFrame{wContGo, ""})
		}
		blocked(t, others)
		b := c.Cork()
		if err := errors.Join(b.Send(0, []byte("end")), b.Flush(), <-others); err != nil {
			t.Fatal(err)
		}
		c.Close()
		wantFrames(t, <-frames, append(want, rawFrame{wCont, "end"}, rawFrame{wText, "other"})...)
	})
}
