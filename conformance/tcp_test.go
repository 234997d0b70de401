package conformance

import (
	"context"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// fullSize makes TestTCP play the large cases in full, which takes some minutes
// of processor time for each run.
var fullSize = os.Getenv("CURLEW_FULL_SIZE") == "1"

// TestTCP plays every case over TCP: with servers by RunServer, with clients by a
// Listener.
func TestTCP(t *testing.T) {
	for _, p := range peers() {
		t.Run(p.name+"/server", func(t *testing.T) {
			t.Parallel()
			u, dial := startPeer(t, p.peer)
			for _, r := range RunServer(t.Context(), u, dial, played(), 2, Options{FullSize: fullSize}, nil) {
				check(t, r)
			}
		})
		t.Run(p.name+"/client", func(t *testing.T) {
			t.Parallel()
			l := NewListener(Cases(), Options{FullSize: fullSize}, nil)
			addr := startListener(t, l)
			for _, c := range played() {
				conn, err := net.Dial("tcp", addr)
				if err != nil {
					t.Fatal(err)
				}
				p.peer(withTarget(t.Context(), "/case/"+c.ID), conn, false)
			}
			report(t, addr, "/report")
			results := l.Results("")
			if len(results) != len(played()) {
				t.Errorf("%d results, expected %d", len(results), len(played()))
			}
			for _, r := range results {
				check(t, r)
			}
		})
	}
}

// TestListener plays two cases with one client, and a third with one that fails it.
func TestListener(t *testing.T) {
	list, err := Select(Cases(), "1.1.1", "2.1", "3.1")
	if err != nil {
		t.Fatal(err)
	}
	var heard []string
	l := NewListener(list, Options{}, func(agent string, r Result) { heard = append(heard, agent+" "+r.Case.ID) })
	addr := startListener(t, l)
	if got := report(t, addr, "/count"); got != "3" {
		t.Errorf("the count is %q, expected 3", got)
	}
	play := func(target string, echo func(context.Context, *curlew.Conn) error) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		session(open, echo)(withTarget(t.Context(), target), conn, false)
	}
	play("/case/1?agent=good", curlewtest.Echo)
	play("/case/2.1?agent=good", curlewtest.Echo)
	play("/case/1?agent=bad", drop)
	text := report(t, addr, "/report?agent=bad")
	if !strings.Contains(text, "\n1.1.1 (RFC 6455 5.2) fail: expected text \"\", got the end of the stream") {
		t.Errorf("the report is %q, expected one of a failure", text)
	}
	if text = report(t, addr, "/report?agent=good"); !strings.Contains(text, "all              2     0    0            0     2\n") {
		t.Errorf("the report is %q, expected two that passed", text)
	}
	if got := strings.Join(l.Agents(), " "); got != "bad good" {
		t.Errorf("the agents are %q, expected bad and good", got)
	}
	slices.Sort(heard) // the sessions report their results in no particular order
	if got := strings.Join(heard, ", "); got != "bad 1.1.1, good 1.1.1, good 2.1" {
		t.Errorf("the results were %q", got)
	}
	if _, err := curlew.Dial(t.Context(), "ws://"+addr+"/case/4"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("the case 4 of 3 gave %v, expected 404", err)
	}
}

// TestUnreached checks that every case fails if the server cannot be reached.
func TestUnreached(t *testing.T) {
	list, err := Select(Cases(), "4")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	refuse := func(context.Context) (net.Conn, error) { return nil, os.ErrNotExist }
	for _, r := range RunServer(t.Context(), &url.URL{Host: "nowhere"}, refuse, list, 3, Options{}, func(Result) { n++ }) {
		if r.Outcome != Fail || r.Reason != "connecting to the server: file does not exist" {
			t.Errorf("expected a failure with its cause: %v", r)
		}
	}
	if n != len(list) {
		t.Errorf("got %d results, expected %d", n, len(list))
	}
}
