package examples

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// programs is the folder where the programs are.
var programs string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "examples")
	if err != nil {
		log.Fatal(err)
	}
	programs = dir + string(filepath.Separator)
	// Without what debuggers want they are linked in half the time.
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", programs, "./...")
	if out, err := cmd.CombinedOutput(); err != nil {
		log.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func program(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return programs + name
}

// TestExamples runs every program but the servers, which are below.
func TestExamples(t *testing.T) {
	file, stored := filepath.Join(t.TempDir(), "file"), filepath.Join(t.TempDir(), "stored")
	if err := os.WriteFile(file, bytes.Repeat([]byte("curlew "), 50_000), 0o600); err != nil {
		t.Fatal(err)
	}
	echo := []string{curlewtest.NewEchoServer(t, "ws", nil).URL, startServer(t, program("server")).url}
	deflating := []string{curlewtest.NewEchoServer(t, "ws", &curlew.AcceptOptions{Compression: &curlew.Compression{}}).URL}
	crowded := echo
	if runtime.GOOS != "linux" { // on which a Multi stands
		crowded = []string{}
	}
	fading := []string{curlewtest.NewServer(t, "ws", fade).URL}
	flaky := []string{curlewtest.NewServer(t, "ws", dropFirst()).URL}
	for _, c := range []struct {
		name  string
		urls  []string // nil: none, the program has a server of its own
		args  []string
		stdin string
		want  string // a regular expression
	}{
		{name: "connectonly", urls: echo, args: []string{"hello, you"}, want: "\"hello, y\" at 0, 2 to come\n\"ou\" at 8, 0 to come\n"},
		{name: "callbacks", urls: echo, args: []string{"bye"}, want: "bye\n"},
		{name: "messages", urls: echo, stdin: "one\ntwo\n", want: "one\ntwo\n"},
		{name: "messages", urls: echo, stdin: "", want: ""},
		{name: "upload", urls: echo, args: []string{file}, want: "350000 bytes came back\n"},
		{name: "upload", urls: echo, args: []string{"-"}, stdin: strings.Repeat("x", 200_000), want: "200000 bytes came back\n"},
		{name: "download", urls: echo, args: []string{"some bytes", stored}, want: "10 bytes are in " + regexp.QuoteMeta(stored) + "\n"},
		{name: "pause", urls: echo, want: "one\ntwo\nthree\nbye\npaused 4 times\n"},
		{name: "senders", urls: echo, want: "1000 messages of 10 senders, each in order\n"},
		{name: "cork", urls: echo, want: "1000 messages in 1 write\n"},
		{name: "crowd", urls: crowded, args: []string{"100"}, want: `100 answers, goroutines: \d\n`},
		{name: "limits", urls: echo, want: "MaxMessage of 1000 was passed; the server was told 1009\n"},
		{name: "closing", urls: echo, args: []string{"4000", "that was all"}, want: "the server answered with 4000\n"},
		{name: "raw", urls: echo, args: []string{"hi"}, want: "81 02 68 69\n"},
		{name: "compression", urls: deflating, want: `1800 bytes sent as \d\d; 1800 came, compressed: true` + "\n" + `1800 bytes sent as [12]\d; 1800 came, compressed: true` + "\n"},
		{name: "heartbeat", urls: fading, args: []string{"50ms"}, want: `there and back in [\d.]+[µm]?s` + "\nthe server is gone\n"},
		{name: "reconnecting", urls: flaky, args: []string{"bye"}, want: "\\(there may be something missing here\\)\nbye\n"},
		{name: "broadcast", want: "(The curlews are back., compressed: true, <nil>\n){3}"},
		{name: "rpc", want: "curlew has 6 letters\n"},
		{name: "origins", want: `"https://app.example.com", \[chat.v1 chat.v2\]: .* 1000, "hello in chat.v2"` + "\n(.*\n)*" +
			`"https://example.net", \[chat.v1\]: 403 Forbidden` + "\n(.*\n)*" + `"", \[mail\]: .* 1008, .*` + "\n"},
	} {
		urls := c.urls
		if urls == nil {
			urls = []string{""}
		}
		for _, url := range urls {
			cmd := exec.CommandContext(t.Context(), program(c.name), append([]string{url}, c.args...)...)
			if c.urls == nil {
				cmd.Args = cmd.Args[:1]
			}
			cmd.Stdin = strings.NewReader(c.stdin)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil || !regexp.MustCompile("^("+c.want+")$").Match(out) {
				t.Errorf("%s %.20q with %q: want %q, got %q, %v\n%s", c.name, c.args, url, c.want, out, err, &stderr)
			}
		}
		if c.urls == nil {
			continue
		}
		out, err := exec.Command(program(c.name)).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "usage: "+c.name+" URL") {
			t.Errorf("%s used wrongly: want it to say how, it said %q, %v", c.name, out, err)
		}
	}
	if b, err := os.ReadFile(stored); err != nil || string(b) != "some bytes" {
		t.Errorf("download stored %q, %v", b, err)
	}
}

