package curlew

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/curlew-ws/curlew/dial"
	"github.com/curlew-ws/curlew/internal/handshake"
)

// upgrade is the Transport of RFC 6455: HTTP/1.1 with Upgrade.
type upgrade struct{}

// Open implements Transport.
func (upgrade) Open(ctx context.Context, r *Request) (net.Conn, *Response, error) {
	var random [16]byte
	rand.Read(random[:]) // never fails
	key := handshake.NewKey(random)
	room := borrow(headBuffer)
	defer giveBack(room)
	head, err := handshake.AppendRequest(room.b[:0], r.URL, r.Host, r.Header, key)
	if err != nil {
		return nil, nil, usage("%v", err)
	}
	l, resp, err := ask(ctx, r, head)
	if err != nil {
		return nil, nil, err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		resp.Body = &refusalBody{Body: handshake.NewBody(resp.Response, resp.early, l), conn: l.Conn}
		if !resp.Close {
			resp.link = &link{l.Conn, l.took}
		}
		return nil, resp, nil
	}
	if err := handshake.CheckUpgrade(resp.Response, handshake.RequestKey(r.Header, key)); err != nil {
		cutOff(l.Conn)
		return nil, nil, &HandshakeError{Response: resp, Err: err}
	}
	return l.Conn, resp, nil
}

// A link is a connection to the host.
type link struct {
	net.Conn
	took dial.Timings
}

// ask sends the request on the link that is there, or on a new one if there is
// none or the server has ended it meanwhile.
func ask(ctx context.Context, r *Request, head []byte) (link, *Response, error) {
	if r.link != nil {
		resp, err := r.link.ask(ctx, r, head)
		if err == nil || ctx.Err() != nil || isTimeout(err) {
			return *r.link, resp, err
		}
	}
	s, took, err := r.Net.Dial(ctx, r.URL, http11...)
	if err != nil {
		return link{}, nil, err
	}
	l := link{s, took}
	resp, err := l.ask(ctx, r, head)
	return l, resp, err
}

// http11 is what is offered in TLS, RFC 7301.
var http11 = []string{"http/1.1"}

// ask is one exchange, as long as ctx and the time limit allow. The connection
// of one that failed is closed.
func (l link) ask(ctx context.Context, r *Request, head []byte) (*Response, error) {
	if r.Timeout > 0 {
		var cancel func()
		ctx, cancel = context.WithTimeoutCause(ctx, r.Timeout,
			fmt.Errorf("no answer within the %v of Client.HandshakeTimeout (%w)", r.Timeout, context.DeadlineExceeded))
		defer cancel()
	}
	stop := func() bool { return true }
	if ctx.Done() != nil {
		stop = context.AfterFunc(ctx, func() { cutOff(l.Conn) })
	}
	start := time.Now()
	resp, err := exchange(l.Conn, r, head)
	if !stop() {
		err = fmt.Errorf("curlew: opening handshake: %w", context.Cause(ctx))
	}
	if err != nil {
		cutOff(l.Conn)
		return nil, err
	}
	t := l.took
	resp.Timings = Timings{Lookup: t.Lookup, Connect: t.Connect, Proxy: t.Proxy, TLS: t.TLS, Upgrade: time.Since(start)}
	return resp, nil
}

// headBuffer is what a response's head has room in before more is allocated.
const headBuffer = 4 << 10

// exchange sends the request and receives the response's head, with what comes
// behind it in early.
func exchange(s net.Conn, r *Request, head []byte) (*Response, error) {
	if r.head != nil {
		r.head(true, head)
	}
	if _, err := s.Write(head); err != nil {
		return nil, fmt.Errorf("curlew: opening handshake: sending the request: %w", err)
	}
	var parser handshake.ResponseParser
	room := borrow(headBuffer)
	defer giveBack(room)
	buf := room.b[:0]
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := s.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		resp, end, bad := parser.Parse(buf)
		switch {
		case bad != nil:
			return nil, &HandshakeError{Err: headError(bad)}
		case resp != nil:
			if r.head != nil {
				r.head(false, buf[:end])
			}
			return &Response{Response: resp, early: bytes.Clone(buf[end:]), head: parser.Text()}, nil
		case err != nil:
			return nil, &HandshakeError{Err: cutHead(err, len(buf))}
		}
	}
}

// headError makes the engine's limit the user's.
func headError(err error) error {
	var l *handshake.LimitError
	if errors.As(err, &l) {
		return &LimitError{Name: "the opening handshake's limit of " + l.Name, Limit: l.Limit}
	}
	return err
}

func cutHead(err error, n int) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if n == 0 {
		return fmt.Errorf("expected a response, got nothing: %w", err)
	}
	return fmt.Errorf("expected the rest of the response head, got %d bytes: %w", n, err)
}

// A refusalBody owns the connection that it comes from.
type refusalBody struct {
	*handshake.Body
	conn net.Conn
}

func (b *refusalBody) Close() error {
	cutOff(b.conn)
	return nil
}
