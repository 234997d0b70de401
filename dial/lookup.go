package dial

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// lookup returns an ip:port for each address of the host of addr, in the order in
// which to try them. For network tcp4 it returns only IPv4.
func (d *dialing) lookup(ctx context.Context, network, addr string) ([]string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fail(ctx, Resolve, addr, err)
	}
	ips, err := d.lookupIPs(ctx, network, host, port)
	if err != nil {
		return nil, fail(ctx, Resolve, addr, err)
	}
	ips = interleave(ips)
	addrs := make([]string, len(ips))
	for i, ip := range ips {
		addrs[i] = net.JoinHostPort(ip.String(), port)
	}
	return addrs, nil
}

// literal reports whether addr is an ip:port that no option can replace or refuse.
func (d *dialing) literal(addr string) bool {
	_, err := netip.ParseAddrPort(addr)
	return err == nil && d.IPVersion == 0 && len(d.Resolve) == 0
}

func (d *dialing) lookupIPs(ctx context.Context, network, host, port string) ([]netip.Addr, error) {
	family, err := d.family(network)
	if err != nil {
		return nil, err
	}
	table, err := parseResolve(d.Resolve)
	if err != nil {
		return nil, err
	}
	if ips := table.find(host, port); ips != nil {
		return ofFamily(family, ips)
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return ofFamily(family, []netip.Addr{ip})
	}
	defer measure(&d.took.Lookup)()
	switch {
	case d.DoHURL != "" && !isLocalhost(host):
		return d.lookupDoH(ctx, family, host)
	case len(d.DNSServers) > 0:
		return lookupDNS(ctx, d.DNSServers, family, host)
	}
	return net.DefaultResolver.LookupNetIP(ctx, family, host)
}

// isLocalhost reports whether DNS servers must not be asked for host (RFC 6761
// section 6.3).
func isLocalhost(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// family returns ip4 or ip6 if network or IPVersion allows only one family, else ip.
func (d *dialing) family(network string) (string, error) {
	switch {
	case d.IPVersion != 0 && d.IPVersion != 4 && d.IPVersion != 6:
		return "", invalidOption("IPVersion", "expected 0, 4 or 6, got %d", d.IPVersion)
	case network == "tcp4" && d.IPVersion == 6:
		return "", invalidOption("IPVersion", "expected 0 or 4 for SOCKS4, which has no IPv6, got 6; socks5 has both")
	case d.IPVersion != 0:
		return fmt.Sprint("ip", d.IPVersion), nil
	}
	return "ip" + strings.TrimPrefix(network, "tcp"), nil
}

// ofFamily returns the addresses of a family: ip4, ip6, or ip for both.
func ofFamily(family string, ips []netip.Addr) ([]netip.Addr, error) {
	if family == "ip" {
		return ips, nil
	}
	var kept []netip.Addr
	for _, ip := range ips {
		if ip.Unmap().Is4() == (family == "ip4") {
			kept = append(kept, ip)
		}
	}
	if len(kept) == 0 {
		return nil, fmt.Errorf("expected an IPv%s address, got only %v", family[2:], ips)
	}
	return kept, nil
}

// interleave alternates between the address families, beginning with that of the
// first address. It keeps the order within each family (RFC 8305 section 4).
func interleave(ips []netip.Addr) []netip.Addr {
	for i, ip := range ips {
		ips[i] = ip.Unmap()
	}
	if len(ips) < 2 {
		return ips
	}
	var first, second, out []netip.Addr
	for _, ip := range ips {
		if ip.Is4() == ips[0].Is4() {
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
