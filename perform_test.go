package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// performScript holds every kind of frame, empty ones too.
var performScript = []rawFrame{
	textFrame("hello"), binaryFrame(""), pingFrame("answered"),
	{wTextGo, "grüße"}, pongFrame("not ours"), {wContGo, ""}, pingFrame(""), {wCont, "!"},
	{wBinaryGo, ""}, {wCont, ""}, binaryFrame(letters(1000)), closeFrame(1000, "done"),
}

// collect returns an OnChunk that appends to got.
func collect(got *[]piece) func(*curlew.Conn, []byte, curlew.Meta) error {
	return func(_ *curlew.Conn, chunk []byte, m curlew.Meta) error {
		*got = append(*got, pieceOf(chunk, m))
		return nil
	}
}

// neverUploads is an Upload that has nothing to send yet.
func neverUploads(*curlew.Conn, []byte) (int, error) { return 0, curlew.ErrPause }

func TestPerformChunks(t *testing.T) {
	want := piecesOf(0, performScript...)
	for _, upload := range []func(*curlew.Conn, []byte) (int, error){nil, neverUploads} {
		for _, size := range []int{1, 2, 3, 7, 100, 1 << 20} {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := curlewtest.Pipe()
				c, p := newPair(t, curlewtest.SplitReads(ours, curlewtest.Fixed(size)), theirs, false, nil)
				p.send(performScript...)
				var got []piece
				if err := c.Perform(t.Context(), curlew.Handler{OnChunk: collect(&got), Upload: upload}); err != nil {
					t.Error(err)
				}
				samePieces(t, joined(t, got), want)
				p.expect(pongFrame("answered"), pongFrame(""), closeFrame(1000, ""))
				p.expectEnd()
			})
		}
	}
}

func TestPerformOnTheCallersGoroutine(t *testing.T) {
	client, server := bothEnds(t, nil)
	go server.Perform(t.Context(), echoHandler())
	var running atomic.Int32
	id, calls := goroutineID(), [3]int{}
	enter := func(n int) func() {
		if goroutineID() != id {
			t.Errorf("callback %d runs on %s, Perform was called on %s", n, goroutineID(), id)
		}
		if running.Add(1) != 1 {
			t.Error("two callbacks at once")
		}
		calls[n]++
		return func() { running.Add(-1) }
	}
	err := client.Perform(t.Context(), curlew.Handler{
		OnOpen: func(*curlew.Conn) error {
			defer enter(0)()
			return nil
		},
		OnChunk: func(*curlew.Conn, []byte, curlew.Meta) error {
			defer enter(1)()
			if calls[1] < 1000 {
				return nil
			}
			return curlew.ErrStop
		},
		Upload: func(_ *curlew.Conn, buf []byte) (int, error) {
			defer enter(2)()
			return copy(buf, "hello"), nil
		},
	})
	if err != nil || calls[0] != 1 || calls[1] < 1000 || calls[2] < 500 {
		t.Errorf("%v, %d calls", err, calls)
	}
}

// echoHandler sends every data frame back.
func echoHandler() curlew.Handler {
	return curlew.Handler{OnChunk: func(c *curlew.Conn, chunk []byte, m curlew.Meta) error {
		if m.Flags&(curlew.Text|curlew.Binary) == 0 {
			return nil
		}
		if m.Offset == 0 {
			if err := c.StartFrame(m.Flags, int64(m.Len)+m.BytesLeft); err != nil {
				return err
			}
		}
		if m.Offset+int64(m.Len)+m.BytesLeft == 0 {
			return nil
		}
		return c.SendPayload(chunk)
	}}
}

// Without Upload, Perform works where it was called: there is no other
// goroutine to see.
func TestPerformStartsNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		p.send(textFrame("a"), textFrame("b"))
		seen, before := 0, bubbleGoroutines(t)
		err := c.Perform(t.Context(), curlew.Handler{OnChunk: func(*curlew.Conn, []byte, curlew.Meta) error {
			if n := bubbleGoroutines(t); n != before {
				t.Errorf("%d goroutines, %d before", n, before)
			}
			if seen++; seen == 2 {
				return io.ErrNoProgress
			}
			return nil
		}})
		wantError(t, err, io.ErrNoProgress)
	})
}

