// Package testpeer holds certificates and servers for the tests of other packages.
package testpeer

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"
)

// An Authority signs certificates for tests.
type Authority struct {
	Cert *x509.Certificate
	key  crypto.Signer
	Pool *x509.CertPool // holds Cert
}

// NewAuthority returns the authority of this process.
var NewAuthority = sync.OnceValue(func() *Authority {
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
	a := &Authority{key: key, Pool: x509.NewCertPool()}
	a.Cert, _ = x509.ParseCertificate(der)
	a.Pool.AddCert(a.Cert)
	return a
})

// Issue makes a certificate for name, modified by the edits.
func (a *Authority) Issue(t testing.TB, name string, edits ...func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name},
		NotBefore: a.Cert.NotBefore, NotAfter: a.Cert.NotAfter,
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
	der, err := x509.CreateCertificate(rand.Reader, template, a.Cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// Trust returns a client configuration that trusts the authority.
func (a *Authority) Trust() *tls.Config { return &tls.Config{RootCAs: a.Pool} }

// Serve accepts connections on loopback until the test ends and hands each to
// handle on a goroutine of its own. It returns the address. The test waits for
// every handler to return; a connection that stalls a handler fails after half a minute.
func Serve(t testing.TB, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ServeOn(t, l, handle)
}

// ServeOn is Serve on a given listener.
func ServeOn(t testing.TB, l net.Listener, handle func(net.Conn)) string {
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

// WithTLS returns a handler that runs handle on the connection over TLS.
func WithTLS(config *tls.Config, handle func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) { handle(tls.Server(c, config)) }
}
