package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

func TestWriteMessageFlags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		for f := range curlew.Flags(1 << 10) {
			err := c.WriteMessage(t.Context(), f, []byte("x"))
			w, werr := c.NextWriter(t.Context(), f)
			switch f &^ curlew.Compressed {
			case curlew.Text, curlew.Binary:
				if err != nil || werr != nil {
					t.Fatalf("flags %#x: %v, %v", uint32(f), err, werr)
				}
				wantNil(t, w.Close())
				first := byte(0x80 | f&3)
				p.expect(rawFrame{first, "x"}, rawFrame{first, ""})
			default:
				wantError(t, err, curlew.ErrUsage)
				wantError(t, werr, curlew.ErrUsage)
			}
		}
	})
}

// A context that has ended sends nothing, though nothing would have to wait.
func TestWriteWithEndedContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		ctx, cancel := context.WithCancelCause(t.Context())
		w, err := c.NextWriter(ctx, curlew.Text)
		if err != nil {
			t.Fatal(err)
		}
		cancel(errCause)
		wantError(t, w.Close(), errCause)
		wantError(t, c.WriteMessage(ctx, curlew.Text, []byte("x")), errCause)
		_, err = c.NextWriter(ctx, curlew.Text)
		wantError(t, err, errCause)
		_, err = c.Ping(ctx)
		wantError(t, err, errCause)
		wantNil(t, c.WriteMessage(t.Context(), curlew.Text, []byte("y")))
		p.expect(textFrame("y"))
	})
}

// turns are what a message must wait for, begun by one goroutine and ended by
// what hold returns. What then is on the wire is frames.
var turns = []struct {
	name   string
	hold   func(c *curlew.Conn) (release func())
	frames []rawFrame
}{
	{"a frame in pieces", func(c *curlew.Conn) func() {
		c.StartFrame(curlew.Binary, 2)
		return func() { c.SendPayload([]byte("ab")) }
	}, []rawFrame{binaryFrame("ab")}},
	{"a message in pieces", func(c *curlew.Conn) func() {
		c.Send(curlew.Text|curlew.Cont, []byte("a"))
		return func() { c.Send(curlew.Text, []byte("b")) }
	}, []rawFrame{{wTextGo, "a"}, {wCont, "b"}}},
	{"a batch", func(c *curlew.Conn) func() {
		b := c.Cork()
		b.Send(curlew.Text, []byte("a"))
		return func() { b.Flush() }
	}, []rawFrame{textFrame("a")}},
	{"a NextWriter", func(c *curlew.Conn) func() {
		w, _ := c.NextWriter(context.Background(), curlew.Text)
		io.WriteString(w, "a")
		return func() { w.Close() }
	}, []rawFrame{textFrame("a")}},
}

func TestMessageWaitsForItsTurn(t *testing.T) {
	for _, turn := range turns {
		for name, write := range map[string]func(ctx context.Context, c *curlew.Conn) error{
			"WriteMessage": func(ctx context.Context, c *curlew.Conn) error {
				return c.WriteMessage(ctx, curlew.Binary, []byte("mine"))
			},
			"NextWriter": func(ctx context.Context, c *curlew.Conn) error {
				w, err := c.NextWriter(ctx, curlew.Binary)
				if err != nil {
					return err
				}
				io.WriteString(w, "mine")
				return w.Close()
			},
		} {
			t.Run(name+" and "+turn.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c, p := pipePair(t, nil)
					release := turn.hold(c)
					ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errCause)
					defer cancel()
					start := time.Now()
					wantError(t, write(ctx, c), errCause)
					c.SetWriteDeadline(time.Now().Add(time.Second))
					wantError(t, write(t.Context(), c), os.ErrDeadlineExceeded)
					c.SetWriteDeadline(time.Time{})
					if took := time.Since(start); took != 2*time.Second {
						t.Errorf("took %v", took)
					}
					done := make(chan error)
					go func() { done <- write(t.Context(), c) }()
					synctest.Wait()
					release()
					wantNil(t, <-done)
					p.expect(append(turn.frames, binaryFrame("mine"))...)
				})
			})
		}
	}
}

