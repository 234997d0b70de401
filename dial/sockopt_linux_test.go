package dial

import (
	"bytes"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/curlew-ws/curlew/internal/testpeer"
)

func sockopt(t *testing.T, conn net.Conn, level, option int) int {
	t.Helper()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var value int
	raw.Control(func(fd uintptr) { value, err = syscall.GetsockoptInt(int(fd), level, option) })
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestSocketOptions(t *testing.T) {
	t.Parallel()
	addr := testpeer.Serve(t, echo)
	tuned := net.KeepAliveConfig{Enable: true, Idle: 61 * time.Second, Interval: 7 * time.Second, Count: 3}
	for _, tt := range []struct {
		name                  string
		config                Config
		alive, idle, interval int
		count, noDelay        int
	}{
		{"default", Config{}, 1, 15, 15, 9, 1},
		{"tuned", Config{KeepAlive: tuned}, 1, 61, 7, 3, 1},
		{"none", Config{KeepAlive: tuned, NoKeepAlive: true}, 0, -1, -1, -1, 1},
		{"Nagle", Config{Nagle: true}, 1, 15, 15, 9, 0},
	} {
		conn := mustDial(t, &tt.config, "ws://"+addr)
		mustEcho(t, conn)
		for _, o := range []struct{ level, option, want int }{
			{syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, tt.alive},
			{syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE, tt.idle},
			{syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL, tt.interval},
			{syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT, tt.count},
			{syscall.IPPROTO_TCP, syscall.TCP_NODELAY, tt.noDelay},
		} {
			if got := sockopt(t, conn, o.level, o.option); o.want >= 0 && got != o.want {
				t.Errorf("%s: option %d is %d, want %d", tt.name, o.option, got, o.want)
			}
		}
	}
}

func TestAbstractSocket(t *testing.T) {
	t.Parallel()
	name := "@" + strings.ReplaceAll(filepath.Base(t.TempDir())+t.Name(), "/", "-")
	l, err := net.Listen("unix", name)
	if err != nil {
		t.Fatal(err)
	}
	testpeer.ServeOn(t, l, echo)
	mustEcho(t, mustDial(t, &Config{UnixSocket: name}, "ws://h"))
}

func TestInterfaceLoopback(t *testing.T) {
	t.Parallel()
	conn := mustDial(t, &Config{Interface: "lo"}, "ws://"+testpeer.Serve(t, echo))
	mustEcho(t, conn)
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var bound *syscall.IPv6Mreq // it has room for the name of a device
	raw.Control(func(fd uintptr) {
		bound, err = syscall.GetsockoptIPv6Mreq(int(fd), syscall.SOL_SOCKET, syscall.SO_BINDTODEVICE)
	})
	if err != nil {
		t.Fatal(err)
	}
	if device, _, _ := bytes.Cut(bound.Multiaddr[:], []byte{0}); string(device) != "lo" && os.Geteuid() == 0 { // others are not allowed to, with old kernels
		t.Errorf("bound to the device %q, want lo", device)
	}
}

// TestLocalPortsEnd checks that after port 65535 no other port is tried, and that the
// error is that of the last one.
func TestLocalPortsEnd(t *testing.T) {
	t.Parallel()
	addr := testpeer.Serve(t, echo)
	if l, err := net.Listen("tcp", "127.0.0.1:65535"); err == nil { // else it is in use already
		defer l.Close()
	}
	c := &Config{LocalPort: 65535, LocalPortRange: 1 << 30, Interface: "127.0.0.1"}
	if err := failure(t, t.Context(), c, "ws://"+addr, Connect); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("got %v, want %v", err, syscall.EADDRINUSE)
	}
}
