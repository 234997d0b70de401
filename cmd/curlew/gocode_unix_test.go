//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestGo: what --go writes compiles, and does what the command line does.
func TestGo(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("compiles programs")
	}
	dir := t.TempDir()
	_, url := serving(t, "127.0.0.1:0")
	options := []string{
		"-H", "X-One: a \"quoted\" one", "-H", "Accept:", "-A", "me", "--subprotocol", "chat", "--compressed", "-L", "-b", "a=1",
		"-u", "user:pass", "--digest", "--proxy-header", "X: y", "--noproxy", "*", "-x", "http://me:you@127.0.0.1:1/", "--preproxy", "socks5h://127.0.0.1:1",
		"--linger", "0.1", "-m", "20", "--connect-timeout", "9.5", "--connect-to", "::127.0.0.1:1", "--local-port", "20000-30000", "-4",
		"--keepalive-time", "30", "--ping-interval", "5", "--max-message", "1M", "-k", "--tlsv1.2", "--ciphers", "ECDHE-RSA-AES256-GCM-SHA384",
	}
	for name, args := range map[string][]string{
		"plain":    {url},
		"messages": {"-d", "one", "--data-binary", "two", "--count", "1", "--linger", "inf", url},
		"all":      append(options, url),
		"traps":    {"-A", "net.Dial url.Parse bufio.NewReader http.Get dial.X atomic.Bool os.Exit", "-d", "\u202enet.X \"time.Now\"", "--linger", "inf", url},
	} {
		text, err := exec.Command("curlew", append([]string{"--go"}, args...)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsFunc(string(text), misleads) {
			t.Errorf("%s: what turns text stands in %s", name, text)
		}
		source := filepath.Join(dir, name+".go")
		if err := os.WriteFile(source, text, 0o666); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, name), source).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s\n%s", name, err, out, text)
		}
	}
	plain := exec.Command(filepath.Join(dir, "plain"))
	plain.Stdin = strings.NewReader("a line\n")
	out, err := plain.CombinedOutput()
	if err != nil || string(out) != "a line\n" {
		t.Errorf("%v: %q", err, out)
	}
}
