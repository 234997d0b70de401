//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"

	"github.com/curlew-ws/curlew"
)

// evil is what terminals act on: OSC 52, a sequence of C1, cursor movements, and
// what turns or breaks text.
const evil = "\x1b]52;c;ZXZpbA==\x07\x1b[2J\u009b31m\u0085\r\b\x7f\x00\u202e\u2066\u200e\u200f\u061c\u2028\u2029\ufeff!"

// evilLine is evil in a field of a head, which has no control characters of ASCII.
const evilLine = "\u009b31m\u0085\u202e\u2066\u200e\u200f\u061c\u2028\u2029!"

// harmless fails for what a terminal would act on.
func harmless(t *testing.T, what, text string) {
	t.Helper()
	for i, r := range text {
		size := utf8.RuneLen(r)
		switch {
		case r == '\n', r == '\t', r == '\r' && strings.HasPrefix(text[i:], "\r\n"):
			continue
		case r < ' ', r == 0x7f, misleads(r), r == utf8.RuneError && size == 3 && !strings.HasPrefix(text[i:], "\ufffd"):
			t.Errorf("%s: %q reaches the terminal in %q", what, r, text[max(0, i-60):min(len(text), i+30)])
			return
		}
	}
	if !strings.Contains(text, `\u009b`) && !strings.Contains(text, `\x1b`) && !strings.Contains(text, `\xc2\x9b`) && !strings.Contains(text, "%1B") {
		t.Errorf("%s: shows nothing of what is evil: %q", what, text)
	}
}

// onlyTerminal runs curlew with a terminal as its output and error, and returns
// what that got.
func onlyTerminal(t *testing.T, args ...string) string {
	t.Helper()
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Skip("no terminal to be had: ", err)
	}
	defer ptmx.Close()
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "TTY", tty.Name())
	}
	cmd := exec.Command("curlew", args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "TERM=xterm", "XDG_CONFIG_HOME=")
	cmd.Stdout, cmd.Stderr = tty, tty
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	text, _ := readTerminal(bufio.NewReader(ptmx), tty, cmd)
	return text
}

// readTerminal returns what cmd writes to the terminal to its end. The end is
// marked, since not every system tells that nobody has the terminal any more.
func readTerminal(ptmx *bufio.Reader, tty *os.File, cmd *exec.Cmd) (text string, err error) {
	const mark = "<end of the output>"
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.Wait()
		tty.WriteString(mark)
		tty.Close()
	}()
	var b strings.Builder
	for !strings.HasSuffix(b.String(), mark) {
		c, err := ptmx.ReadByte()
		if err != nil {
			return b.String(), err
		}
		b.WriteByte(c)
	}
	return strings.TrimSuffix(b.String(), mark), <-ended
}

// evilServer answers each request with what is evil in all places where a server
// can put it, and returns its URL.
func evilServer(t *testing.T, config *tls.Config) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if config != nil {
		l = tls.NewListener(l, config)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go answerEvil(c)
		}
	}()
	return "ws://" + l.Addr().String()
}

