package curlew_test

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// timeoutFrames have headers of every length, payload in pieces and control
// frames between.
var timeoutFrames = []rawFrame{
	{wTextGo, "héllo "}, {wPing, "ping"}, {wCont, "wörld"}, {wBinary, strings.Repeat("b", 130)}, {wPong, "pong"}, {wText, ""}, {wClose, "\x03\xe8bye"},
}

// receiveOn receives up to the end, by calls whose time is over again and again.
func receiveOn(t *testing.T, again func(timeouts int), receive func() (piece, error)) (all []piece, timeouts int) {
	t.Helper()
	for {
		p, err := receive()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			again(timeouts)
			timeouts++
		case err == io.EOF:
			return all, timeouts
		case err != nil:
			t.Fatal(err)
		default:
			all = append(all, p)
		}
	}
}

func recvInto(c *curlew.Conn, size int) func() (piece, error) {
	buf := make([]byte, size)
	return func() (piece, error) {
		m, err := c.Recv(buf)
		return pieceOf(buf, m), err
	}
}

// Receives that time out behind every single byte go on and lose nothing.
func TestDeadlineAtEveryByte(t *testing.T) {
	for _, kind := range streamKinds {
		for _, server := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/server=%v", kind.name, server), func(t *testing.T) {
				t.Parallel()
				curlewtest.NoLeaks(t)
				ours, theirs := kind.make(t)
				c, peer := newPair(t, ours, theirs, server, nil)
				stream := wireBytes(server, timeoutFrames...)
				c.SetReadDeadline(time.Now())
				got, timeouts := receiveOn(t, func(n int) {
					if n < len(stream) {
						peer.sendBytes(stream[n : n+1])
					}
					c.SetReadDeadline(time.Now().Add(time.Millisecond))
				}, recvInto(c, 16))
				samePieces(t, joined(t, got), piecesOf(0, timeoutFrames...))
				if timeouts < len(stream) {
					t.Errorf("%d time-outs for %d bytes", timeouts, len(stream))
				}
				peer.expect(rawFrame{wPong, "ping"}, rawFrame{wClose, "\x03\xe8"})
			})
		}
	}
}

// A hiccup is a stream whose every other Read times out, once told to, and
// gives one byte between.
type hiccup struct {
	net.Conn
	on    atomic.Bool
	calls int
}

func (h *hiccup) Read(p []byte) (int, error) {
	if !h.on.Load() {
		return h.Conn.Read(p)
	}
	if h.calls++; h.calls%2 == 1 {
		return 0, os.ErrDeadlineExceeded
	}
	return h.Conn.Read(p[:1])
}

// Under TLS the time is over within records, at each of their bytes.
func TestDeadlineInTLSRecord(t *testing.T) {
	curlewtest.NoLeaks(t)
	var below hiccup
	ours, theirs := tlsOver(t, func(testing.TB) (net.Conn, net.Conn) {
		a, b := curlewtest.Pipe()
		below.Conn = a
		return &below, b
	})
	c, peer := newPair(t, ours, theirs, false, nil)
	below.on.Store(true)
	stream := wireBytes(false, timeoutFrames...)
	for len(stream) > 0 {
		n := min(50, len(stream))
		peer.sendBytes(stream[:n]) // a record that ends anywhere in a frame
		stream = stream[n:]
	}
	got, timeouts := receiveOn(t, func(int) {}, recvInto(c, 16))
	samePieces(t, joined(t, got), piecesOf(0, timeoutFrames...))
	if timeouts < 200 {
		t.Errorf("%d time-outs", timeouts)
	}
}

// The same by contexts: one ends behind every byte of the records.
func TestContextInTLSRecord(t *testing.T) {
	curlewtest.NoLeaks(t)
	var slow atomic.Bool
	release := make(chan struct{})
	ours, theirs := tlsOver(t, func(t testing.TB) (net.Conn, net.Conn) {
		a, b := curlewtest.Pipe()
		c, d := curlewtest.Pipe()
		go func() { // from us to the peer
			io.Copy(c, b)
			c.Close()
		}()
		go func() { // from the peer to us, a byte a release
			defer b.Close()
			for one := make([]byte, 1); ; {
				if _, err := c.Read(one); err != nil {
					return
				}
				if slow.Load() {
					<-release
				}
				if _, err := b.Write(one); err != nil {
					return
				}
			}
		}()
		return a, d
	})
	c, peer := newPair(t, ours, theirs, false, nil)
	slow.Store(true)
	defer slow.Store(false)
	defer close(release)
	cause := errors.New("the time is over")
	peer.send(rawFrame{wTextGo, "in one record "}, rawFrame{wCont, "two frames"})
	for ends := 0; ; ends++ {
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, cause)
		_, p, err := c.ReadMessage(ctx, nil)
		cancel()
		if err == nil {
			if string(p) != "in one record two frames" || ends < 20 {
				t.Errorf("came %q after %d contexts", p, ends)
			}
			return
		}
		if p != nil || !errors.Is(err, cause) {
			t.Fatalf("%q %v", p, err)
		}
		release <- struct{}{}
	}
}

// A context that ends behind every single byte loses nothing of a message.
func TestContextAtEveryByte(t *testing.T) {
	messages := []rawFrame{{wTextGo, "héllo "}, {wPing, "ping"}, {wPong, ""}, {wCont, "wörld"}, {wBinary, ""}, {wText, strings.Repeat("t", 130)}}
	for _, kind := range streamKinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			curlewtest.NoLeaks(t)
			ours, theirs := kind.make(t)
			c, peer := newPair(t, ours, theirs, false, nil)
			cause := errors.New("the time is over")
			var got []string
			stream := wireBytes(false, messages...)
			for i := 0; len(got) < 3; {
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, cause)
				_, p, err := c.ReadMessage(ctx, nil)
				cancel()
				switch {
				case err == nil:
					got = append(got, string(p))
				case p != nil || !errors.Is(err, cause):
					t.Fatalf("%q %v", p, err)
				case i < len(stream):
					peer.sendBytes(stream[i : i+1])
					i++
				}
			}
			if got[0] != "héllo wörld" || got[1] != "" || got[2] != messages[5].payload {
				t.Errorf("%q", got)
			}
		})
	}
}

