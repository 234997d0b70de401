//go:build unix

package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
)

// TestRememberedServeOrigins: a page of another host is not let in unless
// --origin says so, also one whose name was made to lead to this machine.
func TestRememberedServeOrigins(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("send text \"welcome\"\nsend close 1000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args         []string
		origin, host string
		admitted     bool
	}{
		{nil, "", "", true},
		{nil, "http://evil.example", "", false},
		{nil, "https://evil.example", "evil.example", false},
		{nil, "null", "", false},
		{nil, "http://localhost.evil.example", "", false},
		{nil, "file://127.0.0.1", "", false},
		{nil, "http://evil.example@127.0.0.1", "", false},
		{nil, "http://localhost:3000", "", true},
		{nil, "https://127.0.0.1", "", true},
		{nil, "http://10.0.0.7:80", "10.0.0.7:80", true},
		{nil, "http://10.0.0.7:80", "10.0.0.8:80", false},
		{[]string{"--origin", "good.example"}, "http://good.example:3000", "", true},
		{[]string{"--origin", "good.example"}, "http://evil.example", "", false},
		{[]string{"--origin", "good.example", "--origin", "https://*.example"}, "https://a.b.example", "", true},
		{[]string{"--origin", "*"}, "null", "", true},
		{[]string{"--origin", "*"}, "http://evil.example", "", true},
		{[]string{"--broadcast"}, "http://evil.example", "", false},
		{[]string{"--script", script}, "http://evil.example", "", false},
		{[]string{"--script", script}, "http://localhost", "", true},
		{[]string{"--script", script, "--origin", "*"}, "http://evil.example", "", true},
	} {
		_, url := serving(t, append(test.args, "127.0.0.1:0")...)
		client := curlew.Client{Host: test.host, Header: http.Header{}}
		if test.origin != "" {
			client.Header.Set("Origin", test.origin)
		}
		c, err := client.Dial(t.Context(), url)
		if c != nil {
			c.Close()
		}
		if r := answer(err); (err == nil) != test.admitted || !test.admitted && (r == nil || r.StatusCode != http.StatusForbidden) {
			t.Errorf("%q: origin %q, host %q: %v", test.args, test.origin, test.host, err)
		}
	}
	out, err := exec.Command("curlew", "serve", "--origin", "http://a/b", "127.0.0.1:0").CombinedOutput()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != codeUsage || !strings.Contains(string(out), "--origin") {
		t.Errorf("a pattern that is none: %v, %s", err, out)
	}
}

// TestRememberedBroadcastQueue: a client that does not read is let go, and the
// others get everything.
func TestRememberedBroadcastQueue(t *testing.T) {
	t.Parallel()
	cmd, url := serving(t, "--broadcast", "127.0.0.1:0")
	var clients [3]*curlew.Conn // one sends, one receives, one does neither
	for i := range clients {
		c, err := curlew.Dial(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		clients[i] = c
	}
	const n, size = 120, 5 << 20
	sent := make(chan error, 1)
	go func() {
		message := make([]byte, size)
		for range n {
			if err := clients[0].Send(curlew.Binary, message); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for i := range n {
		if _, p, err := clients[1].ReadMessage(t.Context(), nil); err != nil || len(p) != size {
			t.Fatalf("message %d: %d bytes, %v", i, len(p), err)
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	if peak := peakMemory(t, fmt.Sprintf("/proc/%d/status", cmd.Process.Pid)); peak > 450<<20 {
		t.Errorf("the server took %d MiB", peak>>20)
	}
	for {
		_, p, err := clients[2].ReadMessage(t.Context(), nil)
		if err == nil {
			continue
		}
		if len(p) == 0 && exitCode(err) != codeServer && exitCode(err) != codeDrop {
			t.Errorf("expected CLOSE 1013 or the connection's end, got %v", err)
		}
		return
	}
}

// TestRememberedServeWithoutHead: a client that never ends its request does not
// keep a connection for ever.
func TestRememberedServeWithoutHead(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("send text \"welcome\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{nil, {"--script", script}, {"--tls"}, {"--tls", "--script", script}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			_, url := serving(t, append(args, "127.0.0.1:0")...)
			c, err := net.Dial("tcp", mustURL(t, url).Host)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := c.Write([]byte("G")); err != nil {
				t.Fatal(err)
			}
			for buf := make([]byte, 512); err == nil; {
				_, err = c.Read(buf) // its end, or the test's
			}
		})
	}
}
