package curlew_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// flagTable is libcurl's table of flags: the first byte of the frame where no
// message of ours is open and where one is, 0 where that is wrong use; and
// whether a message is open behind it. In libcurl flags of 0 leave it open.
var flagTable = []struct {
	flags        curlew.Flags
	closed, open byte
	openAfter    bool // if it went out
	control      bool // and is no part of a message
}{
	{flags: 0, open: 0x80},
	{flags: curlew.Cont, open: 0x00, openAfter: true},
	{flags: curlew.Text, closed: 0x81, open: 0x80},
	{flags: curlew.Binary, closed: 0x82, open: 0x80},
	{flags: curlew.Text | curlew.Cont, closed: 0x01, open: 0x00, openAfter: true},
	{flags: curlew.Binary | curlew.Cont, closed: 0x02, open: 0x00, openAfter: true},
	{flags: curlew.Ping, closed: 0x89, open: 0x89, control: true},
	{flags: curlew.Pong, closed: 0x8A, open: 0x8A, control: true},
	{flags: curlew.Close | curlew.Cont},
	{flags: curlew.Ping | curlew.Cont},
	{flags: curlew.Pong | curlew.Cont},
	{flags: curlew.Text | curlew.Binary},
	{flags: curlew.Text | curlew.Ping},
	{flags: curlew.Ping | curlew.Pong},
	{flags: curlew.Close | curlew.Ping},
	{flags: 1 << 5}, // CURLWS_OFFSET
	{flags: 1<<5 | curlew.Text},
	{flags: 128},
	{flags: 1 << 31},
}

func TestSendFlags(t *testing.T) {
	send := map[string]func(c *curlew.Conn, f curlew.Flags) error{
		"Send": func(c *curlew.Conn, f curlew.Flags) error { return c.Send(f, []byte("x")) },
		"StartFrame": func(c *curlew.Conn, f curlew.Flags) error {
			if err := c.StartFrame(f, 1); err != nil {
				return err
			}
			return c.SendPayload([]byte("x"))
		},
		"Batch": func(c *curlew.Conn, f curlew.Flags) error {
			b := c.Cork()
			return errors.Join(b.Send(f, []byte("x")), b.Flush())
		},
	}
	for name, send := range send {
		for _, row := range flagTable {
			for _, open := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%#x/open=%v", name, row.flags, open), func(t *testing.T) {
					curlewtest.NoLeaks(t)
					c, peer := pipePair(t, nil)
					want := row.closed
					if open {
						want = row.open
						if err := c.Send(curlew.Text|curlew.Cont, []byte("begun")); err != nil {
							t.Fatal(err)
						}
						peer.expect(rawFrame{wTextGo, "begun"})
					}
					legal := want != 0 || open && row.flags&(curlew.Text|curlew.Binary|curlew.Cont) != 0 && row.openAfter
					if err := send(c, row.flags); legal != (err == nil) || err != nil && !errors.Is(err, curlew.ErrUsage) {
						t.Fatalf("%v", err)
					}
					if legal {
						peer.expect(rawFrame{want, "x"})
						if !row.control {
							open = row.openAfter
						}
					}
					if err := c.Send(curlew.Binary, nil); err != nil {
						t.Fatal(err)
					}
					if open {
						peer.expect(rawFrame{wCont, ""})
					} else {
						peer.expect(rawFrame{wBinary, ""})
					}
				})
			}
		}
	}
}

// A frame in pieces is the same frame, wherever it is cut, in both roles.
func TestStartFrame(t *testing.T) {
	for _, server := range []bool{false, true} {
		for _, size := range []int{0, 1, 2, 125, 126, 127, 65535, 65536, 70000, 200000} {
			t.Run(fmt.Sprintf("server=%v/%d", server, size), func(t *testing.T) {
				t.Parallel()
				curlewtest.NoLeaks(t)
				ours, theirs := curlewtest.Pipe()
				c, peer := newPair(t, ours, theirs, server, &curlew.AcceptOptions{WriteBuffer: 4096})
				frames := peer.drain()
				payload := strings.Repeat("curlew, ", size/8+1)[:size]
				sizes := curlewtest.Random(uint64(size), 9000)
				for range 3 {
					if err := c.StartFrame(curlew.Binary, int64(size)); err != nil {
						t.Fatal(err)
					}
					for rest := []byte(payload); len(rest) > 0; {
						n := min(sizes(), len(rest))
						if err := c.SendPayload(rest[:n]); err != nil {
							t.Fatal(err)
						}
						rest = rest[n:]
					}
				}
				if err := c.Send(curlew.Text, []byte("end")); err != nil {
					t.Fatal(err)
				}
				c.Close()
				whole := rawFrame{wBinary, payload}
				wantFrames(t, <-frames, whole, whole, whole, rawFrame{wText, "end"})
			})
		}
	}
}

