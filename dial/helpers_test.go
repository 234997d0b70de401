package dial

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
)

// canary is every secret in these tests; no error may contain it.
const canary = "hush-hush"

// TestMain fails the run if a goroutine outlives the tests, which is what a
// dial that forgot one looks like.
func TestMain(m *testing.M) {
	before := stacks()
	code := m.Run()
	if code == 0 && !eventually(func() bool { return len(stacks()) <= len(before) }) {
		os.Stderr.WriteString("goroutines left over:\n" + strings.Join(stacks(), "\n\n") + "\n")
		code = 1
	}
	os.Exit(code)
}

// echo sends back what it receives.
func echo(c net.Conn) { io.Copy(c, c) }

// silent receives until the peer closes, and never answers.
func silent(c net.Conn) { io.Copy(io.Discard, c) }

func mustURL(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// mustDial dials and closes at the end of the test.
func mustDial(t testing.TB, c *Config, rawURL string) net.Conn {
	t.Helper()
	conn, _, err := c.Dial(t.Context(), mustURL(t, rawURL))
	if err != nil {
		t.Fatalf("Dial: %v", err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// mustEcho checks that conn leads to an echo server.
func mustEcho(t testing.TB, conn net.Conn) {
	t.Helper()
	if _, err := conn.Write([]byte("over there")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len("over there"))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "over there" {
		t.Fatalf("echo: got %q, %v", got, err)
	}
}

// failure dials, wants it to fail at stage, and returns the error.
func failure(t testing.TB, ctx context.Context, c *Config, rawURL string, stage Stage) *Error {
	t.Helper()
	conn, _, err := c.Dial(ctx, mustURL(t, rawURL))
	if conn != nil {
		conn.Close()
		t.Fatalf("Dial %s succeeded, want an error at %q", rawURL, stage)
	}
	e, ok := err.(*Error)
	if !ok || e.Stage != stage {
		t.Fatalf("Dial %s: got %v, want an error at %q", rawURL, err, stage)
	}
	if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, canary) {
		t.Errorf("a secret is in the error: %s", text)
	}
	return e
}

// closedAddr is an address on loopback where nobody listens.
func closedAddr(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
