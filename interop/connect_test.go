package interop

import (
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
)

// plain is a client without options.
var plain curlew.Client

// connect opens a connection that is closed with the test, and on which no
// call waits for ever.
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

// receiving hands chunk after chunk to done, until done returns true.
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