func TestNextWriter(t *testing.T) {
	const buffer = 512
	for _, total := range []int{0, 1, 100, 484, 497, 498, 499, 512, 513, 996, 5000} {
		for name, wrap := range map[string]func(io.Reader) io.Reader{
			"at once": func(r io.Reader) io.Reader { return r }, "by bytes": iotest.OneByteReader, "by halves": iotest.HalfReader,
		} {
			t.Run(fmt.Sprint(total, name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c, p := pipePair(t, &curlew.AcceptOptions{WriteBuffer: buffer})
					w, err := c.NextWriter(t.Context(), curlew.Text)
					if err != nil {
						t.Fatal(err)
					}
					n, err := io.Copy(w, wrap(strings.NewReader(letters(total))))
					if n != int64(total) || err != nil {
						t.Errorf("wrote %d, %v", n, err)
					}
					wantNil(t, w.Close())
					wantNil(t, w.Close())
					_, err = w.Write([]byte("x"))
					wantError(t, err, curlew.ErrUsage)
					c.Close()
					frames := <-p.drain()
					got, fragments := "", max(1, (total+buffer-15)/(buffer-14))
					for i, f := range frames {
						want := byte(wContGo)
						if i == 0 {
							want = wTextGo
						}
						if i == fragments-1 {
							want |= 0x80
						}
						if f.first != want || len(f.payload) > buffer-14 {
							t.Errorf("frame %d is %v", i, f)
						}
						got += f.payload
					}
					if len(frames) != fragments || got != letters(total) {
						t.Errorf("%d frames of %d bytes, want %d", len(frames), len(got), fragments)
					}
				})
			})
		}
	}
}

// Between the fragments of a message go control frames, ours and replies, and
// nothing else.
func TestNextWriterLetsControlFramesPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, &curlew.AcceptOptions{WriteBuffer: 512})
		w, err := c.NextWriter(t.Context(), curlew.Text)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, letters(600))
		wantNil(t, c.Send(curlew.Ping, []byte("mine")))
		done := make(chan error)
		go func() { done <- c.Send(curlew.Binary, []byte("waits")) }()
		go c.ReadMessage(t.Context(), nil)
		p.send(pingFrame("yours"))
		synctest.Wait()
		wantNil(t, w.Close())
		wantNil(t, <-done)
		p.expect(rawFrame{wTextGo, letters(600)[:498]}, pingFrame("mine"), pongFrame("yours"), rawFrame{wCont, letters(600)[498:]}, binaryFrame("waits"))
	})
}

// The end of the context before the first fragment leaves nothing behind.
func TestNextWriterEndsBeforeItsFirstFragment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, &curlew.AcceptOptions{WriteBuffer: 512})
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errCause)
		defer cancel()
		w, err := c.NextWriter(ctx, curlew.Text)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, "never")
		c.StartFrame(curlew.Ping, 1)
		_, err = io.WriteString(w, letters(1000))
		wantError(t, err, errCause)
		_, again := w.Write([]byte("x"))
		wantError(t, again, errCause)
		wantError(t, w.Close(), errCause)
		wantNil(t, c.SendPayload([]byte("!")))
		wantNil(t, c.WriteMessage(t.Context(), curlew.Text, []byte("fine")))
		p.expect(pingFrame("!"), textFrame("fine"))
	})
}

