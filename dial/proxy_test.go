package dial

import (
	"crypto/tls"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/curlew-ws/curlew/internal/testpeer"
)

var proxySchemes = []string{"http", "https", "socks4", "socks4a", "socks5", "socks5h"}

// echoServers starts two echo servers, the second one with TLS for name.
func echoServers(t testing.TB, name string) map[string]string {
	cert := testpeer.NewAuthority().Issue(t, name)
	return map[string]string{
		"ws":  testpeer.Serve(t, echo),
		"wss": testpeer.Serve(t, testpeer.WithTLS(&tls.Config{Certificates: []tls.Certificate{cert}}, echo)),
	}
}

// TestProxyKinds dials through each kind of proxy a host that only proxies can resolve.
func TestProxyKinds(t *testing.T) {
	t.Parallel()
	servers := echoServers(t, "localhost")
	tests := []struct {
		scheme, userinfo string
		sees             string // what the proxy gets to see of ws://localhost:7
	}{
		{"http", "", "localhost:7"},
		{"https", "", "localhost:7"},
		{"socks4", "", "@127.0.0.1:7"},
		{"socks4", "joe@", "joe@127.0.0.1:7"},
		{"socks4a", "joe:ignored@", "joe@localhost:7"},
		{"socks5", "", ""}, // either loopback address
		{"socks5h", "", "@localhost:7"},
		{"socks5h", "joe:secret@", "joe:secret@localhost:7"},
	}
	for _, tt := range tests {
		for scheme, backend := range servers {
			t.Run(tt.scheme+" "+scheme, func(t *testing.T) {
				t.Parallel()
				var seen record
				p := proxyServer(t, tt.scheme, tt.userinfo, &seen, backend)
				conn := mustDial(t, via(p), scheme+"://localhost:7/")
				mustEcho(t, conn)
				if _, isTLS := conn.(*tls.Conn); isTLS != (scheme == "wss" || tt.scheme == "https") {
					t.Errorf("got a %T", conn)
				} else if _, isTCP := conn.(*net.TCPConn); isTCP == isTLS {
					t.Errorf("got a %T", conn)
				}
				got := seen.all()
				if tt.sees == "" {
					if got != "@127.0.0.1:7" && got != "@[::1]:7" {
						t.Errorf("the proxy saw %q, want an address", got)
					}
				} else if got != tt.sees {
					t.Errorf("the proxy saw %q, want %q", got, tt.sees)
				}
			})
		}
	}
}

// TestProxyPairs dials through each kind of proxy and each kind of pre-proxy.
func TestProxyPairs(t *testing.T) {
	t.Parallel()
	servers := echoServers(t, "localhost")
	for _, pre := range proxySchemes {
		for _, main := range proxySchemes {
			t.Run(pre+" "+main, func(t *testing.T) {
				t.Parallel()
				var preSeen, mainSeen record
				c := via(proxyServer(t, main, "", &mainSeen, servers["wss"]))
				p, _ := c.Proxy(nil)
				c.PreProxy = proxyServer(t, pre, "", &preSeen, "")
				mustEcho(t, mustDial(t, c, "wss://localhost"))
				if !strings.HasSuffix(preSeen.all(), p.Host) {
					t.Errorf("the pre-proxy saw %q, want the proxy %s", preSeen.all(), p.Host)
				}
				if !strings.HasSuffix(mainSeen.all(), ":443") {
					t.Errorf("the proxy saw %q, want the host", mainSeen.all())
				}
			})
		}
	}
}

// TestProxyAddresses dials hosts that are addresses.
func TestProxyAddresses(t *testing.T) {
	t.Parallel()
	backend := testpeer.Serve(t, echo)
	for _, tt := range []struct{ scheme, url, sees string }{
		{"http", "ws://[::1]:7", "[::1]:7"},
		{"socks5", "ws://[::1]:7", "@[::1]:7"},
		{"socks5h", "ws://[::ffff:10.0.0.1]:7", "@10.0.0.1:7"},
		{"socks4a", "ws://10.0.0.1:7", "@10.0.0.1:7"},
	} {
		var seen record
		mustEcho(t, mustDial(t, via(proxyServer(t, tt.scheme, "", &seen, backend)), tt.url))
		if seen.all() != tt.sees {
			t.Errorf("%s: the proxy saw %q of %s", tt.scheme, seen.all(), tt.url)
		}
	}
}

func TestPreProxyAlone(t *testing.T) {
	t.Parallel()
	var seen record
	c := &Config{PreProxy: proxyServer(t, "socks5h", "", &seen, testpeer.Serve(t, echo))}
	mustEcho(t, mustDial(t, c, "ws://far.example"))
	if seen.all() != "@far.example:80" {
		t.Errorf("the pre-proxy saw %q", seen.all())
	}
}

func TestNoProxyConfig(t *testing.T) {
	t.Parallel()
	dead := mustURL(t, "http://"+closedAddr(t))
	addr := testpeer.Serve(t, echo)
	mustEcho(t, mustDial(t, &Config{Proxy: ProxyURL(dead), PreProxy: dead, NoProxy: "127.0.0.0/8"}, "ws://"+addr))
	mustEcho(t, mustDial(t, &Config{Proxy: ProxyURL(nil)}, "ws://"+addr))
}

func TestProxyOnUnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Skip("no unix sockets:", err)
	}
	var seen record
	testpeer.ServeOn(t, l, socks5Proxy(&seen, testpeer.Serve(t, echo), false))
	c := via(mustURL(t, "socks5h://localhost"+path))
	mustEcho(t, mustDial(t, c, "ws://far.example"))
	if seen.all() != "@far.example:80" {
		t.Errorf("the proxy saw %q", seen.all())
	}
	c.PreProxy = mustURL(t, "http://127.0.0.1:1")
	failure(t, t.Context(), c, "ws://far.example", Proxy)
}

// TestProxyUnreachable checks that the error of a failure before the proxy has the
// address of the proxy and the stage.
func TestProxyUnreachable(t *testing.T) {
	t.Parallel()
	inner := func(err *Error, stage Stage, addr string) *Error {
		t.Helper()
		nested, ok := err.Err.(*Error)
		if !ok || nested.Stage != stage || nested.Addr != addr || err.Addr != addr || !strings.Contains(err.Error(), addr) {
			t.Fatalf("got %v, want %s at %s inside", err, stage, addr)
		}
		return nested
	}
	for _, scheme := range proxySchemes {
		addr := closedAddr(t)
		err := failure(t, t.Context(), via(mustURL(t, scheme+"://joe:"+canary+"@"+addr)), "ws://127.0.0.1:1", Proxy)
		if inner(err, Connect, addr); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s: got %v", scheme, err)
		}
		err = failure(t, t.Context(), via(mustURL(t, scheme+"://no-such-host.invalid:1")), "ws://127.0.0.1:1", Proxy)
		inner(err, Resolve, "no-such-host.invalid:1")
	}
	p := proxyServer(t, "https", "", &record{}, "")
	inner(failure(t, t.Context(), &Config{Proxy: ProxyURL(p)}, "ws://127.0.0.1:1", Proxy), TLS, p.Host)
}

// TestProxyFuncError checks that Dial returns the error of Config.Proxy.
func TestProxyFuncError(t *testing.T) {
	t.Parallel()
	failure(t, t.Context(), &Config{Proxy: EnvironmentProxy(func(string) string { return "ftp://x" })}, "ws://127.0.0.1:1", Proxy)
	failure(t, t.Context(), via(mustURL(t, "ftp://x")), "ws://127.0.0.1:1", Proxy)
	failure(t, t.Context(), &Config{PreProxy: mustURL(t, "//x")}, "ws://127.0.0.1:1", Proxy)
}

func TestParseProxy(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]hop{
		"proxy":                       {scheme: "http", network: "tcp", addr: "proxy:1080"},
		"proxy:3128":                  {scheme: "http", network: "tcp", addr: "proxy:3128"},
		"joe:pw@proxy:3128":           {scheme: "http", network: "tcp", addr: "proxy:3128"},
		"HTTP://proxy/":               {scheme: "http", network: "tcp", addr: "proxy:1080"},
		"https://proxy":               {scheme: "https", network: "tcp", addr: "proxy:443"},
		"socks5h://[::1]":             {scheme: "socks5h", network: "tcp", addr: "[::1]:1080"},
		"socks4a://h:1/":              {scheme: "socks4a", network: "tcp", addr: "h:1"},
		"socks://h":                   {scheme: "socks", network: "tcp", addr: "h:1080"},
		"socks5://localhost/run/sock": {scheme: "socks5", network: "unix", addr: "/run/sock"},
		"socks5://localhost":          {scheme: "socks5", network: "tcp", addr: "localhost:1080"},
	} {
		u, err := ParseProxy(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		h, err := newHop(u)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if h.user = nil; *h != want {
			t.Errorf("%s: got %+v, want %+v", in, *h, want)
		}
	}
	for _, in := range []string{
		"", "http://", "http://:80", "ftp://h", "h:port", "h:0", "h:65536", "http://h/path", "http://h?q", "h#f",
		"joe:pass/word@h", "joe:12/34@h", "joe:12?34@h", "joe:a b@h", "socks5://h/path", "joe:a://b@h", "\x7f", "http://%zz",
		"socks6://h", "http://[::1", "://h", "joe:p@ss\n@h",
	} {
		u, err := ParseProxy(in)
		if err == nil {
			t.Errorf("%q is accepted as %v", in, u)
		}
	}
}

// TestParseProxySecrets checks that errors do not show passwords that break the URL.
func TestParseProxySecrets(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"joe:", "joe:x", "http://joe:", "socks5://joe:", "http://", "", "gopher://joe:", "joe:p://"} {
		for _, after := range []string{"/@h", "?@h", "#@h", "@h/path", " @h", "%zz@h", "\x7f@h", "@h:port", "@[::1", "@h:99999", ":80/@h", "@:80"} {
			_, err := ParseProxy(before + canary + after)
			if err == nil {
				continue // some of these are a host name
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("%v", err)
			}
		}
	}
}
