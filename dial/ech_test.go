package dial

import (
	"crypto/ecdh"
	"crypto/rand"
	"crypto/tls"
	"net"
	"slices"
	"testing"

	"github.com/curlew-ws/curlew/internal/testpeer"
)

// echConfig returns an ECHConfig of version 0xfe0d for key and the outer name.
func echConfig(key *ecdh.PublicKey, name string) []byte {
	contents := slices.Concat(
		[]byte{7, 0, 0x20}, // number, DHKEM(X25519)
		vector(key.Bytes()),
		[]byte{0, 4, 0, 1, 0, 1},              // HKDF-SHA256, AES-128-GCM
		[]byte{0, byte(len(name))},            // no padding
		append([]byte(name), []byte{0, 0}...), // no extensions
	)
	return append([]byte{0xfe, 0x0d}, vector(contents)...)
}

// vector returns b after its length in two bytes.
func vector(b []byte) []byte { return append([]byte{byte(len(b) >> 8), byte(len(b))}, b...) }

// TestECH dials with Encrypted Client Hello in TLS, which hides the name of the host.
func TestECH(t *testing.T) {
	t.Parallel()
	ca := testpeer.NewAuthority()
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	config := echConfig(key.PublicKey(), "public.example")
	addr := testpeer.Serve(t, testpeer.WithTLS(&tls.Config{
		Certificates:             []tls.Certificate{ca.Issue(t, "secret.example")},
		EncryptedClientHelloKeys: []tls.EncryptedClientHelloKey{{Config: config, PrivateKey: key.Bytes()}},
	}, echo))
	_, port, _ := net.SplitHostPort(addr)
	c := &Config{TLS: ca.Trust(), Resolve: []string{"secret.example:" + port + ":127.0.0.1"}}
	c.TLS.EncryptedClientHelloConfigList = vector(config)
	conn := mustDial(t, c, "wss://secret.example:"+port)
	mustEcho(t, conn)
	if state := conn.(*tls.Conn).ConnectionState(); !state.ECHAccepted || state.ServerName != "secret.example" {
		t.Errorf("ECH accepted: %t, name %q", state.ECHAccepted, state.ServerName)
	}
}
