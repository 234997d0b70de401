package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// source is what connections are made from: Config.Interface, parsed.
type source struct {
	device string       // the interface, or ""
	ips    []netip.Addr // the addresses to choose from; any if empty
}

var anywhere source

// newSource parses the forms of curl --interface: if!name, host!address,
// ifhost!name!address, and a name alone. That is the name of an interface if there
// is one, else an address or a host name.
func newSource(ctx context.Context, text string) (*source, error) {
	if text == "" {
		return &anywhere, nil
	}
	s := &source{}
	var host string
	complete := true // no part of the form is empty
	switch kind, rest, _ := strings.Cut(text, "!"); kind {
	case "if":
		s.device, complete = rest, rest != ""
	case "host":
		host, complete = rest, rest != ""
	case "ifhost":
		s.device, host, _ = strings.Cut(rest, "!")
		complete = s.device != "" && host != ""
	default:
		if host = text; isInterface(text) {
			s.device, host = text, ""
		}
	}
	var err error
	switch {
	case !complete:
		err = errors.New("expected if!interface, host!host or ifhost!interface!host")
	case host != "":
		s.ips, err = net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	case s.device != "":
		s.ips, err = interfaceAddrs(s.device)
	}
	if err != nil {
		return nil, invalidOption("Interface", "%q: %w", text, err)
	}
	for i, ip := range s.ips {
		s.ips[i] = ip.Unmap()
	}
	return s, nil
}

func isInterface(name string) bool {
	_, err := net.InterfaceByName(name)
	return err == nil
}

func interfaceAddrs(name string) ([]netip.Addr, error) {
	device, err := net.InterfaceByName(name)
	if err != nil {
		return nil, err
	}
	addrs, err := device.Addrs()
	if err != nil {
		return nil, err
	}
	var ips []netip.Addr
	for _, a := range addrs {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil {
			continue
		}
		ip := prefix.Addr()
		if ip.Is6() && ip.IsLinkLocalUnicast() {
			ip = ip.WithZone(name)
		}
		ips = append(ips, ip)
	}
	if len(ips) == 0 {
		return nil, errors.New("the interface has no address")
	}
	return ips, nil
}

// local returns the address from which to connect to remote ("ip:port"): one of the
// same family, preferably of the same scope. It has no port. It has no IP if any
// address may be used.
func (s *source) local(remote string) (local net.TCPAddr, err error) {
	if len(s.ips) == 0 {
		return local, nil
	}
	addr, err := netip.ParseAddrPort(remote)
	if err != nil {
		return local, err
	}
	to := addr.Addr().Unmap()
	family := func(ip netip.Addr) bool { return ip.Is4() == to.Is4() }
	scope := func(ip netip.Addr) bool { return family(ip) && ip.IsLinkLocalUnicast() == to.IsLinkLocalUnicast() }
	i := slices.IndexFunc(s.ips, scope)
	if i < 0 {
		i = slices.IndexFunc(s.ips, family)
	}
	if i < 0 {
		return local, fmt.Errorf("expected a local address of the family of %s, got only %v", to, s.ips)
	}
	return net.TCPAddr{IP: s.ips[i].AsSlice(), Zone: s.ips[i].Zone()}, nil
}
