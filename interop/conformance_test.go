package interop

import (
	"context"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/curlew-ws/curlew/conformance"
)

// playing bounds a run of the conformance suite.
const playing = 5 * time.Minute

// options are the options of all runs. A case takes Timeout if the peer does not
// react.
var options = conformance.Options{Timeout: 3 * time.Second, Pause: 50 * time.Millisecond}

// mirrored are the cases for libwebsockets, which has no server that echoes. Its
// mirror splits messages that are long or in fragments, turns everything into text,
// and sends to all connected clients what a former one sent. These cases do not
// notice.
const mirrored = "1.1.1 1.1.2 1.1.3 1.1.4 1.1.5 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 2.9 4.1.1 4.1.2 4.2.1 4.2.2 5.1 5.2 " +
	"6.1.1 6.2.1 6.3.1 6.5 6.6 6.7 6.8 6.9 6.10 6.11 6.12 6.13 6.14 6.15 6.16 6.17 6.18 6.19 6.20 6.21 6.22 6.23 " +
	"7.1.1 7.1.2 7.1.3 7.1.4 7.1.5 7.3 7.5 7.7 7.9 7.13 12.1.1 13.7.1 20.1 20.4 20.11.1 20.11.2 20.11.3 20.12"

// TestConformanceServers runs the conformance suite against servers. The cases they
// do not pass are listed in testdata/conformance.
func TestConformanceServers(t *testing.T) {
	for _, peer := range []struct {
		name, path, subprotocol string
		start                   func(testing.TB) *server
		cases                   string // "": all
	}{
		{"npm-ws", "/deflate", "", npmWS, ""},
		{"python-websockets", "/echo", "", pythonWebsockets, ""},
		{"libwebsockets", "/", "lws-mirror-protocol", libwebsockets, mirrored},
	} {
		t.Run(peer.name, func(t *testing.T) {
			t.Parallel()
			list, err := conformance.Select(conformance.Cases(), strings.Fields(peer.cases)...)
			if err != nil {
				t.Fatal(err)
			}
			s := peer.start(t)
			u := &url.URL{Scheme: "ws", Host: s.addr(), Path: peer.path}
			connect := func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", u.Host) }
			o, parallel := options, 4
			if peer.subprotocol != "" {
				o.Subprotocol, parallel = peer.subprotocol, 1 // a mirror is shared
			}
			ctx, cancel := context.WithTimeout(t.Context(), playing)
			defer cancel()
			compare(t, peer.name+"-server", conformance.RunServer(ctx, u, connect, list, parallel, o, nil))
		})
	}
}

// TestConformanceClients runs the conformance suite against clients.
func TestConformanceClients(t *testing.T) {
	for name, client := range map[string]func(t testing.TB, url string) *exec.Cmd{
		"npm-ws":            npmWSClient,
		"python-websockets": pythonWebsocketsClient,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), playing)
			defer cancel()
			l := conformance.NewListener(conformance.Cases(), options, nil)
			over := make(chan struct{})
			go func() {
				defer close(over)
				l.Serve(ctx, listener)
			}()
			cmd := client(t, "ws://"+listener.Addr().String())
			isolate(t, cmd)
			out, err := cmd.CombinedOutput()
			cancel()
			<-over
			if err != nil {
				t.Errorf("the client failed: %v\n%s", err, out)
			}
			if n := len(l.Results("")); n != len(conformance.Cases()) {
				t.Errorf("%d cases were played, expected %d", n, len(conformance.Cases()))
			}
			compare(t, name+"-client", l.Results(""))
		})
	}
}

// compare compares results with those known of a peer. A reason that begins with
// "usually" allows the case to pass.
func compare(t *testing.T, name string, results []conformance.Result) {
	t.Helper()
	file, err := os.Open("testdata/conformance/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	known, err := conformance.ReadExclusions(file)
	if err != nil {
		t.Fatalf("%s: %v", file.Name(), err)
	}
	for _, r := range known.Unexpected(results) {
		switch reason := known[r.Case.ID]; {
		case r.Outcome != conformance.Pass:
			t.Errorf("not in %s: %s %s: %s", file.Name(), r.Case.ID, r.Outcome, r.Reason)
		case !strings.HasPrefix(reason, "usually"):
			t.Errorf("%s passes, but is in %s: %s", r.Case.ID, file.Name(), reason)
		}
	}
	if t.Failed() || testing.Verbose() {
		var table strings.Builder
		conformance.WriteTable(&table, results)
		t.Logf("%s\n%s", name, &table)
	}
}
