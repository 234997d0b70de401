package curltls

import (
	"crypto/tls"
	"crypto/x509"
	"path/filepath"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew/internal/testpeer"
	"software.sslmate.com/src/go-pkcs12"
)

// certificateFiles writes the client certificate and key of joe in several forms.
func certificateFiles(t *testing.T, ca *testpeer.Authority) func(name string) string {
	t.Helper()
	cert := ca.Issue(t, "joe")
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	p12, err := pkcs12.Modern.Encode(cert.PrivateKey, leaf, []*x509.Certificate{ca.Cert}, canary)
	if err != nil {
		t.Fatal(err)
	}
	key := keyDER(t, cert)
	certPEM, keyPEM := pemOf("CERTIFICATE", leaf.Raw), pemOf("PRIVATE KEY", key)
	return files(t, map[string][]byte{
		"cert.pem": certPEM, "key.pem": keyPEM, "both.pem": append(append([]byte("Bag of\n"), keyPEM...), certPEM...),
		"cert.der": leaf.Raw, "key.der": key, "joe.p12": p12, "garbage": []byte("garbage"), "empty": nil,
		"other.pem": pemOf("PRIVATE KEY", keyDER(t, ca.Issue(t, "other"))),
		"aes.pem":   []byte(keyAES256), "3des.pem": []byte(key3DES), "scrypt.pem": []byte(keyScrypt),
		"old.pem": []byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"),
	})
}

func TestClientCertificate(t *testing.T) {
	t.Parallel()
	ca := testpeer.NewAuthority()
	peers := make(chan string, 1)
	url := "wss://" + testpeer.Serve(t, testpeer.WithTLS(&tls.Config{
		Certificates: []tls.Certificate{ca.Issue(t, "127.0.0.1")}, ClientCAs: ca.Pool, ClientAuth: tls.RequireAndVerifyClientCert,
		VerifyConnection: func(s tls.ConnectionState) error { peers <- s.PeerCertificates[0].Subject.CommonName; return nil },
	}, echo))
	path := certificateFiles(t, ca)
	for _, o := range []Options{
		{Cert: "cert.pem", Key: "key.pem"}, {Cert: "both.pem"}, {Cert: "cert.der", Key: "key.der"},
		{Cert: "cert.der", Key: "key.pem"}, {Cert: "joe.p12", Password: canary},
	} {
		o.Cert, o.Key = path(o.Cert), path(o.Key)
		c := mustTLS(t, o)
		c.TLS.RootCAs = ca.Pool
		mustEcho(t, mustDial(t, c, url))
		if got := <-peers; got != "joe" {
			t.Errorf("the server got the certificate of %q", got)
		}
	}
}

func TestClientCertificateErrors(t *testing.T) {
	t.Parallel()
	path := certificateFiles(t, testpeer.NewAuthority())
	for _, tt := range []struct {
		o    Options
		says string
	}{
		{Options{Cert: "gone"}, "gone"},
		{Options{Cert: "cert.pem", Key: "gone"}, "gone"},
		{Options{Cert: "cert.pem"}, "expected a private key"},
		{Options{Cert: "cert.der"}, "key must be named"},
		{Options{Cert: "key.pem"}, "key.pem"},
		{Options{Cert: "garbage"}, "garbage"},
		{Options{Cert: "empty"}, "empty"},
		{Options{Cert: "garbage", Key: "key.pem"}, "garbage"},
		{Options{Cert: "cert.pem", Key: "garbage"}, "cert.pem"},
		{Options{Cert: "cert.pem", Key: "other.pem"}, "does not match"},
		{Options{Cert: "cert.pem", Key: "aes.pem", Password: canary}, "does not match"}, // so it was decrypted
		{Options{Cert: "cert.pem", Key: "aes.pem", Password: canary + "x"}, "aes"},
		{Options{Cert: "cert.pem", Key: "3des.pem", Password: canary}, "PKCS#8"},
		{Options{Cert: "cert.pem", Key: "scrypt.pem", Password: canary}, "PKCS#8"},
		{Options{Cert: "cert.pem", Key: "old.pem", Password: canary}, "openssl pkcs8"},
		{Options{Cert: "joe.p12", Password: canary + "x"}, "joe.p12"},
	} {
		tt.o.Cert, tt.o.Key = path(tt.o.Cert), path(tt.o.Key)
		_, err := tt.o.Config()
		if err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s %s: got %v, want %q", filepath.Base(tt.o.Cert), filepath.Base(tt.o.Key), err, tt.says)
		}
	}
}

