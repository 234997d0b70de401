package interop

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
)

// plain is a client without options.
var plain curlew.Client

// connect opens a connection that is closed with the test, and on which no
// call waits forever.
func connect(t testing.TB, c *curlew.Client, url string) *curlew.Conn {
	t.Helper()
	conn, err := c.Dial(withPatience(t), url)
	if err != nil {
		t.Fatalf("dial %s: %v", url, err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// reach opens a session whose first hop is the peer at via, and pings the
// server.
func reach(t testing.TB, c *curlew.Client, url, via string) *curlew.Conn {
	t.Helper()
	conn := connect(t, c, url)
	if got := conn.RemoteAddr().String(); got != via {
		t.Errorf("%s was reached by %s, expected by %s", url, got, via)
	}
	if _, err := conn.Ping(withPatience(t)); err != nil {
		t.Errorf("%s: Ping: %v", url, err)
	}
	return conn
}

// refusal dials a URL that must fail with an error of type E. The error must
// contain none of the secrets.
func refusal[E error](t testing.TB, c *curlew.Client, url string, secrets ...string) (e E) {
	t.Helper()
	_, err := c.Dial(withPatience(t), url)
	if !errors.As(err, &e) {
		t.Fatalf("dial %s: error %v, expected a %T", url, err, e)
	}
	for _, secret := range secrets {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error contains a secret: %v", err)
		}
	}
	return e
}

// at returns a URL like f.url's for a host whose address only some know.
func (f *front) at(host string, port int, path string) string {
	return strings.Replace(f.url(port, path), "127.0.0.1", host, 1)
}

// receiving passes chunk after chunk to done, until done returns true.
type receiving func(t testing.TB, conn *curlew.Conn, done func(chunk []byte, m curlew.Meta) bool)

// recvInto receives by Recv into buf.
func recvInto(buf []byte) receiving {
	return func(t testing.TB, conn *curlew.Conn, done func([]byte, curlew.Meta) bool) {
		t.Helper()
		for {
			m, err := conn.Recv(buf)
			if err != nil {
				t.Fatalf("Recv: %v", err)
			}
			if done(buf[:m.Len], m) {
				return
			}
		}
	}
}

// next receives by Next.
func next(t testing.TB, conn *curlew.Conn, done func([]byte, curlew.Meta) bool) {
	t.Helper()
	for {
		chunk, m, err := conn.Next()
		if err != nil {
			t.Fatalf("Next: %v", err)
		}
		if done(chunk, m) {
			return
		}
	}
}

// inBackground runs send while the test receives, and returns a function that
// waits for its end.
func inBackground(t testing.TB, send func() error) (wait func()) {
	result := make(chan error, 1)
	go func() { result <- send() }()
	return func() {
		t.Helper()
		if err := <-result; err != nil {
			t.Fatalf("send: %v", err)
		}
	}
}
