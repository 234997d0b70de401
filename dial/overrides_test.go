package dial

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew/internal/testpeer"
)

func TestParseResolve(t *testing.T) {
	t.Parallel()
	tests := []struct {
		entries    string // separated by spaces
		host, port string
		want       string // "" for not overridden
	}{
		{"h:80:1.2.3.4", "h", "80", "[1.2.3.4]"},
		{"h:80:1.2.3.4", "h", "81", "[]"},
		{"h:80:1.2.3.4", "g", "80", "[]"},
		{"H.:80:1.2.3.4", "h", "80", "[1.2.3.4]"},
		{"h:80:1.2.3.4", "H.", "80", "[1.2.3.4]"},
		{"+h:080:1.2.3.4,::1,[::2]", "h", "80", "[1.2.3.4 ::1 ::2]"},
		{"h:80:::1", "h", "80", "[::1]"},
		{"[::1]:80:1.2.3.4", "::1", "80", "[1.2.3.4]"},
		{"127.0.0.1:80:1.2.3.4", "127.0.0.1", "80", "[1.2.3.4]"},
		{"*:80:1.1.1.1", "any", "80", "[1.1.1.1]"},
		{"*:80:1.1.1.1 h:80:2.2.2.2", "h", "80", "[2.2.2.2]"},
		{"h:80:1.1.1.1 h:80:2.2.2.2", "h", "80", "[2.2.2.2]"},
		{"h:80:1.1.1.1 -h:80", "h", "80", "[]"},
		{"h:80:1.1.1.1 -g:80", "h", "80", "[1.1.1.1]"},
		{"*:80:1.1.1.1 -*:80", "h", "80", "[]"},
		{"-h:80 h:80:1.1.1.1", "h", "80", "[1.1.1.1]"},
		{"b\u00fccher.example:80:1.1.1.1", "xn--bcher-kva.example", "80", "[1.1.1.1]"},
	}
	for _, tt := range tests {
		table, err := parseResolve(strings.Fields(tt.entries))
		if err != nil {
			t.Errorf("%s: %v", tt.entries, err)
			continue
		}
		if got := fmt.Sprint(table.find(tt.host, tt.port)); got != tt.want {
			t.Errorf("%s: %s:%s is at %s, want %s", tt.entries, tt.host, tt.port, got, tt.want)
		}
	}
	for _, entry := range []string{
		"", ":", "::", "h", "h:80", "h:80:", "h::1.2.3.4", ":80:1.2.3.4", "h:0:1.2.3.4", "h:65536:1.2.3.4", "h:x:1.2.3.4",
		"h:80:1.2.3", "h:80:name", "h:80:1.2.3.4,", "h:80:1.2.3.4:5", "-h", "-h:80:1.2.3.4", "h:80:[::1", "[::1:80:1.2.3.4", "h h:80:1.2.3.4",
	} {
		if table, err := parseResolve([]string{entry}); err == nil {
			t.Errorf("%q is accepted as %v", entry, table)
		}
	}
}

// FuzzParseResolve checks that an entry is refused, or that its addresses are found.
func FuzzParseResolve(f *testing.F) {
	for _, s := range []string{"h:80:1.2.3.4", "+[::1]:80:[::2],::3", "-h:80", "*:1:1.1.1.1", "h:80:[::1", "[::]:80", ".:1:0.0.0.0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, entry string) {
		table, err := parseResolve([]string{entry})
		if err != nil {
			return
		}
		if strings.HasPrefix(entry, "-") == (len(table) == 1) || len(table) > 1 {
			t.Errorf("%q makes %v", entry, table)
		}
		for key, ips := range table {
			i := strings.LastIndexByte(key, ':')
			if found := table.find(key[:i], key[i+1:]); len(ips) == 0 || !slices.Equal(found, ips) {
				t.Errorf("%q makes %v, but %s is at %v", entry, table, key, found)
			}
		}
	})
}

func TestConnectTo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ entries, addr, want string }{
		{"", "h:80", "h:80"},
		{"h:80:g:81", "h:80", "g:81"},
		{"H:80:g:81", "h:80", "g:81"},
		{"h:80:g:81", "h:79", "h:79"},
		{"x:80:g:81", "h:80", "h:80"},
		{"::g:81", "h:80", "g:81"},
		{":80::81", "h:80", "h:81"},
		{"h::g:", "h:80", "g:80"},
		{":::", "h:80", "h:80"},
		{"h:80:[::1]:81", "h:80", "[::1]:81"},
		{"[::1]:80:g:81", "[::1]:80", "g:81"},
		{"x:1:y:2 h:80:a:1 h:80:b:2", "h:80", "a:1"},
		{"::b\u00fccher.example:", "h:80", "xn--bcher-kva.example:80"},
	} {
		if got, err := connectTo(strings.Fields(tt.entries), tt.addr); got != tt.want || err != nil {
			t.Errorf("%s: %s leads to %s, %v, want %s", tt.entries, tt.addr, got, err, tt.want)
		}
	}
	for _, entry := range []string{"", "h", "h:80", "h:80:g", "h:80:g:0", "h:80:g:x", "h:80:g:81:", "h:80:a b:1"} {
		if got, err := connectTo([]string{entry}, "h:80"); err == nil {
			t.Errorf("%q leads to %s, want an error", entry, got)
		}
	}
}

// TestNamesInDial checks that Dial uses the overrides for hosts and for proxies.
func TestNamesInDial(t *testing.T) {
	t.Parallel()
	servers := echoServers(t, "far.example")
	_, port, _ := net.SplitHostPort(servers["wss"])
	trust := testpeer.NewAuthority().Trust()
	for name, c := range map[string]*Config{
		"Resolve":   {TLS: trust, Resolve: []string{"far.example:" + port + ":127.0.0.1"}, ConnectTo: []string{":::" + port}},
		"ConnectTo": {TLS: trust, ConnectTo: []string{"far.example:443:127.0.0.1:" + port}},
	} {
		t.Run(name, func(t *testing.T) { mustEcho(t, mustDial(t, c, "wss://far.example")) })
	}

	var seen record
	p := proxyServer(t, "http", "", &seen, servers["ws"])
	c := via(mustURL(t, "http://proxy.example:"+p.Port()))
	c.Resolve = []string{"proxy.example:" + p.Port() + ":127.0.0.1"}
	c.ConnectTo = []string{"far.example::near.example:7"}
	mustEcho(t, mustDial(t, c, "ws://far.example"))
	if seen.all() != "near.example:7" {
		t.Errorf("the proxy saw %q", seen.all())
	}

	for _, c := range []*Config{
		{Resolve: []string{"far.example:80:nowhere"}},
		{ConnectTo: []string{"far.example"}},
		{IPVersion: 5},
		{IPVersion: 6, Resolve: []string{"far.example:80:127.0.0.1"}},
		{DNSServers: []string{"dns.example"}},
		{DoHURL: "http://127.0.0.1/"},
		{DoHURL: "https:///"},
		{DoHURL: "\x7f"},
	} {
		failure(t, t.Context(), c, "ws://far.example", Resolve)
	}
	failure(t, t.Context(), &Config{IPVersion: 6}, "ws://127.0.0.1", Resolve)
	failure(t, t.Context(), &Config{IPVersion: 4}, "ws://[::1]", Resolve)
	c = via(mustURL(t, "socks4://127.0.0.1:1"))
	c.IPVersion = 6
	failure(t, t.Context(), c, "ws://localhost", Resolve)
}
