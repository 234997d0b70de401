package curlew_test

import (
	"errors"
	"io"
	"math"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
)

// A load is one call of Upload: the frames it starts, what it then brings, and
// the room it must be offered.
type load struct {
	start []frameStart
	room  int // 0: any
	p     string
	err   error
}

type frameStart struct {
	flags curlew.Flags
	size  int64
}

// uploads makes an Upload of loads, behind which the upload is paused.
func uploads(t *testing.T, loads ...load) func(*curlew.Conn, []byte) (int, error) {
	return func(c *curlew.Conn, buf []byte) (int, error) {
		if len(loads) == 0 {
			return 0, curlew.ErrPause
		}
		l := loads[0]
		loads = loads[1:]
		if l.room > 0 && len(buf) != l.room {
			t.Errorf("Upload was offered %d bytes, want %d", len(buf), l.room)
		}
		for _, s := range l.start {
			if err := c.StartFrame(s.flags, s.size); err != nil {
				t.Errorf("StartFrame(%v): %v", s, err)
			}
		}
		return copy(buf, l.p), l.err
	}
}

const full = 64 << 10 // the default WriteBuffer

func TestUpload(t *testing.T) {
	const T, B, C = curlew.Text, curlew.Binary, curlew.Cont
	start := func(s ...frameStart) []frameStart { return s }
	for _, test := range []struct {
		name  string
		loads []load
		want  []rawFrame
		err   error // what Perform returns; nil: it goes on until the peer's CLOSE
	}{
		{"a frame a call", []load{{p: "a", room: full}, {p: "bc", room: full}, {p: "d", room: full}}, []rawFrame{binaryFrame("a"), binaryFrame("bc"), binaryFrame("d")}, nil},
		{"full buffers", []load{{p: letters(full)}, {p: letters(full)}, {p: "z", err: io.EOF}}, []rawFrame{binaryFrame(letters(full)), binaryFrame(letters(full)), binaryFrame("z")}, nil},
		{"nothing at all", []load{{err: io.EOF}}, nil, nil},
		{"nothing for a while", []load{{}, {}, {p: "a"}, {}, {err: io.EOF}}, []rawFrame{binaryFrame("a")}, nil},
		{"bytes with the end", []load{{p: "a"}, {p: "b", err: io.EOF}}, []rawFrame{binaryFrame("a"), binaryFrame("b")}, nil},
		{"bytes with a pause", []load{{p: "a", err: curlew.ErrPause}}, []rawFrame{binaryFrame("a")}, nil},
		{"frame in one call", []load{{start: start(frameStart{T, 5}), p: "hello"}, {p: "x", room: full}}, []rawFrame{textFrame("hello"), binaryFrame("x")}, nil},
		{"frame in three calls", []load{
			{start: start(frameStart{T, 10}), room: full, p: "hello"}, {room: 5, p: " th"}, {room: 2}, {room: 2, p: "er"}, {room: full, err: io.EOF},
		}, []rawFrame{textFrame("hello ther")}, nil},
		{"frame begun in a call that brings nothing", []load{{start: start(frameStart{T, 2})}, {room: 2, p: "hi"}}, []rawFrame{textFrame("hi")}, nil},
		{"large frame", []load{
			{start: start(frameStart{B, 200_000}), room: full, p: letters(full)}, {room: full, p: letters(full)}, {room: full, p: letters(full)}, {room: 200_000 - 3*full, p: letters(200_000 - 3*full)},
		}, []rawFrame{binaryFrame(letters(full) + letters(full) + letters(full) + letters(200_000-3*full))}, nil},
		{"empty frames", []load{
			{start: start(frameStart{T, 0}, frameStart{B, 0}, frameStart{T, 0})}, {start: start(frameStart{T | C, 0}, frameStart{T | C, 0}, frameStart{T, 3}), p: "end"}, {err: io.EOF},
		}, []rawFrame{textFrame(""), binaryFrame(""), textFrame(""), {wTextGo, ""}, {wContGo, ""}, {wCont, "end"}}, nil},
		{"fragments", []load{
			{start: start(frameStart{T | C, 2}), p: "ab"}, {start: start(frameStart{T | C, 2}), p: "cd"}, {start: start(frameStart{T, 1}), p: "e"}, {p: "x"},
		}, []rawFrame{{wTextGo, "ab"}, {wContGo, "cd"}, {wCont, "e"}, binaryFrame("x")}, nil},
		{"default frame ends a message, as in libcurl", []load{{start: start(frameStart{T | C, 2}), p: "ab"}, {p: "cd"}, {p: "ef"}}, []rawFrame{{wTextGo, "ab"}, {wCont, "cd"}, binaryFrame("ef")}, nil},
		{"control frame", []load{{start: start(frameStart{curlew.Ping, 2}), p: "hi"}, {p: "x"}}, []rawFrame{pingFrame("hi"), binaryFrame("x")}, nil},
		{"end within a frame", []load{{start: start(frameStart{T, 5}), p: "hell"}, {err: io.EOF}}, nil, io.ErrUnexpectedEOF},
		{"bytes with the end within a frame", []load{{start: start(frameStart{T, 5}), p: "hell", err: io.EOF}}, nil, io.ErrUnexpectedEOF},
		{"bytes with the end at a frame's end", []load{{start: start(frameStart{T, 4}), p: "hell", err: io.EOF}}, []rawFrame{textFrame("hell")}, nil},
		{"end behind an open message", []load{{start: start(frameStart{T | C, 4}), p: "hell", err: io.EOF}}, []rawFrame{{wTextGo, "hell"}}, nil},
		{"excess", []load{{start: start(frameStart{T, 2}), p: "hello"}}, nil, curlew.ErrUsage}, // libcurl drops what is too much
		{"excess of an empty frame", []load{{start: start(frameStart{T, 0}), p: "hello"}}, []rawFrame{textFrame(""), binaryFrame("hello")}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := pipePair(t, nil)
				if test.err != nil {
					wantError(t, c.Perform(t.Context(), curlew.Handler{Upload: uploads(t, test.loads...)}), test.err)
					if _, err := io.Copy(io.Discard, p.r); err != nil {
						t.Errorf("the stream did not end: %v", err)
					}
					return
				}
				wire := p.drain()
				var got []piece
				time.AfterFunc(time.Second, func() { p.send(textFrame("hi")) })
				time.AfterFunc(2*time.Second, func() { p.send(closeFrame(1000, "")) })
				wantNil(t, c.Perform(t.Context(), curlew.Handler{Upload: uploads(t, test.loads...), OnChunk: collect(&got)}))
				frames := <-wire
				samePieces(t, got, piecesOf(0, textFrame("hi"), closeFrame(1000, "")))
				if want := append(test.want, closeFrame(1000, "")); !sameFrames(frames, want) {
					t.Errorf("on the wire: %v, want %v", frames, want)
				}
			})
		})
	}
}

