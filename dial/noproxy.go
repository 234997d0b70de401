package dial

import (
	"net"
	"net/netip"
	"strings"
)

// noProxy reports whether list exempts the host of addr (host:port) from proxies,
// as curl does. A name in the list, with or without a leading dot, matches itself
// and all its subdomains. An address, or a range in CIDR form, matches hosts that
// are addresses. * matches every host.
func noProxy(list, addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	numeric := err == nil
	for entry := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }) {
		if entry == "*" || numeric && matchesIP(entry, ip) || !numeric && matchesName(entry, host) {
			return true
		}
	}
	return false
}

func matchesIP(entry string, ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if prefix, err := netip.ParsePrefix(entry); err == nil {
		return prefix.Contains(ip)
	}
	single, err := netip.ParseAddr(strings.Trim(entry, "[]"))
	return err == nil && single.Unmap().WithZone("") == ip
}

func matchesName(entry, host string) bool {
	entry = strings.TrimSuffix(strings.TrimPrefix(entry, "."), ".")
	entry, err := asciiHost(entry)
	if err != nil {
		return false
	}
	entry, host = strings.ToLower(entry), strings.ToLower(strings.TrimSuffix(host, "."))
	return host == entry || strings.HasSuffix(host, "."+entry)
}
