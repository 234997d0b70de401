//go:build unix

package curlew_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// Whichever call of the stream or of the writer fails, it is told which of the
// two it was, and what the writer did not take is still there.
func TestFailAtWriteTo(t *testing.T) {
	frames := []rawFrame{{wBinaryGo, noise(3000)}, pingFrame("?"), {wCont, noise(2000)}}
	want := frames[0].payload + frames[2].payload
	for _, size := range []int{512, 64 << 10} {
		curlewtest.FailAt(t, func(t *testing.T, wrap func(net.Conn) net.Conn) (err error) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := curlewtest.PipeSize(1000)
				c, peer := newPair(t, wrap(ours), theirs, false, &curlew.AcceptOptions{ReadBuffer: size})
				go theirs.Write(wireBytes(false, frames...))
				answers := peer.drain()
				a, b := curlewtest.PipeSize(700)
				sink := &noticing{Conn: wrap(a)}
				all := make(chan []byte, 1)
				go func() {
					p, _ := io.ReadAll(b)
					all <- p
				}()
				err = failWriteTo(t, c, sink, want)
				c.Close()
				sink.Close()
				if got := <-all; err == nil && string(got) != want {
					t.Errorf("%d bytes were written of %d, or others", len(got), len(want))
				}
				<-answers
			})
			return err
		})
	}
}

// failWriteTo is one copy of which a call may fail.
func failWriteTo(t *testing.T, c *curlew.Conn, sink *noticing, want string) error {
	_, r, err := c.NextReader(t.Context())
	if err != nil {
		return err
	}
	n, err := io.Copy(sink, r)
	var told *curlew.SinkError
	if errors.As(err, &told) != sink.hit.Load() {
		t.Errorf("%v; that it was the writer is %v", err, sink.hit.Load())
	}
	if err == nil {
		synctest.Wait() // the PONG, which may fail, is on its way or with the peer
		return c.Send(curlew.Text, nil)
	}
	if told == nil {
		return err
	}
	if rest, failed := io.ReadAll(readerOnly{r}); failed != nil || string(rest) != want[n:] {
		t.Errorf("behind %d bytes came %d of %d, or others, %v", n, len(rest), len(want), failed)
	}
	return err
}

// A copying is a message on its way from a peer to a pipe, cut in two somewhere.
type copying struct {
	c        *curlew.Conn
	peer     *wirePeer
	r        io.Reader
	from, to *os.File
	before   []byte // the cut, in the stream
	behind   []byte
	want     string // the message
	came     int    // of it before the cut
}

// cuts are what may happen in the middle of a message.
var cuts = map[string]func(t *testing.T, x *copying){
	"pause": func(t *testing.T, x *copying) {
		copied := x.start()
		x.peer.sendBytes(x.before)
		x.expect(t, x.want[:x.came])
		x.peer.sendBytes(x.behind)
		x.expect(t, x.want[x.came:])
		if got := <-copied; got.err != nil || got.n != len(x.want) {
			t.Errorf("%d bytes, %v", got.n, got.err)
		}
	},
	"time-out": func(t *testing.T, x *copying) {
		copied := x.start()
		x.peer.sendBytes(x.before)
		x.expect(t, x.want[:x.came])
		x.c.SetReadDeadline(time.Unix(1, 0))
		got := <-copied
		wantError(t, got.err, os.ErrDeadlineExceeded)
		x.c.SetReadDeadline(time.Time{})
		copied = x.start()
		x.peer.sendBytes(x.behind)
		x.expect(t, x.want[x.came:])
		if more := <-copied; more.err != nil || got.n != x.came || got.n+more.n != len(x.want) {
			t.Errorf("%d of %d bytes, then %d, %v", got.n, x.came, more.n, more.err)
		}
	},
	"end": func(t *testing.T, x *copying) {
		copied := x.start()
		x.peer.sendBytes(x.before)
		x.peer.closeWrite()
		x.expect(t, x.want[:x.came])
		got := <-copied
		if wantError(t, got.err, io.ErrUnexpectedEOF); got.n != x.came {
			t.Errorf("%d of %d bytes", got.n, x.came)
		}
	},
	"end of the pipe": func(t *testing.T, x *copying) {
		copied := x.start()
		go x.peer.sendBytes(append(x.before, x.behind...))
		x.expect(t, x.want[:x.came])
		x.from.Close()
		got := <-copied
		if as := (*curlew.SinkError)(nil); got.err != nil && !(errors.As(got.err, &as) && errors.Is(got.err, syscall.EPIPE)) {
			t.Error(got.err)
		}
		rest, err := io.ReadAll(readerOnly{x.r})
		if err != nil || string(rest) != x.want[got.n:] {
			t.Errorf("behind %d bytes came %d of %d, or others, %v", got.n, len(rest), len(x.want), err)
		}
	},
}

type copied struct {
	n   int
	err error
}

// start copies until the message ends, or something fails.
func (x *copying) start() <-chan copied {
	done := make(chan copied, 1)
	go func() {
		n, err := io.Copy(x.to, x.r)
		done <- copied{int(n), err}
	}()
	return done
}

// expect reads what must have been written.
func (x *copying) expect(t *testing.T, want string) {
	got := make([]byte, len(want))
	if _, err := io.ReadFull(x.from, got); err != nil || string(got) != want {
		t.Fatalf("other bytes came out than %d of the message, %v", len(want), err)
	}
}

// A message cut at every place around the borders of its frames, of which most
// are large enough to be spliced.
func TestWriteToCutEverywhere(t *testing.T) {
	frames := []rawFrame{{wBinaryGo, noise(66_000)}, pingFrame("?"), {wContGo, noise(66_100)}, {wContGo, ""}, {wContGo, "small"}, {wCont, noise(70_000)}}
	const begun = 16 // bytes with which NextReader returns
	for _, server := range []bool{false, true} {
		all, want := wireBytes(server, frames...), string(dataMessages(frames)[0].Data)
		var came []int // of the message before each byte of the stream
		var borders []int
		n := 0
		for _, f := range frames {
			borders = append(borders, len(came))
			for range len(wireBytes(server, f)) - len(f.payload) {
				came = append(came, n)
			}
			borders = append(borders, len(came))
			for range len(f.payload) {
				came = append(came, n)
				if f.first != wPing {
					n++
				}
			}
		}
		borders = append(borders, len(came))
		seen := begun
		for _, border := range borders {
			for cut := max(seen, border-3); cut < min(border+3, len(all)); cut++ {
				seen = cut + 1
				for name, test := range cuts {
					t.Run(fmt.Sprintf("server=%v/%d/%s", server, cut, name), func(t *testing.T) {
						t.Parallel()
						test(t, newCopying(t, server, all, begun, cut, want, came[cut]))
					})
				}
			}
		}
	}
}

func newCopying(t *testing.T, server bool, all []byte, begun, cut int, want string, came int) *copying {
	ours, theirs := tcpPair(t)
	c, peer := newPair(t, ours, theirs, server, &curlew.AcceptOptions{ReadBuffer: 512}) // takes little of a frame, so that the rest is spliced
	peer.sendBytes(all[:begun])
	_, r, err := c.NextReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		from.Close()
		to.Close()
	})
	return &copying{c: c, peer: peer, r: r, from: from, to: to, before: all[begun:cut:cut], behind: all[cut:], want: want, came: came}
}
