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

// dialing is one call of Config.Dial: its options and what it measured.
type dialing struct {
	*Config
	took Timings
}

// Dial makes the stream to the host of u: over TLS if the scheme is wss or
// https, plain if it is ws or http. alpn names the protocols to offer in TLS;
// with none, TLS.NextProtos stands. Port 443 or 80 is the default.
//
// Dial blocks until the stream is there, ctx has ended or a limit has passed.
// Its error is always an *[Error], beside which the Timings still tell what was
// measured.
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

// hostTLS is the TLS configuration for the host at addr.
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

// withoutZone is addr, host:port, for those elsewhere: the zone of an IPv6
// address means something on this machine only.
func withoutZone(addr string) string {
	if address, rest, ok := strings.Cut(addr, "%"); ok && addr[0] == '[' {
		_, port, _ := strings.Cut(rest, "]")
		return address + "]" + port
	}
	return addr
}

// startTLS shakes hands over conn, and closes conn if that fails.
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

// target is the host:port that u names, and whether TLS is spoken there.
func target(u *url.URL) (addr string, secure bool, err error) {
	port := "80"
	switch strings.ToLower(u.Scheme) {
	case "wss", "https":
		port, secure = "443", true
	case "ws", "http":
	default:
		return "", false, fmt.Errorf("scheme %q is none of ws, wss, http, https", u.Scheme)
	}
	addr, err = hostPort(u, port)
	return addr, secure, err
}

// hostPort is the host:port of u, the host in ASCII.
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
		return 0, fmt.Errorf("port %q is not a number from 1 to 65535", s)
	}
	return uint16(n), nil
}

// asciiHost is host as it goes to resolvers and proxies: international names in
// their ASCII form (RFC 5890), all others unchanged.
func asciiHost(host string) (string, error) {
	if host == "" {
		return "", errors.New("no host in the URL")
	}
	ascii := true
	for i := range len(host) {
		if host[i] <= ' ' || host[i] == 0x7f {
			return "", fmt.Errorf("host %q contains a space or control character", host)
		}
		ascii = ascii && host[i] < 0x80
	}
	if ascii {
		return host, nil
	}
	return idna.Lookup.ToASCII(host)
}

// measure adds the time until the returned function is called to *d.
func measure(d *time.Duration) func() {
	start := time.Now()
	return func() { *d += time.Since(start) }
}
