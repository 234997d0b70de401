package dial

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

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

// FuzzParseResolve: an entry is refused, or its own addresses are found.
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

// TestNamesInDial: the overrides do what they say for hosts and for proxies.
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

func TestNetDial(t *testing.T) {
	t.Parallel()
	addr := testpeer.Serve(t, echo)
	type contextKey struct{}
	hook := func(ctx context.Context, network, to string) (net.Conn, error) {
		if network != "tcp" || to != "far.example:80" || ctx.Value(contextKey{}) != "value" {
			return nil, fmt.Errorf("asked for %s %s", network, to)
		}
		return net.Dial("tcp", addr)
	}
	ctx := context.WithValue(t.Context(), contextKey{}, "value")
	conn, _, err := (&Config{NetDial: hook}).Dial(ctx, mustURL(t, "ws://far.example"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	mustEcho(t, conn)

	broken := errors.New("broken")
	fails := func(ctx context.Context, network, to string) (net.Conn, error) { return nil, broken }
	if err := failure(t, ctx, &Config{NetDial: fails}, "ws://far.example", Connect); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// TestHappyEyeballs connects although the first address is of no use.
func TestHappyEyeballs(t *testing.T) {
	t.Parallel()
	addr := testpeer.Serve(t, echo)
	_, port, _ := net.SplitHostPort(addr)
	for _, delay := range []time.Duration{-1, 0, time.Millisecond} {
		c := &Config{HappyEyeballs: delay, Resolve: []string{"h:" + port + ":[::1],127.0.0.1"}}
		mustEcho(t, mustDial(t, c, "ws://h:"+port))
	}
}

// dnsServer answers A questions for names that begin with "known" with
// 127.0.0.1, by UDP, until the test ends.
func dnsServer(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 2000)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			c.WriteTo(dnsAnswer(b[:n]), from)
		}
	}()
	t.Cleanup(func() { c.Close(); <-done })
	return c.LocalAddr().String()
}

// dnsAnswer answers a question: "known" names have 127.0.0.1, "broken" ones
// fail, others do not exist.
func dnsAnswer(question []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) != 1 {
		return nil
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	q := m.Questions[0]
	switch name := q.Name.String(); {
	case strings.HasPrefix(name, "broken"):
		m.RCode = dnsmessage.RCodeServerFailure
	case !strings.HasPrefix(name, "known"):
		m.RCode = dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeA:
		alias := dnsmessage.MustNewName("alias.example.")
		m.Answers = []dnsmessage.Resource{
			{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1}, Body: &dnsmessage.CNAMEResource{CNAME: alias}},
			{Header: dnsmessage.ResourceHeader{Name: alias, Class: q.Class, TTL: 1}, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}},
		}
	}
	b, _ := m.Pack()
	return b
}