func TestPerformEnds(t *testing.T) {
	const inFrame = "\x82\x0aonly"
	for _, test := range []struct {
		name  string
		bytes string
		drop  bool // the peer ends the stream behind them
		check func(t *testing.T, err error)
	}{
		{"1000", string(wireBytes(false, closeFrame(1000, "ok"))), false, wantNil},
		{"1001", string(wireBytes(false, closeFrame(1001, ""))), false, wantNil},
		{"no code", string(wireBytes(false, rawFrame{wClose, ""})), false, wantNil},
		{"1011", string(wireBytes(false, closeFrame(1011, "sorry"))), false, func(t *testing.T, err error) { wantClose(t, err, 1011, "sorry") }},
		{"4000", string(wireBytes(false, textFrame("x"), closeFrame(4000, ""))), true, func(t *testing.T, err error) { wantClose(t, err, 4000, "") }},
		{"drop", string(wireBytes(false, textFrame("x"))), true, wantCut},
		{"drop at once", "", true, wantCut},
		{"drop in a header", "\x82", true, wantCut},
		{"drop in a frame", inFrame, true, wantCut}, // libcurl reports success
		{"drop in a CLOSE", "\x88\x02\x03", true, wantCut},
		{"mask from a server", "\x81\x81....", false, func(t *testing.T, err error) { wantProtocolError(t, err, 1002, 0) }},
		{"bad text", "\x81\x03ok\xff", false, func(t *testing.T, err error) { wantProtocolError(t, err, 1007, 4) }},
	} {
		for _, upload := range []func(*curlew.Conn, []byte) (int, error){nil, neverUploads} {
			t.Run(fmt.Sprintf("%s,upload=%v", test.name, upload != nil), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c, p := pipePair(t, nil)
					p.sendBytes([]byte(test.bytes))
					if test.drop {
						p.closeWrite()
					}
					wire := p.drain()
					err := c.Perform(t.Context(), curlew.Handler{Upload: upload})
					test.check(t, err)
					<-wire // the connection is dropped
				})
			})
		}
	}
}

func wantNil(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("got error %v, want none", err)
	}
}

func wantCut(t *testing.T, err error) { t.Helper(); wantError(t, err, io.ErrUnexpectedEOF) }

// every runs f once for each callback: a Handler in which that callback returns
// what do does, and the others do nothing.
func every(t *testing.T, f func(t *testing.T, h func(do func() error) curlew.Handler)) {
	for name, h := range map[string]func(do func() error) curlew.Handler{
		"OnOpen": func(do func() error) curlew.Handler {
			return curlew.Handler{OnOpen: func(*curlew.Conn) error { return do() }}
		},
		"OnOpen beside Upload": func(do func() error) curlew.Handler {
			return curlew.Handler{OnOpen: func(*curlew.Conn) error { return do() }, Upload: neverUploads}
		},
		"OnChunk": func(do func() error) curlew.Handler {
			return curlew.Handler{OnChunk: func(*curlew.Conn, []byte, curlew.Meta) error { return do() }}
		},
		"OnChunk beside Upload": func(do func() error) curlew.Handler {
			return curlew.Handler{OnChunk: func(*curlew.Conn, []byte, curlew.Meta) error { return do() }, Upload: neverUploads}
		},
		"Upload": func(do func() error) curlew.Handler {
			return curlew.Handler{Upload: func(*curlew.Conn, []byte) (int, error) { return 0, do() }}
		},
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { f(t, h) }) })
	}
}

func TestPerformCallbackErrors(t *testing.T) {
	for _, want := range []error{
		errors.New("mine"), io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, curlew.ErrUsage, context.Canceled, &curlew.CloseError{Code: 1000}, syscall.EPIPE,
	} {
		every(t, func(t *testing.T, h func(func() error) curlew.Handler) {
			handler := h(func() error { return want })
			if handler.Upload != nil && handler.OnOpen == nil && handler.OnChunk == nil && want == io.EOF {
				return // the end of the upload
			}
			c, p := pipePair(t, nil)
			p.send(textFrame("x"), textFrame("y"))
			if err := c.Perform(t.Context(), handler); err != want {
				t.Errorf("got error %v, want %v", err, want)
			}
			p.expectEnd()
			if err := c.Send(curlew.Text, nil); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Send behind Perform: %v", err)
			}
		})
	}
}

func TestPerformStop(t *testing.T) {
	for _, stop := range []error{curlew.ErrStop, fmt.Errorf("enough: %w", curlew.ErrStop)} {
		every(t, func(t *testing.T, h func(func() error) curlew.Handler) {
			c, p := pipePair(t, nil)
			p.send(textFrame("x"))
			go func() {
				p.expect(closeFrame(1000, ""))
				p.send(textFrame("still"), pingFrame("coming"))
				time.Sleep(time.Second)
				p.send(closeFrame(1000, ""))
				p.Close()
			}()
			calls, start := 0, time.Now()
			err := c.Perform(t.Context(), h(func() error { calls++; return stop }))
			if took := time.Since(start); err != nil || calls != 1 || took != time.Second {
				t.Errorf("%v after %v and %d calls", err, took, calls)
			}
		})
	}
}

