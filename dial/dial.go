package dial

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"github.com/curlew-ws/curlew/internal/socket"
)

// dialing is one call of Config.Dial: its options and its timings.
type dialing struct {
	*Config
	took Timings
}

// Dial connects to the host of u and returns the stream. It uses TLS if the scheme
// is wss or https, with 443 as the default port. For ws or http the stream is
// plain, and the default port is 80. alpn are the protocols to offer in TLS,
// instead of TLS.NextProtos.
//
// Dial blocks until the stream is ready, ctx ends or a time limit passes. Its
// error is always an *[Error]. The Timings are valid also if it fails.
func (c *Config) Dial(ctx context.Context, u *url.URL, alpn ...string) (net.Conn, Timings, error) {
	if c == nil {
		c = &Config{}
	}
	ctx, cancel := limit(ctx, "ConnectTimeout", c.ConnectTimeout)
	defer cancel()
	d := &dialing{Config: c}
	conn, err := d.dial(ctx, u, alpn)
	return conn, d.took, err
}

func (d *dialing) dial(ctx context.Context, u *url.URL, alpn []string) (net.Conn, error) {
	addr, secure, err := target(u)
	if err != nil {
		return nil, &Error{Resolve, u.Host, err}
	}
	to, err := connectTo(d.ConnectTo, addr)
	if err != nil {
		return nil, &Error{Resolve, addr, err}
	}
	conn, err := d.reach(ctx, u, addr, to)
	if err != nil || !secure {
		return conn, err
	}
	defer measure(&d.took.TLS)()
	return d.startTLS(ctx, conn, addr, d.hostTLS(addr, alpn))
}

// hostTLS returns the TLS configuration for the host at addr.
func (d *dialing) hostTLS(addr string, alpn []string) *tls.Config {
	config := serverTLS(d.Config.TLS, addr)
	if len(alpn) > 0 {
		config.NextProtos = alpn
	}
	if d.NoALPN {
		config.NextProtos = nil
	}
	return config
}

// serverTLS copies config, which may be nil, for the server at addr.
func serverTLS(config *tls.Config, addr string) *tls.Config {
	config = config.Clone()
	if config == nil {
		config = &tls.Config{}
	}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(withoutZone(addr))
	}
	return config
}

// withoutZone returns addr, host:port, without the zone of an IPv6 address, which
// has a meaning only on this machine.
func withoutZone(addr string) string {
	if address, rest, ok := strings.Cut(addr, "%"); ok && addr[0] == '[' {
		_, port, _ := strings.Cut(rest, "]")
		return address + "]" + port
	}
	return addr
}

// startTLS does the TLS handshake over conn, and closes conn if that fails.
func (d *dialing) startTLS(ctx context.Context, conn net.Conn, addr string, config *tls.Config) (net.Conn, error) {
	ctx, cancel := limit(ctx, "TLSTimeout", d.TLSTimeout)
	defer cancel()
	t := tls.Client(socket.Below(conn), config)
	if err := t.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, fail(ctx, TLS, addr, err)
	}
	return t, nil
}

// target returns the host:port of u, and whether its scheme requires TLS.
func target(u *url.URL) (addr string, secure bool, err error) {
	port := "80"
	switch strings.ToLower(u.Scheme) {
	case "wss", "https":
		port, secure = "443", true
	case "ws", "http":
	default:
		return "", false, fmt.Errorf("invalid scheme %q: expected ws, wss, http or https", u.Scheme)
	}
	addr, err = hostPort(u, port)
	return addr, secure, err
}

// hostPort returns the host:port of u, with the host in ASCII.
func hostPort(u *url.URL, defaultPort string) (string, error) {
	host, err := asciiHost(u.Hostname())
	if err != nil {
		return "", err
	}
	port := u.Port()
	if port == "" {
		port = defaultPort
	}
	if _, err := parsePort(port); err != nil {
		return "", err
	}
	if h, p, _ := strings.Cut(u.Host, ":"); h == host && p == port {
		return u.Host, nil
	}
	return net.JoinHostPort(host, port), nil
}

func parsePort(s string) (uint16, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("invalid port %q: expected 1 to 65535", s)
	}
	return uint16(n), nil
}

// asciiHost returns host as it is sent to resolvers and proxies: an international
// name in its ASCII form (RFC 5890), any other unchanged.
func asciiHost(host string) (string, error) {
	if host == "" {
		return "", errors.New("expected a host in the URL, got none")
	}
	ascii := true
	for i := range len(host) {
		if host[i] <= ' ' || host[i] == 0x7f {
			return "", fmt.Errorf("invalid host %q: it contains a space or control character", host)
		}
		ascii = ascii && host[i] < 0x80
	}
	if ascii {
		return host, nil
	}
	return idna.Lookup.ToASCII(host)
}

// measure returns a function that adds the time since measure was called to *d.
func measure(d *time.Duration) func() {
	start := time.Now()
	return func() { *d += time.Since(start) }
}
