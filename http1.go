package curlew

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"time"

	"github.com/curlew-ws/curlew/internal/handshake"
)

// upgrade is the Transport of RFC 6455: HTTP/1.1 with Upgrade.
type upgrade struct{}

// Open implements Transport.
func (upgrade) Open(ctx context.Context, r *Request) (net.Conn, *Response, error) {
	var random [16]byte
	rand.Read(random[:]) // never fails
	key := handshake.NewKey(random)
	head, err := handshake.AppendRequest(make([]byte, 0, 512), r.URL, r.Host, r.Header, key)
	if err != nil {
		return nil, nil, usage("%v", err)
	}
	s, t, err := r.Net.Dial(ctx, r.URL, "http/1.1")
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { cutOff(s) })
	start := time.Now()
	resp, err := exchange(s, r, head)
	if !stop() {
		err = fmt.Errorf("curlew: opening handshake: %w", context.Cause(ctx))
	}
	if err != nil {
		cutOff(s)
		return nil, nil, err
	}
	resp.Timings = Timings{Lookup: t.Lookup, Connect: t.Connect, Proxy: t.Proxy, TLS: t.TLS, Upgrade: time.Since(start)}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		resp.Body = &refusalBody{Reader: bodyOf(resp.Response, resp.early, s), stream: s}
		return nil, resp, nil
	}
	if err := handshake.CheckUpgrade(resp.Response, handshake.RequestKey(r.Header, key)); err != nil {
		cutOff(s)
		return nil, nil, &HandshakeError{Response: resp, Err: err}
	}
	return s, resp, nil
}

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
	buf := make([]byte, 0, 1024)
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
			return &Response{Response: resp, early: buf[end:]}, nil
		case err != nil:
			return nil, &HandshakeError{Err: cutHead(err, len(buf))}
		}
	}
}

// headError makes the engine's limit the user's.
func headError(err error) error {
	var l *handshake.LimitError
	if errors.As(err, &l) {
		return fmt.Errorf("expected a response head within its limits: %w", err)
	}
	return err
}

func cutHead(err error, n int) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if n == 0 {
		return fmt.Errorf("expected a response, came nothing: %w", err)
	}
	return fmt.Errorf("expected the rest of the response head, came %d bytes: %w", n, err)
}

// bodyOf reads the body of a refusal: early, then s, as its head says.
func bodyOf(resp *http.Response, early []byte, s net.Conn) io.Reader {
	all := io.MultiReader(bytes.NewReader(early), s)
	switch {
	case resp.StatusCode == http.StatusNoContent || resp.StatusCode == http.StatusNotModified:
		return http.NoBody
	case len(resp.TransferEncoding) > 0:
		return httputil.NewChunkedReader(bufio.NewReader(all))
	case resp.ContentLength >= 0:
		return io.LimitReader(all, resp.ContentLength)
	}
	return all
}

// A refusalBody owns the connection that it comes from.
type refusalBody struct {
	io.Reader
	stream net.Conn
}

func (b *refusalBody) Close() error {
	cutOff(b.stream)
	return nil
}
