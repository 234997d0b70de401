package curltls

import (
	"bufio"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/dial"
	"github.com/curlew-ws/curlew/internal/handshake"
	"github.com/curlew-ws/curlew/internal/testpeer"
)

// An opensslServer is a TLS server of OpenSSL. Unlike crypto/tls it renegotiates.
// out has what it receives and what it reports.
type opensslServer struct {
	in     io.Writer
	out    *bufio.Reader
	closer io.Closer
	addr   string
}

func startOpenSSL(t *testing.T, args ...string) *opensslServer {
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("needs openssl, to play a server that renegotiates")
	}
	c := exec.Command(path, append([]string{"s_server", "-accept", "127.0.0.1:0", "-tls1_2"}, args...)...)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, output := io.Pipe()
	c.Stdout, c.Stderr = output, output
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close(); c.Process.Kill(); c.Wait() })
	s := &opensslServer{in: in, out: bufio.NewReader(out), closer: out}
	s.addr = strings.TrimSpace(s.until(t, "ACCEPT "))
	return s
}

// until returns what follows after text, to the end of its line.
func (s *opensslServer) until(t *testing.T, text string) string {
	var output strings.Builder
	for {
		line, err := s.out.ReadString('\n')
		output.WriteString(line)
		if _, after, found := strings.Cut(line, text); found {
			return after
		}
		if err != nil {
			t.Logf("expected %q from openssl, got %q", text, output.String())
			return ""
		}
	}
}

// TestRememberedRenegotiation checks that a server with TLS 1.2 that asks for the
// client certificate after the request, as IIS does, gets it. Without a certificate
// the client does not renegotiate.
func TestRememberedRenegotiation(t *testing.T) {
	t.Parallel()
	ca := testpeer.NewAuthority()
	own, joe := ca.Issue(t, "127.0.0.1"), ca.Issue(t, "joe")
	path := files(t, map[string][]byte{
		"server.pem": append(pemOf("CERTIFICATE", own.Certificate[0]), pemOf("PRIVATE KEY", keyDER(t, own))...),
		"joe.pem":    append(pemOf("CERTIFICATE", joe.Certificate[0]), pemOf("PRIVATE KEY", keyDER(t, joe))...),
		"ca.pem":     pemOf("CERTIFICATE", ca.Cert.Raw),
	})
	for cert, taken := range map[string]bool{"joe.pem": true, "": false} {
		s := startOpenSSL(t, "-cert", path("server.pem"), "-CAfile", path("ca.pem"))
		config, err := (&Options{CAFile: path("ca.pem"), Cert: path(cert)}).Config()
		if err != nil {
			t.Fatal(err)
		}
		asked := make(chan struct{})
		go func() {
			defer close(asked)
			key := strings.TrimSpace(s.until(t, "Sec-WebSocket-Key: "))
			s.until(t, "Connection: Upgrade")
			io.WriteString(s.in, "R\n")
			if taken {
				s.until(t, "joe")
				io.WriteString(s.in, "HTTP/1.1 101 X\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: "+handshake.AcceptKey(key)+"\n\n")
			}
		}()
		client := curlew.Client{Net: dial.Config{TLS: config}}
		c, err := client.Dial(t.Context(), "wss://"+s.addr+"/")
		if (err == nil) != taken {
			t.Errorf("with the certificate %q: %v", cert, err)
		}
		if err == nil {
			c.Close()
		}
		s.closer.Close()
		<-asked
	}
}