func answerEvil(c net.Conn) {
	defer c.Close()
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	head := "X-Evil: " + evilLine + "\r\nContent-Type: text/" + evilLine + "\r\nLocation: /" + evilLine + "\r\nSet-Cookie: a" + evilLine + "=" + evilLine + "; Path=/\r\nWWW-Authenticate: " + evilLine + "\r\n\r\n"
	switch {
	case r.Method == http.MethodConnect && r.Host == "refused:80":
		io.WriteString(c, "HTTP/1.1 502 "+evilLine+"\r\n"+head+evil)
		return
	case r.Method == http.MethodConnect:
		io.WriteString(c, "HTTP/1.1 200 "+evilLine+"\r\n"+head)
		if r, err = http.ReadRequest(bufio.NewReader(c)); err != nil {
			return
		}
	case r.URL.Path == "/refuse":
		io.WriteString(c, "HTTP/1.1 403 "+evilLine+"\r\nContent-Length: "+fmt.Sprint(len(evil))+"\r\n"+head+evil)
		return
	case r.URL.Path == "/redirect":
		io.WriteString(c, "HTTP/1.1 302 "+evilLine+"\r\nContent-Length: 0\r\n"+head)
		return
	case r.URL.Path == "/rubbish":
		io.WriteString(c, evil+"\r\n"+evil)
		return
	}
	io.WriteString(c, "HTTP/1.1 101 "+evilLine+"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+acceptKey(r)+"\r\n"+head)
	conn := curlew.NewConn(c, true, nil)
	conn.Send(curlew.Ping, []byte(evil))
	conn.Send(curlew.Text, []byte(evil+"\n"+evil+"\r\n"))
	conn.Send(curlew.Text, []byte(`{"`+"\u009b\u202e"+`":1}`))
	conn.Send(curlew.Text|curlew.Cont, []byte("\u009b\u202e"[:1])) // a character in two chunks
	conn.Send(curlew.Text, []byte("\u009b\u202e"[1:]))
	conn.Send(curlew.Binary, []byte(evil))
	conn.Shutdown(context.Background(), 4000, evil)
}

// TestRememberedTerminal: whatever comes from outside is escaped on its way to a
// terminal, in every place.
func TestRememberedTerminal(t *testing.T) {
	t.Parallel()
	url, secure := evilServer(t, nil), strings.Replace(evilServer(t, evilCertificate(t)), "ws:", "wss:", 1)
	proxy := strings.TrimPrefix(url, "ws://")
	file := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(file, []byte("a\n"+evil), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{
		"URL", "-v URL", "-vv URL", "--stderr - -v URL", "-i URL", "-D - URL", "-D % URL", "-D TTY URL", "--frames URL", "--frames=json -v URL",
		"--trace - -v URL", "--trace-ascii % -v URL", "--trace /dev/stdout -v URL", "-o - URL", "-o /dev/stdout URL", "-o TTY URL", "-N URL", "--pretty URL", "--hex -v URL",
		"--framing-out null URL", "--framing-out length URL", "--framing-out ndjson URL", "--framing-out raw URL", "--framing-out length -o - URL",
		"-w %{ws_close_reason} URL", "-w %header{X-Evil} URL", "-w %{redirect_url} URL", "-w %{content_type} URL", "-w %{json} URL", "-w %{stderr}%{errormsg} URL", "-w %{url_effective} -L URL/redirect",
		"-c - URL", "-L -v URL/redirect", "URL/redirect", "-L --max-redirs 0 URL/redirect", "URL/refuse", "-i URL/refuse", "-w %{errormsg}%{json} URL/refuse", "URL/rubbish", "-v URL/rubbish",
		"-u a:b --anyauth -v URL/refuse", "--retry 1 --retry-delay 0.01 --retry-all-errors URL/refuse", "--reconnect --count 4 -m 2 URL",
		"-x PROXY ws://host/", "-i -x PROXY ws://host/", "-D - -x PROXY ws://host/", "-v -x PROXY ws://host/", "-v -x PROXY ws://refused/", "-x PROXY ws://refused/",
		"-k -v SECURE", "-v SECURE", "-d @FILE -v URL", "-# -v URL", "--stats -v URL",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			words := strings.Fields(strings.NewReplacer("URL", url, "SECURE", secure, "PROXY", proxy, "FILE", file).Replace(args))
			text := onlyTerminal(t, append([]string{"-m", "20"}, words...)...)
			if strings.Contains(args, "-#") {
				text = strings.ReplaceAll(text, "\r", "\r\n") // drawn again and again
			}
			harmless(t, args, text)
		})
	}
}

