package curlew_test

import (
	"fmt"
	"io"
	"math"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// libcurl's table for one frame of ten bytes, call by call: what a receive
// with room for size bytes returns. Where size is 0 it takes nothing.
func TestRecvTable(t *testing.T) {
	for _, kind := range streamKinds {
		t.Run(kind.name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			ours, theirs := kind.make(t)
			c, peer := newPair(t, ours, theirs, false, nil)
			peer.send(rawFrame{wBinary, "0123456789"})
			for i, row := range []struct {
				size int
				want piece
			}{
				{0, piece{curlew.Binary, 0, "", 10}},
				{0, piece{curlew.Binary, 0, "", 10}},
				{4, piece{curlew.Binary, 0, "0123", 6}},
				{0, piece{curlew.Binary, 4, "", 6}},
				{4, piece{curlew.Binary, 4, "4567", 2}},
				{100, piece{curlew.Binary, 8, "89", 0}},
			} {
				p := make([]byte, row.size)
				m, err := c.Recv(p)
				if err != nil || pieceOf(p, m) != row.want {
					t.Errorf("call %d: %+v, %v; want %+v", i, m, err, row.want)
				}
			}
		})
	}
}

// chunkScripts are frames whose chunks libcurl documents, or gets wrong.
var chunkScripts = []struct {
	name   string
	frames []rawFrame
}{
	{"one frame", []rawFrame{{wBinary, "0123456789"}}},
	{"three fragments", []rawFrame{{wTextGo, "abc"}, {wContGo, "defgh"}, {wCont, "i"}}},
	{"two frames", []rawFrame{{wText, "first"}, {wBinary, "second"}}},
	{"empty frames", []rawFrame{{wText, ""}, {wBinary, ""}, {wText, ""}, {wPong, ""}}},
	{"empty fragments", []rawFrame{{wTextGo, ""}, {wContGo, ""}, {wContGo, "x"}, {wContGo, ""}, {wCont, ""}}},
	{"PONG between fragments", []rawFrame{{wBinaryGo, "ab"}, {wPong, "pong"}, {wCont, "cd"}}},
	{"PING between fragments", []rawFrame{{wBinaryGo, "ab"}, {wPing, "ping"}, {wCont, "cd"}}},
	{"PINGs only, then data", []rawFrame{{wPing, ""}, {wPing, "x"}, {wText, "y"}}},
	{"CLOSE", []rawFrame{{wText, "bye"}, {wClose, "\x03\xe8reason"}}},
	{"CLOSE without code", []rawFrame{{wClose, ""}}},
}

// When all of it arrives at once, the chunks are cut by the room for them and
// the ends of frames, and by nothing else.
func TestRecvWhole(t *testing.T) {
	for _, s := range chunkScripts {
		for _, server := range []bool{false, true} {
			for size := 0; size <= 20; size++ {
				t.Run(fmt.Sprintf("%s/server=%v/%d", s.name, server, size), func(t *testing.T) {
					ours, theirs := curlewtest.Pipe()
					c, peer := newPair(t, ours, theirs, server, nil)
					peer.send(s.frames...)
					peer.Close()
					sizes := curlewtest.Fixed(size)
					if size == 0 { // by Next
						sizes = nil
					}
					got, _ := receiveAll(c, sizes)
					samePieces(t, got, piecesOf(size, s.frames...))
				})
			}
		}
	}
}

// A receive without room says what is to come, takes nothing, and answers PINGs.
func TestRecvPeeks(t *testing.T) {
	for _, s := range chunkScripts {
		t.Run(s.name, func(t *testing.T) {
			c, peer := pipePair(t, nil)
			peer.send(s.frames...)
			for _, want := range piecesOf(3, s.frames...) {
				for range 2 {
					m, err := c.Recv(nil)
					peek := piece{want.flags, want.offset, "", want.bytesLeft + int64(len(want.data))}
					if err != nil || pieceOf(nil, m) != peek {
						t.Fatalf("peek: %+v, %v; want %+v", m, err, peek)
					}
				}
				p := make([]byte, 3)
				m, err := c.Recv(p)
				if err != nil || pieceOf(p, m) != want {
					t.Fatalf("got %+v, %v; want %+v", m, err, want)
				}
			}
		})
	}
}

