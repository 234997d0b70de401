package curlew_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// Each test here is named after a defect of libcurl's interface, as of its
// version 8.22, and shows that curlew does not have it.

// A send that was cut short, then a receive while a PONG waits: libcurl then
// begins a new frame in the middle of the old one.
func TestDefect01PartialSendThenPong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, peer := smallPair(t, 100, nil)
		p := []byte(letters(300))
		c.SetWriteDeadline(time.Now().Add(time.Second))
		var se *curlew.SendError
		if err := c.Send(curlew.Binary, p); !errors.As(err, &se) {
			t.Fatalf("came %v, expected a SendError", err)
		}
		peer.send(pingFrame("x"), textFrame("t"))
		buf := make([]byte, 10)
		if m, err := c.Recv(buf); err != nil || string(buf[:m.Len]) != "t" {
			t.Fatalf("came %q %v", buf[:m.Len], err)
		}
		c.SetWriteDeadline(time.Time{})
		done := make(chan error, 1)
		go func() { done <- c.SendPayload(p[se.Sent:]) }()
		peer.expect(binaryFrame(string(p)), pongFrame("x"))
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

// PINGs while an upload's frame is half sent: libcurl puts the PONG into the
// middle of the frame.
func TestDefect02PongInsideAnUpload(t *testing.T) {
	curlewtest.NoLeaks(t)
	c, peer := smallPair(t, 4096, &curlew.AcceptOptions{WriteBuffer: 1024}) // a frame is many calls and writes
	const frames, size = 20, 10_000
	go func() {
		for range 5 {
			peer.send(pingFrame("in between"))
		}
		pongs, data := 0, 0
		for pongs < 5 || data < frames {
			switch f := peer.frame(); f {
			case pongFrame("in between"):
				pongs++
			case binaryFrame(letters(size)):
				data++
			default:
				t.Errorf("the peer got %v", f)
				peer.Close()
				return
			}
		}
		peer.send(closeFrame(1000, ""))
		peer.expect(closeFrame(1000, ""))
		peer.Close()
	}()
	sent, at := 0, 0
	err := c.Perform(t.Context(), curlew.Handler{Upload: func(c *curlew.Conn, buf []byte) (int, error) {
		if at == 0 {
			if sent++; sent > frames {
				return 0, io.EOF
			}
			if err := c.StartFrame(curlew.Binary, size); err != nil {
				return 0, err
			}
		}
		n := copy(buf, letters(size)[at:])
		at = (at + n) % size
		return n, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// A PING by itself: libcurl answers it only when data flows.
func TestDefect03LonePing(t *testing.T) {
	c, peer := pipePair(t, nil)
	received := make(chan error, 1)
	go func() {
		_, _, err := c.Next()
		received <- err
	}()
	peer.send(pingFrame("alone"))
	peer.expect(pongFrame("alone"))
	peer.send(textFrame("the end of the test"))
	if err := <-received; err != nil {
		t.Fatal(err)
	}
}

// A PING that comes in two pieces: libcurl delivers the first, and answers with
// the second only.
func TestDefect04SplitPing(t *testing.T) {
	ours, theirs := curlewtest.Pipe()
	c, peer := newPair(t, curlewtest.SplitReads(ours, curlewtest.Fixed(3)), theirs, false, nil)
	peer.send(pingFrame("helloworld"), textFrame("t"))
	if p, m, err := c.Next(); err != nil || m.Flags != curlew.Text {
		t.Fatalf("came %q %+v %v, expected the text behind the PING", p, m, err)
	}
	peer.expect(pongFrame("helloworld"))
}

// More bytes than the frame that was begun takes: libcurl drops them silently.
func TestDefect05ExcessOfAnUpload(t *testing.T) {
	c, peer := pipePair(t, nil)
	peer.cut = true
	peer.drain()
	err := c.Perform(t.Context(), curlew.Handler{Upload: func(c *curlew.Conn, buf []byte) (int, error) {
		if err := c.StartFrame(curlew.Binary, 2); err != nil {
			return 0, err
		}
		return copy(buf, "sixsix"), nil
	}})
	if !errors.Is(err, curlew.ErrUsage) {
		t.Fatalf("came %v, expected ErrUsage", err)
	}
}

// A first piece that is longer than the frame: libcurl sends a part, says that
// it would block, and is wedged.
func TestDefect06FirstPieceTooLong(t *testing.T) {
	c, peer := pipePair(t, nil)
	if err := c.StartFrame(curlew.Binary, 4); err != nil {
		t.Fatal(err)
	}
	if err := c.SendPayload([]byte("ten bytes!")); !errors.Is(err, curlew.ErrUsage) {
		t.Fatalf("came %v, expected ErrUsage", err)
	}
	if err := c.SendPayload([]byte("four")); err != nil {
		t.Fatal(err)
	}
	if err := c.Send(curlew.Text, []byte("next")); err != nil {
		t.Fatal(err)
	}
	peer.expect(binaryFrame("four"), textFrame("next"))
}

// A last fragment sent without a type: libcurl takes the message as still open.
func TestDefect07ContinuationWithoutType(t *testing.T) {
	c, peer := pipePair(t, nil)
	for _, step := range []struct {
		f  curlew.Flags
		p  string
		ok bool
	}{{curlew.Text | curlew.Cont, "a", true}, {0, "b", true}, {0, "c", false}, {curlew.Text, "d", true}} {
		if err := c.Send(step.f, []byte(step.p)); (err == nil) != step.ok || err != nil && !errors.Is(err, curlew.ErrUsage) {
			t.Fatalf("%q: came %v", step.p, err)
		}
	}
	peer.expect(rawFrame{wTextGo, "a"}, rawFrame{wCont, "b"}, textFrame("d"))
}

// What comes behind a protocol error: libcurl decodes it as if frames began there.
func TestDefect08GarbageBehindAnError(t *testing.T) {
	c, peer := pipePair(t, nil)
	peer.sendBytes([]byte{0xC1, 0x01, 0x61, 0x81, 0x01, 0x62})
	_, _, first := c.Next()
	var pe *curlew.ProtocolError
	if !errors.As(first, &pe) || pe.Code != curlew.CloseProtocolError || pe.Offset != 0 {
		t.Fatalf("came %v, expected a ProtocolError at byte 0", first)
	}
	for range 3 {
		if p, _, err := c.Next(); err != first || len(p) > 0 {
			t.Fatalf("then came %q %v, expected the same error", p, err)
		}
	}
	if err := c.Send(curlew.Text, nil); err != first {
		t.Fatalf("Send: came %v, expected the same error", err)
	}
}

// Receiving in raw mode: libcurl decodes all the same, and queues PONGs.
func TestDefect09RawModeDecodes(t *testing.T) {
	c, peer := pipePair(t, &curlew.AcceptOptions{RawMode: true})
	ping := wireBytes(false, pingFrame("raw"))
	peer.sendBytes(ping)
	buf := make([]byte, 100)
	if m, err := c.Recv(buf); err != nil || m != (curlew.Meta{Len: len(ping)}) || !bytes.Equal(buf[:m.Len], ping) {
		t.Fatalf("came %x %+v %v, expected the PING's bytes", buf[:m.Len], m, err)
	}
	if err := c.Send(0, []byte("as it is")); err != nil {
		t.Fatal(err)
	}
	if n, err := peer.Read(buf); err != nil || string(buf[:n]) != "as it is" {
		t.Fatalf("the peer got %q %v", buf[:n], err)
	}
}

// A server that says nothing: libcurl's connect-only mode calls an empty reply
// a success, and waits for ever for one that does not come.
func TestDefect10EmptyReply(t *testing.T) {
	var he *curlew.HandshakeError
	url, _ := cannedServer(t, func(string) string { return "" })
	if _, err := curlew.Dial(t.Context(), url); !errors.As(err, &he) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("came %v, expected a HandshakeError for a stream that ended", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	silent := make(chan struct{})
	defer close(silent)
	url, _ = cannedServer(t, func(string) string { cancel(); <-silent; return "" })
	impatient := curlew.Client{HandshakeTimeout: time.Millisecond}
	if _, err := impatient.Dial(t.Context(), url); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("came %v, expected the handshake's limit to have passed", err)
	}
	if _, err := curlew.Dial(ctx, url); !errors.Is(err, context.Canceled) {
		t.Errorf("came %v, expected the context's end while the server is silent", err)
	}
}

// A stream that ends within a frame: libcurl's callback model calls it a success.
func TestDefect11TruncatedFrame(t *testing.T) {
	whole := wireBytes(false, binaryFrame("hello"))
	for cut := range whole {
		c, peer := pipePair(t, nil)
		peer.drain()
		peer.sendBytes(whole[:cut])
		peer.closeWrite()
		if err := c.Perform(t.Context(), curlew.Handler{}); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut at %d: came %v, expected io.ErrUnexpectedEOF", cut, err)
		}
	}
}

// An empty frame that the callback pauses on: libcurl does not deliver it again.
func TestDefect12PausedEmptyFrame(t *testing.T) {
	c, peer := pipePair(t, nil)
	peer.drain()
	peer.send(textFrame(""), closeFrame(1000, ""))
	peer.closeWrite()
	calls := 0
	err := c.Perform(t.Context(), curlew.Handler{OnChunk: func(c *curlew.Conn, p []byte, m curlew.Meta) error {
		if m.Flags != curlew.Text {
			return nil
		}
		if calls++; calls == 1 {
			c.Resume()
			return curlew.ErrPause
		}
		return nil
	}})
	if err != nil || calls != 2 {
		t.Errorf("came %d calls and %v, expected the empty frame twice", calls, err)
	}
}

// An upgrade that proves nothing: libcurl takes any 101.
func TestDefect13UnverifiedUpgrade(t *testing.T) {
	url, _ := cannedServer(t, func(string) string { return "HTTP/1.1 101 X\r\n\r\n" })
	var he *curlew.HandshakeError
	if _, err := curlew.Dial(t.Context(), url); !errors.As(err, &he) {
		t.Errorf("came %v, expected a HandshakeError", err)
	}
}

// Chunks of a frame that is longer than what one delivery takes: libcurl shows
// the same metadata with each.
func TestDefect14MetaOfSplitChunks(t *testing.T) {
	const size = 60_000
	c, peer := newTCP(t, &curlew.AcceptOptions{ReadBuffer: 102_400})
	go peer.send(binaryFrame(letters(size)))
	buf := make([]byte, 16_384)
	for offset := int64(0); offset < size; {
		m, err := c.Recv(buf)
		if err != nil {
			t.Fatal(err)
		}
		if m.Offset != offset || m.Offset+int64(m.Len)+m.BytesLeft != size {
			t.Fatalf("at %d came %+v", offset, m)
		}
		offset += int64(m.Len)
	}
}

// newTCP is pipePair over TCP.
func newTCP(t *testing.T, o *curlew.AcceptOptions) (*curlew.Conn, *wirePeer) {
	ours, theirs := tcpPair(t)
	return newPair(t, ours, theirs, false, o)
}
