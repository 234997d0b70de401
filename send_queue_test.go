package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
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

// narrow makes a client over a pipe that holds size bytes, inside a bubble.
func narrow(t *testing.T, size int, o *curlew.AcceptOptions) (*curlew.Conn, *wirePeer) {
	ours, theirs := curlewtest.PipeSize(size)
	return newPair(t, ours, theirs, false, o)
}

// later starts a call, and lets it run until it ends or blocks.
func later(call func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- call() }()
	synctest.Wait()
	return done
}

// blocked reports whether a call that later started has not ended.
func blocked(t *testing.T, done <-chan error) {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-done:
		t.Fatalf("the call ended with %v, and should wait", err)
	default:
	}
}

// While one goroutine writes, others' frames are queued, in order, up to a
// buffer; then they wait.
func TestSendQueues(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := narrow(t, 10, &curlew.AcceptOptions{WriteBuffer: 512})
		first := later(func() error { return c.Send(curlew.Text, []byte("longer than ten bytes")) })
		blocked(t, first)
		want := []rawFrame{{wText, "longer than ten bytes"}}
		payload := strings.Repeat("x", 90) // 96 with its header
		for i := range 5 {
			p := fmt.Sprintf("%d%s", i, payload[1:])
			if err := c.Send(curlew.Binary, []byte(p)); err != nil {
				t.Fatal(err)
			}
			want = append(want, rawFrame{wBinary, p})
		}
		sixth := later(func() error { return c.Send(curlew.Binary, []byte(payload)) })
		blocked(t, first)
		blocked(t, sixth)
		peer.expect(append(want, rawFrame{wBinary, payload})...)
		if err := errors.Join(<-first, <-sixth); err != nil {
			t.Fatal(err)
		}
	})
}

// gated is a stream whose writes wait to be let through.
type gated struct {
	countWrites
	gate chan struct{}
}

func (g *gated) Write(p []byte) (int, error) {
	<-g.gate
	return g.countWrites.Write(p)
}

// What many goroutines send while one is writing goes out in one write.
func TestSendersShareWrites(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := curlewtest.Pipe()
		stream := &gated{countWrites{Conn: ours}, make(chan struct{})}
		c, peer := newPair(t, stream, theirs, false, nil)
		first := later(func() error { return c.Send(curlew.Binary, make([]byte, 125)) })
		const senders, messages = 8, 50
		var all sync.WaitGroup
		for i := range senders {
			all.Go(func() {
				for range messages {
					send := c.Send
					if i%2 == 0 {
						send = func(f curlew.Flags, p []byte) error { return c.WriteMessage(t.Context(), f, p) }
					}
					if err := send(curlew.Binary, make([]byte, 125)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		blocked(t, first)
		close(stream.gate)
		for range 1 + senders*messages {
			peer.expect(rawFrame{wBinary, string(make([]byte, 125))})
		}
		if err := <-first; err != nil {
			t.Error(err)
		}
		if n := stream.n.Load(); n != 2 {
			t.Errorf("%d messages took %d writes, expected 2", 1+senders*messages, n)
		}
	})
}

// A frame that does not fit the queue waits for its turn, however long it is.
func TestStartFrameWaits(t *testing.T) {
	for _, size := range []int64{600, 1 << 40, math.MaxInt64 - 14, math.MaxInt64} {
		curlewtest.NoLeaks(t)
		synctest.Test(t, func(t *testing.T) {
			c, peer := narrow(t, 10, &curlew.AcceptOptions{WriteBuffer: 512})
			first := later(func() error { return c.Send(curlew.Text, []byte("longer than ten bytes")) })
			second := later(func() error { return c.StartFrame(curlew.Binary, size) })
			blocked(t, second)
			peer.expect(rawFrame{wText, "longer than ten bytes"})
			if err := errors.Join(<-first, <-second); err != nil {
				t.Error(err)
			}
		})
	}
}

// A sender is not kept to write what others queued behind its own frame.
func TestSendIsNotKept(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := narrow(t, 10, nil)
		first := later(func() error { return c.Send(curlew.Text, []byte("first, blocked")) })
		for range 100 {
			if err := c.Send(curlew.Text, []byte("queued")); err != nil {
				t.Fatal(err)
			}
		}
		peer.expect(rawFrame{wText, "first, blocked"})
		if err := <-first; err != nil { // although the peer does not read the rest
			t.Fatal(err)
		}
		for range 100 {
			peer.expect(rawFrame{wText, "queued"})
		}
	})
}

// What fails after its Send returned is reported by every call from then on.
func TestSendFailsLater(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := narrow(t, 10, nil)
		first := later(func() error { return c.Send(curlew.Text, []byte("first, blocked")) })
		if err := c.Send(curlew.Text, []byte("queued")); err != nil {
			t.Fatal(err)
		}
		received := later(func() error { _, _, err := c.Next(); return err })
		peer.Close()
		err := <-first
		wantError(t, err, io.ErrClosedPipe)
		for i, again := range []error{
			c.Send(curlew.Text, nil), c.SendPayload(nil), c.StartFrame(curlew.Text, 1), c.Cork().Send(curlew.Text, nil),
			c.Cork().Flush(), c.WriteMessage(t.Context(), curlew.Text, nil), c.Send(curlew.Ping, nil),
		} {
			if again != err {
				t.Errorf("call %d: %v, want %v", i, again, err)
			}
		}
		wantError(t, c.Shutdown(t.Context(), 1000, ""), io.ErrClosedPipe)
		if err := <-received; err == nil {
			t.Error("received something")
		}
	})
}

