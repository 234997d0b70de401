package curlew_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"

	"net/http"
	"net/http/httptest"
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
	for i := range 50 {
		out = append(out, fmt.Appendf(nil, `{"id":%d,"name":"curlew","seen":[%d,%d]}`, i, i*7, i*i))
	}
	return append(out, bytes.Repeat([]byte("0123456789abcdef"), 1<<16))
}

func TestCompressedEcho(t *testing.T) {
	ctx := context.Background()
	for _, c := range []curlew.Compression{
		{}, {Level: 6}, {MinSize: 1}, {ClientNoTakeover: true}, {ServerNoTakeover: true},
		{ClientNoTakeover: true, ServerNoTakeover: true}, {ClientWindowBits: 9}, {ServerWindowBits: 10},
		{ClientWindowBits: 8, ServerWindowBits: 8, ServerNoTakeover: true},
	} {
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
				if deflated := f&curlew.Compressed != 0; deflated != (len(want) >= 100) {
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

// A small message that inflates a thousandfold is stopped at the limit, by
// code 1009, and not held in memory before.
func TestCompressionBomb(t *testing.T) {
	ctx := context.Background()
	url := compressedServer(t, &curlew.AcceptOptions{Compression: &curlew.Compression{}, MaxMessage: 1 << 20})
	conn, err := (&curlew.Client{Compression: &curlew.Compression{}, MaxMessage: -1}).Dial(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.WriteMessage(ctx, curlew.Binary, make([]byte, 16<<20)); err != nil {
		t.Fatal(err)
	}
	_, _, err = conn.ReadMessage(ctx, nil)
	if ce, ok := err.(*curlew.CloseError); !ok || ce.Code != curlew.CloseTooBig {
		t.Fatalf("came %v, expected a CLOSE of 1009", err)
	}
}
