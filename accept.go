package curlew

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/curlew-ws/curlew/internal/handshake"
)

// AcceptOptions are a server's options; the zero value works. Fields that
// Client has too mean the same.
type AcceptOptions struct {
	// Subprotocols are those the server speaks, the best first.
	Subprotocols []string
	// Origins are the pages that may connect, RFC 6455 section 10.2. Nil allows
	// those of the host and port in the request's Host header; "*" allows any.
	// Requests without Origin, which no browser sends, are always let in.
	//
	// A pattern is a host, host:port or scheme://host:port, each part a pattern
	// of [path.Match]; "*" also matches dots. A host may be in Unicode, and an
	// IPv6 address has brackets as in URLs. Without a scheme http and https
	// match, and without a port any port. With a scheme and without a port only
	// the scheme's default port matches. A pattern that can match nothing, as
	// one with a path, is [ErrUsage].
	Origins []string
	// Header is sent with the response, as are the fields that the program and its
	// middleware put into the ResponseWriter's Header before. A field of both is
	// sent as it is here; those of Set-Cookie add up.
	Header http.Header

	Compression                                   *Compression
	RawMode, NoAutoPong, NoAutoClose, NoUTF8Check bool
	PingInterval, PongTimeout                     time.Duration
	MaxFrame, MaxMessage                          int64
	MaxFragments, ReadBuffer, WriteBuffer         int
	FragmentSize                                  int
	Trace                                         *Trace
}

// Accept answers a client's opening handshake within an [http.Handler], RFC
// 6455 section 4.2, and takes the connection over from the server; the Conn
// may outlive the handler. A nil o is the zero AcceptOptions. If the request
// is no valid handshake, or its origin is not allowed, Accept has sent the
// refusal and returns a [*HandshakeError]. A wrong option is [ErrUsage], a w that
// cannot be taken over [http.ErrNotSupported]; both are answered with status 500.
func Accept(w http.ResponseWriter, r *http.Request, o *AcceptOptions) (*Conn, error) {
	if o == nil {
		o = &AcceptOptions{}
	}
	if err := o.Compression.check(); err != nil {
		return nil, misconfigured(w, err)
	}
	key, err := o.admit(w, r)
	if err != nil {
		return nil, err
	}
	var agreed *handshake.Deflate
	extensions := ""
	if o.Compression != nil && !o.RawMode {
		agreed, extensions = o.Compression.wish().Accept(r.Header)
	}
	subprotocol := handshake.SelectSubprotocol(r.Header, o.Subprotocols)
	head, err := handshake.AppendResponse(nil, key, subprotocol, extensions, handshake.ResponseHeader(o.Header, w.Header()))
	if err != nil {
		return nil, misconfigured(w, usage("%v", err))
	}
	s, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "the server cannot upgrade this connection", http.StatusInternalServerError)
		return nil, fmt.Errorf("curlew: taking the connection over from the HTTP server: %w", err)
	}
	s.SetDeadline(time.Time{}) // the server's own were for requests
	if _, err := s.Write(head); err != nil {
		cutOff(s)
		return nil, fmt.Errorf("curlew: opening handshake: sending the response: %w", err)
	}
	c := newConn(s, true, o, buffered(rw), agreed)
	c.subprotocol = subprotocol
	return c, nil
}

// buffered returns what the server received behind the request. Some wrappers of
// a ResponseWriter return no reader, or nothing at all.
func buffered(rw *bufio.ReadWriter) []byte {
	if rw == nil || rw.Reader == nil {
		return nil
	}
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	return early
}

// admit checks the request and returns its key, or answers with a refusal.
func (o *AcceptOptions) admit(w http.ResponseWriter, r *http.Request) (key string, err error) {
	key, status, err := handshake.CheckRequest(r)
	if err == nil {
		status, err = http.StatusForbidden, handshake.CheckOrigin(r, o.Origins)
	}
	if err == nil {
		return key, nil
	}
	if bad, ok := errors.AsType[*handshake.PatternError](err); ok {
		return "", misconfigured(w, usage("Origins: %v", bad))
	}
	handshake.RefusalHeader(w.Header(), status)
	http.Error(w, err.Error(), status)
	return "", &HandshakeError{Err: headError(err)}
}

// misconfigured answers a request that wrong options keep from being served.
// What is wrong with them is not the client's to know.
func misconfigured(w http.ResponseWriter, err error) error {
	http.Error(w, "the server's configuration is wrong", http.StatusInternalServerError)
	return err
}