// TestRememberedTerminalOfServe: so is what clients send to curlew serve.
func TestRememberedTerminalOfServe(t *testing.T) {
	t.Parallel()
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Skip("no terminal to be had: ", err)
	}
	defer ptmx.Close()
	cmd := exec.Command("curlew", "serve", "-v", "--stats", "127.0.0.1:0")
	cmd.Stdout, cmd.Stderr = tty, tty
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	shown := bufio.NewReader(ptmx)
	first, err := shown.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	addr := strings.TrimPrefix(strings.TrimSuffix(strings.Fields(first)[3], "/"), "ws://")
	for _, head := range []string{
		"GET /%1B%C2%9B?" + evilLine + " HTTP/1.1\r\nHost: h\r\nX-Evil: " + evilLine + "\r\n",
		"GET / HTTP/1.1\r\nHost: h\r\nOrigin: http://" + evilLine + "\r\n", "GET /" + evil + " HTTP/1.1\r\nHost: " + evilLine + "\r\n",
	} {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, head+"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "+base64.StdEncoding.EncodeToString(make([]byte, 16))+"\r\n\r\n")
		http.ReadResponse(bufio.NewReader(c), nil)
		conn := curlew.NewConn(c, false, nil)
		conn.Send(curlew.Text, []byte(evil))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		conn.Shutdown(ctx, 4000, evil)
		cancel()
		conn.Close()
	}
	cmd.Process.Signal(os.Interrupt)
	text, _ := readTerminal(shown, tty, cmd)
	harmless(t, "serve", text)
}

func evilCertificate(t *testing.T) *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: evilLine}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

func acceptKey(r *http.Request) string {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// TestRememberedTerminalOfConsole: so is what the console shows.
func TestRememberedTerminalOfConsole(t *testing.T) {
	t.Parallel()
	s := onScreen(t, t.TempDir(), "-v", evilServer(t, nil))
	text := s.see(`closed[^\n]*4000`)
	harmless(t, "console", regexp.MustCompile(`\x1b\[[?0-9]*[a-zA-Z]|\r`).ReplaceAllString(text, ""))
}

// TestRememberedGiantMessage: of a message without end a terminal shows the
// beginning, and how much more there was; neither that nor --pretty and --hex
// keep it.
func TestRememberedGiantMessage(t *testing.T) {
	t.Parallel()
	const size = 100 << 20
	url := sessions(t, nil, func(c *curlew.Conn) {
		c.Send(curlew.Text, bytes.Repeat([]byte("x"), size))
		c.Send(curlew.Text, []byte("next"))
		c.Shutdown(t.Context(), curlew.CloseNormal, "")
	})
	for _, args := range []string{"", "-d hello", "--pretty", "--hex", "--framing-out ndjson", "--hex -o /dev/null", "--pretty -o /dev/null"} {
		t.Run(args, func(t *testing.T) {
			status := filepath.Join(t.TempDir(), "status")
			ptmx, tty, err := pty.Open()
			if err != nil {
				t.Skip("no terminal to be had: ", err)
			}
			defer ptmx.Close()
			cmd := exec.Command("curlew-status", append(strings.Fields(args), url)...)
			cmd.Env = append(os.Environ(), "STATUS="+status, "HOME="+t.TempDir(), "TERM=xterm")
			cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			text, err := readTerminal(bufio.NewReader(ptmx), tty, cmd)
			if err != nil {
				t.Errorf("%v: %.200q", err, text)
			}
			if len(text) > 3<<20 {
				t.Errorf("%d bytes on the terminal", len(text))
			}
			if shown := fmt.Sprint(size-maxShown, " bytes more of this message"); !strings.Contains(args, "/dev/null") && !strings.Contains(string(text), shown) {
				t.Errorf("expected %q, got …%q", shown, text[max(0, len(text)-300):])
			}
			allowed := int64(maxMemory)
			if strings.HasPrefix(args, "--pretty -o") {
				allowed += 16 * maxPretty // what is kept, what was before it grew, and the race detector's
			}
			if peak := peakMemory(t, status); peak > allowed {
				t.Errorf("took %d MiB", peak>>20)
			}
		})
	}
}
