package curlew

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/curlew-ws/curlew/dial"
	"github.com/curlew-ws/curlew/internal/handshake"
)

// An opening is one Dial: attempts at the opening handshake until one succeeds
// or is refused for good. Each answer decides what comes next:
//
//	101 -> session      401 -> Auth, again      3xx -> the other URL, again
//	anything else -> HandshakeError
type opening struct {
	c       *Client
	url     *url.URL
	header  http.Header
	host    string
	auth    Auth
	deflate *handshake.Deflate // offered
	hops    []*http.Response
	value   string // of Authorization
	netrc   bool   // Auth asked a netrc file for it
	away    bool   // a redirect led to another host, and Auth is the first's
	link    *link  // on which the next attempt can go; or nil
	net     *dial.Config
	head    func(sent bool, head []byte) // Trace.Head

	redirects, challenges int
}

const (
	maxBody       = 64 << 10        // of a refusal, that is kept
	bodyTime      = 5 * time.Second // for a refusal's body to come
	maxChallenges = 5
)

// opening checks what can be checked before anything is sent.
func (c *Client) opening(raw string) (*opening, error) {
	u, err := parse(raw)
	if err != nil {
		return nil, err
	}
	if err := handshake.ValidSubprotocols(c.Subprotocols); err != nil {
		return nil, usage("Subprotocols: %v", err)
	}
	o := &opening{c: c, host: c.Host, auth: c.Auth, header: spelled(c.Header), net: &c.Net}
	o.trace()
	if o.header == nil && (len(c.Subprotocols) > 0 || c.Compression != nil) {
		o.header = http.Header{}
	}
	if len(c.Subprotocols) > 0 {
		o.header.Set("Sec-Websocket-Protocol", strings.Join(c.Subprotocols, ", "))
	}
	if err := o.offer(); err != nil {
		return nil, err
	}
	if u.Host, err = handshake.ASCIIHost(u.Host); err != nil {
		return nil, usage("the URL's host is no name that can be looked up: %v", err)
	}
	o.target(u)
	return o, nil
}

// ours are the fields that an opening looks at, or sets itself.
var ours = [...]string{"Authorization", "Cookie", "Sec-Websocket-Extensions", "Sec-Websocket-Protocol"}

// spelled returns a copy of h in which these have the names that http.Header
// gives them, however the user spelled them. All others stay as they are.
func spelled(h http.Header) http.Header {
	h = h.Clone()
	for name, values := range h {
		if key := http.CanonicalHeaderKey(name); key != name && slices.Contains(ours[:], key) {
			delete(h, name)
			h[key] = append(h[key], values...)
		}
	}
	return h
}

// trace shows all heads to Trace.Head, those of proxies included.
func (o *opening) trace() {
	if o.c.Trace == nil || o.c.Trace.Head == nil {
		return
	}
	o.head = headTrace(o.c.Trace.Head, o.c.ShowSecrets)
	own, traced := o.net.Head, *o.net
	traced.Head = func(sent bool, head []byte) {
		o.head(sent, head)
		if own != nil {
			own(sent, head)
		}
	}
	o.net = &traced
}

// target makes u, which it changes and whose host is in ASCII form, the URL of
// the next attempt.
func (o *opening) target(u *url.URL) {
	if o.auth == nil && u.User != nil {
		password, _ := u.User.Password()
		o.auth = BasicAuth(u.User.Username(), password)
	}
	u.RawQuery = handshake.EscapeQuery(u.RawQuery) // as it is sent, which Digest signs
	o.url = u
}

// run makes attempts until one is final.
func (o *opening) run(ctx context.Context) (net.Conn, *Response, error) {
	transport := o.c.Transport
	if transport == nil {
		transport = upgrade{}
	}
	defer o.drop()
	for {
		r, err := o.request()
		if err != nil {
			return nil, nil, err
		}
		s, resp, err := transport.Open(ctx, r)
		if err != nil {
			if bad, ok := errors.AsType[*HandshakeError](err); ok && bad.Response != nil {
				bad.Response.Hops = o.hops
			}
			return nil, nil, err
		}
		o.keepCookies(resp)
		resp.Hops = o.hops
		if s != nil {
			return s, resp, nil
		}
		refusal := refuse(ctx, resp)
		o.link, resp.link = resp.link, nil
		if refusal.Err = o.next(resp, r); refusal.Err != nil {
			return nil, nil, refusal
		}
		o.hops = append(o.hops, resp.Response)
	}
}

// request makes the next attempt's request.
func (o *opening) request() (*Request, error) {
	r := &Request{URL: o.url, Header: o.header.Clone(), Host: o.host, Net: o.net, head: o.head, Timeout: o.c.HandshakeTimeout}
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if o.c.Jar != nil {
		addCookies(r.Header, o.c.Jar.Cookies(httpURL(o.url)))
	}
	if err := o.authorize(r); err != nil {
		return nil, fmt.Errorf("curlew: authentication: %w", err)
	}
	r.link, o.link = o.link, nil
	return r, nil
}

