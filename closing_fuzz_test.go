package curlew_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// A closingEnd is one end of a session whose two ends send, ping and close as
// a script says, while each receives in its own way.
type closingEnd struct {
	c      *curlew.Conn
	script []byte

	mu     sync.Mutex
	closes [][]byte // the payloads of the CLOSE frames it sent
	failed []error  // of its sends and pings, but for those because of a CLOSE

	received, shut error // how these ended
}

// open opens the session at this end, over s.
func (e *closingEnd) open(ctx context.Context, s net.Conn, server bool, with *curlew.Compression) (err error) {
	e.c, err = openEnd(ctx, s, server, curlew.AcceptOptions{WriteBuffer: 512, Compression: with, Trace: &curlew.Trace{Chunk: func(sent bool, p []byte, m curlew.Meta) {
		e.mu.Lock()
		defer e.mu.Unlock()
		if sent && m.Flags == curlew.Close {
			e.closes = append(e.closes, bytes.Clone(p))
		}
	}}})
	return err
}

// receiving are the ways to receive; each returns when the session is over.
var receiving = []func(ctx context.Context, c *curlew.Conn) error{
	func(ctx context.Context, c *curlew.Conn) (err error) {
		for _, err = range c.Messages(ctx) {
		}
		return err
	},
	func(ctx context.Context, c *curlew.Conn) error { // cancelled again and again
		for {
			short, cancel := context.WithTimeout(ctx, time.Millisecond)
			_, _, err := c.ReadMessage(short, nil)
			cancel()
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				return err
			}
		}
	},
	func(ctx context.Context, c *curlew.Conn) error {
		for n := 1; ; n++ {
			_, r, err := c.NextReader(ctx)
			if err != nil {
				return err
			}
			io.CopyN(io.Discard, r, int64(n%3*1000))
		}
	},
	func(ctx context.Context, c *curlew.Conn) error { return c.Perform(ctx, curlew.Handler{}) },
	func(ctx context.Context, c *curlew.Conn) error {
		left := 10
		return c.Perform(ctx, curlew.Handler{Upload: func(_ *curlew.Conn, buf []byte) (int, error) {
			if left--; left < 0 {
				return 0, io.EOF
			}
			return min(len(buf), 1000), nil
		}})
	},
}

// steps are what an end may do, n being the number of the step.
var steps = []func(ctx context.Context, c *curlew.Conn, n int) error{
	func(ctx context.Context, c *curlew.Conn, _ int) error {
		return c.WriteMessage(ctx, curlew.Text, []byte("hello"))
	},
	func(ctx context.Context, c *curlew.Conn, _ int) error {
		return c.WriteMessage(ctx, curlew.Binary, make([]byte, 5000))
	},
	func(ctx context.Context, c *curlew.Conn, _ int) error {
		return streamed(ctx, c, letters(3000))
	},
	func(ctx context.Context, c *curlew.Conn, _ int) error {
		_, err := c.Ping(ctx)
		return err
	},
	func(_ context.Context, c *curlew.Conn, _ int) error { return c.Send(curlew.Ping, nil) },
	func(context.Context, *curlew.Conn, int) error { time.Sleep(time.Millisecond); return nil },
	func(_ context.Context, c *curlew.Conn, _ int) error {
		b := c.Cork()
		return errors.Join(b.Send(curlew.Text, []byte("a")), b.Send(curlew.Ping, nil), b.Flush())
	},
	func(_ context.Context, c *curlew.Conn, _ int) error {
		b := c.Cork()
		return errors.Join(b.Send(curlew.Text|curlew.Compressed, make([]byte, 2000)), b.Send(curlew.Binary|curlew.Compressed, nil), b.Flush())
	},
	func(_ context.Context, c *curlew.Conn, _ int) error {
		return c.SendInPlace(curlew.Text|curlew.Compressed, []byte(letters(20_000)))
	},
	func(_ context.Context, c *curlew.Conn, n int) error {
		return c.Send(curlew.Close, curlew.AppendClose(nil, 4000+n, ""))
	},
	func(ctx context.Context, c *curlew.Conn, n int) error { return c.Shutdown(ctx, 3000+n, "") },
}