// fade answers one PING, and nothing more.
func fade(ctx context.Context, s net.Conn) error {
	c, err := curlewtest.Upgrade(ctx, s, &curlew.AcceptOptions{NoAutoPong: true})
	if err != nil {
		return err
	}
	p, _, err := c.Next()
	if err == nil {
		err = c.Send(curlew.Pong, p)
	}
	for err == nil {
		_, _, err = c.Next()
	}
	return nil
}

// dropFirst echoes, but drops the first connection in its middle.
func dropFirst() func(ctx context.Context, s net.Conn) error {
	first := make(chan bool, 1)
	first <- true
	return func(ctx context.Context, s net.Conn) error {
		c, err := curlewtest.Upgrade(ctx, s, nil)
		if err != nil {
			return err
		}
		select {
		case <-first:
			c.ReadMessage(ctx, nil)
			return c.Close()
		default:
			curlewtest.Echo(ctx, c)
			return nil
		}
	}
}

// TestGraceful interrupts the server while there are sessions.
func TestGraceful(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no way to interrupt another process")
	}
	server := startServer(t, program("graceful"))
	var all []*curlew.Conn
	for range 20 {
		c, err := curlew.Dial(t.Context(), server.url)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		all = append(all, c)
		if err := c.WriteMessage(t.Context(), curlew.Text, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.ReadMessage(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := server.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		_, _, err := c.ReadMessage(t.Context(), nil)
		var end *curlew.CloseError
		if !errors.As(err, &end) || end.Code != curlew.CloseGoingAway {
			t.Errorf("came %v, want CLOSE 1001", err)
		}
	}
	out, err := io.ReadAll(server.out)
	if string(out) != "20 sessions ended\n" || err != nil {
		t.Errorf("the server said %q, %v", out, err)
	}
	if err := server.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// A process is a server.
type process struct {
	url string
	cmd *exec.Cmd
	out *bufio.Reader
}

// startServer starts a server, which tells its URL.
func startServer(t *testing.T, path string) *process {
	t.Helper()
	cmd := exec.Command(path, "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	p := &process{cmd: cmd, out: bufio.NewReader(out)}
	if p.url, err = p.out.ReadString('\n'); err != nil {
		t.Fatalf("the server told no URL: %v", err)
	}
	p.url = strings.TrimSpace(p.url)
	return p
}

// What one client sends throws nobody else out of the chat.
func TestRememberedChatOutlivesBadText(t *testing.T) {
	server := startServer(t, program("chat"))
	url := "ws" + strings.TrimPrefix(server.url, "http") + "chat?name="
	good := dialChat(t, url+"good")
	hear(t, good, "good is here")
	names := map[string]string{
		"%ff": "\ufffd", "a%C3": "a\ufffd", "%1b%5b2J%0A%E2%80%AEx": "[2Jx", "": "somebody", strings.Repeat("%F0%9F%90%A6", 1000): strings.Repeat("\U0001f426", 40),
	}
	for asked, name := range names {
		bad := dialChat(t, url+asked)
		hear(t, good, name+" is here")
		hear(t, bad, name+" is here")
		if err := bad.WriteMessage(t.Context(), curlew.Binary, []byte{0xff}); err != nil {
			t.Fatal(err)
		}
		_, _, err := bad.ReadMessage(t.Context(), nil)
		var end *curlew.CloseError
		if !errors.As(err, &end) || end.Code != curlew.CloseUnsupportedData {
			t.Errorf("bytes were answered with %v, expected CLOSE 1003", err)
		}
		hear(t, good, name+" left")
	}
	if err := good.WriteMessage(t.Context(), curlew.Text, []byte("still here")); err != nil {
		t.Fatal(err)
	}
	hear(t, good, "good: still here")
}

func dialChat(t *testing.T, url string) *curlew.Conn {
	t.Helper()
	c, err := curlew.Dial(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func hear(t *testing.T, c *curlew.Conn, want string) {
	t.Helper()
	_, got, err := c.ReadMessage(t.Context(), nil)
	if err != nil || string(got) != want {
		t.Fatalf("heard %.200q, %v, expected %.200q", got, err, want)
	}
}