// Peeking, or waiting in vain, binds nobody to a kind of method: nothing was taken.
func TestPeekThenReadMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipePair(t, nil)
		peer.sendBytes([]byte("\x81\x05"))
		c.SetReadDeadline(time.Now().Add(time.Second))
		_, err := c.Recv(make([]byte, 5))
		wantError(t, err, os.ErrDeadlineExceeded)
		_, _, err = c.Next()
		wantError(t, err, os.ErrDeadlineExceeded)
		c.SetReadDeadline(time.Time{})
		peer.sendBytes([]byte("hello"))
		if _, err := c.Recv(nil); err != nil {
			t.Fatal(err)
		}
		f, p, err := c.ReadMessage(t.Context(), nil)
		if f != curlew.Text || string(p) != "hello" || err != nil {
			t.Errorf("%v %q %v", f, p, err)
		}
	})
}

// A frame of 2^63-1 bytes is streamed; nothing waits for its end.
func TestRecvHugeFrame(t *testing.T) {
	for _, server := range []bool{false, true} {
		ours, theirs := curlewtest.Pipe()
		c, peer := newPair(t, ours, theirs, server, nil)
		header := appendWireHeader(nil, server, wBinary, math.MaxInt64, 0)
		if server { // a mask of zeros
			clear(header[len(header)-4:])
		}
		peer.sendBytes(append(header, "abc"...))
		p := make([]byte, 64)
		m, err := c.Recv(p)
		if want := (piece{curlew.Binary, 0, "abc", 9223372036854775804}); err != nil || pieceOf(p, m) != want {
			t.Errorf("server %v: %+v, %v", server, m, err)
		}
		peer.sendBytes([]byte("defg"))
		m, err = c.Recv(p)
		if want := (piece{curlew.Binary, 3, "defg", 9223372036854775800}); err != nil || pieceOf(p, m) != want {
			t.Errorf("server %v: %+v, %v", server, m, err)
		}
	}
}

func TestRecvTooHugeFrame(t *testing.T) {
	for _, length := range []uint64{1 << 63, math.MaxUint64} {
		c, peer := pipePair(t, nil)
		peer.send(rawFrame{wText, "ok"})
		peer.sendBytes(appendWireHeader(nil, false, wBinary, length, 0))
		if p, _, err := c.Next(); string(p) != "ok" || err != nil {
			t.Fatalf("%q %v", p, err)
		}
		_, _, err := c.Next()
		wantProtocolError(t, err, curlew.CloseProtocolError, 4)
	}
}

// A stream that ends without CLOSE has ended unexpectedly, wherever it ends.
func TestRecvEndsEverywhere(t *testing.T) {
	frames := []rawFrame{{wTextGo, "héllo"}, {wPing, "p"}, {wCont, string(make([]byte, 200))}, {wPong, "q"}, {wBinary, ""}, {wClose, "\x03\xe8ok"}}
	for _, server := range []bool{false, true} {
		script := wireBytes(server, frames...)
		for cut := range len(script) + 1 {
			ours, theirs := curlewtest.PipeSize(1024)
			c, peer := newPair(t, ours, theirs, server, nil)
			peer.sendBytes(script[:cut])
			peer.closeWrite()
			got, err := receiveAll(c, nil)
			if cut == len(script) {
				wantError(t, err, io.EOF)
				samePieces(t, joined(t, got), piecesOf(0, frames...))
				continue
			}
			if err == io.EOF {
				t.Errorf("cut at %d: the right end", cut)
			}
			wantError(t, err, io.ErrUnexpectedEOF)
			if _, again := c.Recv(make([]byte, 1)); again != err {
				t.Errorf("cut at %d: then %v", cut, again)
			}
		}
	}
}

// On every kind of stream a chunk is as long as what arrived, up to a buffer.
func TestNextTakesWhatCame(t *testing.T) {
	for _, kind := range streamKinds {
		t.Run(kind.name, func(t *testing.T) {
			ours, theirs := kind.make(t)
			c, peer := newPair(t, ours, theirs, false, nil)
			const size = 10000
			peer.send(rawFrame{wBinary, string(make([]byte, size))})
			chunks := 0
			for {
				_, m, err := c.Next()
				if err != nil {
					t.Fatal(err)
				}
				chunks++
				if m.MessageEnd() {
					break
				}
			}
			// Besides, there is a chunk of what the wait for the first byte read, and,
			// where a slow machine slept over the wait for more, another.
			if chunks > 10 {
				t.Errorf("%d bytes that were there came in %d chunks", size, chunks)
			}
		})
	}
}
