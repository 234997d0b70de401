package curlew_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// inPlaceSizes are of payloads that are copied, masked where they are in one
// piece, and in several.
var inPlaceSizes = []int{0, 1, 125, 4095, 16<<10 - 1, 16 << 10, 40_001, 64<<10 - 14, 64 << 10, 64<<10 + 1, 200_003, 256<<10 + 1, 700_001}

// What SendInPlace sends is what Send would, over every kind of stream, in both
// roles, in messages of several frames and beside others' frames. A server
// overwrites nothing.
func TestSendInPlace(t *testing.T) {
	for _, kind := range streamKinds {
		for _, server := range []bool{false, true} {
			for _, size := range []int{0, 512} {
				t.Run(fmt.Sprintf("%s/server=%v/%d", kind.name, server, size), func(t *testing.T) {
					t.Parallel()
					curlewtest.NoLeaks(t)
					ours, theirs := kind.make(t)
					c, peer := newPair(t, ours, theirs, server, &curlew.AcceptOptions{WriteBuffer: size})
					frames := peer.drain()
					var want []rawFrame
					for _, size := range inPlaceSizes {
						payload := letters(size)
						for _, f := range []struct {
							flags curlew.Flags
							first byte
						}{
							{curlew.Binary, wBinary}, {curlew.Text | curlew.Cont, wTextGo}, {curlew.Cont, wContGo}, {0, wCont},
							{curlew.Text | curlew.Compressed, wText}, // which was not agreed on
						} {
							p := []byte(payload)
							if err := errors.Join(c.SendInPlace(f.flags, p), c.Send(curlew.Ping, []byte("between"))); err != nil {
								t.Fatal(err)
							}
							if server && string(p) != payload {
								t.Fatalf("a server overwrote the payload of %d bytes", size)
							}
							want = append(want, rawFrame{f.first, payload}, rawFrame{wPing, "between"})
						}
					}
					if err := c.SendInPlace(curlew.Pong, []byte("pong")); err != nil {
						t.Fatal(err)
					}
					c.Close()
					wantFrames(t, <-frames, append(want, rawFrame{wPong, "pong"})...)
				})
			}
		}
	}
}

func TestSendInPlaceMisuse(t *testing.T) {
	c, peer := pipePair(t, nil)
	long := make([]byte, 100_000)
	for _, f := range []curlew.Flags{0, curlew.Cont, curlew.Ping, curlew.Text | curlew.Binary, 1 << 5} {
		wantError(t, c.SendInPlace(f, long), curlew.ErrUsage)
	}
	if err := c.StartFrame(curlew.Text, 1); err != nil {
		t.Fatal(err)
	}
	wantError(t, c.SendInPlace(curlew.Text, long), curlew.ErrFrameOpen)
	if !bytes.Equal(long, make([]byte, len(long))) {
		t.Error("a payload that was refused is overwritten")
	}
	if err := c.SendPayload([]byte("x")); err != nil {
		t.Fatal(err)
	}
	peer.expect(rawFrame{wText, "x"})
}

// In raw mode bytes go out as they are.
func TestSendInPlaceRaw(t *testing.T) {
	ours, theirs := curlewtest.Pipe()
	c := curlew.NewConn(ours, false, &curlew.AcceptOptions{RawMode: true})
	defer c.Close()
	wantError(t, c.SendInPlace(curlew.Text, []byte("x")), curlew.ErrUsage)
	sent := []byte(letters(100_000))
	go func() {
		c.SendInPlace(0, bytes.Clone(sent))
		c.Close()
	}()
	var got bytes.Buffer
	got.ReadFrom(theirs)
	if !bytes.Equal(got.Bytes(), sent) {
		t.Errorf("came %d bytes, expected the %d that were sent", got.Len(), len(sent))
	}
}

// What is deflated leaves the caller's memory as it is.
func TestSendInPlaceCompressed(t *testing.T) {
	client := curlew.Client{Compression: &curlew.Compression{}}
	c, err := client.Dial(t.Context(), compressedServer(t, &curlew.AcceptOptions{Compression: &curlew.Compression{}}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i, p := range samples() {
		if i == 2 || i > 4 && i < 50 { // of few kinds some are enough
			continue
		}
		p = bytes.ToValidUTF8(p, nil)
		for _, f := range []curlew.Flags{curlew.Text | curlew.Compressed, curlew.Text} {
			mine := bytes.Clone(p)
			if err := c.SendInPlace(f, mine); err != nil {
				t.Fatal(err)
			}
			same := bytes.Equal(mine, p)
			came, got, err := c.ReadMessage(t.Context(), nil) // compressed both ways, or neither
			if f&came&curlew.Compressed != 0 && !same {
				t.Error("a payload that was deflated is overwritten")
			}
			if err != nil || !bytes.Equal(got, p) {
				t.Fatalf("%d bytes, flags %#x: came %d bytes and %v", len(p), f, len(got), err)
			}
		}
	}
}

// While a payload is written from where it is, nothing is queued behind it:
// others wait, and go on when it is done.
func TestSendInPlaceKeepsItsTurn(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := narrow(t, 1000, nil)
		payload := letters(100_000)
		first := later(func() error { return c.SendInPlace(curlew.Binary, []byte(payload)) })
		other := later(func() error { return c.Send(curlew.Text, []byte("other")) })
		peer.send(rawFrame{wPing, "ping"}, rawFrame{wText, ""})
		if _, _, err := c.Next(); err != nil {
			t.Fatal(err)
		}
		blocked(t, first)
		blocked(t, other)
		peer.expect(rawFrame{wBinary, payload})
		got := map[rawFrame]bool{peer.frame(): true, peer.frame(): true}
		if !got[rawFrame{wText, "other"}] || !got[rawFrame{wPong, "ping"}] {
			t.Errorf("then came %v", got)
		}
		if err := errors.Join(<-first, <-other); err != nil {
			t.Error(err)
		}
	})
}

