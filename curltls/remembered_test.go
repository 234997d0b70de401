package curltls

import (
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/curlew-ws/curlew/internal/testpeer"
)

// TestRememberedCertificateErrors: a missing password was told as a wrong one,
// and what encoding/asn1 thinks of a damaged file was shown.
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
		{"cert.pem", "aes.der", canary, "does not match"}, // that is, it was opened
		{"cert.pem", "aes.der", canary + "x", "the password does not open"},
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

func derOf(t *testing.T, text string) []byte {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatal("no PEM")
	}
	return block.Bytes
}
