package curlew

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/curlew-ws/curlew/dial"
	"github.com/curlew-ws/curlew/internal/cookie"
	"github.com/curlew-ws/curlew/internal/handshake"
)

// A Transport makes the opening handshake and the two-way byte stream behind
// it, RFC 6455 section 4 over HTTP/1.1, RFC 8441 over HTTP/2, RFC 9220 over
// HTTP/3. The zero Client uses HTTP/1.1.
//
// Open makes one attempt, blocks until it is over or ctx ends, and may be
// called concurrently. It checks status and, where there is one, the Accept
// header; subprotocol, extensions, authentication and redirects are the
// Client's. A refusal is (nil, response, nil), with the response's Body open,
// and, if the request's method was not GET, a Request with that method: Digest
// needs it. Heads go to Request.Net.Head, if that is set, with their secrets in
// them; it masks them and leads to Trace.Head.
//
// Of the net.Conn: Read and Write are concurrent; a Read that timed out lost
// nothing and the next goes on; a deadline set elsewhere wakes a blocked call;
// Close wakes both; CloseWrite and SyscallConn exist if they can.
// curlewtest.TestTransport is the judge.
type Transport interface {
	Open(ctx context.Context, r *Request) (net.Conn, *Response, error)
}

// A Request is one attempt of the opening handshake.
type Request struct {
	URL    *url.URL     // ws or wss; its userinfo is for Auth, and not to be sent; RawPath, if not empty, is the path to be sent
	Header http.Header  // all that is to be sent besides what the transport makes itself
	Host   string       // in place of the URL's host in the Host header, if not empty
	Net    *dial.Config // how to reach the host; not to be changed

	// Timeout is Client.HandshakeTimeout: how long to wait for the answer once
	// the connection is there; 0 is no limit.
	Timeout time.Duration

	head  func(sent bool, head []byte) // Trace.Head
	netrc *string                      // what a netrc file has for the URL's host; nil if none was asked
	link  *link                        // a connection to use, which may have ended; or nil
}

// A Response is the answer to an opening handshake. Its Body is at its end;
// that of a refusal is in the [HandshakeError].
type Response struct {
	*http.Response
	Hops    []*http.Response // the answers before this one: redirects, challenges
	Timings Timings

	head  string       // from which it can be parsed; "" if the transport is not our own
	early []byte       // what came behind the head: the stream's first bytes
	link  *link        // of a refusal: the connection, if the next request can go on it
	open  time.Time    // when the handshake was over
	first atomic.Int64 // FirstFrame, in nanoseconds
}

// FirstFrame says how long after the handshake the first frame's first byte was
// received, which happens when the program asks for it; one that came with the
// response counts as a nanosecond. It is 0 until then, and any goroutine may
// ask. In raw mode it is the first byte, unless NetConn's Read took it.
// CURLINFO_STARTTRANSFER_TIME is the closest relative.
func (r *Response) FirstFrame() time.Duration { return time.Duration(r.first.Load()) }

// Cookies returns the cookies that the response sets. It reads them as RFC 6265
// section 5.2 tells user agents to; the method of [http.Response] drops some,
// such as those with quotes within their values.
func (r *Response) Cookies() []*http.Cookie { return cookie.FromHeader(r.Header) }

// began notes that the first frame's first byte is there.
func (r *Response) began() { r.first.Store(max(1, int64(time.Since(r.open)))) }

// pack forgets what can be had again from the head: most programs never ask an
// open connection for its response.
func (r *Response) pack() {
	if r.head != "" {
		r.Response, r.early, r.link = nil, nil, nil
	}
}

// unpack makes good what pack forgot.
func (r *Response) unpack() {
	if r.Response == nil {
		var p handshake.ResponseParser
		r.Response, _, _ = p.Parse([]byte(r.head)) // it was parsed before
	}
}

// Timings says how long the stages of the last attempt took, each by itself.
// Those before Upgrade are of its connection, which a challenge before it may
// have come by. What follows them is [Response.FirstFrame]'s.
type Timings struct {
	Lookup  time.Duration // of names
	Connect time.Duration // to the first hop
	Proxy   time.Duration // through proxies
	TLS     time.Duration // with the host
	Upgrade time.Duration // from the request's first byte to the response's last
}
