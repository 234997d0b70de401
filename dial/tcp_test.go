package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/curlew-ws/curlew/internal/testpeer"
)

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

// TestHappyEyeballs connects although the first address does not answer.
func TestHappyEyeballs(t *testing.T) {
	t.Parallel()
	addr := testpeer.Serve(t, echo)
	_, port, _ := net.SplitHostPort(addr)
	for _, delay := range []time.Duration{-1, 0, time.Millisecond} {
		c := &Config{HappyEyeballs: delay, Resolve: []string{"h:" + port + ":[::1],127.0.0.1"}}
		mustEcho(t, mustDial(t, c, "ws://h:"+port))
	}
}

func TestLocalPort(t *testing.T) {
	t.Parallel()
	addr := testpeer.Serve(t, echo)
	// The first port is in use. The next ones are most likely free.
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
		t.Errorf("got a connection from port %d, want %d to %d", port, first+1, first+49)
	}
	failure(t, t.Context(), &Config{LocalPort: first, Interface: "127.0.0.1"}, "ws://"+addr, Connect)
	for _, port := range []int{-1, 65536} {
		c := &Config{LocalPort: port, LocalPortRange: 3}
		if err := failure(t, t.Context(), c, "ws://"+addr, Connect); !strings.Contains(err.Error(), "LocalPort") {
			t.Errorf("got %v", err)
		}
	}
}
