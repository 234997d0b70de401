package curlewtest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// An echo is Echo or EchoChunks.
type echo struct {
	name string
	run  func(context.Context, *curlew.Conn) error
}

var echoes = []echo{{"messages", curlewtest.Echo}, {"chunks", curlewtest.EchoChunks}}

// start runs the echo on a server and returns the client.
func (e echo) start(t *testing.T, ctx context.Context, c *curlew.Client, o *curlew.AcceptOptions) (*curlew.Conn, <-chan error) {
	t.Helper()
	client, server := curlewtest.Pair(t, c, o)
	done := make(chan error, 1)
	go func() { done <- e.run(ctx, server) }()
	return client, done
}

func TestEcho(t *testing.T) {
	t.Parallel()
	deflate := &curlew.Compression{}
	for _, e := range echoes {
		for _, compression := range []*curlew.Compression{nil, deflate} {
			t.Run(fmt.Sprint(e.name, " compressed ", compression != nil), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					client, done := e.start(t, t.Context(), &curlew.Client{Compression: compression}, &curlew.AcceptOptions{Compression: compression})
					for _, n := range []int{0, 1, 125, 126, 65535, 65536, 300_000} {
						message := bytes.Repeat([]byte("e"), n)
						flags := curlew.Text
						if n%2 == 1 {
							flags = curlew.Binary
						}
						sent := make(chan error, 1)
						go func() { sent <- client.WriteMessage(t.Context(), flags, message) }()
						f, p, err := client.ReadMessage(t.Context(), nil)
						if f&^curlew.Compressed != flags || !bytes.Equal(p, message) || err != nil {
							t.Errorf("a message of %d bytes was echoed as %v of %d: %v", n, f, len(p), err)
						}
						wantErr(t, <-sent, nil)
					}
					if _, err := client.Ping(t.Context()); err != nil {
						t.Error(err)
					}
					wantErr(t, client.Shutdown(t.Context(), 1000, ""), nil)
					wantErr(t, <-done, nil)
				})
			})
		}
	}
}

// Fragments stay fragments, and the part of a frame that has arrived is sent back
// before the frame ends.
func TestEchoChunks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, done := echoes[1].start(t, t.Context(), nil, nil)
		next := func(flags curlew.Flags, want string, left int64) {
			t.Helper()
			p, m, err := client.Next()
			if string(p) != want || m.Flags != flags || m.BytesLeft != left || err != nil {
				t.Errorf("got %q %+v, %v", p, m, err)
			}
		}
		wantErr(t, client.Send(curlew.Text|curlew.Cont, []byte("one")), nil)
		next(curlew.Text|curlew.Cont, "one", 0)
		wantErr(t, client.Send(curlew.Pong, nil), nil) // it is dropped
		wantErr(t, client.Send(0, nil), nil)
		next(curlew.Text, "", 0)
		wantErr(t, client.StartFrame(curlew.Binary, 1<<40), nil)
		wantErr(t, client.SendPayload([]byte("two")), nil)
		next(curlew.Binary, "two", 1<<40-3)
		client.Close()
		wantErr(t, <-done, io.ErrUnexpectedEOF)
	})
}

func TestEchoChunksMemory(t *testing.T) {
	const size = 16 << 20
	client, done := echoes[1].start(t, t.Context(), nil, nil)
	before := live()
	go func() {
		piece := make([]byte, 64<<10)
		client.StartFrame(curlew.Binary, size)
		for range size / len(piece) {
			client.SendPayload(piece)
		}
	}()
	measured := false
	for left := int64(1); left > 0; {
		_, m, err := client.Next()
		if err != nil {
			t.Fatal(err)
		}
		if left = m.BytesLeft; left < size/8 && !measured {
			measured = true
			if more := live() - before; more > size/4 {
				t.Errorf("with most of a frame of %d bytes echoed, %d bytes are held", size, more)
			}
		}
	}
	client.Close()
	wantErr(t, <-done, io.ErrUnexpectedEOF)
}

// live returns how many bytes of memory are in use.
func live() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestEchoEnds(t *testing.T) {
	t.Parallel()
	over := errors.New("over")
	for _, e := range echoes {
		synctest.Test(t, func(t *testing.T) {
			client, done := e.start(t, t.Context(), nil, nil)
			wantErr(t, client.Shutdown(t.Context(), 3000, "why"), nil)
			var ce *curlew.CloseError
			if err := <-done; errors.As(err, &ce) != (e.name == "messages") {
				t.Errorf("%s: a CLOSE of code 3000 ends it with %v", e.name, err)
			}
		})
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			_, done := e.start(t, ctx, nil, nil)
			synctest.Wait()
			cancel(over)
			wantErr(t, <-done, over)
		})
	}
}
