package curlew

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/curlew-ws/curlew/dial"
	"github.com/curlew-ws/curlew/internal/handshake"
)

// A Client opens sessions: libcurl's easy handle with its options. The zero
// value works. It may be used by any number of goroutines at once, as long as
// nobody changes it.
type Client struct {
	// Header is sent with the opening handshake, and replaces what curlew would
	// send by the same name, in any letter case; Jar's cookies are added to a
	// Cookie. A name with no values suppresses it, an empty value is sent.
	// CURLOPT_HTTPHEADER, curl -H.
	Header http.Header
	// Host replaces the URL's host in the Host header. curl -H "Host: …".
	Host string
	// Subprotocols, at most 100, are offered in this order, RFC 6455 section 1.9;
	// the server's choice is Conn.Subprotocol. curl -H "Sec-WebSocket-Protocol: …".
	Subprotocols []string
	// Auth answers the server's challenges. Nil sends the URL's user and
	// password by the Basic scheme, if it has them. CURLOPT_HTTPAUTH, curl -u.
	Auth Auth
	// Jar holds the cookies that are sent and received; ws counts as http, wss
	// as https. A jar without a list of public suffixes lets a server set
	// cookies for all of co.uk: give it one,
	//
	//	cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	//
	// with golang.org/x/net/publicsuffix. CURLOPT_COOKIEFILE, curl -b and -c.
	Jar http.CookieJar
	// MaxRedirects is how many redirects are followed; 0 makes a redirect a
	// refusal, as curl without -L. CURLOPT_MAXREDIRS, curl -L --max-redirs.
	MaxRedirects int
	// Unrestricted lets redirects take credentials, cookies and all of Header to
	// other hosts, and lead from wss to ws. Without it another host, port or
	// scheme gets of Header only what is no secret: Accept, Accept-Encoding,
	// Accept-Language, Cache-Control, Connection, Origin, Pragma, Upgrade,
	// User-Agent and Sec-WebSocket-*. CURLOPT_UNRESTRICTED_AUTH, curl
	// --location-trusted.
	Unrestricted bool
	// Net says how to reach the host: proxies, TLS, addresses, time limits.
	Net dial.Config
	// Transport makes the handshake and the stream; nil is HTTP/1.1.
	// CURLOPT_HTTP_VERSION.
	Transport Transport
	// Compression offers permessage-deflate, RFC 7692; nil does not. libcurl
	// has none.
	Compression *Compression

	// RawMode passes bytes instead of frames. CURLWS_RAW_MODE.
	RawMode bool
	// NoAutoPong delivers PINGs instead of answering them. Message methods have
	// no way to, so that they do not receive then. CURLWS_NOAUTOPONG.
	NoAutoPong bool
	// NoAutoClose leaves the answer to the peer's CLOSE to the caller, as
	// libcurl does.
	NoAutoClose bool
	// NoUTF8Check takes text messages as they come, as libcurl does.
	NoUTF8Check bool
	// ShowSecrets lets Trace.Head see secrets. These are user and password of
	// URLs, and the values of headers and query parameters in whose name is
	// authorization, cookie, token, secret, password, passwd, credential,
	// signature, bearer, jwt, api-key, access-key or auth-key, with dashes or
	// without; Sec-WebSocket-Protocol too if its value has such a word. curl -v
	// shows them.
	ShowSecrets bool

	// HandshakeTimeout limits the wait for the server's answer to each request
	// of the opening handshake, once the connection is there; 0 is no limit.
	// How long that may take is Net's. The error is a
	// [context.DeadlineExceeded] that names this field.
	HandshakeTimeout time.Duration
	// PingInterval is how long a blocked receive waits for a byte before it
	// sends a PING; 0 is for ever. Libcurl has no such option.
	PingInterval time.Duration
	// PongTimeout is how long it waits then, before it gives the connection up
	// with ErrPongTimeout; 0 is PingInterval. Bytes of ours that the peer takes
	// meanwhile are life as well, and begin the time anew. It is four times as
	// long while a frame of StartFrame or a batch, with which nobody goes on,
	// keeps the PING back, and on Linux while the peer's system answers that it
	// has no room for more.
	PongTimeout time.Duration

	// MaxFrame is the longest frame that is received, in bytes of payload; 0 is
	// no limit.
	MaxFrame int64
	// MaxMessage is the longest message that is received, in bytes, inflated; on
	// the wire a compressed one may be an eighth and 1 KiB longer, no more. 0
	// stops ReadMessage and Messages at 64 MiB, and nothing else; -1 is no limit.
	// Nor is a longer one compressed in memory: WriteMessage sends it as it is,
	// NextWriter compresses its fragments.
	MaxMessage int64
	// MaxFragments is the largest number of frames of a message; 0 is no limit.
	MaxFragments int
	// ReadBuffer is the size of the receive buffer, which a connection has only
	// while bytes are in it; 0 is 64 KiB, growing to 256 KiB while the peer
	// keeps filling it. CURLOPT_BUFFERSIZE.
	ReadBuffer int
	// WriteBuffer is the size of the send buffer, rounded up to a power of two,
	// which a connection has only while bytes are in it: how much one write
	// takes, how much may be queued, and the length of NextWriter's fragments;
	// 0 is 64 KiB. CURLOPT_UPLOAD_BUFFERSIZE.
	WriteBuffer int
	// FragmentSize is the longest frame that WriteMessage, NextWriter and
	// MessageConn send, in bytes of payload, compressed or not; 0 is no limit.
	// WriteMessage sends a longer message in fragments, as NextWriter does. For
	// peers and gateways that take no long frames. Libcurl has no such option.
	FragmentSize int
	// Trace looks on. CURLOPT_DEBUGFUNCTION, curl -v and --trace.
	Trace *Trace
}