func sameFrames(a, b []rawFrame) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestUploadReturnsNonsense(t *testing.T) {
	for _, n := range []int{-1, full + 1, math.MaxInt} {
		synctest.Test(t, func(t *testing.T) {
			c, p := pipePair(t, nil)
			wantError(t, c.Perform(t.Context(), curlew.Handler{Upload: func(*curlew.Conn, []byte) (int, error) { return n, nil }}), curlew.ErrUsage)
			p.expectEnd()
		})
	}
	synctest.Test(t, func(t *testing.T) { // more than was offered, though the frame takes it no more
		c, p := pipePair(t, nil)
		err := c.Perform(t.Context(), curlew.Handler{Upload: func(c *curlew.Conn, buf []byte) (int, error) {
			if len(buf) == full {
				return 0, c.StartFrame(curlew.Text, 3)
			}
			if cap(buf) != 3 {
				t.Errorf("offered %d bytes of %d", len(buf), cap(buf))
			}
			return 4, nil
		}})
		wantError(t, err, curlew.ErrUsage)
		p.expectEnd()
	})
}

// An Upload that has nothing to send and does not pause must not keep the
// other direction from receiving what it waits for.
func TestUploadOfNothing(t *testing.T) {
	for _, n := range []int{0, 1} {
		client, server := bothEnds(t, nil)
		go server.Perform(t.Context(), echoHandler())
		received := false
		wantNil(t, client.Perform(t.Context(), curlew.Handler{
			OnOpen: func(c *curlew.Conn) error { return c.Send(curlew.Text, []byte("go")) },
			OnChunk: func(_ *curlew.Conn, p []byte, _ curlew.Meta) error {
				received = received || string(p) == "go"
				return nil
			},
			Upload: func(*curlew.Conn, []byte) (int, error) {
				if received {
					return 0, curlew.ErrStop
				}
				return n, nil
			},
		}))
	}
}