// TestRememberedCertificateErrors checks that a missing password is not reported as
// a wrong one, and that errors of encoding/asn1 are not shown.
func TestRememberedCertificateErrors(t *testing.T) {
	t.Parallel()
	cert := testpeer.NewAuthority().Issue(t, "joe")
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	p12, err := pkcs12.Modern.Encode(cert.PrivateKey, leaf, nil, canary)
	if err != nil {
		t.Fatal(err)
	}
	key := keyDER(t, cert)
	path := files(t, map[string][]byte{
		"cert.pem": pemOf("CERTIFICATE", leaf.Raw), "cert.der": leaf.Raw, "short.pem": pemOf("CERTIFICATE", leaf.Raw[:50]), "short.der": leaf.Raw[:50],
		"key.pem": pemOf("PRIVATE KEY", key), "short-key.pem": pemOf("PRIVATE KEY", key[:len(key)/2]), "bom-cert.pem": append([]byte("\ufeff"), pemOf("CERTIFICATE", leaf.Raw)...), "bom-key.pem": append([]byte("\ufeff"), pemOf("PRIVATE KEY", key)...),
		"joe.p12": p12, "short.p12": p12[:len(p12)/2],
		"aes.pem": []byte(keyAES256), "aes.der": derOf(t, keyAES256), "scrypt.pem": []byte(keyScrypt), "scrypt.der": derOf(t, keyScrypt), "3des.pem": []byte(key3DES),
	})
	for _, test := range []struct {
		cert, key, password string
		want                string
	}{
		{"joe.p12", "", "", "joe.p12: it is encrypted, and Options.Password is empty"},
		{"cert.pem", "aes.pem", "", "aes.pem: it is encrypted, and Options.Password is empty"},
		{"cert.pem", "aes.der", "", "aes.der: it is encrypted, and Options.Password is empty"},
		{"cert.pem", "aes.der", canary, "does not match"}, // so it was decrypted
		{"cert.pem", "aes.der", canary + "x", "the password does not decrypt"},
		{"cert.pem", "scrypt.der", canary, "openssl pkcs8"},
		{"cert.pem", "scrypt.pem", canary, "openssl pkcs8"},
		{"cert.pem", "3des.pem", canary, "openssl pkcs8"},
		{"cert.pem", "short-key.pem", "", "short-key.pem"},
		{"short.p12", "", canary, "PEM or PKCS#12"},
		{"short.der", "", "", "PEM or PKCS#12"},
		{"short.pem", "key.pem", "", "short.pem"},
		{"short.der", "key.pem", "", "short.der"},
	} {
		o := Options{Cert: path(test.cert), Key: path(test.key), Password: test.password}
		_, err := o.Config()
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), "asn1") {
			t.Errorf("%s %s: expected %q, got %v", test.cert, test.key, test.want, err)
		}
	}
	marked := Options{Cert: path("bom-cert.pem"), Key: path("bom-key.pem"), CAFile: path("bom-cert.pem")}
	if _, err := marked.Config(); err != nil {
		t.Errorf("with byte order marks: %v", err)
	}
	for _, name := range []string{"cert.pem", "cert.der", "short.der", "key.pem", "joe.p12"} {
		o := Options{PinnedPublicKey: path(name)}
		if _, err := o.Config(); err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "asn1") {
			t.Errorf("%s as a public key: got %v", name, err)
		}
	}
}
