package curlewtest_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/curlew-ws/curlew/curlewtest"
	"github.com/curlew-ws/curlew/internal/handshake"
)

// serveAnswer serves HTTP/1.1 on c: it does what answer returns.
func serveAnswer(c net.Conn, answer func(*http.Request) curlewtest.Answer) {
	in := bufio.NewReader(c)
	r, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	a := answer(r)
	if a.Stream == nil {
		resp := http.Response{
			StatusCode: a.Status, ProtoMajor: 1, ProtoMinor: 1, Header: a.Header,
			ContentLength: int64(len(a.Body)), Body: io.NopCloser(bytes.NewReader(a.Body)),
		}
		resp.Write(c)
		return
	}
	head, err := handshake.AppendResponse(nil, r.Header.Get("Sec-WebSocket-Key"), "", "", nil)
	if err == nil {
		_, err = c.Write(append(head, a.Early...))
	}
	if err == nil {
		a.Stream(c)
	} else {
		a.Stream(brokenConn{c})
	}
}

// A brokenConn is served when the client has already gone away.
type brokenConn struct{ net.Conn }

func (brokenConn) Read([]byte) (int, error)  { return 0, net.ErrClosed }
func (brokenConn) Write([]byte) (int, error) { return 0, net.ErrClosed }

// overSockets returns a MakeTransport for the built-in transport.
func overSockets(scheme string) curlewtest.MakeTransport {
	return func(tb testing.TB, answer func(*http.Request) curlewtest.Answer) curlewtest.Endpoint {
		s := curlewtest.NewServer(tb, scheme, func(_ context.Context, c net.Conn) error {
			serveAnswer(c, answer)
			return nil
		})
		return curlewtest.Endpoint{Net: s.Net, URL: s.URL}
	}
}

func TestTransport(t *testing.T) {
	for _, scheme := range []string{"ws", "wss", "unix"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			curlewtest.TestTransport(t, overSockets(scheme))
		})
	}
}
