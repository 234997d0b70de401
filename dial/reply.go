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
	maxReplyBody = 64 << 10        // bytes of a refusal's body that are kept
	maxInterim   = 8               // replies with a status of 1xx
	bodyTime     = 5 * time.Second // for the body of a refusal whose end is the connection's
)

// receiveReply receives an HTTP proxy's final reply to CONNECT. Of a 2xx reply
// it takes the head and not a byte more, whatever length the head announces
// (RFC 9110 section 9.3.6): the tunnel begins there. Of another it takes the
// body, as much as is kept, into memory. Close is set in the reply
// unless the connection can be used for another request. Every head that comes
// is shown to trace.
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
			return nil, fmt.Errorf("the reply to CONNECT is not HTTP/1.x: %w", err)
		case reply == nil: // an interim one
			continue
		case reply.StatusCode/100 == 2:
			return reply, nil
		}
		keepBody(reply, c)
		return reply, nil
	}
	return nil, fmt.Errorf("the proxy sent %d interim replies to CONNECT and no final one", maxInterim)
}

// keepBody moves the start of a refusal's body into memory. What is cut off is
// no reason to lose the refusal itself, nor is a proxy that says it would close
// the connection and does not.
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

// receiveHead receives up to the empty line that ends a head, byte by byte so
// that nothing behind it is taken from c. A head is a few hundred bytes.
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
			return nil, fmt.Errorf("it begins with %q, want \"HTTP/\"; is the proxy of another kind?", head)
		}
		if b[0] == '\n' && (bytes.HasSuffix(head, []byte("\n\r\n")) || bytes.HasSuffix(head, []byte("\n\n"))) {
			return head, nil
		}
	}
	return nil, fmt.Errorf("its head is longer than %d bytes", maxReplyHead)
}