// A deadline that passes while the payload is written from where it is leaves
// what was not sent as it was; a context's end, or a Close, ends it.
func TestSendInPlaceOnTCP(t *testing.T) {
	for _, server := range []bool{false, true} {
		curlewtest.NoLeaks(t)
		ours, theirs := tcpPair(t)
		c, peer := newPair(t, ours, theirs, server, nil)
		ours.(*net.TCPConn).SetWriteBuffer(64 << 10)
		theirs.(*net.TCPConn).SetReadBuffer(64 << 10)
		payload := []byte(letters(2 << 20))
		p := bytes.Clone(payload)
		err := cutShort(c, peer, func() error { return c.SendInPlace(curlew.Binary, p) })
		var se *curlew.SendError
		if !errors.As(err, &se) || se.Sent == 0 || se.Sent == len(payload) {
			t.Fatalf("2 MiB to a peer that reads nothing: %v", err)
		}
		frames := peer.drain()
		for at := 0; errors.As(err, &se); {
			if at += se.Sent; !bytes.Equal(p[at:], payload[at:]) {
				t.Fatalf("behind the %d bytes sent the payload is not what it was", at)
			}
			c.SetWriteDeadline(time.Now().Add(10 * time.Millisecond))
			err = c.SendPayload(p[at:])
		}
		c.SetWriteDeadline(time.Time{})
		if err := errors.Join(err, c.Send(curlew.Text, []byte("end"))); err != nil {
			t.Fatal(err)
		}
		c.Close()
		wantFrames(t, <-frames, rawFrame{wBinary, string(payload)}, rawFrame{wText, "end"})
	}
}

// The same, to the byte, whatever the stream takes at a time.
func TestSendInPlaceGoesOn(t *testing.T) {
	for _, server := range []bool{false, true} {
		for _, room := range []int{1, 7, 100, 20_000, 64<<10 + 3, 100_000, 300_000, 600_000} {
			t.Run(fmt.Sprintf("server=%v/%d", server, room), func(t *testing.T) {
				t.Parallel()
				curlewtest.NoLeaks(t)
				synctest.Test(t, func(t *testing.T) {
					ours, theirs := curlewtest.PipeSize(room)
					c, peer := newPair(t, ours, theirs, server, nil)
					payload := []byte(letters(700_001))
					p := bytes.Clone(payload)
					c.SetWriteDeadline(time.Now().Add(time.Second))
					err := c.SendInPlace(curlew.Binary, p)
					var se *curlew.SendError
					if !errors.As(err, &se) || !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Fatal(err)
					}
					if !bytes.Equal(p[se.Sent:], payload[se.Sent:]) {
						t.Fatalf("behind the %d bytes sent the payload is not what it was", se.Sent)
					}
					c.SetWriteDeadline(time.Time{})
					frames := peer.drain()
					if err := errors.Join(c.SendPayload(p[se.Sent:]), c.Send(curlew.Text, []byte("end"))); err != nil {
						t.Fatal(err)
					}
					c.Close()
					wantFrames(t, <-frames, rawFrame{wBinary, string(payload)}, rawFrame{wText, "end"})
				})
			})
		}
	}
}

// A context stops a large message in its middle, also a server's, which is not
// copied.
func TestWriteLargeMessageCancelled(t *testing.T) {
	for _, kind := range streamKinds {
		for _, server := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/server=%v", kind.name, server), func(t *testing.T) {
				curlewtest.NoLeaks(t)
				ours, theirs := kind.make(t)
				c, peer := newPair(t, ours, theirs, server, nil)
				ctx, cancel := context.WithCancelCause(t.Context())
				cause := errors.New("no longer")
				go func() {
					peer.Read(make([]byte, 1))
					cancel(cause)
				}()
				err := c.WriteMessage(ctx, curlew.Binary, make([]byte, 64<<20))
				wantError(t, err, cause)
				wantError(t, c.Send(curlew.Text, nil), err)
			})
		}
	}
}

// Many goroutines at once, each with memory of its own.
func TestSendInPlaceTogether(t *testing.T) {
	for _, kind := range streamKinds {
		t.Run(kind.name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			ours, theirs := kind.make(t)
			c, peer := newPair(t, ours, theirs, false, nil)
			const senders, messages = 4, 20
			var all sync.WaitGroup
			for s := range senders {
				all.Go(func() {
					for i := range messages {
						p := []byte(strings.Repeat(string(rune('a'+s)), 10_000*(i%5)))
						if err := errors.Join(c.SendInPlace(curlew.Text, p), c.Send(curlew.Ping, nil)); err != nil {
							t.Error(err)
						}
					}
				})
			}
			for range 2 * senders * messages {
				f := peer.frame()
				if len(f.payload)%10_000 != 0 || len(f.payload) > 0 && strings.Trim(f.payload, f.payload[:1]) != "" {
					t.Fatalf("came %v", f)
				}
			}
			all.Wait()
		})
	}
}