var zeroClient Client

// Dial opens a session with the zero Client.
func Dial(ctx context.Context, url string) (*Conn, error) { return zeroClient.Dial(ctx, url) }

// Dial opens a session with the ws or wss URL: libcurl's curl_easy_perform with
// CURLOPT_CONNECT_ONLY = 2. The URL's path is asked for as it is written. Dial
// blocks until the handshake is over; ctx ends the opening only.
//
// Errors: [ErrUsage] for a URL or an option that is wrong, a [*dial.Error] where
// the host was not reached, a [*HandshakeError] where it refused or answered
// wrongly, the stream's error where the request could not be sent, the cause of
// ctx.
func (c *Client) Dial(ctx context.Context, url string) (*Conn, error) {
	o, err := c.opening(url)
	if err != nil {
		return nil, err
	}
	s, resp, err := o.run(ctx)
	if err != nil {
		return nil, err
	}
	return c.session(s, resp, o)
}

// Perform is Dial, then [Conn.Perform]; ctx covers the session as well.
func (c *Client) Perform(ctx context.Context, url string, h Handler) error {
	conn, err := c.Dial(ctx, url)
	if err != nil {
		return err
	}
	return conn.Perform(ctx, h)
}

// session makes the Conn of an upgrade that succeeded, if the server agreed to
// nothing but what was offered.
func (c *Client) session(s net.Conn, resp *Response, o *opening) (*Conn, error) {
	subprotocol, deflate, err := o.agreed(resp)
	if err != nil {
		cutOff(s)
		return nil, &HandshakeError{Response: resp, Err: headError(err)}
	}
	conn := newConn(s, false, &AcceptOptions{
		RawMode: c.RawMode, NoAutoPong: c.NoAutoPong, NoAutoClose: c.NoAutoClose, NoUTF8Check: c.NoUTF8Check,
		PingInterval: c.PingInterval, PongTimeout: c.PongTimeout,
		MaxFrame: c.MaxFrame, MaxMessage: c.MaxMessage, MaxFragments: c.MaxFragments,
		ReadBuffer: c.ReadBuffer, WriteBuffer: c.WriteBuffer, FragmentSize: c.FragmentSize, Trace: c.Trace, Compression: c.Compression,
	}, resp.early, deflate)
	conn.response, conn.subprotocol = resp, strings.Clone(subprotocol)
	resp.open = time.Now()
	if conn.awaited = true; len(resp.early) > 0 {
		conn.begins()
	}
	resp.pack()
	return conn, nil
}

// parse reads a WebSocket URL, RFC 6455 section 3. Its errors show no password.
func parse(raw string) (*url.URL, error) {
	u, err := handshake.ParseURL(raw)
	switch {
	case err != nil:
		return nil, usage("the URL cannot be read: %v", withoutURL(err))
	case u.Scheme != "ws" && u.Scheme != "wss":
		return nil, usage("expected a URL that begins with ws:// or wss://, got the scheme %q", u.Scheme)
	case u.Hostname() == "":
		return nil, usage("expected a host in the URL, got none")
	case strings.Contains(u.Hostname(), ":") && u.Host[0] != '[':
		return nil, usage("expected a host without colons in the URL; an IPv6 address stands in brackets, as in ws://[::1]:80/")
	case !validPort(u.Port()):
		return nil, usage("expected a port from 1 to 65535 in the URL, got %s", u.Port())
	case u.Fragment != "":
		return nil, usage("expected a URL without a fragment (RFC 6455 section 3), got one; write %%23 for a # that belongs to the path")
	}
	return u, nil
}

// validPort reports whether digits are the number of a port, or none.
func validPort(digits string) bool {
	n, err := strconv.ParseUint(digits, 10, 16)
	return digits == "" || err == nil && n > 0
}

// withoutURL takes the URL, and what may be the half of a password, out of
// the parser's error.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if strings.HasPrefix(err.Error(), "invalid port") {
		return errors.New("what follows the host and its colon is not a port (in a user or password /, ? and # are %2F, %3F and %23)")
	}
	return err
}
