package curltls

import (
	"bytes"
	"crypto/tls"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew/dial"
	"github.com/curlew-ws/curlew/internal/testpeer"
)

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
			t.Errorf("Resume %v: got the wrong kind of handshake", resume)
		}
	}
}

// TestOpenSSLNames checks OpenSSL's name of every suite of Go.
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
