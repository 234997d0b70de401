package dial

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

// happyEyeballs is how long an address has the race to itself, as in curl.
const happyEyeballs = 200 * time.Millisecond

// unix is the Func of Config.UnixSocket, which takes the place of every host.
func (d *dialing) unix(ctx context.Context, _, _ string) (net.Conn, error) {
	return d.connect(ctx, d.UnixSocket, []string{d.UnixSocket}, "unix")
}

// direct is the Func at the bottom of the chain: it looks the host up and
// connects to whichever of its addresses answers first.
func (d *dialing) direct(ctx context.Context, network, addr string) (net.Conn, error) {
	if network == "unix" {
		return d.connect(ctx, addr, []string{addr}, network)
	}
	addrs, err := d.lookup(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return d.connect(ctx, addr, addrs, network)
}

// connect races the addresses that host has.
func (d *dialing) connect(ctx context.Context, host string, addrs []string, network string) (net.Conn, error) {
	defer measure(&d.took.Connect)()
	conn, err := race(ctx, addrs, happyEyeballs, func(ctx context.Context, addr string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, network, addr)
	})
	if err != nil {
		return nil, fail(ctx, Connect, host, err)
	}
	return conn, nil
}

// lookup turns host:port into one ip:port for each address of the host, in the
// order in which to try them. Network tcp4 or tcp6 asks for one family only.
func (d *dialing) lookup(ctx context.Context, network, addr string) ([]string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fail(ctx, Resolve, addr, err)
	}
	ips, err := d.lookupIPs(ctx, "ip"+strings.TrimPrefix(network, "tcp"), host)
	if err != nil {
		return nil, fail(ctx, Resolve, addr, err)
	}
	var addrs []string
	for _, ip := range interleave(ips) {
		addrs = append(addrs, net.JoinHostPort(ip.String(), port))
	}
	return addrs, nil
}

func (d *dialing) lookupIPs(ctx context.Context, family, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ofFamily(family, []netip.Addr{ip})
	}
	defer measure(&d.took.Lookup)()
	return net.DefaultResolver.LookupNetIP(ctx, family, host)
}

// ofFamily keeps the addresses of a family: ip4, ip6, or ip for both.
func ofFamily(family string, ips []netip.Addr) ([]netip.Addr, error) {
	var kept []netip.Addr
	for _, ip := range ips {
		if family == "ip" || ip.Unmap().Is4() == (family == "ip4") {
			kept = append(kept, ip)
		}
	}
	if len(kept) == 0 {
		return nil, fmt.Errorf("no IPv%s address among %v", family[2:], ips)
	}
	return kept, nil
}

// interleave alternates between the address families, beginning with the
// first address's, and keeps the order within each (RFC 8305 section 4).
func interleave(ips []netip.Addr) []netip.Addr {
	var first, second, out []netip.Addr
	for _, ip := range ips {
		ip = ip.Unmap()
		if ip.Is4() == ips[0].Unmap().Is4() {
			first = append(first, ip)
		} else {
			second = append(second, ip)
		}
	}
	for len(first) > 0 && len(second) > 0 {
		out = append(out, first[0], second[0])
		first, second = first[1:], second[1:]
	}
	return append(append(out, first...), second...)
}
