package dial

import (
	"context"
	"errors"
	"net"
	"net/netip"
)

// lookupDNS asks servers, one after another, until one answers, even if the answer
// is that the host does not exist. Each is an address with or without a port. The
// system's hosts file and search list apply as usual.
func lookupDNS(ctx context.Context, servers []string, family, host string) (ips []netip.Addr, err error) {
	for _, server := range servers {
		var addr string
		if addr, err = serverAddr(server); err != nil {
			return nil, err
		}
		ips, err = serverResolver(addr).LookupNetIP(ctx, family, host)
		failure, ok := errors.AsType[*net.DNSError](err)
		if ok {
			failure.Server = addr // the resolver names the system's server
		}
		if err == nil || ok && failure.IsNotFound || ctx.Err() != nil {
			break
		}
	}
	return ips, err
}

// serverResolver returns a resolver that asks the server at addr.
func serverResolver(addr string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
}

// serverAddr returns the ip:port of a server.
func serverAddr(server string) (string, error) {
	if ip, err := netip.ParseAddr(server); err == nil {
		return netip.AddrPortFrom(ip, 53).String(), nil
	}
	addr, err := netip.ParseAddrPort(server)
	if err != nil {
		return "", invalidOption("DNSServers", "invalid entry %q: expected an address, perhaps with a port", server)
	}
	return addr.String(), nil
}