// Nothing is sent by a call whose deadline passes while it waits for its turn.
func TestSendWaitsForItsTurn(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := narrow(t, 1000, nil)
		if err := c.StartFrame(curlew.Binary, 3); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cause := errors.New("no longer")
		waiting := later(func() error { return c.WriteMessage(ctx, curlew.Text, []byte("never")) })
		writer := later(func() error { _, err := c.NextWriter(ctx, curlew.Text); return err })
		blocked(t, waiting)
		cancel(cause)
		wantError(t, <-waiting, cause)
		if err := <-writer; err != nil { // only its fragments need the frame
			wantError(t, err, cause)
		}
		c.SetWriteDeadline(time.Now().Add(time.Second))
		timed := later(func() error { return c.WriteMessage(t.Context(), curlew.Text, []byte("never")) })
		time.Sleep(999 * time.Millisecond)
		blocked(t, timed)
		time.Sleep(time.Millisecond)
		err := <-timed
		wantError(t, err, os.ErrDeadlineExceeded)
		var se *curlew.SendError
		if errors.As(err, &se) {
			t.Errorf("%v: no byte was sent", err)
		}
		c.SetWriteDeadline(time.Time{})
		if err := c.SendPayload([]byte("abc")); err != nil {
			t.Fatal(err)
		}
		peer.expect(rawFrame{wBinary, "abc"})
	})
}

// The end of a context leaves a message that was not begun out of the stream,
// and ends the connection in the middle of one, whatever its length.
func TestWriteMessageCancelled(t *testing.T) {
	for _, room := range []int{6, 7, 20, 30, 511, 512, 513, 518, 530, 1024, 1030, 1100} { // what the stream takes, a PING of 6 first
		for _, size := range []int{0, 5, 490, 498, 504, 505, 506, 600, 1100, 3000} {
			t.Run(fmt.Sprintf("%d/%d", room, size), func(t *testing.T) {
				t.Parallel()
				curlewtest.NoLeaks(t)
				synctest.Test(t, func(t *testing.T) {
					c, peer := narrow(t, room, &curlew.AcceptOptions{WriteBuffer: 512})
					peer.cut = true
					if err := c.Send(curlew.Ping, nil); err != nil {
						t.Fatal(err)
					}
					ctx, cancel := context.WithCancel(t.Context())
					p := strings.Repeat("y", size)
					done := later(func() error { return c.WriteMessage(ctx, curlew.Text, []byte(p)) })
					cancel()
					synctest.Wait()
					frames := peer.drain()
					err := <-done
					end := c.Send(curlew.Ping, nil)
					synctest.Wait()
					c.Close()
					got := <-frames
					switch {
					case err == nil:
						wantFrames(t, got, rawFrame{wPing, ""}, rawFrame{wText, p}, rawFrame{wPing, ""})
					case end == nil:
						wantError(t, err, context.Canceled)
						wantFrames(t, got, rawFrame{wPing, ""}, rawFrame{wPing, ""})
					case room == 6:
						t.Errorf("no byte was on the stream, and the connection is lost: %v", end)
					default:
						wantError(t, err, context.Canceled)
						wantError(t, end, context.Canceled)
					}
				})
			})
		}
	}
}

// Over TLS, too, the error says that it was the context that ended.
func TestWriteMessageCancelledOverTLS(t *testing.T) {
	curlewtest.NoLeaks(t)
	ours, theirs := tlsOver(t, func(testing.TB) (net.Conn, net.Conn) { return curlewtest.Pipe() })
	c, _ := newPair(t, ours, theirs, false, nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("no longer")
	go func() {
		theirs.Read(make([]byte, 1))
		cancel(cause)
	}()
	err := c.WriteMessage(ctx, curlew.Binary, make([]byte, 1<<20))
	wantError(t, err, cause)
	wantError(t, c.Send(curlew.Text, nil), err)
}
