//go:build unix

package socket

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"testing"
)

// pair returns both ends of a TCP connection.
func pair(t *testing.T) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err = net.Dial("tcp", l.Addr().String())
	if err == nil {
		b, err = l.Accept()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// TestTry reads without blocking before data, after data and after the end.
func TestTry(t *testing.T) {
	s, peer := pair(t)
	c := Below(s).(*Conn)
	p := make([]byte, 8)
	c.Try = true
	if n, err := c.Read(p); n != 0 || err != ErrAgain || !errors.Is(err, error(ErrAgain)) || !ErrAgain.Timeout() {
		t.Errorf("without data: got %d, %v, want ErrAgain", n, err)
	}
	if _, err := peer.Write([]byte("ab")); err != nil {
		t.Fatal(err)
	}
	c.Try = false
	if n, err := c.Read(p[:1]); n != 1 || err != nil {
		t.Fatalf("blocking: got %d, %v", n, err)
	}
	c.Try = true
	if n, err := c.Read(p); n != 1 || p[0] != 'b' || err != nil {
		t.Errorf("with data: got %d, %q, %v", n, p[:1], err)
	}
	peer.Close()
	c.Try = false
	if n, err := c.Read(p); n != 0 || err != io.EOF {
		t.Errorf("blocking at the end: got %d, %v", n, err)
	}
	c.Try = true
	if n, err := c.Read(p); n != 0 || err != io.EOF {
		t.Errorf("at the end: got %d, %v", n, err)
	}
	c.Close()
	if _, err := c.Read(p); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("closed: got %v", err)
	}
}

func TestBottom(t *testing.T) {
	s, _ := pair(t)
	c := Below(s)
	if got := Bottom(c); got != c || got.NetConn() != s {
		t.Errorf("of a Conn: got %v", got)
	}
	if got := Bottom(tls.Client(c, &tls.Config{})); got != nil {
		t.Errorf("before the TLS handshake: got %v, want nil", got)
	}
	pipe, _ := net.Pipe()
	if got := Below(pipe); got != pipe || Bottom(got) != nil {
		t.Errorf("of a pipe: got %v", got)
	}
}
