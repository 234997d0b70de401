package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// wantProtocolError checks err and returns it.
func wantProtocolError(t testing.TB, err error, code int, offset int64) *curlew.ProtocolError {
	t.Helper()
	var pe *curlew.ProtocolError
	if !errors.As(err, &pe) {
		t.Fatalf("got error %v, want a *ProtocolError", err)
	}
	if pe.Code != code || pe.Offset != offset {
		t.Errorf("got code %d at byte %d (%v), want %d at %d", pe.Code, pe.Offset, err, code, offset)
	}
	return pe
}

// The peer's CLOSE is a chunk, answered, and then the right end; for methods of
// messages it is an error; sends fail once ours is sent.
func TestEndByPeersClose(t *testing.T) {
	for _, code := range []int{1000, 1001, 1002, 1005, 3000, 4999} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			curlewtest.NoLeaks(t)
			synctest.Test(t, func(t *testing.T) {
				payload := string(curlew.AppendClose(nil, code, "enough"))
				c, peer := pipePair(t, nil)
				peer.send(rawFrame{wText, "last"}, rawFrame{wClose, payload}, rawFrame{wText, "not to be received"})
				got, err := receiveAll(c, curlewtest.Fixed(200))
				samePieces(t, got, piecesOf(0, rawFrame{wText, "last"}, rawFrame{wClose, payload}))
				if err != io.EOF {
					t.Errorf("got %v, want io.EOF", err)
				}
				for range 2 {
					if _, _, err := c.Next(); err != io.EOF {
						t.Errorf("then %v", err)
					}
				}
				var ce *curlew.CloseError
				if _, _, err := c.ReadMessage(t.Context(), nil); !errors.As(err, &ce) || ce.Code != code || code != 1005 && ce.Reason != "enough" {
					t.Errorf("ReadMessage: %v", err)
				}
				if err := c.Send(curlew.Text, nil); err != ce {
					t.Errorf("Send: %v", err)
				}
				peer.expect(rawFrame{wClose, payload[:min(2, len(payload))]})
				c.Close()
				peer.expectEnd()
			})
		})
	}
}

// The chunk of a CLOSE comes before its answer is sent; io.EOF waits for that,
// up to the read deadline.
func TestEndAwaitsAnswer(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipePair(t, nil)
		if err := c.StartFrame(curlew.Binary, 2); err != nil {
			t.Fatal(err)
		}
		peer.send(rawFrame{wClose, "\x03\xe8"})
		if _, m, err := c.Next(); m.Flags != curlew.Close || err != nil {
			t.Fatal(m, err)
		}
		c.SetReadDeadline(time.Now().Add(time.Second))
		end := later(func() error { _, _, err := c.Next(); return err })
		time.Sleep(time.Second - 1)
		blocked(t, end)
		time.Sleep(time.Nanosecond)
		if err := <-end; err != io.EOF {
			t.Error(err)
		}
		c.SetReadDeadline(time.Time{})
		end = later(func() error { _, err := c.Recv(nil); return err })
		blocked(t, end)
		if err := c.SendPayload([]byte("ab")); err != nil { // our frame is not cut by the answer
			t.Fatal(err)
		}
		if err := <-end; err != io.EOF {
			t.Error(err)
		}
		peer.expect(rawFrame{wBinary, "ab"}, rawFrame{wClose, "\x03\xe8"})
	})
}

// Who answers CLOSE himself sees io.EOF at once, and may still send.
func TestEndNoAutoClose(t *testing.T) {
	curlewtest.NoLeaks(t)
	c, peer := pipePair(t, &curlew.AcceptOptions{NoAutoClose: true})
	peer.send(rawFrame{wClose, "\x03\xe8bye"}, rawFrame{wText, "x"})
	got, err := receiveAll(c, nil)
	samePieces(t, got, piecesOf(0, rawFrame{wClose, "\x03\xe8bye"}))
	if err != io.EOF {
		t.Error(err)
	}
	if err := errors.Join(c.Send(curlew.Text, []byte("one more")), c.Send(curlew.Close, []byte(got[0].data))); err != nil {
		t.Error(err)
	}
	var ce *curlew.CloseError
	if err := c.Send(curlew.Text, nil); !errors.As(err, &ce) || ce.Code != 1000 || ce.Reason != "bye" {
		t.Error(err)
	}
	peer.expect(rawFrame{wText, "one more"}, rawFrame{wClose, "\x03\xe8bye"})
}