// authorize puts the answer to the last challenge into the request, or what
// Auth says without one. What Header says goes before.
func (o *opening) authorize(r *Request) (err error) {
	if _, given := r.Header["Authorization"]; given || o.auth == nil {
		return nil
	}
	value := o.value
	if o.value = ""; value == "" {
		value, err = o.credentials(r, nil)
	}
	if value != "" {
		r.Header.Set("Authorization", value)
	}
	return err
}

// credentials is what Auth says. Away from the first host that counts only if it
// is what a netrc file has for the host there.
func (o *opening) credentials(r *Request, challenge *http.Response) (string, error) {
	value, err := o.auth(r, challenge)
	o.netrc = r.netrc != nil
	if o.away && (!o.netrc || value != *r.netrc) {
		value = ""
	}
	return value, err
}

// drop closes the link that no attempt will use.
func (o *opening) drop() {
	if o.link != nil {
		cutOff(o.link.Conn)
		o.link = nil
	}
}

// next prepares the attempt that a refusal leads to, or returns why there is none.
func (o *opening) next(resp *Response, r *Request) (err error) {
	switch {
	case resp.StatusCode == http.StatusUnauthorized && o.auth != nil && o.challenges < maxChallenges:
		o.challenges++
		if o.value, err = o.credentials(r, resp.Response); err == nil && o.value == "" {
			err = refused(resp)
		}
		return err
	case isRedirect(resp) && o.c.MaxRedirects > 0:
		if o.redirects++; o.redirects > o.c.MaxRedirects {
			return fmt.Errorf("%w; the next redirect leads to %q", &LimitError{"MaxRedirects", int64(o.c.MaxRedirects)}, location(resp))
		}
		return o.follow(resp)
	}
	return refused(resp)
}

func refused(resp *Response) error {
	return fmt.Errorf("expected the status 101, got %d %s: the server refused the upgrade", resp.StatusCode, http.StatusText(resp.StatusCode))
}

// refuse reads the body of a refusal, as much of it as is kept. If that is not
// all of it, the connection is closed.
func refuse(ctx context.Context, resp *Response) *HandshakeError {
	body := resp.Body
	stop := context.AfterFunc(ctx, func() { body.Close() })
	timer := time.AfterFunc(bodyTime, func() { body.Close() })
	p, _ := io.ReadAll(io.LimitReader(body, maxBody+1)) // what came of it is better than nothing
	p = p[:min(len(p), maxBody)]
	stopped, inTime := stop(), timer.Stop()
	if own, ok := body.(*refusalBody); !ok || !own.Ended() || !stopped || !inTime {
		resp.link = nil
	}
	if resp.link == nil {
		body.Close()
	}
	resp.Body = io.NopCloser(bytes.NewReader(p))
	return &HandshakeError{Response: resp, Body: p}
}

// offer puts the extension that Compression asks for into the request.
func (o *opening) offer() error {
	if err := o.c.Compression.check(); err != nil || o.c.Compression == nil {
		return err
	}
	if o.c.RawMode {
		return usage("raw mode has no Compression of its own; offer it with Header and do it yourself")
	}
	d := o.c.Compression.wish()
	o.deflate = &d
	o.header.Set("Sec-Websocket-Extensions", d.Offer())
	return nil
}

// agreed checks that the server agreed to nothing but what was offered.
func (o *opening) agreed(resp *Response) (subprotocol string, d *handshake.Deflate, err error) {
	subprotocol, err = handshake.CheckSubprotocol(resp.Header, handshake.Subprotocols(o.header))
	if err != nil {
		return "", nil, err
	}
	if o.deflate != nil {
		d, err = o.deflate.Check(resp.Header)
	} else {
		err = handshake.CheckExtensions(resp.Header, o.header)
	}
	return subprotocol, d, err
}

// keepCookies gives the jar what the response sets.
func (o *opening) keepCookies(resp *Response) {
	if o.c.Jar == nil {
		return
	}
	if cookies := resp.Cookies(); len(cookies) > 0 {
		o.c.Jar.SetCookies(httpURL(o.url), cookies)
	}
}

// addCookies adds cookies to those that Header has, unless it suppresses them.
func addCookies(h http.Header, cookies []*http.Cookie) {
	own, given := h["Cookie"]
	if given && len(own) == 0 {
		return
	}
	var b strings.Builder
	b.WriteString(strings.Join(own, "; "))
	for _, c := range cookies {
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		value := c.Value
		if c.Quoted {
			value = `"` + value + `"` // as it came
		}
		b.WriteString(c.Name + "=" + value)
	}
	if b.Len() > 0 {
		h.Set("Cookie", b.String())
	}
}

// httpURL is u as cookie jars know it.
func httpURL(u *url.URL) *url.URL {
	h := *u
	h.Scheme = strings.Replace(u.Scheme, "ws", "http", 1)
	return &h
}
