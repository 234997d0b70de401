package dial

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew/internal/testpeer"
)

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
		t.Errorf("got a connection from %s", host)
	}
	failure(t, t.Context(), &Config{Interface: "::1"}, "ws://"+addr, Connect)
	failure(t, t.Context(), &Config{Interface: "if!no-such-interface"}, "ws://"+addr, Connect)
}