func wantFrames(t testing.TB, got []rawFrame, want ...rawFrame) {
	t.Helper()
	for i, f := range got {
		if i >= len(want) || f != want[i] {
			t.Fatalf("frame %d of %d is %v; want %v", i, len(got), f, want)
		}
	}
	if len(got) < len(want) {
		t.Fatalf("got %d frames, want %d", len(got), len(want))
	}
}

// Wrong use sends nothing, and changes nothing.
func TestSendMisuse(t *testing.T) {
	curlewtest.NoLeaks(t)
	c, peer := pipePair(t, nil)
	long := make([]byte, 126)
	usage := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, curlew.ErrUsage) {
			t.Errorf("%s: %v", what, err)
		}
	}
	usage("SendPayload without a frame", c.SendPayload([]byte("x")))
	usage("SendPayload of nothing without a frame", c.SendPayload(nil))
	for _, f := range []curlew.Flags{curlew.Close, curlew.Ping, curlew.Pong} {
		usage("control frame of 126", c.Send(f, long))
		usage("started control frame of 126", c.StartFrame(f, 126))
		usage("started control frame of 2^63-1", c.StartFrame(f, math.MaxInt64))
		usage("control frame with Cont", c.StartFrame(f|curlew.Cont, 1))
	}
	for _, p := range []string{"\x03", "\x00\x00", "\x03\xed", "\x03\xf7", "\x13\x88", "\x03\xe8\xff"} {
		usage("CLOSE that the peer would refuse", c.Send(curlew.Close, []byte(p)))
		usage("CLOSE in place that the peer would refuse", c.SendInPlace(curlew.Close, []byte(p)))
		b := c.Cork()
		usage("CLOSE in a batch that the peer would refuse", b.Send(curlew.Close, []byte(p)))
		if err := b.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	usage("Shutdown with a reason that is not UTF-8", c.Shutdown(t.Context(), 1000, "\xff"))
	usage("negative length", c.StartFrame(curlew.Text, -1))
	usage("compressed frame of unknown length", c.StartFrame(curlew.Text|curlew.Compressed, 1))
	usage("continuation of nothing", c.StartFrame(0, 1))

	if err := c.StartFrame(curlew.Text, 4); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		c.Send(curlew.Text, nil), c.Send(curlew.Ping, nil), c.StartFrame(curlew.Text, 1), c.Cork().Send(curlew.Text, nil), c.Cork().Flush(),
	} {
		if !errors.Is(err, curlew.ErrFrameOpen) {
			t.Errorf("with an open frame: %v", err)
		}
	}
	usage("more than the frame takes", c.SendPayload([]byte("12345")))
	if err := c.SendPayload([]byte("ab")); err != nil {
		t.Fatal(err)
	}
	usage("more than the frame still takes", c.SendPayload([]byte("345")))
	if err := errors.Join(c.SendPayload(nil), c.SendPayload([]byte("cd"))); err != nil {
		t.Fatal(err)
	}
	usage("SendPayload behind the frame's end", c.SendPayload(nil))
	if err := errors.Join(c.StartFrame(curlew.Ping, 125), c.SendPayload(long[:125]), c.Send(curlew.Text, nil)); err != nil {
		t.Fatal(err)
	}
	b := c.Cork()
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	usage("flushed batch", b.Send(curlew.Text, nil))
	usage("flushed batch", b.Flush())
	peer.expect(rawFrame{wText, "abcd"}, rawFrame{wPing, string(long[:125])}, rawFrame{wText, ""})
}

// A write deadline that passes leaves a frame that can be completed, from
// exactly where SendError says, whatever the buffer, the role and the payload.
func TestSendErrorGoesOn(t *testing.T) {
	for _, server := range []bool{false, true} {
		for _, buffer := range []int{0, 512, 1024} {
			for _, size := range []int{0, 1, 125, 126, 505, 506, 507, 3000, 70000} {
				t.Run(fmt.Sprintf("server=%v/%d/%d", server, buffer, size), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						ours, theirs := curlewtest.PipeSize(100)
						c, peer := newPair(t, ours, theirs, server, &curlew.AcceptOptions{WriteBuffer: buffer})
						fill := make([]byte, 150)
						payload := []byte(strings.Repeat("0123456789", size/10+1)[:size])
						sendSlowly(t, c, peer, curlew.Binary, fill)
						sendSlowly(t, c, peer, curlew.Text|curlew.Cont, payload)
						sendSlowly(t, c, peer, curlew.Ping, []byte("control"))
						sendSlowly(t, c, peer, 0, payload)
						sendSlowly(t, c, peer, curlew.Close, []byte("\x03\xe8bye"))
						frames := peer.drain()
						c.Close()
						wantFrames(t, <-frames, rawFrame{wBinary, string(fill)}, rawFrame{wTextGo, string(payload)},
							rawFrame{wPing, "control"}, rawFrame{wCont, string(payload)}, rawFrame{wClose, "\x03\xe8bye"})
					})
				})
			}
		}
	}
}