func TestDNSServers(t *testing.T) {
	t.Parallel()
	server, addr := dnsServer(t), testpeer.Serve(t, echo)
	_, port, _ := net.SplitHostPort(addr)
	start := time.Now()
	conn, took, err := (&Config{DNSServers: []string{server}}).Dial(t.Context(), mustURL(t, "ws://known.example:"+port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if all := time.Since(start); took.Lookup <= 0 || took.Connect <= 0 || took.Lookup+took.Connect > all {
		t.Errorf("took %+v, of %v", took, all)
	}
	mustEcho(t, conn)

	err = failure(t, t.Context(), &Config{DNSServers: []string{server, "127.0.0.1:1"}}, "ws://other.example", Resolve)
	if e, ok := errors.AsType[*net.DNSError](err); !ok || !e.IsNotFound || e.Server != server {
		t.Errorf("got %v", err)
	}
	// A server that is not there is passed over.
	dead := closedAddr(t)
	mustEcho(t, mustDial(t, &Config{DNSServers: []string{dead, server}}, "ws://known.example:"+port))

	for in, want := range map[string]string{"1.1.1.1": "1.1.1.1:53", "1.1.1.1:54": "1.1.1.1:54", "::1": "[::1]:53", "[::1]:54": "[::1]:54"} {
		if got, err := serverAddr(in); got != want || err != nil {
			t.Errorf("serverAddr(%s) = %s, %v", in, got, err)
		}
	}
}

var dohQuestion4, _ = packQuestion("known.example", dnsmessage.TypeA)

// dohServer answers as dnsAnswer does, and counts the questions;
// open is the number of connections that are.
func dohServer(t *testing.T, questions, open *atomic.Int32) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		questions.Add(1)
		question, _ := io.ReadAll(r.Body)
		switch {
		case r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/dns-message" || question[0] != 0 || question[1] != 0:
			http.Error(w, "not RFC 8484", http.StatusBadRequest)
		case strings.HasSuffix(r.URL.Path, "/redirect"):
			http.Redirect(w, r, "/dns", http.StatusFound)
		case strings.HasSuffix(r.URL.Path, "/flood"):
			w.Header().Set("X", strings.Repeat("x", 2*maxDNSMessage))
			w.Write(dnsAnswer(question))
		case strings.HasSuffix(r.URL.Path, "/bomb"):
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			z.Write(bytes.Repeat([]byte{0xff}, 64<<20)) // until nobody listens
		case strings.HasSuffix(r.URL.Path, "/garbage"):
			io.WriteString(w, "garbage")
		case strings.HasSuffix(r.URL.Path, "/slow"):
			time.Sleep(20 * time.Millisecond)
			w.Write(dnsAnswer(question))
		case strings.HasSuffix(r.URL.Path, "/always4"): // whatever is asked
			w.Write(dnsAnswer(dohQuestion4))
		case strings.HasSuffix(r.URL.Path, "/hang"):
			<-r.Context().Done()
		default:
			w.Header().Set("Content-Type", "application/dns-message")
			w.Write(dnsAnswer(question))
		}
	}))
	s.EnableHTTP2 = true
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
		}
	}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{testpeer.NewAuthority().Issue(t, "127.0.0.1")}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func TestDoH(t *testing.T) {
	t.Parallel()
	var questions atomic.Int32
	s := dohServer(t, &questions, new(atomic.Int32))
	addr := testpeer.Serve(t, echo)
	_, port, _ := net.SplitHostPort(addr)
	c := func(path string) *Config {
		return &Config{DoHURL: s.URL + path, DoHTLS: testpeer.NewAuthority().Trust()}
	}
	mustEcho(t, mustDial(t, c("/dns"), "ws://known.example:"+port))
	if n := questions.Swap(0); n != 2 {
		t.Errorf("%d questions, want 2", n)
	}
	only4 := c("/dns")
	only4.IPVersion = 4
	mustEcho(t, mustDial(t, only4, "ws://known.example:"+port))
	if n := questions.Swap(0); n != 1 {
		t.Errorf("%d questions, want 1", n)
	}
	mustEcho(t, mustDial(t, c("/dns"), "ws://localhost:"+port))
	if n := questions.Load(); n != 0 {
		t.Errorf("%d questions about localhost", n)
	}

	err := failure(t, t.Context(), c("/dns"), "ws://other.example", Resolve)
	if e, ok := errors.AsType[*net.DNSError](err); !ok || !e.IsNotFound {
		t.Errorf("got %v", err)
	}
	only6 := c("/dns")
	only6.IPVersion = 6
	// The server itself may be of the other family, as one of DNSServers may.
	err = failure(t, t.Context(), only6, "ws://known.example:"+port, Resolve)
	if e, ok := errors.AsType[*net.DNSError](err); !ok || !e.IsNotFound {
		t.Errorf("got %v", err)
	}
	only6.DoHURL = s.URL + "/always4"
	if err := failure(t, t.Context(), only6, "ws://known.example:"+port, Resolve); !strings.Contains(err.Error(), "there are [127.0.0.1]") {
		t.Errorf("got %v", err)
	}
	for path, says := range map[string]string{"/redirect": "302", "/garbage": "malformed", "/flood": "DNS over HTTPS", "/bomb": "malformed"} {
		if err := failure(t, t.Context(), c("/id-of-mine"+path), "ws://known.example", Resolve); !strings.Contains(err.Error(), says) ||
			strings.Contains(err.Error(), "id-of-mine") {
			t.Errorf("%s: got %v", path, err)
		}
	}
	if err := failure(t, t.Context(), c("/dns"), "ws://broken.example", Resolve); !strings.Contains(err.Error(), "ServerFailure") {
		t.Errorf("got %v", err)
	}
	failure(t, t.Context(), c("/dns"), "ws://"+strings.Repeat("known.", 50), Resolve)
	untrusted := &Config{DoHURL: s.URL}
	if err := failure(t, t.Context(), untrusted, "ws://known.example", Resolve); !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v", err)
	}
	conn, took, err2 := c("/slow").Dial(t.Context(), mustURL(t, "ws://known.example:"+port))
	if err2 != nil || took.Lookup < 10*time.Millisecond {
		t.Fatalf("a slow lookup: took %+v, %v", took, err2)
	}
	conn.Close()
	hang := c("/hang")
	hang.ConnectTimeout = 20 * time.Millisecond
	if err := failure(t, t.Context(), hang, "ws://known.example", Resolve); !strings.Contains(err.Error(), "ConnectTimeout") {
		t.Errorf("got %v", err)
	}
}