// A stream that ends or breaks, between frames or within one, is an unexpected
// end; that it is reset can be told.
func TestEndByDrop(t *testing.T) {
	for _, cut := range []int64{0, 1, 5, 7, 9, 12} { // of the frames of 7 and 6 bytes
		for _, cause := range []error{io.EOF, syscall.ECONNRESET, syscall.ETIMEDOUT} {
			t.Run(fmt.Sprintf("%d/%v", cut, cause), func(t *testing.T) {
				curlewtest.NoLeaks(t)
				ours, theirs := curlewtest.Pipe()
				c, peer := newPair(t, curlewtest.CutReads(ours, cut, cause), theirs, false, nil)
				peer.send(rawFrame{wText, "hello"}, rawFrame{wTextGo, "more"})
				_, err := receiveAll(c, nil)
				wantError(t, err, io.ErrUnexpectedEOF)
				if cause != io.EOF {
					wantError(t, err, cause)
				}
				if want := fmt.Sprintf("at byte %d", cut); !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
				for range 2 {
					if _, _, again := c.Next(); again != err {
						t.Errorf("then %v", again)
					}
				}
				_, _, again := c.ReadMessage(t.Context(), nil)
				if !errors.Is(again, io.ErrUnexpectedEOF) && !errors.Is(again, curlew.ErrUsage) { // the latter within a message
					t.Errorf("ReadMessage: %v", again)
				}
			})
		}
	}
}

// violations are one breach of the protocol for each rule, behind a text frame
// "ok" of four bytes.
var violations = []struct {
	name   string
	bytes  string
	code   int
	offset int64 // behind the text frame
}{
	{"RSV1", "\xC1\x00", 1002, 0},
	{"RSV2", "\xA1\x00", 1002, 0},
	{"RSV3", "\x91\x00", 1002, 0},
	{"opcode 3", "\x83\x00", 1002, 0},
	{"opcode 11", "\x8B\x00", 1002, 0},
	{"masked frame from a server", "\x81\x80", 1002, 0},
	{"PING in fragments", "\x09\x00", 1002, 0},
	{"PING of 126", "\x89\x7e", 1002, 0},
	{"CLOSE of 127", "\x88\x7f", 1002, 0},
	{"continuation of nothing", "\x80\x00", 1002, 0},
	{"message within a message", "\x01\x01a\x81\x01b", 1002, 3},
	{"long length of 125", "\x82\x7e\x00\x7d", 1002, 0},
	{"long length of 65535", "\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff", 1002, 0},
	{"length of 2^63", "\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", 1002, 0},
	{"CLOSE of one byte", "\x88\x01\x03", 1002, 2},
	{"CLOSE with 1005", "\x88\x02\x03\xed", 1002, 2},
	{"CLOSE with 999", "\x88\x02\x03\xe7", 1002, 2},
	{"CLOSE reason not UTF-8", "\x88\x03\x03\xe8\xff", 1007, 2},
	{"text not UTF-8", "\x81\x03ab\xff", 1007, 4},
	{"text not UTF-8, not complete", "\x81\x7da\xff", 1007, 3},
	{"text cut in a rune", "\x81\x02a\xc3", 1007, 3},
	{"rune over fragments", "\x01\x01\xc3\x80\x01a", 1007, 5},
	{"surrogate", "\x81\x7d\xed\xa0", 1007, 3},
}