// sendSlowly sends a frame to a peer that reads nothing until the deadline has
// passed, and then only half of what is there.
func sendSlowly(t *testing.T, c *curlew.Conn, peer *wirePeer, f curlew.Flags, p []byte) {
	t.Helper()
	c.SetWriteDeadline(time.Now().Add(time.Second))
	err := c.Send(f, p)
	for err != nil {
		var se *curlew.SendError
		if !errors.As(err, &se) || !errors.Is(err, os.ErrDeadlineExceeded) || se.Sent > len(p) {
			t.Fatalf("%d bytes: %v", len(p), err)
		}
		if err := c.Send(curlew.Ping, nil); err != curlew.ErrFrameOpen {
			t.Fatalf("with an open frame: %v", err)
		}
		p = p[se.Sent:]
		peer.keep(50)
		c.SetWriteDeadline(time.Now().Add(time.Second))
		err = c.SendPayload(p)
	}
}

// A CLOSE in pieces is complete before anything is refused because of it.
func TestStartFrameClose(t *testing.T) {
	c, peer := pipePair(t, nil)
	if err := errors.Join(c.StartFrame(curlew.Close, 4), c.SendPayload([]byte("\x03\xe8o")), c.SendPayload([]byte("k"))); err != nil {
		t.Fatal(err)
	}
	peer.expect(rawFrame{wClose, "\x03\xe8ok"})
	if err := c.Send(curlew.Text, nil); err != curlew.ErrClosing {
		t.Error(err)
	}
	if err := c.SendPayload(nil); err != curlew.ErrClosing {
		t.Error(err)
	}
}

// The same on a socket of the system.
func TestSendErrorOnTCP(t *testing.T) {
	curlewtest.NoLeaks(t)
	ours, theirs := tcpPair(t)
	c, peer := newPair(t, ours, theirs, false, nil)
	ours.(*net.TCPConn).SetWriteBuffer(64 << 10)
	theirs.(*net.TCPConn).SetReadBuffer(64 << 10)
	payload := make([]byte, 2<<20)
	for i := range payload {
		payload[i] = byte(i >> 8)
	}
	rest := payload
	err := cutShort(c, peer, func() error { return c.Send(curlew.Binary, rest) })
	var se *curlew.SendError
	if !errors.As(err, &se) || se.Sent == 0 || se.Sent == len(payload) {
		t.Fatalf("2 MiB to a peer that reads nothing: %v", err)
	}
	frames := peer.drain()
	for errors.As(err, &se) {
		rest = rest[se.Sent:]
		c.SetWriteDeadline(time.Now().Add(10 * time.Millisecond))
		err = c.SendPayload(rest)
	}
	c.SetWriteDeadline(time.Time{})
	if err := errors.Join(err, c.Send(curlew.Text, []byte("end"))); err != nil {
		t.Fatal(err)
	}
	c.Close()
	wantFrames(t, <-frames, rawFrame{wBinary, string(payload)}, rawFrame{wText, "end"})
}

// cutShort sends to a peer that reads a little and no more, whereupon the time
// to write is over.
func cutShort(c *curlew.Conn, peer *wirePeer, send func() error) error {
	sent := make(chan error, 1)
	go func() { sent <- send() }()
	peer.keep(100)
	c.SetWriteDeadline(time.Unix(1, 0))
	return <-sent
}

// Over TLS a write that timed out cannot go on: the connection is lost.
func TestSendTimesOutOverTLS(t *testing.T) {
	curlewtest.NoLeaks(t)
	ours, theirs := tlsOver(t, func(testing.TB) (net.Conn, net.Conn) { return curlewtest.Pipe() })
	c, _ := newPair(t, ours, theirs, false, nil)
	received := make(chan error, 1)
	go func() { _, _, err := c.Next(); received <- err }()
	c.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
	err := c.Send(curlew.Binary, make([]byte, 1<<20))
	var se *curlew.SendError
	if errors.As(err, &se) || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	c.SetWriteDeadline(time.Time{})
	for _, again := range []error{c.Send(curlew.Text, nil), c.SendPayload(nil), c.StartFrame(curlew.Text, 1), c.Cork().Flush()} {
		if !errors.Is(again, curlew.ErrLost) || again.Error() != err.Error() {
			t.Errorf("then %v, want ErrLost with the same text", again)
		}
	}
	wantError(t, <-received, io.ErrUnexpectedEOF)
}

// Every frame has a masking key of its own.
func TestSendKeys(t *testing.T) {
	c, peer := pipePair(t, nil)
	seen := map[string]bool{}
	for range 2000 {
		if err := c.Send(curlew.Ping, nil); err != nil {
			t.Fatal(err)
		}
		head, err := peer.r.Peek(6)
		if err != nil || head[1] != 0x80 {
			t.Fatalf("%x %v", head, err)
		}
		seen[string(head[2:])] = true
		peer.r.Discard(6)
	}
	if len(seen) < 1998 { // two of 2000 are the same once in 2000 runs
		t.Errorf("%d keys for 2000 frames", len(seen))
	}
}