// run does what the script says, then shuts down.
func (e *closingEnd) run(ctx context.Context) error {
	for n, b := range e.script {
		err := steps[int(b)%len(steps)](ctx, e.c, n)
		var ce *curlew.CloseError
		if err != nil && !errors.As(err, &ce) && !errors.Is(err, curlew.ErrClosing) && !errors.Is(err, net.ErrClosed) {
			e.failed = append(e.failed, err)
		}
	}
	return e.c.Shutdown(ctx, 1000, "")
}

// compressing are the ways to compress, the first being not to.
var compressing = []*curlew.Compression{nil, {}, withDeflate}

// testClosing runs both ends to their end. They must not hang, and must agree:
// each sent one CLOSE, and saw the other's.
func testClosing(t *testing.T, size int, with byte, ways, a, b []byte) {
	defer func() {
		if t.Failed() {
			t.Fatalf("size %d, compression %d, ways %d, scripts %d and %d", size, with, ways, a, b)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		one, two := curlewtest.PipeSize(size)
		ends := [2]*closingEnd{{script: a}, {script: b}}
		var opened sync.WaitGroup
		for i, s := range []net.Conn{one, two} {
			opened.Go(func() {
				if err := ends[i].open(t.Context(), s, i == 1, compressing[int(with)%len(compressing)]); err != nil {
					t.Error(err)
				}
			})
		}
		if opened.Wait(); t.Failed() {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		start := time.Now()
		var all sync.WaitGroup
		for i, e := range ends {
			all.Go(func() { e.received = receiving[int(ways[i])%len(receiving)](ctx, e.c) })
			all.Go(func() { e.shut = e.run(ctx) })
		}
		all.Wait()
		if took := time.Since(start); took > time.Minute {
			t.Errorf("it took %v", took)
		}
		for i, e := range ends {
			t.Logf("end %d: received until %v, Shutdown gave %v", i, e.received, e.shut)
			if e.shut != nil && !errors.Is(e.shut, net.ErrClosed) || e.failed != nil {
				t.Errorf("%v, %v", e.failed, e.shut)
			}
			other := ends[1-i]
			if len(other.closes) != 1 {
				t.Fatalf("end %d sent %d CLOSE frames: %q", 1-i, len(other.closes), other.closes)
			}
			code, reason, _ := curlew.ParseClose(other.closes[0])
			_, _, err := e.c.ReadMessage(t.Context(), nil)
			wantClose(t, err, code, reason)
		}
	})
}

func TestClosingInterleaved(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	script := func(n, most int) []byte {
		s := make([]byte, n)
		for i := range s {
			s[i] = byte(r.IntN(most))
		}
		return s
	}
	for i := range 300 {
		testClosing(t, 1+r.IntN(5000), byte(i), script(2, len(receiving)), script(r.IntN(20), len(steps)), script(r.IntN(20), len(steps)))
	}
}

func FuzzClosing(f *testing.F) {
	for with := range compressing {
		f.Add(uint16(100), byte(with), []byte{0, 3}, []byte{0, 1, 2, 10}, []byte{3, 6, 2, 9})
		f.Add(uint16(1), byte(with), []byte{4, 4}, []byte{9}, []byte{9})
		f.Add(uint16(3000), byte(with), []byte{1, 2}, []byte{7, 8, 1, 7, 10}, []byte{8, 2, 7, 0, 3})
	}
	f.Fuzz(func(t *testing.T, size uint16, with byte, ways, a, b []byte) {
		if len(ways) < 2 || len(a)+len(b) > 100 {
			return
		}
		testClosing(t, int(size)+1, with, ways, a, b)
	})
}