// TestDoHCloses: no connection to the server stays open, whether the lookup
// succeeded or was given up.
func TestDoHCloses(t *testing.T) {
	t.Parallel()
	var questions, open atomic.Int32
	s := dohServer(t, &questions, &open)
	for _, path := range []string{"/dns", "/hang", "/garbage"} {
		ctx, cancel := context.WithCancel(t.Context())
		before := questions.Load()
		go func() {
			eventually(func() bool { return questions.Load() == before+2 })
			if path == "/hang" {
				cancel()
			}
		}()
		c := &Config{DoHURL: s.URL + path, DoHTLS: testpeer.NewAuthority().Trust()}
		conn, _, err := c.Dial(ctx, mustURL(t, "ws://known.example:1"))
		if cancel(); err == nil {
			conn.Close()
			t.Errorf("%s: Dial succeeded", path)
		}
		if !eventually(func() bool { return open.Load() == 0 }) {
			t.Errorf("%s: %d connections to the server are open", path, open.Load())
		}
	}
}

// FuzzUnpackAnswer: whatever a server answers, there is an error or there are addresses.
func FuzzUnpackAnswer(f *testing.F) {
	q, _ := packQuestion("known.example", dnsmessage.TypeA)
	f.Add(q)
	f.Add(dnsAnswer(q))
	f.Fuzz(func(t *testing.T, b []byte) {
		ips, err := unpackAnswer(b)
		if err != nil && ips != nil {
			t.Errorf("got %v and %v", ips, err)
		}
		for _, ip := range ips {
			if !ip.IsValid() {
				t.Errorf("got %v", ips)
			}
		}
	})
}

func TestSourceForms(t *testing.T) {
	t.Parallel()
	loopback := ""
	all, _ := net.Interfaces()
	for _, i := range all {
		if i.Flags&net.FlagLoopback != 0 {
			loopback = i.Name
		}
	}
	if loopback == "" {
		t.Skip("no loopback interface")
	}
	for text, device := range map[string]string{
		"": "", "127.0.0.1": "", "host!127.0.0.1": "", "localhost": "",
		loopback: loopback, "if!" + loopback: loopback, "ifhost!" + loopback + "!127.0.0.1": loopback,
	} {
		s, err := newSource(t.Context(), text)
		if err != nil || s.device != device {
			t.Errorf("%q: got %+v, %v", text, s, err)
			continue
		}
		local, err := s.local("127.0.0.1:80")
		if err != nil || text != "" && !local.IP.IsLoopback() || text == "" && local.IP != nil {
			t.Errorf("%q: connects from %v, %v", text, local, err)
		}
	}
	for _, text := range []string{"if!no-such-interface", "no-such-host.invalid", "host!no-such-host.invalid", "ifhost!x!no-such-host.invalid",
		"if!", "host!", "ifhost!", "ifhost!!127.0.0.1", "ifhost!" + loopback, "ifhost!" + loopback + "!"} {
		if s, err := newSource(t.Context(), text); err == nil || !strings.Contains(err.Error(), "Interface") {
			t.Errorf("%q: got %+v, %v", text, s, err)
		}
	}
}

