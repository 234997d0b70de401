package curltls

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew/dial"
)

// files writes files into a temporary directory. It returns a function for their
// paths.
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

// mustTLS returns a dial.Config with the options.
func mustTLS(t *testing.T, o Options) *dial.Config {
	t.Helper()
	config, err := o.Config()
	if err != nil {
		t.Fatal(err)
	}
	return &dial.Config{TLS: config}
}

// canary is the secret in all these tests. No error may contain it.
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

// mustEcho sends a line and checks that it is echoed.
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

// failure dials, checks that TLS fails, and returns that error.
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

func derOf(t *testing.T, text string) []byte {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatal("no PEM")
	}
	return block.Bytes
}
