package curlew

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/curlew-ws/curlew/internal/handshake"
)

// AcceptOptions are a server's options; the zero value works. Fields that
// Client has too mean the same.
type AcceptOptions struct {
	// Subprotocols are those the server speaks, the best first.
	Subprotocols []string
	// Origins are the hosts whose pages may connect, as patterns of
	// [path.Match] on host or host:port; nil allows the request's own host, "*"
	// any. Requests without Origin, which no browser sends, are always let in.
	// RFC 6455 section 10.2.
	Origins []string
	// Header is sent with the response.
	Header http.Header

	Compression                                   *Compression
	RawMode, NoAutoPong, NoAutoClose, NoUTF8Check bool
	PingInterval, PongTimeout                     time.Duration
	MaxFrame, MaxMessage                          int64
	MaxFragments, ReadBuffer, WriteBuffer         int
	Trace                                         *Trace
}

// Accept answers a client's opening handshake within an [http.Handler], RFC
// 6455 section 4.2, and takes the connection over from the server; the Conn
// may outlive the handler. A nil o is the zero AcceptOptions. If the request
// is no valid handshake, or its origin is not allowed, Accept has sent the
// refusal and returns a *HandshakeError.
func Accept(w http.ResponseWriter, r *http.Request, o *AcceptOptions) (*Conn, error) {
	if o == nil {
		o = &AcceptOptions{}
	}
	if err := o.Compression.check(); err != nil {
		http.Error(w, "the server's configuration is wrong", http.StatusInternalServerError)
		return nil, err
	}
	key, status, err := handshake.CheckRequest(r)
	if err == nil {
		status, err = http.StatusForbidden, checkOrigin(r, o.Origins)
	}
	if err != nil {
		handshake.RefusalHeader(w.Header(), status)
		http.Error(w, err.Error(), status)
		return nil, &HandshakeError{Err: err}
	}
	var agreed *handshake.Deflate
	extensions := ""
	if o.Compression != nil && !o.RawMode {
		agreed, extensions = o.Compression.wish().Accept(r.Header)
	}
	subprotocol := handshake.SelectSubprotocol(r.Header, o.Subprotocols)
	head, err := handshake.AppendResponse(nil, key, subprotocol, extensions, o.Header)
	if err != nil {
		http.Error(w, "the server's configuration is wrong", http.StatusInternalServerError)
		return nil, usage("%v", err)
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
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	c := newConn(s, true, o, early, agreed)
	c.subprotocol = subprotocol
	return c, nil
}

// checkOrigin checks that the page that asks may connect.
func checkOrigin(r *http.Request, allowed []string) error {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil {
		return fmt.Errorf("expected an origin that is a URL, came %q", origin)
	}
	if allowed == nil {
		allowed = []string{escapePattern(r.Host)}
	}
	for _, pattern := range allowed {
		pattern = strings.ToLower(pattern)
		for _, host := range []string{u.Host, u.Hostname()} {
			if ok, err := path.Match(pattern, strings.ToLower(host)); ok && host != "" || pattern == "*" {
				return nil
			} else if err != nil {
				return fmt.Errorf("the pattern %q in Origins is malformed", pattern)
			}
		}
	}
	return fmt.Errorf("the origin %q is not allowed to connect", origin)
}

// escapePattern makes a pattern that matches host and nothing else.
func escapePattern(host string) string {
	return strings.NewReplacer(`\`, `\\`, `[`, `\[`, `*`, `\*`, `?`, `\?`).Replace(host)
}