func TestSourceLocal(t *testing.T) {
	t.Parallel()
	var s source
	for _, ip := range []string{"fe80::1%eth9", "2001:db8::1", "10.0.0.1"} {
		s.ips = append(s.ips, netip.MustParseAddr(ip))
	}
	for remote, want := range map[string]string{
		"10.9.9.9:1": "10.0.0.1:0", "[2001:db8::2]:1": "[2001:db8::1]:0", "[fe80::2%eth9]:1": "[fe80::1%eth9]:0",
	} {
		if got, err := s.local(remote); err != nil || got.String() != want {
			t.Errorf("to %s: from %v, %v, want %s", remote, got, err, want)
		}
	}
	s.ips = s.ips[:1]
	if got, err := s.local("[2001:db8::2]:1"); err != nil || got.String() != "[fe80::1%eth9]:0" {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := s.local("10.9.9.9:1"); err == nil {
		t.Errorf("IPv4 from %v", got)
	}
}

func TestInterfaceInDial(t *testing.T) {
	t.Parallel()
	addr := testpeer.Serve(t, echo)
	conn := mustDial(t, &Config{Interface: "127.0.0.1"}, "ws://"+addr)
	mustEcho(t, conn)
	if host, _, _ := net.SplitHostPort(conn.LocalAddr().String()); host != "127.0.0.1" {
		t.Errorf("came from %s", host)
	}
	failure(t, t.Context(), &Config{Interface: "::1"}, "ws://"+addr, Connect)
	failure(t, t.Context(), &Config{Interface: "if!no-such-interface"}, "ws://"+addr, Connect)
}

func TestLocalPort(t *testing.T) {
	t.Parallel()
	addr := testpeer.Serve(t, echo)
	// Somebody else has a port; the next few are most likely free.
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	first := taken.Addr().(*net.TCPAddr).Port
	c := &Config{LocalPort: first, LocalPortRange: 50, Interface: "127.0.0.1"}
	if first+50 > 65535 {
		t.Skip("at the end of the port range")
	}
	conn := mustDial(t, c, "ws://"+addr)
	mustEcho(t, conn)
	if port := conn.LocalAddr().(*net.TCPAddr).Port; port <= first || port >= first+50 {
		t.Errorf("came from port %d, want %d to %d", port, first+1, first+49)
	}
	failure(t, t.Context(), &Config{LocalPort: first, Interface: "127.0.0.1"}, "ws://"+addr, Connect)
	for _, port := range []int{-1, 65536} {
		c := &Config{LocalPort: port, LocalPortRange: 3}
		if err := failure(t, t.Context(), c, "ws://"+addr, Connect); !strings.Contains(err.Error(), "LocalPort") {
			t.Errorf("got %v", err)
		}
	}
}

// TestOptionErrors expects what is wrong with a Config to name the field.
func TestOptionErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Config{
		"Resolve":    {Resolve: []string{"h:80:nonsense"}},
		"ConnectTo":  {ConnectTo: []string{"h:80:h:nonsense"}},
		"DNSServers": {DNSServers: []string{"localhost"}},
		"DoHURL":     {DoHURL: "http://127.0.0.1"},
		"IPVersion":  {IPVersion: 5},
		"LocalPort":  {LocalPort: 65536, Resolve: []string{"h:80:127.0.0.1"}},
		"Interface":  {Interface: "if!no-such-interface", Resolve: []string{"h:80:127.0.0.1"}},
	} {
		_, _, err := c.Dial(t.Context(), mustURL(t, "ws://h"))
		o, ok := errors.AsType[*OptionError](err)
		if !ok || o.Name != name || !strings.Contains(err.Error(), "dial.Config."+name+": ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestZones: the zone of an IPv6 address is for this machine's sockets alone.
// Certificates have none, and proxies know other interfaces.
func TestZones(t *testing.T) {
	t.Parallel()
	a := testpeer.NewAuthority()
	server := &tls.Config{Certificates: []tls.Certificate{a.Issue(t, "fe80::1")}}
	var asked string
	c := &Config{TLS: a.Trust(), NetDial: func(_ context.Context, _, addr string) (net.Conn, error) {
		asked = addr
		return net.Dial("tcp", testpeer.Serve(t, testpeer.WithTLS(server, echo)))
	}}
	mustEcho(t, mustDial(t, c, "wss://[fe80::1%25eth0]"))
	if asked != "[fe80::1%eth0]:443" {
		t.Errorf("asked for %s, want the zone in it", asked)
	}
	request := make(chan string, 1)
	proxy := testpeer.Serve(t, func(c net.Conn) {
		head, _ := receiveHead(io.MultiReader(strings.NewReader("HTTP/"), c))
		request <- strings.TrimPrefix(string(head), "HTTP/")
		io.WriteString(c, accepted)
	})
	mustDial(t, via(mustURL(t, "http://"+proxy)), "ws://[fe80::1%25eth0]")
	if got := <-request; got != "CONNECT [fe80::1]:80 HTTP/1.1\r\nHost: [fe80::1]:80\r\n\r\n" {
		t.Errorf("the proxy got %q", got)
	}
}