// Once a fragment is on the stream, the message cannot be taken back: the end
// of the context, or of the time to write, ends the connection and says so.
func TestNextWriterEndsWithinItsMessage(t *testing.T) {
	for _, full := range []bool{false, true} { // the stream is, or somebody else's frame is open
		for _, by := range []string{"context", "deadline"} {
			t.Run(fmt.Sprint(by, full), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					size := 600
					if !full {
						size = 1 << 20
					}
					c, p := smallPair(t, size, &curlew.AcceptOptions{WriteBuffer: 512})
					ctx, cancel := context.WithCancelCause(t.Context())
					defer cancel(nil)
					w, err := c.NextWriter(ctx, curlew.Text)
					if err != nil {
						t.Fatal(err)
					}
					if _, err := io.WriteString(w, letters(500)); err != nil {
						t.Fatal(err)
					}
					if !full {
						c.StartFrame(curlew.Ping, 1)
					}
					want := errCause
					if by == "context" {
						time.AfterFunc(time.Second, func() { cancel(errCause) })
					} else {
						c.SetWriteDeadline(time.Now().Add(time.Second))
						want = os.ErrDeadlineExceeded
					}
					_, err = io.WriteString(w, letters(5000))
					if wantError(t, err, want); err == nil || !strings.Contains(err.Error(), "the connection is lost") {
						t.Errorf("the error does not say that the connection is lost: %v", err)
					}
					if end := w.Close(); end != err {
						t.Errorf("Close: %v", end)
					}
					wantError(t, c.Send(curlew.Text, nil), curlew.ErrLost)
					_, _, err = c.ReadMessage(t.Context(), nil)
					if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, errCause) || errors.Is(err, os.ErrDeadlineExceeded) {
						t.Errorf("ReadMessage: %v", err)
					}
					io.Copy(io.Discard, p.r) // the stream ends
				})
			})
		}
	}
}

// A message that its writer cannot end because the session is closing does not
// keep the closing handshake from being completed.
func TestNextWriterWhenTheSessionCloses(t *testing.T) {
	for _, closer := range []string{"ours", "the peer's"} {
		t.Run(closer, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := pipePair(t, &curlew.AcceptOptions{WriteBuffer: 512})
				w, err := c.NextWriter(t.Context(), curlew.Text)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.WriteString(w, letters(500)); err != nil {
					t.Fatal(err)
				}
				done := make(chan error)
				if closer == "ours" {
					go func() { done <- c.Shutdown(t.Context(), 1000, "") }()
				} else {
					p.send(closeFrame(1000, ""))
					go func() {
						_, _, err := c.ReadMessage(t.Context(), nil)
						done <- err
					}()
				}
				p.expect(rawFrame{wTextGo, letters(498)}, closeFrame(1000, ""))
				synctest.Wait()
				_, err = io.WriteString(w, letters(1000))
				if closer == "ours" {
					wantError(t, err, curlew.ErrClosing)
					p.send(closeFrame(1000, ""))
					p.Close()
					wantNil(t, <-done)
				} else {
					wantClose(t, err, 1000, "")
					wantClose(t, <-done, 1000, "")
				}
				wantError(t, w.Close(), err)
			})
		})
	}
}

// Many goroutines write whole and streamed messages over a narrow stream;
// each arrives whole.
func TestWriteMessageByMany(t *testing.T) {
	curlewtest.NoLeaks(t)
	const writers, each = 8, 40
	client, server := bothEndsOf(t, 3000, &curlew.AcceptOptions{WriteBuffer: 1024})
	done := make(chan error, writers)
	for w := range writers {
		go func() {
			r := rand.New(rand.NewPCG(uint64(w), 1))
			var err error
			for i := 0; i < each && err == nil; i++ {
				message := strings.Repeat(string(rune('a'+w)), r.IntN(1<<r.IntN(15)))
				switch i % 4 {
				case 0:
					err = streamed(t.Context(), client, message)
				case 1:
					err = client.Send(curlew.Text, []byte(message))
				default:
					err = client.WriteMessage(t.Context(), curlew.Text, []byte(message))
				}
			}
			done <- err
		}()
	}
	var all error
	go func() {
		for range writers {
			all = errors.Join(all, <-done)
		}
		client.Shutdown(t.Context(), 1000, "")
	}()
	n := 0
	for m, err := range server.Messages(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Data) > 0 && strings.Repeat(string(m.Data[:1]), len(m.Data)) != string(m.Data) {
			t.Fatalf("messages are mixed: %.100q", m.Data)
		}
		n++
	}
	if all != nil || n != writers*each {
		t.Errorf("%v, %d messages", all, n)
	}
}

func streamed(ctx context.Context, c *curlew.Conn, message string) error {
	w, err := c.NextWriter(ctx, curlew.Text)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, message)
	return errors.Join(err, w.Close())
}
