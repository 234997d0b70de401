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

// ParseProxy reads a proxy's address as curl -x does:
// [scheme://][user:password@]host[:port]. Without a scheme it is an HTTP proxy,
// without a port 1080 (https: 443) is meant. Schemes:
//
//	http, https       CONNECT, over TLS for https
//	socks4, socks     host names are looked up here
//	socks4a           host names are looked up by the proxy
//	socks5            host names are looked up here
//	socks5h           host names are looked up by the proxy
//
// A SOCKS proxy at localhost with a path is one behind that unix socket. The
// error never quotes s, which may hold a password.
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

// ProxyURL returns a function for Config.Proxy that always answers u.
func ProxyURL(u *url.URL) func(*url.URL) (*url.URL, error) {
	return func(*url.URL) (*url.URL, error) { return u, nil }
}

var errProxyURL = errors.New("malformed proxy URL: want [scheme://][user:password@]host[:port], " +
	"special characters of user and password percent-encoded")

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
		return nil, fmt.Errorf("proxy scheme %q is none of http, https, socks4, socks4a, socks5, socks5h", u.Scheme)
	}
	// What follows the host is likely the rest of a password with a / or ? in it.
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errProxyURL
	}
	var err error
	h.addr, err = hostPort(u, port)
	return h, err
}

// reach connects to addr in place of host, which u names, by the proxies there are for it.
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

// chain composes the Func that leads through the proxies.
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

// through puts the proxy at u around the Func that reaches it.
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

// named makes every error of next one of this proxy.
func (h *hop) named(next Func) Func {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if network == "unix" {
			return nil, &Error{Proxy, h.addr, fmt.Errorf("a proxy cannot be asked for the unix socket %s", addr)}
		}
		conn, err := next(ctx, network, addr)
		if err != nil {
			return nil, &Error{Proxy, h.addr, err}
		}
		return conn, nil
	}
}

// resolving looks host names up here, for a next that is to see addresses only.
// It asks for one after the other while the proxy reports that it cannot reach them.
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

// secure speaks TLS with a proxy that next reaches.
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

// talk holds a conversation with a proxy over conn, which the end of ctx
// interrupts. If it returns an error, conn is of no more use.
func (d *dialing) talk(ctx context.Context, conn net.Conn, conversation func() error) error {
	defer measure(&d.took.Proxy)()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	err := conversation()
	if !stop() {
		return context.Cause(ctx)
	}
	return err
}