// The earlier of deadline and context ends the wait, and the other one stays.
func TestDeadlineAndContext(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		for _, tls := range []bool{false, true} {
			streams := func(testing.TB) (net.Conn, net.Conn) { return curlewtest.Pipe() }
			ours, theirs := streams(t)
			if tls {
				ours, theirs = tlsOver(t, streams)
			}
			c, peer := newPair(t, ours, theirs, false, nil)
			cause := errors.New("my cause")
			for _, row := range []struct{ deadline, context, later time.Duration }{
				{1, 2, 0}, {2, 1, 0}, {0, 1, 0}, {1, 0, 0}, {3, 2, 1}, {0, 2, 1}, {1, 2, 3}, {1, 0, 3}, {2, 3, -1},
			} {
				start := time.Now()
				at := func(d time.Duration) time.Time {
					if d <= 0 {
						return time.Time{}
					}
					return start.Add(d * time.Second)
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				if row.context > 0 {
					defer time.AfterFunc(row.context*time.Second, func() { cancel(cause) }).Stop()
				}
				c.SetReadDeadline(at(row.deadline))
				done := later(func() error { _, _, err := c.ReadMessage(ctx, nil); return err })
				deadline := row.deadline
				if row.later != 0 { // set while the call waits
					deadline = max(row.later, 0)
					c.SetReadDeadline(at(deadline))
				}
				err := <-done
				took := time.Since(start)
				if row.context > 0 && (deadline == 0 || row.context < deadline) {
					if !errors.Is(err, cause) || took != row.context*time.Second {
						t.Errorf("%+v: %v after %v", row, err, took)
					}
				} else if !errors.Is(err, os.ErrDeadlineExceeded) || took != deadline*time.Second {
					t.Errorf("%+v: %v after %v", row, err, took)
				}
				if deadline > 0 { // it still counts
					_, _, err := c.Next()
					if took := time.Since(start); !errors.Is(err, os.ErrDeadlineExceeded) || took < deadline*time.Second {
						t.Errorf("%+v: then %v after %v", row, err, took)
					}
				}
				c.SetReadDeadline(time.Time{})
				peer.send(rawFrame{wText, "alive"})
				if p, _, err := c.Next(); string(p) != "alive" || err != nil {
					t.Errorf("%+v: %q %v", row, p, err)
				}
				cancel(nil)
			}
		}
	})
}

// What is buffered comes although the deadline has passed or the context ended.
func TestBufferedComesAfterDeadline(t *testing.T) {
	c, peer := pipePair(t, nil)
	peer.send(rawFrame{wText, "one"}, rawFrame{wText, "two"}, rawFrame{wText, "three"})
	if p, _, err := c.Next(); string(p) != "one" || err != nil {
		t.Fatal(string(p), err)
	}
	c.SetReadDeadline(time.Unix(1, 0))
	if p, _, err := c.Next(); string(p) != "two" || err != nil {
		t.Error(string(p), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, p, err := c.ReadMessage(ctx, nil); string(p) != "three" || err != nil {
		t.Error(string(p), err)
	}
	_, _, err := c.Next()
	wantError(t, err, os.ErrDeadlineExceeded)
	_, _, err = c.ReadMessage(ctx, nil)
	wantError(t, err, context.Canceled)
}

// Frames that come in one piece with the response's head are the first ones.
func TestEarlyFrames(t *testing.T) {
	for _, size := range []int{0, 10, 400, 3000, 70000} {
		for _, kept := range []int{0, 1, 5} { // bytes of the last frame that come later
			t.Run(fmt.Sprintf("%d/%d", size, kept), func(t *testing.T) {
				curlewtest.NoLeaks(t)
				frames := []rawFrame{{wPing, "early"}, {wText, "first"}, {wBinary, strings.Repeat("e", size)}, {wText, "last"}, {wClose, ""}}
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				answers := make(chan []rawFrame, 1)
				go func() {
					s, err := l.Accept()
					if err != nil {
						t.Error(err)
						return
					}
					defer s.Close()
					peer := &wirePeer{Conn: s, t: t, masked: true, r: bufio.NewReader(s)}
					peer.upgrade(wireBytes(false, frames...), kept)
					answers <- <-peer.drain()
				}()
				c, err := (&curlew.Client{ReadBuffer: 512}).Dial(t.Context(), "ws://"+l.Addr().String()+"/")
				if err != nil {
					t.Fatal(err)
				}
				got, err := receiveAll(c, curlewtest.Fixed(1000))
				if err != io.EOF {
					t.Error(err)
				}
				c.Close()
				samePieces(t, joined(t, got), piecesOf(0, frames...))
				wantFrames(t, <-answers, rawFrame{wPong, "early"}, rawFrame{wClose, ""})
			})
		}
	}
}

// upgrade answers an opening handshake; what comes behind is in the same write,
// but for its last bytes.
func (p *wirePeer) upgrade(behind []byte, kept int) {
	r, err := http.ReadRequest(p.r)
	if err != nil {
		p.t.Error(err)
		return
	}
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	head := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n"
	all := append([]byte(head), behind...)
	p.sendBytes(all[:len(all)-kept])
	p.sendBytes(all[len(all)-kept:])
}
