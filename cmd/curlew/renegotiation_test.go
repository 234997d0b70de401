package main

import (
	"bufio"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew/internal/handshake"
)

// TestRememberedRenegotiation: a server of TLS 1.2 that asks for a client
// certificate when it has seen the request, as IIS does, gets the one of -E; without
// it the user is told.
func TestRememberedRenegotiation(t *testing.T) {
	t.Parallel()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("needs openssl, to play a server that renegotiates")
	}
	cert := commonNameCert()
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dir: t.TempDir()}
	file := w.file("both.pem", append(
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...))
	for _, test := range []struct {
		options []string
		code    int
		says    string
	}{
		{[]string{"-E", file}, 0, "hi"},
		{nil, codeReceive, "-E FILE"},
	} {
		server := exec.Command(openssl, "s_server", "-accept", "127.0.0.1:0", "-tls1_2", "-cert", file)
		addr := renegotiate(t, server, len(test.options) > 0)
		text, err := exec.Command("curlew", append(test.options, "-q", "-k", "wss://"+addr+"/")...).CombinedOutput()
		code := 0
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			code = exit.ExitCode()
		}
		if code != test.code || !strings.Contains(string(text), test.says) {
			t.Errorf("%v: expected the exit code %d and %q, got %v and %s", test.options, test.code, test.says, err, text)
		}
	}
}

// renegotiate starts OpenSSL's server, which answers the request with a new
// handshake and, if that is to succeed, a session. It returns the address.
func renegotiate(t *testing.T, server *exec.Cmd, succeeds bool) string {
	in, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, told := io.Pipe()
	server.Stdout, server.Stderr = told, told
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	until := func(text string) string {
		for lines.Scan() {
			if _, after, found := strings.Cut(lines.Text(), text); found {
				return strings.TrimSpace(after)
			}
		}
		return ""
	}
	addr := until("ACCEPT ")
	served := make(chan struct{})
	t.Cleanup(func() { server.Process.Kill(); told.Close(); <-served; server.Wait() })
	go func() {
		defer close(served)
		key := until("Sec-WebSocket-Key: ")
		until("Connection: Upgrade")
		io.WriteString(in, "R\n")
		if succeeds {
			until("127.0.0.1") // the name in the client's certificate
			io.WriteString(in, "HTTP/1.1 101 X\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: "+handshake.AcceptKey(key)+"\n\n\x81\x02hi\x88\x02\x03\xe8")
		}
		io.Copy(io.Discard, out)
	}()
	return addr
}