// A breach of the protocol is final: the same error from every call, CLOSE
// with the code that fits, and the end of the stream within a second.
func TestProtocolErrors(t *testing.T) {
	for _, v := range violations {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			curlewtest.NoLeaks(t)
			synctest.Test(t, func(t *testing.T) {
				c, peer := pipePair(t, nil)
				peer.send(rawFrame{wText, "ok"})
				peer.sendBytes([]byte(v.bytes))
				got, err := receiveAll(c, nil)
				pe := wantProtocolError(t, err, v.code, 4+v.offset)
				if got[0].data != "ok" {
					t.Errorf("first %+v", got[0])
				}
				if took := latched(t, c, pe); took != 0 {
					t.Errorf("an error took %v", took)
				}
				start := time.Now()
				peer.expect(rawFrame{wClose, string(curlew.AppendClose(nil, v.code, ""))})
				peer.expectEnd()
				if took := time.Since(start); took > 0 {
					t.Errorf("our side ended after %v", took)
				}
				latched(t, c, pe)
				time.Sleep(time.Second)
				synctest.Wait()
				if _, err := peer.Write(nil); err == nil {
					t.Error("a second later the stream is open, which the peer does not end")
				}
				latched(t, c, pe)
				c.Close()
				latched(t, c, pe)
			})
		})
	}
}

// latched checks that every call returns pe, and says how long they took.
func latched(t *testing.T, c *curlew.Conn, pe *curlew.ProtocolError) time.Duration {
	t.Helper()
	start := time.Now()
	for _, call := range everyCall {
		if call.name == "Shutdown" || call.name == "Perform" { // which drop the connection
			continue
		}
		err := call.call(t.Context(), c)
		var same *curlew.ProtocolError
		if !errors.As(err, &same) || same != pe {
			t.Errorf("%s: %v", call.name, err)
		}
	}
	return time.Since(start)
}

// The same, while a sender is blocked in the middle of a frame: CLOSE goes out
// behind that frame if it gets through, else nothing does.
func TestProtocolErrorWhileSending(t *testing.T) {
	for _, reads := range []bool{false, true} {
		t.Run(fmt.Sprintf("reads=%v", reads), func(t *testing.T) {
			curlewtest.NoLeaks(t)
			synctest.Test(t, func(t *testing.T) {
				c, peer := narrow(t, 100, &curlew.AcceptOptions{WriteBuffer: 512})
				payload := strings.Repeat("x", 5000)
				sending := later(func() error { return c.Send(curlew.Binary, []byte(payload)) })
				waiting := later(func() error { return c.Send(curlew.Binary, []byte(payload)) })
				blocked(t, sending)
				peer.sendBytes([]byte{0xC1})
				peer.sendBytes([]byte{0x00})
				start := time.Now()
				_, _, err := c.Next()
				pe := wantProtocolError(t, err, 1002, 0)
				if err := <-waiting; err != pe {
					t.Errorf("a send that waited: %v", err)
				}
				if reads {
					peer.expect(rawFrame{wBinary, payload}, rawFrame{wClose, "\x03\xea"})
					peer.expectEnd()
					if err := <-sending; err != nil {
						t.Errorf("a frame that was sent: %v", err)
					}
				} else if err := <-sending; err != pe {
					t.Errorf("a frame that was cut: %v", err)
				}
				if took := time.Since(start); took > time.Second {
					t.Errorf("took %v", took)
				}
				latched(t, c, pe)
			})
		})
	}
}

// An open frame of ours cannot be completed any more, so there is no CLOSE.
func TestProtocolErrorInOpenFrame(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipePair(t, nil)
		if err := errors.Join(c.StartFrame(curlew.Binary, 10), c.SendPayload([]byte("half"))); err != nil {
			t.Fatal(err)
		}
		peer.sendBytes([]byte{0xC1, 0})
		_, _, err := c.Next()
		pe := wantProtocolError(t, err, 1002, 0)
		if err := c.SendPayload([]byte("!")); err != pe {
			t.Error(err)
		}
		start := time.Now()
		if b, err := io.ReadAll(peer.Conn); len(b) != 10 || err != nil || time.Since(start) > 0 {
			t.Errorf("the peer got %x, %v, after %v", b, err, time.Since(start))
		}
		latched(t, c, pe)
	})
}