// A peer that does not answer the CLOSE of ErrStop, reads or not, has 5 s.
func TestPerformStopUnanswered(t *testing.T) {
	every(t, func(t *testing.T, h func(func() error) curlew.Handler) {
		c, p := pipePair(t, nil)
		p.send(textFrame("x"))
		start := time.Now()
		err := c.Perform(t.Context(), h(func() error { return curlew.ErrStop }))
		if took := time.Since(start); err != nil || took != 5*time.Second {
			t.Errorf("%v after %v", err, took)
		}
		p.expect(closeFrame(1000, ""))
		p.expectEnd()
	})
}

func TestPerformStopEndsWithContext(t *testing.T) {
	every(t, func(t *testing.T, h func(func() error) curlew.Handler) {
		c, p := pipePair(t, nil)
		p.send(textFrame("x"))
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errCause)
		defer cancel()
		wantError(t, c.Perform(ctx, h(func() error { return curlew.ErrStop })), errCause)
	})
}

var errCause = errors.New("the cause")

func TestPerformPanics(t *testing.T) {
	every(t, func(t *testing.T, h func(func() error) curlew.Handler) {
		c, p := pipePair(t, nil)
		p.send(textFrame("x"))
		func() {
			defer func() {
				if r := recover(); r != "boom" {
					t.Errorf("recovered %v", r)
				}
			}()
			c.Perform(t.Context(), h(func() error { panic("boom") }))
		}()
		p.expectEnd()
		wantError(t, c.Send(curlew.Text, nil), net.ErrClosed)
	})
}

func TestPerformNilCallbacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		p.send(performScript...)
		wantNil(t, c.Perform(t.Context(), curlew.Handler{}))
		p.expect(pongFrame("answered"), pongFrame(""), closeFrame(1000, ""))
	})
}

func TestPerformOnServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := bothEnds(t, nil)
		done := make(chan error)
		go func() { done <- server.Perform(t.Context(), echoHandler()) }()
		for _, n := range []int{0, 1, 65536, 200_000} {
			go client.WriteMessage(t.Context(), curlew.Text, []byte(letters(n)))
			if _, got, err := client.ReadMessage(t.Context(), nil); err != nil || string(got) != letters(n) {
				t.Errorf("%d bytes came back as %d, %v", n, len(got), err)
			}
		}
		start := time.Now()
		wantNil(t, client.Shutdown(t.Context(), 1000, ""))
		wantNil(t, <-done)
		if took := time.Since(start); took != 0 {
			t.Errorf("the closing handshake took %v: the server is to drop first", took)
		}
	})
}

// With Perform's end the receive methods say so, and do not hang.
func TestPerformTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		p.send(closeFrame(1000, ""))
		wantNil(t, c.Perform(t.Context(), curlew.Handler{}))
		wantError(t, c.Perform(t.Context(), curlew.Handler{}), net.ErrClosed)
	})
}

func TestPerformOfClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := pipePair(t, nil)
		c.Close()
		never := func(*curlew.Conn) error { t.Error("OnOpen of a closed session"); return nil }
		wantError(t, c.Perform(t.Context(), curlew.Handler{OnOpen: never}), net.ErrClosed)
	})
}

func TestPerformUsage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		p.send(textFrame("x"))
		check := func() {
			_, e1 := c.Recv(make([]byte, 10))
			_, _, e2 := c.Next()
			_, _, e3 := c.ReadMessage(t.Context(), nil)
			_, _, e4 := c.NextReader(t.Context())
			var e5 error
			for _, e5 = range c.Messages(t.Context()) {
			}
			e6 := c.Perform(t.Context(), curlew.Handler{})
			for i, err := range []error{e1, e2, e3, e4, e5, e6} {
				if !errors.Is(err, curlew.ErrUsage) {
					t.Errorf("call %d: %v", i+1, err)
				}
			}
		}
		calls := 0
		err := c.Perform(t.Context(), curlew.Handler{
			OnOpen: func(*curlew.Conn) error { check(); return nil },
			OnChunk: func(c *curlew.Conn, _ []byte, _ curlew.Meta) error {
				calls++
				check()
				done := make(chan bool)
				go func() { check(); close(done) }()
				<-done
				_, err := c.Ping(t.Context())
				wantError(t, err, curlew.ErrUsage)
				wantError(t, c.Shutdown(t.Context(), 1000, ""), curlew.ErrUsage)
				if err := c.Send(curlew.Text, []byte("fine")); err != nil {
					t.Error(err)
				}
				return io.ErrNoProgress
			},
			Upload: func(*curlew.Conn, []byte) (int, error) { check(); return 0, curlew.ErrPause },
		})
		if wantError(t, err, io.ErrNoProgress); calls != 1 {
			t.Errorf("%d calls", calls)
		}
		p.expect(textFrame("fine"))
		p.expectEnd()
	})
}

