package dial

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"
)

// TestErrorText checks that an error has the address of the connection once.
func TestErrorText(t *testing.T) {
	failed := func(addr net.Addr) error {
		return &net.OpError{Op: "dial", Net: addr.Network(), Addr: addr, Err: os.NewSyscallError("connect", errors.New("no"))}
	}
	tcp := failed(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
	for _, test := range []struct {
		err  Error
		want string
	}{
		{Error{Connect, "127.0.0.1:1", tcp}, "dial: connect to 127.0.0.1:1: no"},
		{Error{Connect, "localhost:1", tcp}, "dial: connect to localhost:1: dial tcp 127.0.0.1:1: connect: no"},
		{Error{Connect, "/a/socket", failed(&net.UnixAddr{Name: "/a/socket", Net: "unix"})}, "dial: connect to /a/socket: no"},
		{Error{Proxy, "127.0.0.1:1", &Error{Connect, "127.0.0.1:1", tcp}}, "dial: proxy 127.0.0.1:1: connect to 127.0.0.1:1: no"},
		{Error{Resolve, "name:1", errors.New("unknown")}, "dial: resolve name:1: unknown"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("expected %q, got %q", test.want, got)
		}
	}
}

// TestOptionErrors checks that the error of an invalid Config has the name of the field.
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
