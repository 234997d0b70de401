package dial

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/curlew-ws/curlew/internal/handshake"
)

const (
	maxReplyHead = 64 << 10        // bytes of a head
	maxReplyBody = 64 << 10        // bytes kept of the body of a refusal
	maxInterim   = 8               // replies with a status of 1xx
	bodyTime     = 5 * time.Second // to read the body of a refusal that ends with the connection
)

// receiveReply receives the final reply of an HTTP proxy to CONNECT. Of a 2xx reply
// it reads only the head, whatever length the head announces: the tunnel begins
// there (RFC 9110 section 9.3.6). Of other replies it keeps the beginning of the
// body in memory. Close is set unless the connection can be used for another
// request. trace gets every head received.
func receiveReply(c io.ReadCloser, trace func(sent bool, head []byte)) (*http.Response, error) {
	for range maxInterim {
		head, err := receiveHead(c)
		if err != nil {
			return nil, fmt.Errorf("receiving the reply to CONNECT: %w", err)
		}
		trace(false, head)
		reply, _, err := new(handshake.ResponseParser).Parse(head)
		switch {
		case err != nil:
			return nil, fmt.Errorf("invalid reply to CONNECT: %w", err)
		case reply == nil: // an interim one
			continue
		case reply.StatusCode/100 == 2:
			return reply, nil
		}
		keepBody(reply, c)
		return reply, nil
	}
	return nil, fmt.Errorf("expected a final reply to CONNECT, got %d interim replies", maxInterim)
}

// keepBody reads the beginning of the body of a refusal into memory. If the body is
// cut off, or the proxy announces to close the connection but does not, the refusal
// itself is still valid.
func keepBody(reply *http.Response, c io.ReadCloser) {
	if reply.Close {
		defer time.AfterFunc(bodyTime, func() { c.Close() }).Stop()
	}
	body := handshake.NewBody(reply, nil, c)
	p, _ := io.ReadAll(io.LimitReader(body, maxReplyBody+1))
	if !body.Ended() || strings.EqualFold(reply.Header.Get("Proxy-Connection"), "close") {
		reply.Close = true
	}
	reply.Body = io.NopCloser(bytes.NewReader(p[:min(len(p), maxReplyBody)]))
}

// receiveHead reads up to the empty line that ends a head. It reads single bytes, so
// that it reads nothing after the head. A head has a few hundred bytes.
func receiveHead(c io.Reader) ([]byte, error) {
	var head []byte
	for len(head) < maxReplyHead {
		var b [1]byte
		if _, err := io.ReadFull(c, b[:]); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, fmt.Errorf("after %d bytes: %w", len(head), err)
		}
		head = append(head, b[0])
		if len(head) == len("HTTP/") && string(head) != "HTTP/" {
			return nil, fmt.Errorf("expected \"HTTP/\" at its start, got %q; is the proxy of another kind?", head)
		}
		if b[0] == '\n' && (bytes.HasSuffix(head, []byte("\n\r\n")) || bytes.HasSuffix(head, []byte("\n\n"))) {
			return head, nil
		}
	}
	return nil, fmt.Errorf("its head exceeds %d bytes", maxReplyHead)
}
