package curlewtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/dial"
)

// A Server listens on loopback, or on a Unix socket, and serves each connection
// on a goroutine of its own.
type Server struct {
	URL string      // to dial, without a path: ws://127.0.0.1:4711
	Net dial.Config // for Client.Net: lets a client reach the server and trust its certificate

	listener net.Listener
	ctx      context.Context
	end      context.CancelCauseFunc
	grace    time.Duration // from the end of ctx to that of the connections
	running  sync.WaitGroup
}

// scriptGrace is how long a script may still wait for what it expects after its
// server is closed: the bytes may be on their way.
const scriptGrace = 5 * time.Second

// NewServer starts a server that calls serve for each connection, and closes
// the connection when serve returns. The scheme is "ws" or "wss" for TCP on
// 127.0.0.1, or "unix" for ws over a Unix socket. Serve's context ends when the
// server is closed. Until then an error from serve is an error of the test. The
// server is closed when the test ends.
func NewServer(tb testing.TB, scheme string, serve func(ctx context.Context, c net.Conn) error) *Server {
	tb.Helper()
	return newServer(tb, scheme, 0, serve)
}

func newServer(tb testing.TB, scheme string, grace time.Duration, serve func(context.Context, net.Conn) error) *Server {
	tb.Helper()
	s := &Server{grace: grace}
	s.ctx, s.end = context.WithCancelCause(context.Background())
	if err := s.listen(tb, scheme); err != nil {
		tb.Fatalf("server for %s: %v", scheme, err)
	}
	tb.Cleanup(s.Close)
	s.running.Go(func() {
		for {
			c, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.running.Go(func() { s.serve(tb, c, serve) })
		}
	})
	return s
}

// NewEchoServer starts a server that runs [Echo] in sessions with the options o.
// Nothing that its clients do is an error.
func NewEchoServer(tb testing.TB, scheme string, o *curlew.AcceptOptions) *Server {
	tb.Helper()
	return NewServer(tb, scheme, func(ctx context.Context, c net.Conn) error {
		if conn, err := Upgrade(ctx, c, o); err == nil {
			Echo(ctx, conn)
		}
		return nil
	})
}

// NewScriptServer starts a server that follows a script, given as text. An
// invalid script ends the test. A client that does not do what the script
// expects is an error of the test. So is one that does nothing for a minute.
func NewScriptServer(tb testing.TB, scheme, script string) *Server {
	tb.Helper()
	parsed, err := ParseScript("script", []byte(script))
	if err != nil {
		tb.Fatal(err)
	}
	return newServer(tb, scheme, scriptGrace, func(ctx context.Context, c net.Conn) error {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), hangLimit)
		defer cancel()
		if err := scriptError(parsed.s.Play(limited, ctx, c, true)); err != nil {
			tb.Errorf("server: %v", err)
		}
		return nil
	})
}

// Close stops the server: it accepts no more connections, ends the context of
// those it has, closes them and waits until all calls of serve have returned.
// Further calls do nothing.
func (s *Server) Close() {
	s.end(net.ErrClosed)
	s.listener.Close()
	s.running.Wait()
}

func (s *Server) listen(tb testing.TB, scheme string) (err error) {
	switch scheme {
	case "unix":
		dir, err := os.MkdirTemp("", "curlew") // a test's own folder may have too long a name for a socket
		if err != nil {
			return err
		}
		tb.Cleanup(func() { os.RemoveAll(dir) })
		s.URL, s.Net.UnixSocket = "ws://localhost", filepath.Join(dir, "socket")
		s.listener, err = net.Listen("unix", s.Net.UnixSocket)
		return err
	case "ws", "wss":
	default:
		tb.Fatalf("a server's scheme is ws, wss or unix, not %q", scheme)
	}
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	s.URL = scheme + "://" + s.listener.Addr().String()
	if scheme == "wss" {
		server, client := certificates()
		s.listener = tls.NewListener(s.listener, server)
		s.Net.TLS = client.Clone()
	}
	return nil
}

// serve serves one connection.
func (s *Server) serve(tb testing.TB, c net.Conn, f func(context.Context, net.Conn) error) {
	served := make(chan struct{})
	defer close(served)
	defer c.Close()
	context.AfterFunc(s.ctx, func() {
		select {
		case <-served:
		case <-time.After(s.grace):
			bottom(c).Close()
		}
	})
	if err := f(s.ctx, c); err != nil && s.ctx.Err() == nil {
		tb.Errorf("server: %v", err)
	}
}

// bottom returns the connection at the bottom of c, below TLS.
func bottom(c net.Conn) net.Conn {
	for {
		layer, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return c
		}
		c = layer.NetConn()
	}
}

// certificates returns the TLS configurations of all servers and of the clients
// that trust them. They are valid in a synctest bubble, whose clock begins at 2000.
var certificates = sync.OnceValues(func() (server, client *tls.Config) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC),
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		IsCA:         true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	server = &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		NextProtos:   []string{"http/1.1"},
	}
	return server, &tls.Config{RootCAs: roots}
})