// A message that a receive method began is not Perform's to end.
func TestPerformInAMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		p.send(rawFrame{wTextGo, "abc"})
		if _, err := c.Recv(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		p.send(rawFrame{wCont, "def"})
		wantError(t, c.Perform(t.Context(), curlew.Handler{}), curlew.ErrUsage)
		for range 2 {
			if _, err := c.Recv(make([]byte, 10)); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestPerformRaw(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, &curlew.AcceptOptions{RawMode: true})
		p.sendBytes([]byte("\x81\x05hello"))
		wire := make([]byte, 2)
		go func() { // the end of the stream is the end of the upload, too
			io.ReadFull(p.r, wire)
			p.closeWrite()
		}()
		var got []piece
		sent := false
		err := c.Perform(t.Context(), curlew.Handler{OnChunk: collect(&got), Upload: func(c *curlew.Conn, buf []byte) (int, error) {
			if sent {
				return 0, io.EOF
			}
			sent = true
			wantError(t, c.StartFrame(curlew.Text, 1), curlew.ErrUsage)
			return copy(buf, "\x8a\x00"), nil
		}})
		wantNil(t, err)
		if want := []piece{{data: "\x81\x05hello"}}; !reflect.DeepEqual(joinRaw(got), want) {
			t.Errorf("got %v", got)
		}
		rest, _ := io.ReadAll(p.r)
		if string(wire) != "\x8a\x00" || len(rest) > 0 {
			t.Errorf("on the wire: %x%x", wire, rest)
		}
	})
}

// The end of raw mode is the end of the stream: no CLOSE, which would be a frame.
func TestPerformRawStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, &curlew.AcceptOptions{RawMode: true})
		start := time.Now()
		wantNil(t, c.Perform(t.Context(), curlew.Handler{Upload: func(_ *curlew.Conn, buf []byte) (int, error) {
			return copy(buf, "all"), curlew.ErrStop
		}}))
		if b, err := io.ReadAll(p.r); string(b) != "all" || err != nil || time.Since(start) > 0 {
			t.Errorf("on the wire: %q, %v, after %v", b, err, time.Since(start))
		}
	})
}

func joinRaw(pieces []piece) []piece {
	var all piece
	for _, p := range pieces {
		all.data += p.data
	}
	return []piece{all}
}

// Who appends to a chunk gets memory of its own: what is unread behind it, or
// the window of a compressed message, stays as it is.
func TestChunksMayBeAppendedTo(t *testing.T) {
	frames := []rawFrame{textFrame("one"), {wTextGo, "two"}, pongFrame("three"), {wCont, letters(300)}, binaryFrame("four"), closeFrame(1000, "five")}
	want := piecesOf(0, frames...)
	spoil := func(p []byte) { copy(append(p, 0)[len(p):cap(append(p, 0))], letters(1000)) }
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		p.send(frames...)
		var got []piece
		for {
			p, m, err := c.Next()
			if err != nil {
				wantError(t, err, io.EOF)
				break
			}
			got = append(got, pieceOf(p, m))
			spoil(p)
		}
		samePieces(t, joined(t, got), want)
	})
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		p.send(frames...)
		var got []piece
		wantNil(t, c.Perform(t.Context(), curlew.Handler{OnChunk: func(_ *curlew.Conn, p []byte, m curlew.Meta) error {
			got = append(got, pieceOf(p, m))
			spoil(p)
			return nil
		}}))
		samePieces(t, joined(t, got), want)
	})
}

// Close within a callback ends the session there; the other callbacks are not
// called any more.
func TestPerformCloseInCallback(t *testing.T) {
	for _, upload := range []func(*curlew.Conn, []byte) (int, error){nil, neverUploads} {
		synctest.Test(t, func(t *testing.T) {
			c, p := pipePair(t, nil)
			p.send(textFrame("x"), textFrame("y"), closeFrame(1000, ""))
			calls := 0
			err := c.Perform(t.Context(), curlew.Handler{Upload: upload, OnChunk: func(c *curlew.Conn, _ []byte, _ curlew.Meta) error {
				calls++
				return c.Close()
			}})
			if wantError(t, err, net.ErrClosed); calls != 1 {
				t.Errorf("%d calls", calls)
			}
			p.expectEnd()
		})
	}
}

// A callback that ends its goroutine, as testing.T.FailNow does, leaves
// nothing behind either.
func TestPerformGoexit(t *testing.T) {
	every(t, func(t *testing.T, h func(func() error) curlew.Handler) {
		c, p := pipePair(t, nil)
		p.send(textFrame("x"))
		done := make(chan bool)
		go func() {
			defer close(done)
			c.Perform(t.Context(), h(func() error { runtime.Goexit(); return nil }))
		}()
		<-done
		p.expectEnd()
		wantError(t, c.Send(curlew.Text, nil), net.ErrClosed)
	})
}
