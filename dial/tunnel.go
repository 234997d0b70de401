package dial

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
)

// maxProxyRounds is the limit of CONNECT requests for one tunnel. NTLM, the longest
// scheme, needs three.
const maxProxyRounds = 5

// ConnectError is the refusal of an HTTP proxy to open a tunnel. Up to 64 KiB of the
// Response's Body are in memory. It need not be closed.
type ConnectError struct {
	Response *http.Response
}

func (e *ConnectError) Error() string {
	text := fmt.Sprintf("the proxy answered CONNECT with %.100q", e.Response.Status)
	if e.Response.StatusCode == http.StatusProxyAuthRequired {
		text += "; it requires other credentials (user and password in its URL, or dial.Config.ProxyAuth)"
	}
	return text
}

// tunnel returns the Func of an HTTP proxy (RFC 9110 section 9.3.6). next connects
// to the proxy.
func (d *dialing) tunnel(h *hop, auth ProxyAuth, next Func) Func {
	if auth == nil {
		auth = basicAuth(h.user)
	}
	return func(ctx context.Context, _, addr string) (net.Conn, error) {
		t := &tunneling{dialing: d, addr: withoutZone(addr), auth: auth}
		t.reach = func() (net.Conn, error) { return next(ctx, h.network, h.addr) }
		return t.open(ctx)
	}
}

// tunneling is the state of opening one tunnel.
type tunneling struct {
	*dialing
	addr  string
	auth  ProxyAuth
	reach func() (net.Conn, error) // connects to the proxy
	kept  net.Conn                 // connection to the proxy for the next request, or nil
}

// open repeats the request until the proxy accepts it, or until there is no answer
// to its challenge.
func (t *tunneling) open(ctx context.Context) (net.Conn, error) {
	defer func() {
		if t.kept != nil {
			t.kept.Close()
		}
	}()
	var refusal *http.Response
	for range maxProxyRounds {
		credentials, err := t.auth(http.MethodConnect, t.addr, refusal)
		if err != nil {
			return nil, err
		}
		if refusal != nil && credentials == "" {
			break
		}
		conn, reply, err := t.roundTrip(ctx, credentials)
		if err != nil || reply.StatusCode/100 == 2 {
			return conn, err
		}
		if reply.Close {
			conn.Close()
		} else {
			t.kept = conn
		}
		if refusal = reply; reply.StatusCode != http.StatusProxyAuthRequired {
			break
		}
	}
	refusal.Request = nil // it has the credentials, which a printed error must not show
	return nil, &ConnectError{refusal}
}

// roundTrip sends one request and receives the reply. It uses the kept connection,
// or a new one if there is none or the proxy has closed it meanwhile.
func (t *tunneling) roundTrip(ctx context.Context, credentials string) (net.Conn, *http.Response, error) {
	if conn := t.kept; conn != nil {
		t.kept = nil
		reply, err := t.ask(ctx, conn, credentials)
		if err == nil || ctx.Err() != nil {
			return conn, reply, err
		}
	}
	conn, err := t.reach()
	if err != nil {
		return nil, nil, err
	}
	reply, err := t.ask(ctx, conn, credentials)
	return conn, reply, err
}

// ask sends the request and receives the final reply. If that fails, it closes conn.
func (t *tunneling) ask(ctx context.Context, conn net.Conn, credentials string) (reply *http.Response, err error) {
	request := t.request(credentials)
	err = t.talk(ctx, conn, func() error {
		head := t.head(request)
		t.trace(true, head)
		if _, err := conn.Write(head); err != nil {
			return fmt.Errorf("sending CONNECT: %w", err)
		}
		reply, err = receiveReply(conn, t.trace)
		return err
	})
	if err != nil {
		conn.Close()
		return nil, err
	}
	reply.Request = request
	return reply, nil
}

// trace passes a head to Config.Head.
func (t *tunneling) trace(sent bool, head []byte) {
	if t.Config.Head != nil {
		t.Config.Head(sent, head)
	}
}

// request returns the CONNECT request. A Host in ProxyHeader replaces the usual one.
func (t *tunneling) request(credentials string) *http.Request {
	r := &http.Request{Method: http.MethodConnect, URL: &url.URL{Host: t.addr}, Host: t.addr, Header: t.ProxyHeader.Clone()}
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	r.Header.Del("Host")
	if credentials != "" {
		r.Header.Set("Proxy-Authorization", credentials)
	}
	return r
}

// head returns the request as it is sent.
func (t *tunneling) head(r *http.Request) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "CONNECT %s HTTP/1.1\r\n", t.addr)
	http.Header{"Host": {r.Host}}.Write(&b)
	r.Header.Write(&b)
	b.WriteString("\r\n")
	return b.Bytes()
}