// A read deadline, or a heartbeat, does not cut the end of a broken session short.
func TestProtocolErrorWithDeadline(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipePair(t, &curlew.AcceptOptions{PingInterval: 10 * time.Millisecond})
		peer.sendBytes([]byte{0xC1, 0})
		c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		_, _, err := c.Next()
		wantProtocolError(t, err, 1002, 0)
		time.Sleep(500 * time.Millisecond)
		peer.expect(rawFrame{wClose, "\x03\xea"})
		peer.sendBytes([]byte("still here")) // a closed end would say so
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		if _, err := peer.Write([]byte("gone")); err == nil {
			t.Error("the stream is open after a second")
		}
	})
}

// Over TLS the CLOSE gets out as well, and a peer that hangs cannot hold us.
func TestProtocolErrorOverTLS(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := tlsOver(t, func(testing.TB) (net.Conn, net.Conn) { return curlewtest.Pipe() })
		c, peer := newPair(t, ours, theirs, false, nil)
		peer.sendBytes([]byte{0xC1, 0})
		_, _, err := c.Next()
		pe := wantProtocolError(t, err, 1002, 0)
		peer.expect(rawFrame{wClose, "\x03\xea"})
		time.Sleep(time.Second)
		synctest.Wait()
		latched(t, c, pe)
		if _, err := peer.Write([]byte("gone")); err == nil {
			t.Error("the stream is open after a second")
		}
	})
}

// Limits end a session in the same way.
func TestLimitErrors(t *testing.T) {
	for _, l := range []struct {
		name   string
		o      curlew.AcceptOptions
		bytes  string
		offset int64
	}{
		{"MaxFrame", curlew.AcceptOptions{MaxFrame: 3}, "\x81\x03abc\x81\x04", 5},
		{"MaxMessage", curlew.AcceptOptions{MaxMessage: 5}, "\x01\x03abc\x80\x03", 5},
		{"MaxFragments", curlew.AcceptOptions{MaxFragments: 2}, "\x01\x01a\x00\x01b\x80\x00", 6},
	} {
		t.Run(l.name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			c, peer := pipePair(t, &l.o)
			peer.sendBytes([]byte(l.bytes))
			_, err := receiveAll(c, nil)
			wantProtocolError(t, err, curlew.CloseTooBig, l.offset)
			var le *curlew.LimitError
			if !errors.As(err, &le) || le.Name != l.name {
				t.Errorf("%v", err)
			}
			peer.expect(rawFrame{wClose, "\x03\xf1"})
		})
	}
}

// After our CLOSE receiving goes on until the peer's; a peer that drops the
// stream instead ends it unexpectedly.
func TestEndByOurClose(t *testing.T) {
	for _, answers := range []bool{false, true} {
		curlewtest.NoLeaks(t)
		c, peer := pipePair(t, nil)
		if err := c.Send(curlew.Close, []byte("\x03\xe8")); err != nil {
			t.Fatal(err)
		}
		want := io.ErrUnexpectedEOF
		frames := []rawFrame{{wText, "more"}}
		if answers {
			want = io.EOF
			frames = append(frames, rawFrame{wClose, "\x03\xe8"})
		}
		peer.send(frames...)
		peer.closeWrite()
		got, err := receiveAll(c, nil)
		samePieces(t, got, piecesOf(0, frames...))
		wantError(t, err, want)
		peer.expect(rawFrame{wClose, "\x03\xe8"})
		c.Close()
		peer.expectEnd()
	}
}

// A reply that cannot be sent ends the connection: receives say so, once what
// is buffered was delivered.
func TestEndByFailedReply(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := curlewtest.Pipe()
		c, peer := newPair(t, deafStream{ours}, theirs, false, nil)
		peer.send(rawFrame{wPing, "x"}, rawFrame{wText, "buffered"}, rawFrame{wText, "too"})
		if p, _, err := c.Next(); string(p) != "buffered" || err != nil {
			t.Fatal(string(p), err)
		}
		synctest.Wait()
		if p, _, err := c.Next(); string(p) != "too" || err != nil {
			t.Fatal(string(p), err)
		}
		_, _, err := c.Next()
		wantError(t, err, syscall.EPERM)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("came %v, but the peer did not end the stream", err)
		}
		if again := c.Send(curlew.Text, nil); again != err {
			t.Errorf("Send: %v, want %v", again, err)
		}
	})
}

