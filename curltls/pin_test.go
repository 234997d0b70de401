package curltls

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew/dial"
	"github.com/curlew-ws/curlew/internal/testpeer"
)

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
