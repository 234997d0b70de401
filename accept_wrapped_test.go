package curlew_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// middleware puts fields into each response, as those that count, trace and
// authenticate do.
func middleware(set http.Header, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, values := range set {
			w.Header()[name] = values
		}
		next.ServeHTTP(wrapped{w}, r)
	})
}

// What middleware put into the response is sent with the 101.
func TestRememberedMiddlewareHeader(t *testing.T) {
	for name, test := range map[string]struct {
		set, own, want http.Header // want: nil is none
	}{
		"cookies":          {set: http.Header{"Set-Cookie": {"a=1", "b=2"}}, want: http.Header{"Set-Cookie": {"a=1", "b=2"}}},
		"any":              {set: http.Header{"X-Request-Id": {"7"}}, want: http.Header{"X-Request-Id": {"7"}}},
		"beside our own":   {set: http.Header{"X-Request-Id": {"7"}}, own: http.Header{"X-B": {"b"}}, want: http.Header{"X-Request-Id": {"7"}, "X-B": {"b"}}},
		"the same name":    {set: http.Header{"X-A": {"7", "8"}}, own: http.Header{"x-a": {"9"}}, want: http.Header{"X-A": {"9"}}},
		"taken back":       {set: http.Header{"X-A": {"7"}, "Set-Cookie": {"a=1"}}, own: http.Header{"X-A": nil, "Set-Cookie": {}}, want: http.Header{"X-A": nil, "Set-Cookie": nil}},
		"cookies of both":  {set: http.Header{"Set-Cookie": {"a=1"}}, own: http.Header{"Set-Cookie": {"b=2"}}, want: http.Header{"Set-Cookie": {"a=1", "b=2"}}},
		"of the handshake": {set: http.Header{"Sec-Websocket-Protocol": {"x"}, "Sec-WebSocket-Extensions": {"x"}, "Sec-Websocket-Accept": {"x"}, "Connection": {"close"}, "upgrade": {"h2c"}}, want: http.Header{"Sec-Websocket-Protocol": nil, "Sec-Websocket-Extensions": nil, "Connection": {"Upgrade"}, "Upgrade": {"websocket"}}},
		"of a body": {set: http.Header{"Content-Length": {"5"}, "Transfer-Encoding": {"chunked"}, "Content-Type": {"text/html"}, "Content-Encoding": {"gzip"}, "Trailer": {"X"}, "Trailer:X": {"1"}},
			want: http.Header{"Content-Length": nil, "Transfer-Encoding": nil, "Content-Type": nil, "Content-Encoding": nil, "Trailer": nil}},
		"suppressed":   {set: http.Header{"Date": nil, "X-A": {"1"}}, want: http.Header{"Date": nil, "X-A": {"1"}}},
		"in two lines": {set: http.Header{"X-A": {"1\r\nX-B: 2"}, "X\nC": {"3"}}, want: http.Header{"X-A": {"1  X-B: 2"}, "X-B": nil, "X-C": nil, "C": nil}},
	} {
		t.Run(name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			accept := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				c, err := curlew.Accept(w, r, &curlew.AcceptOptions{Header: test.own})
				if echoMessages(c, err); err != nil {
					t.Error(err)
				}
			})
			s := httptest.NewServer(middleware(test.set, accept))
			defer s.Close()
			c, err := curlew.Dial(t.Context(), wsURL(s))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			for field, want := range test.want {
				if got := c.Response().Header[field]; !slices.Equal(got, want) {
					t.Errorf("%s: %q, want %q", field, got, want)
				}
			}
			wantNil(t, c.Shutdown(context.Background(), curlew.CloseNormal, ""))
		})
	}
}

// A hijacker is a wrapper of a ResponseWriter with a way of its own to give the
// connection away.
type hijacker struct {
	http.ResponseWriter
	with func(*bufio.ReadWriter) *bufio.ReadWriter
}

func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	return c, h.with(rw), err
}

// A wrapper's Hijack may return no reader.
func TestRememberedHijackWithoutReader(t *testing.T) {
	for name, with := range map[string]func(*bufio.ReadWriter) *bufio.ReadWriter{
		"nothing":      func(*bufio.ReadWriter) *bufio.ReadWriter { return nil },
		"no reader":    func(rw *bufio.ReadWriter) *bufio.ReadWriter { return &bufio.ReadWriter{Writer: rw.Writer} },
		"no writer":    func(rw *bufio.ReadWriter) *bufio.ReadWriter { return &bufio.ReadWriter{Reader: rw.Reader} },
		"empty reader": func(rw *bufio.ReadWriter) *bufio.ReadWriter { return &bufio.ReadWriter{Reader: new(bufio.Reader)} },
	} {
		t.Run(name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				echoMessages(curlew.Accept(hijacker{w, with}, r, nil))
			}))
			defer s.Close()
			c, err := curlew.Dial(t.Context(), wsURL(s))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			wantNil(t, c.WriteMessage(t.Context(), curlew.Text, []byte("hello")))
			f, p, err := c.ReadMessage(t.Context(), nil)
			wantMessage(t, curlew.Message{Flags: curlew.Text, Data: []byte("hello")}, f, p, err)
			wantNil(t, c.Shutdown(t.Context(), curlew.CloseNormal, ""))
		})
	}
}
