package dial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"strconv"
)

// SOCKSError is the refusal of a SOCKS proxy to connect to the host.
type SOCKSError struct {
	Version int  // 4 or 5
	Code    byte // the reply field: RFC 1928 section 6, or 91 to 93 of SOCKS4
}

func (e *SOCKSError) Error() string {
	text, ok := socksReplies[*e]
	if !ok {
		text = "a reply without a standard meaning"
	}
	return fmt.Sprintf("the SOCKS%d proxy refused: %s (reply %d)", e.Version, text, e.Code)
}

var socksReplies = map[SOCKSError]string{
	{4, 91}: "rejected or failed",
	{4, 92}: "it cannot reach identd on this machine",
	{4, 93}: "identd on this machine reports another user",
	{5, 1}:  "general failure",
	{5, 2}:  "not allowed by its rules",
	{5, 3}:  "network unreachable",
	{5, 4}:  "host unreachable",
	{5, 5}:  "connection refused by the host",
	{5, 6}:  "TTL expired",
	{5, 7}:  "command not supported",
	{5, 8}:  "address type not supported",
}

// socks returns the Func of a SOCKS proxy. negotiate asks the proxy to connect to an
// address. next connects to the proxy.
func (d *dialing) socks(negotiate func(io.ReadWriter, socksAddr, *url.Userinfo) error, h *hop, next Func) Func {
	return func(ctx context.Context, _, addr string) (net.Conn, error) {
		to, err := parseSOCKSAddr(addr)
		if err != nil {
			return nil, err
		}
		conn, err := next(ctx, h.network, h.addr)
		if err != nil {
			return nil, err
		}
		if err := d.talk(ctx, conn, func() error { return negotiate(conn, to, h.user) }); err != nil {
			conn.Close()
			return nil, err
		}
		return conn, nil
	}
}

// socksAddr is an address as SOCKS has it: an IP address, or if ip is zero a name.
type socksAddr struct {
	ip   netip.Addr
	name string
	port uint16
}

func parseSOCKSAddr(addr string) (socksAddr, error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return socksAddr{}, err
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return socksAddr{}, err
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return socksAddr{ip: ip.Unmap().WithZone(""), port: uint16(port)}, nil
	}
	if len(host) > 255 {
		return socksAddr{}, fmt.Errorf("host name of %d bytes exceeds the limit of SOCKS (255)", len(host))
	}
	return socksAddr{name: host, port: uint16(port)}, nil
}

// exchange sends request and receives len(reply) bytes.
func exchange(c io.ReadWriter, request, reply []byte) error {
	if _, err := c.Write(request); err != nil {
		return fmt.Errorf("sending to the SOCKS proxy: %w", err)
	}
	return receive(c, reply)
}

// receive receives exactly len(reply) bytes.
func receive(c io.Reader, reply []byte) error {
	n, err := io.ReadFull(c, reply)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("receiving the SOCKS proxy's reply, got %d of %d bytes: %w", n, len(reply), err)
	}
	return nil
}
