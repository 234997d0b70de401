package curlewtest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

func TestPair(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		curlewtest.NoLeaks(t)
		client, server := curlewtest.Pair(t,
			&curlew.Client{Subprotocols: []string{"a", "b"}, Compression: &curlew.Compression{}},
			&curlew.AcceptOptions{Subprotocols: []string{"b"}, Compression: &curlew.Compression{}})
		if client.Subprotocol() != "b" || server.Subprotocol() != "b" {
			t.Errorf("subprotocols %q and %q", client.Subprotocol(), server.Subprotocol())
		}
		long := strings.Repeat("hello ", 100) // which compression makes shorter
		ends := map[*curlew.Conn]*curlew.Conn{client: server, server: client}
		for from, to := range ends {
			wantErr(t, from.Send(curlew.Text|curlew.Compressed, []byte(long)), nil)
			f, p, err := to.ReadMessage(t.Context(), nil)
			if f != curlew.Text|curlew.Compressed || string(p) != long || err != nil {
				t.Errorf("came %v %q, %v", f, p, err)
			}
		}
	})
}

func TestPairRefused(t *testing.T) {
	t.Parallel()
	for says, c := range map[string]*curlew.Client{
		"not allowed to connect": {Header: http.Header{"Origin": {"http://example.org"}}},
		"Compression":            {Compression: &curlew.Compression{ClientWindowBits: 99}},
	} {
		r := &recorder{TB: t}
		r.run(func() { curlewtest.Pair(r, c, nil) })
		if !strings.Contains(r.said(), says) {
			t.Errorf("want it to say %q, it said %q", says, r.said())
		}
	}
}

func TestUpgrade(t *testing.T) {
	t.Parallel()
	bubble(t, 1000, func(t *testing.T, a, b net.Conn) {
		mustWrite(t, a, request+"\x81\x80\x00\x00\x00\x00")
		c, err := curlewtest.Upgrade(t.Context(), b, &curlew.AcceptOptions{Header: http.Header{"X": {"y"}}})
		wantErr(t, err, nil)
		defer c.Close()
		wantRead(t, a, response[:len(response)-2]+"X: y\r\n\r\n")
		f, p, err := c.ReadMessage(t.Context(), nil) // came with the request
		if f != curlew.Text || len(p) > 0 || err != nil {
			t.Errorf("came %v %q, %v", f, p, err)
		}
	})
}

func TestUpgradeFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ request, answer, says string }{
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 426 Upgrade Required\r\n", "expected"},
		{strings.Replace(request, "X-Two: a", "Origin: http://b", 1), "HTTP/1.1 403 Forbidden\r\n", "not allowed"},
		{"nonsense\r\n\r\n", "", "expected a request"},
		{"GET / HT", "", "expected a request"},
	} {
		bubble(t, 1000, func(t *testing.T, a, b net.Conn) {
			mustWrite(t, a, c.request)
			a.(interface{ CloseWrite() error }).CloseWrite()
			conn, err := curlewtest.Upgrade(t.Context(), b, nil)
			if conn != nil || err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("want an error that says %q, got %v", c.says, err)
			}
			answer, err := io.ReadAll(a)
			if !strings.HasPrefix(string(answer), c.answer) || err != nil {
				t.Errorf("answer %q, %v", answer, err)
			}
		})
	}
}

func TestUpgradeContext(t *testing.T) {
	t.Parallel()
	bubble(t, 1000, func(t *testing.T, a, b net.Conn) {
		over := errors.New("over")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Hour, over)
		defer cancel()
		_, err := curlewtest.Upgrade(ctx, b, nil)
		wantErr(t, err, over)
		_, err = a.Read(make([]byte, 1))
		wantErr(t, err, io.EOF)
	})
}

// An echo is one of the kinds of echo.
type echo struct {
	name string
	run  func(context.Context, *curlew.Conn) error
}

var echoes = []echo{{"messages", curlewtest.Echo}, {"chunks", curlewtest.EchoChunks}}

// start runs the echo on a server, and returns the client.
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
							t.Errorf("a message of %d bytes came back as %v of %d: %v", n, f, len(p), err)
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

// Fragments stay fragments, and what has come of a frame comes back before
// its end.
func TestEchoChunks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, done := echoes[1].start(t, t.Context(), nil, nil)
		next := func(flags curlew.Flags, want string, left int64) {
			t.Helper()
			p, m, err := client.Next()
			if string(p) != want || m.Flags != flags || m.BytesLeft != left || err != nil {
				t.Errorf("came %q %+v, %v", p, m, err)
			}
		}
		wantErr(t, client.Send(curlew.Text|curlew.Cont, []byte("one")), nil)
		next(curlew.Text|curlew.Cont, "one", 0)
		wantErr(t, client.Send(curlew.Pong, nil), nil) // is dropped
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
				t.Errorf("most of a frame of %d bytes is back, and %d bytes are held", size, more)
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
				t.Errorf("%s: the end by code 3000 is %v", e.name, err)
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

func TestServer(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"ws", "wss", "unix"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			curlewtest.NoLeaks(t)
			s := curlewtest.NewEchoServer(t, scheme, &curlew.AcceptOptions{Subprotocols: []string{"a"}})
			client := curlew.Client{Net: s.Net, Subprotocols: []string{"a"}}
			c, err := client.Dial(t.Context(), s.URL+"/some/path")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			wantErr(t, c.WriteMessage(t.Context(), curlew.Text, []byte("hello")), nil)
			_, p, err := c.ReadMessage(t.Context(), nil)
			if string(p) != "hello" || err != nil || c.Subprotocol() != "a" {
				t.Errorf("came %q by %q, %v", p, c.Subprotocol(), err)
			}
			s.Close()
			if _, _, err := c.ReadMessage(t.Context(), nil); err == nil {
				t.Error("the session goes on behind the server's end")
			}
			if _, err := client.Dial(t.Context(), s.URL); err == nil {
				t.Error("the server listens behind its end")
			}
			s.Close()
		})
	}
}

func TestServerReports(t *testing.T) {
	t.Parallel()
	r := &recorder{TB: t}
	r.run(func() {
		s := curlewtest.NewServer(r, "ws", func(_ context.Context, c net.Conn) error { return errOwn })
		c, err := dialStream(t, s)
		if err != nil {
			t.Error(err)
			return
		}
		io.ReadAll(c)
		c.Close()
	})
	if r.said() != "server: "+errOwn.Error() {
		t.Errorf("it said %q", r.said())
	}
	for _, f := range []func(){
		func() { curlewtest.NewServer(r, "http", nil) },
		func() { curlewtest.NewScriptServer(r, "ws", "nonsense") },
	} {
		r = &recorder{TB: t}
		r.run(f)
		if !r.Failed() {
			t.Error("it said nothing")
		}
	}
}
