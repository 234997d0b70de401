package curlew

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestSmoke(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		for {
			f, p, err := c.ReadMessage(r.Context(), nil)
			if err != nil {
				t.Log("server:", err)
				return
			}
			if err := c.WriteMessage(r.Context(), f, p); err != nil {
				t.Error(err)
				return
			}
		}
	}))
	defer srv.Close()
	ctx := context.Background()
	c, err := Dial(ctx, "ws"+strings.TrimPrefix(srv.URL, "http"))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 5, 126, 65536, 1 << 20} {
		want := strings.Repeat("x", n)
		done := make(chan error, 1)
		go func() { done <- c.Send(Text, []byte(want)) }()
		var got []byte
		for {
			p, m, err := c.Next()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, p...)
			if m.MessageEnd() {
				break
			}
		}
		if string(got) != want {
			t.Fatalf("%d: %d bytes", n, len(got))
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if rtt, err := c.Ping(ctx); err != nil {
		t.Fatal(err)
	} else {
		t.Log(rtt)
	}
	if err := c.Shutdown(ctx, 1000, "bye"); err != nil {
		t.Fatal(err)
	}
}

func TestSmokePerform(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		for m, err := range c.Messages(r.Context()) {
			if err != nil {
				t.Error(err)
				return
			}
			c.WriteMessage(r.Context(), m.Flags, m.Data)
		}
	}))
	defer srv.Close()
	n, sent := 0, 0
	err := new(Client).Perform(context.Background(), "ws"+strings.TrimPrefix(srv.URL, "http"), Handler{
		Upload: func(c *Conn, buf []byte) (int, error) {
			if sent == 100 {
				return 0, ErrPause
			}
			sent++
			return copy(buf, "hello"), nil
		},
		OnChunk: func(c *Conn, p []byte, m Meta) error {
			if m.MessageEnd() {
				n++
			}
			if n == 100 {
				return ErrStop
			}
			return nil
		},
	})
	if err != nil || n != 100 {
		t.Fatal(err, n)
	}
}
