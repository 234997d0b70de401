package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// program runs the program to its end.
func program(t *testing.T, args ...string) (status int, out, log string) {
	t.Helper()
	var o, l bytes.Buffer
	status = run(t.Context(), args, &o, &l)
	return status, o.String(), l.String()
}

func TestServer(t *testing.T) {
	s := curlewtest.NewEchoServer(t, "ws", &curlew.AcceptOptions{NoUTF8Check: true})
	status, out, log := program(t, "-v", s.URL, "1.1", "6.3")
	if status != 1 || !strings.Contains(out, "6 UTF-8    0     0    0            2     2\nall        8 ") ||
		!strings.Contains(out, "\n6.3.1 (RFC 6455 8.1) fail: expected CLOSE 1007 or the end of the stream, got a violation of the protocol") {
		t.Errorf("status %d, expected 1; it printed:\n%s", status, out)
	}
	if n := strings.Count(log, "\n"); n != 10 {
		t.Errorf("%d lines about 10 cases:\n%s", n, log)
	}
	if status, out, _ := program(t, s.URL, "2"); status != 0 || !strings.HasSuffix(out, "all              11    0    0            0     11\n") {
		t.Errorf("status %d, expected 0; it printed:\n%s", status, out)
	}
}

func TestExclude(t *testing.T) {
	s := curlewtest.NewEchoServer(t, "ws", &curlew.AcceptOptions{NoUTF8Check: true})
	file := filepath.Join(t.TempDir(), "known")
	for text, want := range map[string]int{
		"6.3.1 a reason\n6.3.2 another":                  0,
		"6.3.1 a reason":                                 1,
		"6.3.1 a reason\n6.3.2 another\n1.1.1 no reason": 1,
		"6.3.1":       2,
		"99.1 nosuch": 2,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		status, out, log := program(t, "-exclude", file, s.URL, "1.1.1", "6.3")
		if status != want {
			t.Errorf("%q: status %d, expected %d; it printed:\n%s%s", text, status, want, out, log)
		}
	}
}

// TestListen has a client that fails one case.
func TestListen(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	log, w := io.Pipe()
	var out bytes.Buffer
	status := make(chan int, 1)
	go func() { status <- run(ctx, []string{"-listen", "127.0.0.1:0", "3.1"}, &out, w) }()
	line, err := bufio.NewReader(log).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening: ")
	if url, _, _ = strings.Cut(url, "/count"); !ok {
		t.Fatalf("it printed %q, expected the address it listens on", line)
	}
	c, err := curlew.Dial(t.Context(), url+"/case/1?agent=mine")
	if err != nil {
		t.Fatal(err)
	}
	c.Shutdown(t.Context(), curlew.CloseNormal, "") // with a code that is not 1002
	if c, err = curlew.Dial(t.Context(), url+"/report?agent=mine"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.ReadMessage(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	c.Close()
	cancel()
	if s := <-status; s != 1 || !strings.HasPrefix(out.String(), "\nmine\n") || !strings.Contains(out.String(), "3.1 (RFC 6455 5.2) fail") {
		t.Errorf("status %d, expected 1; it printed:\n%s", s, out.String())
	}
}

func TestUsage(t *testing.T) {
	for args, want := range map[string]string{
		"":                                "expected the URL of a server, or -listen",
		"http://localhost":                "expected a URL such as ws://127.0.0.1:9001/",
		"ws://localhost 8.1":              `expected the number of a case, or the beginning of one, got "8.1"`,
		"-listen nowhere:-1":              "invalid port",
		"-exclude /nosuch ws://localhost": "/nosuch",
	} {
		if status, _, log := program(t, strings.Fields(args)...); status != 2 || !strings.Contains(log, want) {
			t.Errorf("%q: status %d, expected 2; it printed %q, expected %q", args, status, log, want)
		}
	}
	if status, _, log := program(t, "-h"); status != 0 || !strings.Contains(log, "-timeout") {
		t.Errorf("-h: status %d, expected 0; it printed %q", status, log)
	}
}
