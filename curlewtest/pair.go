package curlewtest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/dial"
)

// Pair returns a client and a server in session with each other over a [Pipe].
// They have made a real opening handshake, so subprotocols and compression are
// negotiated. Nil options are zero options; the client's Net is not used. A
// failed handshake ends the test. Both ends are closed when the test ends.
func Pair(tb testing.TB, c *curlew.Client, o *curlew.AcceptOptions) (client, server *curlew.Conn) {
	tb.Helper()
	var dialer curlew.Client
	if c != nil {
		dialer = *c
	}
	a, b := Pipe()
	dialer.Net = dial.Config{NetDial: func(context.Context, string, string) (net.Conn, error) { return a, nil }}
	accepted := make(chan error, 1)
	go func() {
		var err error
		server, err = Upgrade(context.Background(), b, o)
		accepted <- err
	}()
	client, err := dialer.Dial(context.Background(), "ws://localhost/")
	if err != nil {
		b.Close()
		tb.Fatalf("the client's opening handshake: %v; the server's: %v", err, <-accepted)
	}
	tb.Cleanup(func() { client.Close() })
	if err := <-accepted; err != nil {
		tb.Fatalf("the server's opening handshake: %v", err)
	}
	tb.Cleanup(func() { server.Close() })
	return client, server
}

// Upgrade makes the server's side of the opening handshake on a stream that
// carries nothing else. It is [curlew.Accept] without an HTTP server. It blocks
// until it has received the request and sent the response; ctx ends the opening
// only. If it fails, the refusal has been sent and c is closed.
func Upgrade(ctx context.Context, c net.Conn, o *curlew.AcceptOptions) (*curlew.Conn, error) {
	stop := context.AfterFunc(ctx, func() { c.Close() })
	conn, err := upgrade(c, o)
	if !stop() {
		err = fmt.Errorf("opening handshake: %w", context.Cause(ctx))
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return conn, nil
}

func upgrade(c net.Conn, o *curlew.AcceptOptions) (*curlew.Conn, error) {
	in := bufio.NewReader(c)
	r, err := http.ReadRequest(in)
	if err != nil {
		return nil, fmt.Errorf("opening handshake: expected a request: %w", err)
	}
	w := &response{stream: c, in: in, status: http.StatusOK, header: http.Header{}}
	conn, err := curlew.Accept(w, r, o)
	if err != nil && !w.taken {
		w.send(r)
	}
	return conn, err
}

// A response is the http.ResponseWriter of a stream's only request.
type response struct {
	stream net.Conn
	in     *bufio.Reader
	status int
	header http.Header
	body   bytes.Buffer
	taken  bool
}

func (w *response) Header() http.Header         { return w.header }
func (w *response) WriteHeader(status int)      { w.status = status }
func (w *response) Write(p []byte) (int, error) { return w.body.Write(p) }

// Hijack hands over the stream to Accept.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.taken = true
	return w.stream, bufio.NewReadWriter(w.in, bufio.NewWriter(w.stream)), nil
}

// send sends the response on a stream that was not handed over.
func (w *response) send(r *http.Request) {
	resp := http.Response{
		StatusCode: w.status, ProtoMajor: 1, ProtoMinor: 1, Header: w.header, Request: r, Close: true,
		ContentLength: int64(w.body.Len()), Body: io.NopCloser(&w.body),
	}
	resp.Write(w.stream)
}
