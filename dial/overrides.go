package dial

import (
	"cmp"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// overrides are the addresses that Config.Resolve sets for pairs of host:port. The
// host * stands for every host.
type overrides map[string][]netip.Addr

// parseResolve parses entries as curl --resolve does. Later ones override earlier
// ones:
//
//	[+]host:port:address[,address]...    the host's addresses on that port
//	-host:port                           no longer overridden
//
// An IPv6 address may be in brackets, and must be if it is the host. With a + curl
// lets the entry expire, which has no meaning within one Dial.
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
	return invalidOption("Resolve", "invalid entry %q: expected [+]host:port:address[,address]... or -host:port", entry)
}

// find returns the addresses set for host:port, or nil if there are none.
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
		return "", errors.New("expected a host name, got the root of all names")
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

// connectTo returns the address to connect to instead of addr: the second half of
// the first entry whose first half matches addr. Entries have the form
// "host:port:host:port", as in curl --connect-to. An empty field of the first half
// matches anything. One of the second half stands for that of addr.
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
		toHost, err := asciiHost(cmp.Or(f[2], host))
		if err != nil {
			return "", connectToError(entry)
		}
		if _, err := parsePort(cmp.Or(f[3], port)); err != nil {
			return "", connectToError(entry)
		}
		return net.JoinHostPort(toHost, cmp.Or(f[3], port)), nil
	}
	return addr, nil
}

func connectToError(entry string) error {
	return invalidOption("ConnectTo", "invalid entry %q: expected host:port:host:port, where each may be empty", entry)
}

// splitFields splits s at the colons outside brackets into at most n fields. It
// removes brackets around a field, except the last one, which is unchanged.
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
