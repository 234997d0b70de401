package curlew_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// Every chunk is refused once and must come again, the same: libcurl loses
// empty frames so. Resume is called within the callback, and from elsewhere.
func TestPerformPause(t *testing.T) {
	for name, resume := range map[string]func(*curlew.Conn){
		"within":  (*curlew.Conn).Resume,
		"later":   func(c *curlew.Conn) { time.AfterFunc(time.Second, c.Resume) },
		"at once": func(c *curlew.Conn) { go c.Resume() },
		"often":   func(c *curlew.Conn) { c.Resume(); c.Resume(); go c.Resume() },
	} {
		for _, upload := range []func(*curlew.Conn, []byte) (int, error){nil, neverUploads} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c, p := pipePair(t, nil)
					p.send(performScript...)
					var got []piece
					refused := true
					err := c.Perform(t.Context(), curlew.Handler{Upload: upload, OnChunk: func(c *curlew.Conn, chunk []byte, m curlew.Meta) error {
						if refused = !refused; !refused {
							got = append(got, pieceOf(chunk, m))
							resume(c)
							return curlew.ErrPause
						}
						if again := pieceOf(chunk, m); again != got[len(got)-1] {
							t.Errorf("%v came again as %v", got[len(got)-1], again)
						}
						return nil
					}})
					wantNil(t, err)
					samePieces(t, joined(t, got), piecesOf(0, performScript...))
				})
			})
		}
	}
}

// While paused nothing is received: the peer can send what the stream and one
// buffer hold, and no more until Resume.
func TestPerformPauseHoldsThePeer(t *testing.T) {
	const pipe, buffer, frames = 4096, 8192, 1000
	for _, upload := range []func(*curlew.Conn, []byte) (int, error){nil, neverUploads} {
		synctest.Test(t, func(t *testing.T) {
			c, p := smallPair(t, pipe, &curlew.AcceptOptions{ReadBuffer: buffer})
			var sent, received atomic.Int32
			go func() {
				for range frames {
					p.send(binaryFrame(letters(100)))
					sent.Add(102)
				}
				p.send(closeFrame(1000, ""))
			}()
			go func() {
				time.Sleep(time.Second)
				before := sent.Load()
				time.Sleep(time.Hour)
				if after := sent.Load(); after != before || after > pipe+buffer || received.Load() > 0 {
					t.Errorf("while paused the peer sent %d bytes, an hour later %d; %d were received", before, after, received.Load())
				}
				c.Resume()
			}()
			paused := false
			err := c.Perform(t.Context(), curlew.Handler{Upload: upload, OnChunk: func(_ *curlew.Conn, p []byte, _ curlew.Meta) error {
				if !paused {
					paused = true
					return curlew.ErrPause
				}
				received.Add(int32(len(p)))
				return nil
			}})
			if err != nil || received.Load() != 100*frames+2 {
				t.Errorf("%v, %d bytes", err, received.Load())
			}
		})
	}
}

// A paused direction does not hold the other, and Resume resumes both.
func TestPerformPauseEachDirection(t *testing.T) {
	const frames = 1000
	for _, test := range []struct {
		name                          string
		pauseChunk, pauseUpload       int32 // the call that pauses, 0 for none
		chunks, uploads               int32 // calls while paused
		chunksResumed, uploadsResumed int32
	}{
		{"OnChunk", 3, 0, 3, frames, frames + 1, frames},
		{"Upload", 0, 3, frames, 3, frames, frames},
		{"both", 3, 5, 3, 5, frames + 1, frames},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := smallPair(t, 1000, nil)
				go func() {
					for range frames {
						p.send(textFrame("x"))
					}
				}()
				wire := p.drain()
				var chunks, uploads atomic.Int32
				check := func(when string, wantChunks, wantUploads int32) {
					time.Sleep(time.Second)
					if c, u := chunks.Load(), uploads.Load(); c != wantChunks || u != wantUploads {
						t.Errorf("%s: %d chunks and %d uploads, want %d and %d", when, c, u, wantChunks, wantUploads)
					}
				}
				go func() {
					check("paused", test.chunks, test.uploads)
					c.Resume()
					check("resumed", test.chunksResumed, test.uploadsResumed)
					c.Close()
				}()
				err := c.Perform(t.Context(), curlew.Handler{
					OnChunk: func(*curlew.Conn, []byte, curlew.Meta) error {
						if chunks.Add(1) == test.pauseChunk {
							return curlew.ErrPause
						}
						return nil
					},
					Upload: func(_ *curlew.Conn, buf []byte) (int, error) {
						switch uploads.Add(1) {
						case test.pauseUpload:
							return 1, curlew.ErrPause
						case frames:
							return 1, io.EOF
						}
						return 1, nil
					},
				})
				wantError(t, err, net.ErrClosed)
				if n := len(<-wire); n != frames {
					t.Errorf("%d frames were sent", n)
				}
			})
		})
	}
}

