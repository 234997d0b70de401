package dial

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
)

// maxProxyRounds is how many CONNECT requests there may be for one tunnel.
// NTLM, the longest scheme, takes three.
const maxProxyRounds = 5

// ProxyAuth makes the Proxy-Authorization value for a CONNECT request. The
// first call has no challenge; "" then sends the request without. Each 407
// leads to another call with that reply, its body included; "" then gives up.
// At most five requests are sent. The requests of a Dial follow each other on
// one connection if the proxy keeps it open. A ProxyAuth is called by one
// goroutine at a time in one Dial, but Dials may run at once.
type ProxyAuth func(method, uri string, challenge *http.Response) (value string, err error)

// ConnectError is an HTTP proxy's refusal to open a tunnel. The Response has
// up to 64 KiB of its body in memory; there is nothing to close.
type ConnectError struct {
	Response *http.Response
}

func (e *ConnectError) Error() string {
	text := fmt.Sprintf("the proxy answered CONNECT with %q", e.Response.Status)
	if e.Response.StatusCode == http.StatusProxyAuthRequired {
		text += "; it wants other credentials (user and password in its URL, or dial.Config.ProxyAuth)"
	}
	return text
}

// basicAuth sends the proxy URL's user and password unasked, and gives up if
// they are refused (RFC 7617).
func basicAuth(user *url.Userinfo) ProxyAuth {
	return func(_, _ string, challenge *http.Response) (string, error) {
		if user == nil || challenge != nil {
			return "", nil
		}
		password, _ := user.Password()
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)), nil
	}
}

// tunnel is the Func of an HTTP proxy that next reaches (RFC 9110 section 9.3.6).
func (d *dialing) tunnel(h *hop, auth ProxyAuth, next Func) Func {
	if auth == nil {
		auth = basicAuth(h.user)
	}
	return func(ctx context.Context, _, addr string) (net.Conn, error) {
		t := &tunneling{dialing: d, addr: addr, auth: auth}
		t.reach = func() (net.Conn, error) { return next(ctx, h.network, h.addr) }
		return t.open(ctx)
	}
}

// tunneling is the making of one tunnel.
type tunneling struct {
	*dialing
	addr  string
	auth  ProxyAuth
	reach func() (net.Conn, error)
	kept  net.Conn // connection to the proxy on which the next request can go; or nil
}

// open repeats the request until the proxy accepts it or there is nothing more to answer.
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
	return nil, &ConnectError{refusal}
}

// roundTrip asks once: on the connection kept, or a new one if there is none
// or the proxy has ended it meanwhile.
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

// ask sends the request and receives the final reply. If it fails it closes conn.
func (t *tunneling) ask(ctx context.Context, conn net.Conn, credentials string) (reply *http.Response, err error) {
	err = t.talk(ctx, conn, func() error {
		if _, err := conn.Write(t.request(credentials)); err != nil {
			return fmt.Errorf("sending CONNECT: %w", err)
		}
		reply, err = receiveReply(conn)
		return err
	})
	if err != nil {
		conn.Close()
		return nil, err
	}
	return reply, nil
}

// request is the CONNECT request. A Host in ProxyHeader replaces the usual one.
func (t *tunneling) request(credentials string) []byte {
	header := t.ProxyHeader.Clone()
	if header == nil {
		header = http.Header{}
	}
	if credentials != "" {
		header.Set("Proxy-Authorization", credentials)
	}
	host := header.Get("Host")
	if host == "" {
		host = t.addr
	}
	header.Del("Host")
	var b bytes.Buffer
	fmt.Fprintf(&b, "CONNECT %s HTTP/1.1\r\n", t.addr)
	http.Header{"Host": {host}}.Write(&b)
	header.Write(&b)
	b.WriteString("\r\n")
	return b.Bytes()
}
