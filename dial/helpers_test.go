package dial

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
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

// authority signs certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
	pool *x509.CertPool
}

var newAuthority = sync.OnceValue(func() *authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	a := &authority{key: key, pool: x509.NewCertPool()}
	a.cert, _ = x509.ParseCertificate(der)
	a.pool.AddCert(a.cert)
	return a
})

// issue makes a certificate for name, changed by the edits.
func (a *authority) issue(t testing.TB, name string, edits ...func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name},
		NotBefore: a.cert.NotBefore, NotAfter: a.cert.NotAfter,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	for _, edit := range edits {
		edit(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// trust is a client configuration that trusts the authority.
func (a *authority) trust() *tls.Config { return &tls.Config{RootCAs: a.pool} }

// serve accepts connections on loopback until the test ends and hands each to
// handle on a goroutine of its own. It returns the address. The test waits for
// every handler to return; what is stuck with one fails after half a minute.
func serve(t testing.TB, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, l, handle)
}

func serveOn(t testing.TB, l net.Listener, handle func(net.Conn)) string {
	var handlers sync.WaitGroup
	handlers.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			handlers.Go(func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(30 * time.Second))
				handle(conn)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		handlers.Wait()
	})
	return l.Addr().String()
}

// echo sends back what it receives.
func echo(c net.Conn) { io.Copy(c, c) }

// silent receives until the peer closes, and never answers.
func silent(c net.Conn) { io.Copy(io.Discard, c) }

// withTLS makes handle a handler behind TLS.
func withTLS(config *tls.Config, handle func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) { handle(tls.Server(c, config)) }
}

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