// A peer that drops while a reply to it is on its way has dropped: that the
// reply failed too is said beside it, and never in its place.
func TestDropBesideFailedReply(t *testing.T) {
	curlewtest.NoLeaks(t)
	for _, end := range []error{io.EOF, syscall.ECONNRESET} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := curlewtest.Pipe()
			text := rawFrame{wText, "hello"}
			ours = curlewtest.CutReads(ours, int64(len(wireBytes(false, pingFrame("x"), text))), end)
			c, peer := newPair(t, deafStream{ours}, theirs, false, nil)
			peer.send(pingFrame("x"), text)
			if p, _, err := c.Next(); string(p) != "hello" || err != nil {
				t.Fatal(string(p), err)
			}
			synctest.Wait() // the PONG failed
			_, _, err := c.Next()
			wantError(t, err, io.ErrUnexpectedEOF)
			wantError(t, err, syscall.EPERM)
			if end != io.EOF {
				wantError(t, err, end)
			}
			if _, _, again := c.Next(); again != err {
				t.Errorf("then %v", again)
			}
			if sent := c.Send(curlew.Text, nil); !errors.Is(sent, syscall.EPERM) || errors.Is(sent, io.ErrUnexpectedEOF) {
				t.Errorf("Send: %v", sent)
			}
		})
	}
}

// In raw mode the stream's end is io.EOF whatever became of what was sent,
// which Perform says, for it sent that itself.
func TestRawEndBesideFailedSend(t *testing.T) {
	raw := func() (*curlew.Conn, *wirePeer) {
		ours, theirs := curlewtest.Pipe()
		return newPair(t, deafStream{ours}, theirs, false, &curlew.AcceptOptions{RawMode: true})
	}
	c, peer := raw()
	wantError(t, c.Send(0, []byte("x")), syscall.EPERM)
	peer.closeWrite()
	if _, err := c.Recv(make([]byte, 1)); err != io.EOF {
		t.Errorf("came %v, expected io.EOF", err)
	}
	c, peer = raw()
	err := c.Perform(t.Context(), curlew.Handler{Upload: func(_ *curlew.Conn, buf []byte) (int, error) {
		peer.closeWrite()
		return copy(buf, "x"), nil
	}})
	wantError(t, err, syscall.EPERM)
}

// Neither does Perform wait for ever for a peer that ended its side of a raw
// stream and takes no more of the upload, nor say that all is well.
func TestRawEndBesideStuckUpload(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := narrow(t, 10, &curlew.AcceptOptions{RawMode: true})
		err := c.Perform(t.Context(), curlew.Handler{Upload: func(_ *curlew.Conn, buf []byte) (int, error) {
			peer.closeWrite()
			return len(buf), nil
		}})
		wantError(t, err, io.ErrUnexpectedEOF)
	})
}

// After Close nothing is received, also if a send had failed before, behind
// which what is buffered would still come.
func TestCloseBehindFailedSend(t *testing.T) {
	ours, theirs := curlewtest.Pipe()
	c, peer := newPair(t, deafStream{ours}, theirs, false, nil)
	peer.send(textFrame("one"), textFrame("two"))
	if p, _, err := c.Next(); string(p) != "one" || err != nil {
		t.Fatal(string(p), err)
	}
	failed := c.Send(curlew.Text, nil)
	wantError(t, failed, syscall.EPERM)
	c.Close()
	if p, _, err := c.Next(); err != failed {
		t.Errorf("came %q %v, expected the error that ended the session", p, err)
	}
}