// A pause may be wrapped, as a stop may.
func TestPerformPauseWrapped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		p.send(textFrame("x"), closeFrame(1000, ""))
		var got []piece
		err := c.Perform(t.Context(), curlew.Handler{
			OnChunk: func(c *curlew.Conn, chunk []byte, m curlew.Meta) error {
				if got = append(got, pieceOf(chunk, m)); len(got) == 1 {
					c.Resume()
					return fmt.Errorf("not now: %w", curlew.ErrPause)
				}
				return nil
			},
			Upload: func(*curlew.Conn, []byte) (int, error) { return 0, fmt.Errorf("nothing: %w", curlew.ErrPause) },
		})
		wantNil(t, err)
		samePieces(t, got, piecesOf(0, textFrame("x"), textFrame("x"), closeFrame(1000, "")))
	})
}

// A paused chunk that was inflated stays as it is, too.
func TestPerformPauseCompressed(t *testing.T) {
	curlewtest.NoLeaks(t)
	messages := []string{letters(100_000), "short", "", letters(300), strings.Repeat("x", 1<<20)}
	s := acceptor(t, httptest.NewServer, &curlew.AcceptOptions{Compression: &curlew.Compression{MinSize: 1}}, func(c *curlew.Conn, err error) {
		if err != nil {
			t.Error(err)
			return
		}
		go func() {
			for range c.Messages(context.Background()) {
			}
		}()
		for _, m := range messages {
			if err := c.WriteMessage(t.Context(), curlew.Text, []byte(m)); err != nil {
				t.Error(err)
			}
		}
		c.Shutdown(t.Context(), 1000, "")
	})
	for _, upload := range []func(*curlew.Conn, []byte) (int, error){nil, neverUploads} {
		c, err := (&curlew.Client{Compression: &curlew.Compression{}}).Dial(t.Context(), wsURL(s))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		var last, message string
		inflated, refused := 0, true
		wantNil(t, c.Perform(t.Context(), curlew.Handler{Upload: upload, OnChunk: func(c *curlew.Conn, p []byte, m curlew.Meta) error {
			if refused = !refused; !refused {
				last = string(p)
				go c.Resume()
				return curlew.ErrPause
			}
			if string(p) != last {
				t.Error("another chunk came again")
			}
			if m.Flags&curlew.Compressed != 0 {
				inflated++
			}
			if message += last; m.MessageEnd() {
				got, message = append(got, message), ""
			}
			return nil
		}}))
		if !slices.Equal(got, messages) || inflated < len(messages)-1 {
			t.Errorf("%d messages, %d chunks inflated", len(got), inflated)
		}
	}
}

// What holds over a pipe holds over sockets and TLS.
func TestPerformOverStreams(t *testing.T) {
	for _, kind := range streamKinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			curlewtest.NoLeaks(t)
			ours, theirs := kind.make(t)
			client, server := curlew.NewConn(ours, false, nil), curlew.NewConn(theirs, true, nil)
			done := make(chan error, 1)
			go func() { done <- echoMessages(server, nil) }()
			const pieces, size = 30, 50_000
			sent, received := 0, 0
			wantNil(t, client.Perform(t.Context(), curlew.Handler{
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
					if sent++; sent > pieces {
						return 0, io.EOF
					}
					return copy(buf, letters(size)), nil
				},
			}))
			wantNil(t, <-done)
		})
		t.Run(kind.name+" cancelled", func(t *testing.T) {
			t.Parallel()
			curlewtest.NoLeaks(t)
			ours, theirs := kind.make(t)
			client, _ := newPair(t, ours, theirs, false, nil)
			ctx, cancel := context.WithCancelCause(t.Context())
			calls := 0
			wantError(t, client.Perform(ctx, curlew.Handler{Upload: func(_ *curlew.Conn, buf []byte) (int, error) {
				if calls++; calls == 1 { // the stream is full soon
					time.AfterFunc(10*time.Millisecond, func() { cancel(errCause) })
				}
				return len(buf), nil
			}}), errCause)
		})
	}
}
