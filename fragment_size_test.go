package curlew_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
)

// TestFragmentSize: no message method sends a longer frame, in either role,
// compressed or not; what is sent arrives as it was.
func TestFragmentSize(t *testing.T) {
	const size = 100
	for _, compression := range []*curlew.Compression{nil, {}, {Level: 9, MinSize: 1}} {
		t.Run(fmt.Sprintf("%+v", compression), func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				c, err := curlew.Accept(w, r, &curlew.AcceptOptions{Compression: compression, MaxFrame: size, FragmentSize: size})
				if err != nil {
					return
				}
				defer c.Close()
				for m, err := range c.Messages(r.Context()) {
					if err != nil || c.WriteMessage(r.Context(), m.Flags, m.Data) != nil {
						t.Errorf("the server: %v", err)
						return
					}
				}
			}))
			defer srv.Close()
			client := curlew.Client{Compression: compression, MaxFrame: size, FragmentSize: size}
			c, err := client.Dial(t.Context(), strings.Replace(srv.URL, "http", "ws", 1))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			for _, n := range []int{0, 1, size - 1, size, size + 1, 2 * size, 10 * size, 100_003} {
				for _, p := range [][]byte{bytes.Repeat([]byte("a"), n), randomBytes(n)} {
					echoed(t, c, p)
				}
			}
			wantNil(t, c.Shutdown(t.Context(), curlew.CloseNormal, ""))
		})
	}
}

func randomBytes(n int) []byte {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(random.Uint32())
	}
	return p
}

// echoed sends p by each method, and receives it.
func echoed(t *testing.T, c *curlew.Conn, p []byte) {
	t.Helper()
	for _, send := range []func() error{
		func() error { return c.WriteMessage(t.Context(), curlew.Binary, p) },
		func() error {
			w, err := c.NextWriter(t.Context(), curlew.Binary)
			if err != nil {
				return err
			}
			w.Write(p)
			return w.Close()
		},
	} {
		sent := make(chan error, 1)
		go func() { sent <- send() }()
		_, got, err := c.ReadMessage(t.Context(), nil)
		if err != nil || !bytes.Equal(got, p) {
			t.Fatalf("sent %d bytes, got %d, %v", len(p), len(got), err)
		}
		wantNil(t, <-sent)
	}
}

// TestFragmentSizeStream: a MessageConn's messages are not longer.
func TestFragmentSizeStream(t *testing.T) {
	c, p := pipePair(t, &curlew.AcceptOptions{FragmentSize: 10})
	frames := p.drain()
	_, err := io.WriteString(c.MessageConn(curlew.Text), letters(25))
	wantNil(t, err)
	c.Close()
	var lengths []int
	for _, f := range <-frames {
		lengths = append(lengths, len(f.payload))
	}
	if fmt.Sprint(lengths) != "[10 10 5]" {
		t.Errorf("frames of %d bytes", lengths)
	}
}
