package dial

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// overrides are the addresses that Config.Resolve gives to host:port pairs;
// the host * stands for every host.
type overrides map[string][]netip.Addr

// parseResolve reads entries as curl --resolve does; later ones win:
//
//	[+]host:port:address[,address]...    the host's addresses on that port
//	-host:port                           no longer overridden
//
// An IPv6 address may stand in brackets, and must where it is the host. With +
// curl lets the entry expire, which means nothing within one Dial.
func parseResolve(entries []string) (overrides, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	table := overrides{}
	for _, entry := range entries {
		rest, removed := strings.CutPrefix(entry, "-")
		fields := splitFields(strings.TrimPrefix(rest, "+"), 3)
		if removed != (len(fields) == 2) || len(fields) < 2 {
			return nil, resolveEntryError(entry)
		}
		key, err := overrideKey(fields[0], fields[1])
		switch {
		case err != nil:
		case removed:
			delete(table, key)
		default:
			table[key], err = parseAddrs(fields[2])
		}
		if err != nil {
			return nil, resolveEntryError(entry)
		}
	}
	return table, nil
}

func resolveEntryError(entry string) error {
	return wrong("Resolve", "entry %q: want [+]host:port:address[,address]... or -host:port", entry)
}

// find returns the addresses of host:port, or none if they are not overridden.
func (o overrides) find(host, port string) []netip.Addr {
	if len(o) == 0 {
		return nil
	}
	key, err := overrideKey(host, port)
	if err != nil {
		return nil
	}
	if ips, ok := o[key]; ok {
		return ips
	}
	return o["*:"+port]
}

func overrideKey(host, port string) (string, error) {
	host, err := asciiHost(host)
	if err != nil {
		return "", err
	}
	n, err := parsePort(port)
	if err != nil {
		return "", err
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "" {
		return "", errors.New("the root of all names is no host")
	}
	return host + ":" + strconv.Itoa(int(n)), nil
}

func parseAddrs(list string) ([]netip.Addr, error) {
	var ips []netip.Addr
	for text := range strings.SplitSeq(list, ",") {
		if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
			text = text[1 : len(text)-1]
		}
		ip, err := netip.ParseAddr(text)
		if err != nil {
			return nil, err
		}
		ips = append(ips, ip)
	}
	return ips, nil
}

// connectTo is where to connect instead of addr: the second half of the first
// entry, "host:port:host:port" as in curl --connect-to, whose first half fits.
// An empty field of the first half fits anything, one of the second keeps what
// addr has.
func connectTo(entries []string, addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	for _, entry := range entries {
		f := splitFields(entry, 4)
		if len(f) != 4 {
			return "", connectToError(entry)
		}
		if f[0] != "" && !strings.EqualFold(f[0], host) || f[1] != "" && f[1] != port {
			continue
		}
		toHost, err := asciiHost(or(f[2], host))
		if err != nil {
			return "", connectToError(entry)
		}
		if _, err := parsePort(or(f[3], port)); err != nil {
			return "", connectToError(entry)
		}
		return net.JoinHostPort(toHost, or(f[3], port)), nil
	}
	return addr, nil
}

func connectToError(entry string) error {
	return wrong("ConnectTo", "entry %q: want host:port:host:port, each of them or empty", entry)
}

// or is a, or b if a is empty.
func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// splitFields splits s at the colons outside of brackets into at most n fields,
// and takes brackets around a field off, but for the last, which is as in s.
func splitFields(s string, n int) []string {
	var fields []string
	for len(fields) < n-1 {
		from := 0
		if strings.HasPrefix(s, "[") {
			from = max(0, strings.IndexByte(s, ']'))
		}
		colon := strings.IndexByte(s[from:], ':')
		if colon < 0 {
			break
		}
		fields = append(fields, strings.Trim(s[:from+colon], "[]"))
		s = s[from+colon+1:]
	}
	return append(fields, s)
}