// A peer that receives nothing while it sends, and both streams full.
func TestUploadBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const pieces, size = 50, 10_000
		client, server := bothEndsOf(t, 1000, nil)
		done := make(chan error)
		go func() { // one goroutine: it receives only when its echo is sent
			var buf []byte
			for {
				f, p, err := server.ReadMessage(t.Context(), buf[:0])
				if err == nil {
					err = server.WriteMessage(t.Context(), f, p)
				}
				if buf = p; err != nil {
					done <- err
					return
				}
			}
		}()
		sent, received := 0, 0
		err := client.Perform(t.Context(), curlew.Handler{
			OnChunk: func(_ *curlew.Conn, p []byte, m curlew.Meta) error {
				if string(p) != letters(size)[m.Offset:int(m.Offset)+len(p)] {
					t.Error("other bytes came back")
				}
				if received += len(p); received == pieces*size {
					return curlew.ErrStop
				}
				return nil
			},
			Upload: func(_ *curlew.Conn, buf []byte) (int, error) {
				if sent == pieces {
					return 0, io.EOF
				}
				sent++
				return copy(buf, letters(size)), nil
			},
		})
		wantNil(t, err)
		wantClose(t, <-done, 1000, "")
	})
}

// Replies wait for the end of a frame that is sent in pieces: libcurl puts
// PONGs into the middle of it.
func TestUploadThenReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		calls := 0
		go func() {
			time.Sleep(time.Second)
			p.send(pingFrame("1"), pingFrame("2"), closeFrame(1001, "going"))
			time.Sleep(time.Second)
			c.Resume()
			p.expect(binaryFrame("abcd"), pongFrame("1"), pongFrame("2"), closeFrame(1001, ""))
			p.Close()
		}()
		var got []piece
		err := c.Perform(t.Context(), curlew.Handler{OnChunk: collect(&got), Upload: func(c *curlew.Conn, buf []byte) (int, error) {
			switch calls++; calls {
			case 1:
				c.StartFrame(curlew.Binary, 4)
				return copy(buf, "ab"), curlew.ErrPause
			case 2:
				if len(got) != 1 {
					t.Errorf("the CLOSE did not come while the frame was open: %v", got)
				}
				return copy(buf, "cd"), nil
			}
			return 0, curlew.ErrPause
		}})
		wantNil(t, err)
	})
}

