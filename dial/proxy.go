package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// ParseProxy parses the address of a proxy as curl -x does:
// [scheme://][user:password@]host[:port]. The default scheme is http. The default
// port is 443 for https, else 1080. The schemes are
//
//	http, https       CONNECT, over TLS for https
//	socks4, socks     host names are looked up here
//	socks4a           host names are looked up by the proxy
//	socks5            host names are looked up here
//	socks5h           host names are looked up by the proxy
//
// A SOCKS proxy at localhost with a path is connected to by the Unix socket of that
// path. The error does not quote s, which may contain a password.
func ParseProxy(s string) (*url.URL, error) {
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, errProxyURL
	}
	if _, err := newHop(u); err != nil {
		return nil, err
	}
	return u, nil
}

// ProxyURL returns a function for Config.Proxy that always returns u.
func ProxyURL(u *url.URL) func(*url.URL) (*url.URL, error) {
	return func(*url.URL) (*url.URL, error) { return u, nil }
}

var errProxyURL = errors.New("invalid proxy URL: expected [scheme://][user:password@]host[:port], " +
	"with special characters of user and password percent-encoded")

// hop is a proxy of the chain.
type hop struct {
	scheme        string
	network, addr string // where the proxy is, as a Func takes it
	user          *url.Userinfo
}

func newHop(u *url.URL) (*hop, error) {
	h := &hop{scheme: strings.ToLower(u.Scheme), network: "tcp", user: u.User}
	if u.Opaque != "" {
		return nil, errProxyURL
	}
	port := "1080"
	switch h.scheme {
	case "socks", "socks4", "socks4a", "socks5", "socks5h":
		if u.Host == "localhost" && len(u.Path) > 1 {
			h.network, h.addr = "unix", u.Path
			return h, nil
		}
	case "http":
	case "https":
		port = "443"
	default:
		return nil, fmt.Errorf("invalid proxy scheme %q: expected http, https, socks4, socks4a, socks5 or socks5h", u.Scheme)
	}
	// What follows the host is probably the rest of a password that contains / or ?.
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errProxyURL
	}
	var err error
	h.addr, err = hostPort(u, port)
	return h, err
}

// reach connects to addr, which ConnectTo may have put in the place of host, the
// host:port of u. It uses the proxies for u.
func (d *dialing) reach(ctx context.Context, u *url.URL, host, addr string) (net.Conn, error) {
	switch {
	case d.UnixSocket != "":
		return d.direct(ctx, "unix", d.UnixSocket)
	case d.PreProxy == nil && d.Config.Proxy == nil || noProxy(d.NoProxy, host):
		return d.direct(ctx, "tcp", addr)
	}
	chain, err := d.chain(u, host)
	if err != nil {
		return nil, err
	}
	return chain(ctx, "tcp", addr)
}

// chain returns the Func that connects through the proxies for u.
func (d *dialing) chain(u *url.URL, host string) (Func, error) {
	chain, err := d.through(d.PreProxy, nil, d.direct)
	if err != nil || d.Config.Proxy == nil {
		return chain, err
	}
	p, err := d.Config.Proxy(u)
	if err != nil {
		return nil, &Error{Proxy, host, err}
	}
	return d.through(p, d.ProxyAuth, chain)
}

// through returns a Func that connects through the proxy at u. next connects to it.
func (d *dialing) through(u *url.URL, auth ProxyAuth, next Func) (Func, error) {
	if u == nil {
		return next, nil
	}
	h, err := newHop(u)
	if err != nil {
		return nil, &Error{Proxy, u.Host, err}
	}
	switch h.scheme {
	case "http":
		return h.named(d.tunnel(h, auth, next)), nil
	case "https":
		return h.named(d.tunnel(h, auth, d.secure(next))), nil
	case "socks", "socks4":
		return d.resolving("tcp4", h.named(d.socks(socks4, h, next))), nil
	case "socks4a":
		return h.named(d.socks(socks4, h, next)), nil
	case "socks5":
		return d.resolving("tcp", h.named(d.socks(socks5, h, next))), nil
	default: // socks5h
		return h.named(d.socks(socks5, h, next)), nil
	}
}

// named returns next with the stage and address of this proxy in every error.
func (h *hop) named(next Func) Func {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if network == "unix" {
			return nil, &Error{Proxy, h.addr, fmt.Errorf("expected an address for the proxy to connect to, got the unix socket %s", addr)}
		}
		conn, err := next(ctx, network, addr)
		if err != nil {
			return nil, &Error{Proxy, h.addr, err}
		}
		return conn, nil
	}
}

// resolving returns next for host names, which it looks up here, so that next gets
// only addresses. It tries them in turn while the proxy refuses them.
func (d *dialing) resolving(network string, next Func) Func {
	return func(ctx context.Context, _, addr string) (net.Conn, error) {
		addrs, err := d.lookup(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		for _, a := range addrs {
			var conn net.Conn
			conn, err = next(ctx, network, a)
			if _, refused := errors.AsType[*SOCKSError](err); !refused {
				return conn, err
			}
		}
		return nil, err
	}
}

// secure returns next with TLS to the proxy that next connects to.
func (d *dialing) secure(next Func) Func {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := next(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		defer measure(&d.took.Proxy)()
		config := serverTLS(d.ProxyTLS, addr)
		config.NextProtos = []string{"http/1.1"}
		return d.startTLS(ctx, conn, addr, config)
	}
}

// talk has a conversation with a proxy over conn. The end of ctx interrupts it.
// After an error conn must not be used.
func (d *dialing) talk(ctx context.Context, conn net.Conn, conversation func() error) error {
	defer measure(&d.took.Proxy)()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	err := conversation()
	if !stop() {
		return context.Cause(ctx)
	}
	return err
}
