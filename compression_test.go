package curlew_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
	"github.com/curlew-ws/curlew/internal/deflate"
)

// compressedServer echoes messages, compressed if that was agreed on.
func compressedServer(t *testing.T, o *curlew.AcceptOptions) string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := curlew.Accept(w, r, o)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		for m, err := range c.Messages(context.Background()) {
			if err != nil {
				return // the client says what is wrong
			}
			if err := c.WriteMessage(context.Background(), m.Flags&^curlew.Compressed, m.Data); err != nil {
				return
			}
		}
	}))
	t.Cleanup(srv.Close)
	return "ws" + strings.TrimPrefix(srv.URL, "http")
}

// samples are messages of several kinds and sizes.
func samples() [][]byte {
	r := rand.New(rand.NewPCG(3, 4))
	noise := make([]byte, 70_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	out := [][]byte{{}, []byte("x"), []byte(strings.Repeat("hello ", 1000)), noise}
	for size := 200; size < 40_000; size *= 2 { // repeats itself beyond one window after the other
		out = append(out, bytes.Repeat(noise[:size], 3))
	}
	for i := range 50 {
		out = append(out, fmt.Appendf(nil, `{"id":%d,"name":"curlew","seen":[%d,%d]}`, i, i*7, i*i))
	}
	return append(out, bytes.Repeat([]byte("0123456789abcdef"), 1<<16))
}

// memoryText is a MiB that deflates to about an eighth.
var memoryText = sync.OnceValue(func() []byte {
	p, r := make([]byte, 0, 1<<20), rand.New(rand.NewPCG(1, 2))
	for len(p)+100 < cap(p) {
		p = fmt.Appendf(p, `{"bird":"curlew","number":%d,"seen":true,"where":"mudflat %d"},`, r.IntN(1000), r.IntN(100))
	}
	return p[:cap(p)]
})

func TestCompressedEcho(t *testing.T) {
	ctx := context.Background()
	settings := []curlew.Compression{
		{}, {Level: 6}, {MinSize: 1}, {ClientNoTakeover: true}, {ServerNoTakeover: true},
		{ClientNoTakeover: true, ServerNoTakeover: true}, {ClientWindowBits: 9}, {ServerWindowBits: 10},
		{ClientWindowBits: 8, ServerWindowBits: 8, ServerNoTakeover: true},
	}
	for bits := 8; bits <= 15; bits++ { // the window of one direction is not that of the other
		settings = append(settings, curlew.Compression{ClientWindowBits: bits, ServerWindowBits: 8 + 15 - bits})
	}
	for _, c := range settings {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			curlewtest.NoLeaks(t)
			conn, err := (&curlew.Client{Compression: &c}).Dial(ctx, compressedServer(t, &curlew.AcceptOptions{Compression: &curlew.Compression{MinSize: 100}}))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for _, want := range samples() {
				done := make(chan error, 1)
				go func() { done <- conn.WriteMessage(ctx, curlew.Binary, want) }()
				f, got, err := conn.ReadMessage(ctx, nil)
				if err != nil {
					t.Fatal(err)
				}
				if err := <-done; err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Fatalf("%d bytes came back as %d others", len(want), len(got))
				}
				shrinks := len(want) >= 100 && (want[0] == 'h' || want[0] == '0') // noise may not
				if deflated := f&curlew.Compressed != 0; deflated && len(want) < 100 || !deflated && shrinks {
					t.Fatalf("%d bytes came compressed: %t; MinSize is 100", len(want), deflated)
				}
			}
			if err := conn.Shutdown(ctx, 1000, ""); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// What Recv and Next say of a compressed message: one frame of inflated bytes.
func TestCompressedMeta(t *testing.T) {
	ctx := context.Background()
	conn, err := (&curlew.Client{Compression: &curlew.Compression{}}).Dial(ctx, compressedServer(t, &curlew.AcceptOptions{Compression: &curlew.Compression{}}))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	want := bytes.Repeat([]byte("to be inflated "), 10_000)
	w, err := conn.NextWriter(ctx, curlew.Binary)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(want); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var got []byte
	buf := make([]byte, 1000)
	for {
		m, err := conn.Recv(buf)
		if err != nil {
			t.Fatal(err)
		}
		if m.Offset != int64(len(got)) {
			t.Fatalf("came offset %d, expected %d", m.Offset, len(got))
		}
		got = append(got, buf[:m.Len]...)
		if m.MessageEnd() {
			break
		}
		if m.BytesLeft != -1 || m.Flags != curlew.Binary|curlew.Compressed|curlew.Cont {
			t.Fatalf("before the end came %+v", m)
		}
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("%d bytes came back as %d others", len(want), len(got))
	}
}

// bombTakers receive a message in every way there is, and return how much of it
// they were given.
var bombTakers = map[string]func(c *curlew.Conn) (int, error){
	"Recv": func(c *curlew.Conn) (n int, err error) {
		for p := make([]byte, 5000); err == nil; {
			var m curlew.Meta
			m, err = c.Recv(p)
			n += m.Len
		}
		return n, err
	},
	"Next": func(c *curlew.Conn) (n int, err error) {
		for err == nil {
			var p []byte
			p, _, err = c.Next()
			n += len(p)
		}
		return n, err
	},
	"Perform": func(c *curlew.Conn) (n int, err error) {
		err = c.Perform(context.Background(), curlew.Handler{OnChunk: func(_ *curlew.Conn, p []byte, _ curlew.Meta) error {
			n += len(p)
			return nil
		}})
		return n, err
	},
	"ReadMessage": func(c *curlew.Conn) (int, error) {
		_, p, err := c.ReadMessage(context.Background(), nil)
		return len(p), err
	},
	"Messages": func(c *curlew.Conn) (n int, err error) {
		for _, err = range c.Messages(context.Background()) {
		}
		return 0, err
	},
	"NextReader": func(c *curlew.Conn) (int, error) {
		_, r, err := c.NextReader(context.Background())
		if err != nil {
			return 0, err
		}
		n, err := io.Copy(io.Discard, r)
		return int(n), err
	},
	"MessageConn": func(c *curlew.Conn) (int, error) {
		n, err := io.Copy(io.Discard, c.MessageConn(curlew.Binary))
		return int(n), err
	},
}

// A small message that inflates a thousandfold is stopped at the limit, by
// code 1009, and not held in memory before: however it is received, in
// fragments or whole, by both roles.
func TestCompressionBomb(t *testing.T) {
	const limit, size = 1 << 20, 16 << 20
	bomb := deflate.NewDeflater(9, 15, false).Append(nil, make([]byte, size), true)
	if len(bomb) > size/900 {
		t.Fatalf("the bomb is as large as %d bytes", len(bomb))
	}
	for name, take := range bombTakers {
		for _, server := range []bool{false, true} {
			for _, cut := range []int{len(bomb), 1000} {
				c, err := throwBomb(t, bomb, cut, server, limit)
				if err != nil {
					t.Fatal(err)
				}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				n, err := take(c)
				runtime.ReadMemStats(&after)
				var breach *curlew.ProtocolError
				var l *curlew.LimitError
				if !errors.As(err, &breach) || breach.Code != curlew.CloseTooBig || !errors.As(err, &l) || *l != (curlew.LimitError{Name: "MaxMessage", Limit: limit}) {
					t.Errorf("%s, server %v, cut %d: came %v, want a breach of MaxMessage", name, server, cut, err)
				}
				if n > limit {
					t.Errorf("%s, server %v, cut %d: %d bytes were given to the user", name, server, cut, n)
				}
				if took := after.TotalAlloc - before.TotalAlloc; took > 8*limit {
					t.Errorf("%s, server %v, cut %d: took %d bytes", name, server, cut, took)
				}
			}
		}
	}
}

// throwBomb opens a session whose other end sends a compressed message in
// fragments of cut bytes, and expects CLOSE 1009.
func throwBomb(t *testing.T, bomb []byte, cut int, server bool, limit int64) (*curlew.Conn, error) {
	ours, theirs := curlewtest.Pipe()
	with := &curlew.Compression{}
	thrown := make(chan error, 1)
	t.Cleanup(func() {
		if err := <-thrown; err != nil {
			t.Error(err)
		}
	})
	c, _, err := openPair(t.Context(), ours, theirs, server, curlew.AcceptOptions{Compression: with, MaxMessage: limit})
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		defer theirs.Close()
		frames := []rawFrame{}
		for first := byte(wBinary | 0x40); ; first = wCont {
			n := min(cut, len(bomb))
			if n == len(bomb) {
				frames = append(frames, rawFrame{first, string(bomb)})
				break
			}
			frames = append(frames, rawFrame{first &^ 0x80, string(bomb[:n])})
			bomb = bomb[n:]
		}
		sent := make(chan error, 1)
		go func() { _, err := theirs.Write(wireBytes(server, frames...)); sent <- err }()
		f, err := readRawFrame(bufio.NewReader(theirs), !server)
		if code, _, _ := curlew.ParseClose([]byte(f.payload)); err == nil && (f.first != wClose || code != curlew.CloseTooBig) {
			err = fmt.Errorf("came %v, want CLOSE 1009", f)
		}
		theirs.Close()
		<-sent
		thrown <- err
	}()
	return c, nil
}

// The limit counts inflated bytes, to the last one.
func TestCompressedLimit(t *testing.T) {
	const limit = 100_000 // more than is inflated at once
	for _, n := range []int{limit - 1, limit, limit + 1} {
		for name, take := range map[string]func(c *curlew.Conn) error{
			"ReadMessage": func(c *curlew.Conn) error { _, _, err := c.ReadMessage(t.Context(), nil); return err },
			"Recv": func(c *curlew.Conn) error {
				for p := make([]byte, 1000); ; {
					if m, err := c.Recv(p); err != nil || m.MessageEnd() {
						return err
					}
				}
			},
		} {
			with := &curlew.Compression{}
			client, server := curlewtest.Pair(t, &curlew.Client{Compression: with, MaxMessage: limit}, &curlew.AcceptOptions{Compression: with})
			if err := server.WriteMessage(t.Context(), curlew.Binary, make([]byte, n)); err != nil {
				t.Fatal(err)
			}
			var l *curlew.LimitError
			if err := take(client); errors.As(err, &l) != (n > limit) || n <= limit && err != nil {
				t.Errorf("%s of %d bytes, the limit being %d: %v", name, n, limit, err)
			}
		}
	}
}