// When the peer closes, the upload is over whatever it is about to do; that
// is no error.
func TestUploadWhenThePeerCloses(t *testing.T) {
	for name, upload := range map[string]func(c *curlew.Conn, buf []byte) (int, error){
		"default":    func(_ *curlew.Conn, buf []byte) (int, error) { return len(buf), nil },
		"StartFrame": func(c *curlew.Conn, buf []byte) (int, error) { return copy(buf, "x"), c.StartFrame(curlew.Text, 1) },
		"Send":       func(c *curlew.Conn, buf []byte) (int, error) { return 0, c.Send(curlew.Text, buf) },
	} {
		for _, closer := range []string{"peer", "Shutdown"} {
			t.Run(name+" "+closer, func(t *testing.T) {
				for range 5 {
					client, server := bothEnds(t, nil)
					done := make(chan error, 1)
					n := 0
					go func() {
						done <- server.Perform(t.Context(), curlew.Handler{OnChunk: func(c *curlew.Conn, _ []byte, m curlew.Meta) error {
							if n++; n == 10 && closer == "peer" {
								return curlew.ErrStop
							} else if n == 10 {
								go client.Shutdown(t.Context(), 1000, "")
							}
							return nil
						}})
					}()
					err := client.Perform(t.Context(), curlew.Handler{Upload: upload})
					if err != nil {
						t.Errorf("the uploader: %v", err)
					}
					wantNil(t, <-done)
				}
			})
		}
	}
}

// What comes with ErrStop is sent before the CLOSE.
func TestUploadStopWithBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		go func() {
			p.expect(binaryFrame("last"), closeFrame(1000, ""))
			p.send(closeFrame(1000, ""))
			p.Close()
		}()
		wantNil(t, c.Perform(t.Context(), curlew.Handler{Upload: func(_ *curlew.Conn, buf []byte) (int, error) {
			return copy(buf, "last"), curlew.ErrStop
		}}))
	})
}

func TestUploadDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := smallPair(t, 1000, nil)
		c.SetWriteDeadline(time.Now().Add(time.Second))
		err := c.Perform(t.Context(), curlew.Handler{Upload: func(_ *curlew.Conn, buf []byte) (int, error) { return len(buf), nil }})
		wantError(t, err, os.ErrDeadlineExceeded)
	})
}

// The buffer that Upload fills is not the one that is being sent, or it waits.
func TestUploadBytesAreSafe(t *testing.T) {
	client, server := bothEndsOf(t, 500, nil)
	const pieces = 300
	go func() {
		i := 0
		client.Perform(t.Context(), curlew.Handler{Upload: func(_ *curlew.Conn, buf []byte) (int, error) {
			if i++; i > pieces {
				return 0, curlew.ErrStop
			}
			return copy(buf, strings.Repeat(string(rune('a'+i%26)), 1000)), nil
		}})
	}()
	for i := 1; i <= pieces; i++ {
		_, p, err := server.ReadMessage(t.Context(), nil)
		if err != nil || string(p) != strings.Repeat(string(rune('a'+i%26)), 1000) {
			t.Fatalf("message %d: %.20q…, %v", i, p, err)
		}
	}
	_, _, err := server.ReadMessage(t.Context(), nil)
	wantClose(t, err, 1000, "")
}

// A frame that a deadline left, all of it taken but not written, is written before
// Upload is asked for more: there would be no room for any.
func TestUploadBehindACutSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		go func() {
			p.expect(binaryFrame("cut"), binaryFrame("more"))
			p.send(closeFrame(1000, ""))
			p.expect(closeFrame(1000, ""))
			p.Close()
		}()
		asked := false
		err := c.Perform(t.Context(), curlew.Handler{
			OnOpen: func(c *curlew.Conn) error {
				c.SetWriteDeadline(time.Unix(1, 0))
				var cut *curlew.SendError
				if err := c.Send(curlew.Binary, []byte("cut")); !errors.As(err, &cut) || cut.Sent != len("cut") {
					t.Errorf("came %v, want a SendError", err)
				}
				return c.SetWriteDeadline(time.Time{})
			},
			Upload: func(c *curlew.Conn, buf []byte) (int, error) {
				if len(buf) == 0 || asked {
					t.Errorf("asked for %d bytes", len(buf))
					return 0, io.ErrShortBuffer
				}
				asked = true
				return copy(buf, "more"), io.EOF
			},
		})
		wantNil(t, err)
	})
}