// A deadline and a context end a wait, and nothing else.
func TestEndOfWaiting(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipePair(t, nil)
		c.SetReadDeadline(time.Now().Add(time.Second))
		_, _, err := c.Next()
		wantError(t, err, os.ErrDeadlineExceeded)
		_, err = c.Recv(make([]byte, 1))
		wantError(t, err, os.ErrDeadlineExceeded)

		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errors.New("my cause"))
		defer cancel()
		c.SetReadDeadline(time.Time{})
		_, _, err = c.ReadMessage(ctx, nil)
		wantError(t, err, context.Cause(ctx))
		peer.send(rawFrame{wText, "x"})
		if p, _, err := c.Next(); string(p) != "x" || err != nil {
			t.Errorf("%q %v", p, err)
		}
	})
}

// A send that fails because the peer is gone does not cost what the peer said
// before: its last frames, and why it closed.
func TestReceiveBehindFailedSend(t *testing.T) {
	for _, kind := range streamKinds {
		t.Run(kind.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && kind.name != "pipe" {
				t.Skip("a reset drops what was received")
			}
			curlewtest.NoLeaks(t)
			ours, theirs := kind.make(t)
			c, peer := newPair(t, ours, theirs, false, nil)
			peer.send(rawFrame{wText, "last words"}, rawFrame{wClose, "\x03\xf0policy"})
			peer.Close()
			var failed error
			for failed == nil { // the first ones may get into a socket's buffer
				failed = c.Send(curlew.Text, []byte("anybody there?"))
			}
			got, err := receiveAll(c, nil)
			samePieces(t, joined(t, got), piecesOf(0, rawFrame{wText, "last words"}, rawFrame{wClose, "\x03\xf0policy"}))
			if err != io.EOF {
				t.Error(err)
			}
			var ce *curlew.CloseError
			if _, _, err := c.ReadMessage(t.Context(), nil); !errors.As(err, &ce) || ce.Code != 1008 || ce.Reason != "policy" {
				t.Error(err)
			}
			if again := c.Send(curlew.Text, nil); again != failed {
				t.Errorf("Send: %v, want %v", again, failed)
			}
		})
	}
}

// A stream that takes nothing more, and gives nothing, ends within a second.
func TestFailedSendEndsReceive(t *testing.T) {
	curlewtest.NoLeaks(t)
	for _, pipe := range []func() (net.Conn, net.Conn){curlewtest.Pipe, net.Pipe} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := pipe()
			c, _ := newPair(t, deafStream{ours}, theirs, false, nil)
			received := later(next(c))
			blocked(t, received)
			start := time.Now()
			err := c.Send(curlew.Text, nil)
			wantError(t, err, syscall.EPERM)
			if got := <-received; got != err || time.Since(start) > time.Second {
				t.Errorf("%v after %v", got, time.Since(start))
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // and Close need not wait for that
		ours, theirs := curlewtest.Pipe()
		c, peer := newPair(t, deafStream{ours}, theirs, false, nil)
		wantError(t, c.Send(curlew.Text, nil), syscall.EPERM)
		start := time.Now()
		c.Close()
		peer.expectEnd()
		if took := time.Since(start); took > 0 {
			t.Errorf("took %v", took)
		}
	})
}

// That the system gave the peer up is no deadline of ours: the frame cannot be
// completed, the connection is lost.
func TestSendToLostPeer(t *testing.T) {
	ours, theirs := curlewtest.Pipe()
	lost := &net.OpError{Op: "write", Err: os.NewSyscallError("write", syscall.ETIMEDOUT)}
	c, _ := newPair(t, curlewtest.CutWrites(ours, 3, lost), theirs, false, nil)
	err := c.Send(curlew.Text, []byte("x"))
	var se *curlew.SendError
	if errors.As(err, &se) || !errors.Is(err, syscall.ETIMEDOUT) {
		t.Errorf("came %v, expected the stream's error", err)
	}
	if again := c.Send(curlew.Text, nil); again != err {
		t.Errorf("then %v", again)
	}
}

// A deafStream cannot be written.
type deafStream struct{ net.Conn }

func (deafStream) Write([]byte) (int, error) { return 0, syscall.EPERM }
