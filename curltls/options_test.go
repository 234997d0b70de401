package curltls

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/curlew-ws/curlew/dial"
	"github.com/curlew-ws/curlew/internal/testpeer"
)

// files writes files into a directory of the test's and returns their paths.
func files(t *testing.T, contents map[string][]byte) func(name string) string {
	t.Helper()
	dir := t.TempDir()
	for name, b := range contents {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, b, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return func(name string) string {
		if name == "" || strings.HasPrefix(name, pinPrefix) {
			return name
		}
		return filepath.Join(dir, name)
	}
}

func pemOf(blockType string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: der})
}

func keyDER(t *testing.T, cert tls.Certificate) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// mustTLS makes a Config with the options.
func mustTLS(t *testing.T, o Options) *dial.Config {
	t.Helper()
	config, err := o.Config()
	if err != nil {
		t.Fatal(err)
	}
	return &dial.Config{TLS: config}
}

// canary is every secret in these tests; no error may contain it.
const canary = "hush-hush"

func connect(t *testing.T, c *dial.Config, rawURL string) (net.Conn, error) {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	conn, _, err := c.Dial(t.Context(), u, "http/1.1")
	if err == nil {
		t.Cleanup(func() { conn.Close() })
	}
	return conn, err
}

func mustDial(t *testing.T, c *dial.Config, rawURL string) net.Conn {
	t.Helper()
	conn, err := connect(t, c, rawURL)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// mustEcho sends a line and expects it back.
func mustEcho(t *testing.T, conn net.Conn) {
	t.Helper()
	const line = "hello"
	got := make([]byte, len(line))
	if _, err := io.WriteString(conn, line); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != line {
		t.Fatalf("got %q, %v", got, err)
	}
}

// failure dials, and returns the TLS error that it must get.
func failure(t *testing.T, c *dial.Config, rawURL string) error {
	t.Helper()
	_, err := connect(t, c, rawURL)
	if e, ok := errors.AsType[*dial.Error](err); !ok || e.Stage != dial.TLS {
		t.Errorf("got %v, expected an error of TLS", err)
	}
	return err
}

// echo sends back what it receives.
func echo(c net.Conn) { io.Copy(c, c) }

func TestTLSAuthorities(t *testing.T) {
	t.Parallel()
	ca := testpeer.NewAuthority()
	cert := ca.Issue(t, "127.0.0.1")
	url := "wss://" + testpeer.Serve(t, testpeer.WithTLS(&tls.Config{Certificates: []tls.Certificate{cert}}, echo))
	ours := pemOf("CERTIFICATE", ca.Cert.Raw)
	path := files(t, map[string][]byte{
		"ca.pem": ours, "key.pem": pemOf("PRIVATE KEY", keyDER(t, cert)), "empty": nil, "other.pem": pemOf("CERTIFICATE", ca.Issue(t, "elsewhere").Certificate[0]),
		"dir/12345.0": ours, "dir/readme": []byte("nothing"), "dir/sub/ca.pem": ours, "none/readme": nil,
	})
	for _, o := range []Options{
		{CAFile: "ca.pem"}, {CADir: "dir"}, {CAFile: "other.pem", CADir: "dir"}, {CAFile: "ca.pem", CANative: true}, {Insecure: true},
	} {
		o.CAFile, o.CADir = path(o.CAFile), path(o.CADir)
		mustEcho(t, mustDial(t, mustTLS(t, o), url))
	}
	for _, o := range []Options{{}, {CAFile: "other.pem"}, {CAFile: "other.pem", CANative: true}} {
		o.CAFile = path(o.CAFile)
		failure(t, mustTLS(t, o), url)
	}
	for _, o := range []Options{
		{CAFile: "gone"}, {CAFile: "empty"}, {CAFile: "key.pem"}, {CADir: "gone"}, {CADir: "none"}, {CADir: "ca.pem"},
	} {
		o.CAFile, o.CADir = path(o.CAFile), path(o.CADir)
		if _, err := o.Config(); err == nil || !strings.Contains(err.Error(), o.CAFile+o.CADir) {
			t.Errorf("%+v: got %v", o, err)
		}
	}
}

// The same key, encrypted by OpenSSL in several ways with the canary for its password.
const (
	keyAES256 = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjsyyXcoi5mVQICA+gw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEKDRCYIlDN9vmn5FuGQYuCMEgZBv
gF9n2YeQKkpFABefjFgLZOUnp/UCDBAozX2M+5aDEngabDB86eb0xFic7v21JDAO
NREvZw1qf8FMIw8gXJPxmZ3NguhXbXRpISiLEdy4zEwpNyC3cuGQgjABQwKIVU+S
fKEw1cSWX4jBr1L4/oP2gfE0XskiSQ3TgXp77oVdNnt6ct50HCmNmgP+ooN73hw=
-----END ENCRYPTED PRIVATE KEY-----`
	keyAES128 = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHeMEkGCSqGSIb3DQEFDTA8MBsGCSqGSIb3DQEFDDAOBAilSYPPjMifZwICA+gw
HQYJYIZIAWUDBAECBBD8ESf3SXZsHqOrIObcsQI9BIGQrRD923x7cPbM6qxyevbu
8BY3EapApriVvsqBCgZrWV03T0Hr42XLQRrdGNK4DXsKs9DozbqnP2WMDjXvsmDZ
XTTB4XA5nMaD3eqH3B9QCRTXe2AmigD6uGsdMQchv8gy0ZrPpVOC7T5hYCQrrp8N
zOYnk1kpcNcYwteBIGFQwjGVMh6+Ct5MLMrqJZxEEGq4
-----END ENCRYPTED PRIVATE KEY-----`
	key3DES = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGxMBwGCiqGSIb3DQEMAQMwDgQIsGkIqmZau/ECAggABIGQzCdZT1DET4b9swzV
rT/Pf7I7oogAfLJgsV574WwfL1g6/tqmV1R37u6Z/ekbXrjCwCEGoloKoBzfhZjx
Masy6wS1+jZyJ7vj/z6K7gTem0bZ8DKmlD4vaRxNcNighvgjhClxYghlgTzqyqz5
8QK/1hjw/ApdUMlnjQwG90pzaZ4SuJWg7SAFhqavpgDdV6Pb
-----END ENCRYPTED PRIVATE KEY-----`
	keyScrypt = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHkME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAiVFPFVzWiEXAICQAAC
AQgCAQEwHQYJYIZIAWUDBAEqBBDzDvEd3EDuOVG6VGbSm9duBIGQwORcXuKgIFof
tx95uEeBWegq0hz/d+njtk2JjuhNuIOOYb6gb6rBmQwF1gVgrb7G6HkzreYAD44g
cinR9s6yPyf1VDYsHQbdSjWecI7vX0Qb3xsazbHrpUh8kU7gW5prN98m2ACM0Psf
Gvt2W6po61Xsf+s8goyp6ELKFflCvbUAWNbc9jRC5LBQqI0bDgUC
-----END ENCRYPTED PRIVATE KEY-----`
	keyPublic = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEb3419tm9Nt0OsGs+JCkt84ded0MJ
lkx3J3jbnhQk++m/OchBZLLCPbNSS8uFTIpM0sGFodKoLFO1OHqNaUcjsQ==
-----END PUBLIC KEY-----`
)

func TestOpenKey(t *testing.T) {
	t.Parallel()
	for _, in := range []string{keyAES256, keyAES128} {
		opened, err := openKey([]byte(in), canary)
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(opened)
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		public, err := x509.MarshalPKIXPublicKey(key.(crypto.Signer).Public())
		if err != nil || strings.TrimSpace(string(pemOf("PUBLIC KEY", public))) != keyPublic {
			t.Errorf("another key came out: %x, %v", public, err)
		}
	}
}

func TestClientCertificate(t *testing.T) {
	t.Parallel()
	ca := testpeer.NewAuthority()
	peers := make(chan string, 1)
	url := "wss://" + testpeer.Serve(t, testpeer.WithTLS(&tls.Config{
		Certificates: []tls.Certificate{ca.Issue(t, "127.0.0.1")}, ClientCAs: ca.Pool, ClientAuth: tls.RequireAndVerifyClientCert,
		VerifyConnection: func(s tls.ConnectionState) error { peers <- s.PeerCertificates[0].Subject.CommonName; return nil },
	}, echo))

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
	path := files(t, map[string][]byte{
		"cert.pem": certPEM, "key.pem": keyPEM, "both.pem": append(append([]byte("Bag of\n"), keyPEM...), certPEM...),
		"cert.der": leaf.Raw, "key.der": key, "joe.p12": p12, "garbage": []byte("garbage"), "empty": nil,
		"other.pem": pemOf("PRIVATE KEY", keyDER(t, ca.Issue(t, "other"))),
		"aes.pem":   []byte(keyAES256), "3des.pem": []byte(key3DES), "scrypt.pem": []byte(keyScrypt),
		"old.pem": []byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"),
	})
	for _, o := range []Options{
		{Cert: "cert.pem", Key: "key.pem"}, {Cert: "both.pem"}, {Cert: "cert.der", Key: "key.der"},
		{Cert: "cert.der", Key: "key.pem"}, {Cert: "joe.p12", Password: canary},
	} {
		o.Cert, o.Key = path(o.Cert), path(o.Key)
		c := mustTLS(t, o)
		c.TLS.RootCAs = ca.Pool
		mustEcho(t, mustDial(t, c, url))
		if got := <-peers; got != "joe" {
			t.Errorf("the server met %q", got)
		}
	}
	for _, tt := range []struct {
		o    Options
		says string
	}{
		{Options{Cert: "gone"}, "gone"},
		{Options{Cert: "cert.pem", Key: "gone"}, "gone"},
		{Options{Cert: "cert.pem"}, "no private key"},
		{Options{Cert: "cert.der"}, "key must be named"},
		{Options{Cert: "key.pem"}, "key.pem"},
		{Options{Cert: "garbage"}, "garbage"},
		{Options{Cert: "empty"}, "empty"},
		{Options{Cert: "garbage", Key: "key.pem"}, "garbage"},
		{Options{Cert: "cert.pem", Key: "garbage"}, "cert.pem"},
		{Options{Cert: "cert.pem", Key: "other.pem"}, "does not match"},
		{Options{Cert: "cert.pem", Key: "aes.pem", Password: canary}, "does not match"}, // that is, it was opened
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

func TestPins(t *testing.T) {
	t.Parallel()
	ca := testpeer.NewAuthority()
	cert := ca.Issue(t, "127.0.0.1")
	url := "wss://" + testpeer.Serve(t, testpeer.WithTLS(&tls.Config{Certificates: []tls.Certificate{cert}}, echo))
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	right := pinPrefix + base64.StdEncoding.EncodeToString(hash[:])
	wrong := pinPrefix + base64.StdEncoding.EncodeToString(make([]byte, 32))
	path := files(t, map[string][]byte{
		"ca.pem": pemOf("CERTIFICATE", ca.Cert.Raw), "key.pem": pemOf("PUBLIC KEY", leaf.RawSubjectPublicKeyInfo),
		"key.der": leaf.RawSubjectPublicKeyInfo, "other.pem": []byte(keyPublic), "empty": nil, "garbage": []byte("garbage"),
		"cert.pem": pemOf("CERTIFICATE", leaf.Raw),
	})
	for _, pins := range []string{right, wrong + ";" + right, right + " ; " + wrong, "key.pem", "key.der"} {
		for _, insecure := range []bool{false, true} {
			o := Options{CAFile: path("ca.pem"), PinnedPublicKey: path(pins), Insecure: insecure, Resume: true}
			c := mustTLS(t, o)
			for range 2 { // the second handshake resumes the first
				mustEcho(t, mustDial(t, c, url))
			}
		}
	}
	for _, pins := range []string{wrong, "other.pem"} {
		for _, insecure := range []bool{false, true} {
			o := Options{CAFile: path("ca.pem"), PinnedPublicKey: path(pins), Insecure: insecure}
			err := failure(t, mustTLS(t, o), url)
			if mismatch, ok := errors.AsType[*dial.PinError](err); !ok || mismatch.Key != right || !strings.Contains(err.Error(), right) {
				t.Errorf("%s: got %v", pins, err)
			}
		}
	}
	for _, pins := range []string{
		pinPrefix, pinPrefix + "AAAA", pinPrefix + "!", right + ";", right + ";x", ";" + right,
		"gone", "empty", "garbage", "cert.pem",
	} {
		if _, err := (&Options{PinnedPublicKey: path(pins)}).Config(); err == nil || !strings.Contains(err.Error(), "pinned") {
			t.Errorf("%s: got %v", pins, err)
		}
	}
}

func TestTLSParameters(t *testing.T) {
	t.Parallel()
	ca := testpeer.NewAuthority()
	certs := []tls.Certificate{ca.Issue(t, "127.0.0.1")}
	newest := "wss://" + testpeer.Serve(t, testpeer.WithTLS(&tls.Config{Certificates: certs}, echo))
	older := "wss://" + testpeer.Serve(t, testpeer.WithTLS(&tls.Config{Certificates: certs, MaxVersion: tls.VersionTLS12}, echo))
	state := func(c *dial.Config, url string) tls.ConnectionState {
		c.TLS.RootCAs = ca.Pool
		conn := mustDial(t, c, url)
		mustEcho(t, conn)
		return conn.(*tls.Conn).ConnectionState()
	}
	if v := state(mustTLS(t, Options{}), newest).Version; v != tls.VersionTLS13 {
		t.Errorf("version %x", v)
	}
	if v := state(mustTLS(t, Options{MaxVersion: tls.VersionTLS12}), newest).Version; v != tls.VersionTLS12 {
		t.Errorf("with MaxVersion: version %x", v)
	}
	c := mustTLS(t, Options{MinVersion: tls.VersionTLS13})
	c.TLS.RootCAs = ca.Pool
	failure(t, c, older)

	for names, want := range map[string]uint16{
		"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384":              tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		"ECDHE-ECDSA-AES256-GCM-SHA384":                        tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		"ecdhe-ecdsa-chacha20-poly1305, ECDHE-RSA-AES128-SHA ": tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		"ECDHE-ECDSA-AES128-SHA:AES128-SHA":                    tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
	} {
		if got := state(mustTLS(t, Options{Ciphers: names}), older).CipherSuite; got != want {
			t.Errorf("%s: got %s", names, tls.CipherSuiteName(got))
		}
	}
	for _, names := range []string{"AES", " : ", "ECDHE-ECDSA-AES128-SHA:NULL"} {
		if _, err := (&Options{Ciphers: names}).Config(); err == nil {
			t.Errorf("%q is accepted", names)
		}
	}

	var log bytes.Buffer
	state(mustTLS(t, Options{KeyLog: &log}), newest)
	if !strings.Contains(log.String(), "CLIENT_HANDSHAKE_TRAFFIC_SECRET ") {
		t.Errorf("the key log is %q", log.String())
	}

	for _, resume := range []bool{false, true} {
		c := mustTLS(t, Options{Resume: resume})
		if state(c, newest).DidResume || state(c, newest).DidResume != resume {
			t.Errorf("Resume %v: wrong kind of handshake", resume)
		}
	}
}

// TestOpenSSLNames spells every suite of Go as OpenSSL does.
func TestOpenSSLNames(t *testing.T) {
	t.Parallel()
	for iana, want := range map[string]string{
		"TLS_RSA_WITH_AES_128_CBC_SHA":                "AES128-SHA",
		"TLS_RSA_WITH_3DES_EDE_CBC_SHA":               "DES-CBC3-SHA",
		"TLS_RSA_WITH_AES_128_GCM_SHA256":             "AES128-GCM-SHA256",
		"TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA":         "ECDHE-RSA-DES-CBC3-SHA",
		"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256":     "ECDHE-ECDSA-AES128-SHA256",
		"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384":       "ECDHE-RSA-AES256-GCM-SHA384",
		"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
		"TLS_ECDHE_ECDSA_WITH_RC4_128_SHA":            "ECDHE-ECDSA-RC4-SHA",
		"TLS_RSA_WITH_RC4_128_SHA":                    "RC4-SHA",
	} {
		if got := openSSLName(iana); got != want {
			t.Errorf("%s is %s, want %s", iana, got, want)
		}
	}
}

// FuzzDecryptPKCS8: a key file is opened or refused.
func FuzzDecryptPKCS8(f *testing.F) {
	for _, s := range []string{keyAES256, keyAES128, key3DES, keyScrypt} {
		block, _ := pem.Decode([]byte(s))
		f.Add(block.Bytes)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		if key, err := decryptPKCS8(der, canary); err != nil && key != nil {
			t.Errorf("got %x and %v", key, err)
		}
	})
}
