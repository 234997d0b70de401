package examples

import (
	"bytes"
	"errors"
	"io"
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

// An exampleRun is one way to run a program, and the output expected of it.
type exampleRun struct {
	name  string
	urls  []string // nil: none, the program has its own server
	args  []string
	stdin string
	want  string // a regular expression
}

// exampleRuns returns the runs of every program except the servers. Download stores
// a message in stored.
func exampleRuns(t *testing.T, file, stored string) []exampleRun {
	echo := []string{curlewtest.NewEchoServer(t, "ws", nil).URL, startServer(t, program("server")).url}
	deflating := []string{curlewtest.NewEchoServer(t, "ws", &curlew.AcceptOptions{Compression: &curlew.Compression{}}).URL}
	crowded := echo
	if runtime.GOOS != "linux" { // the only system with a Multi
		crowded = []string{}
	}
	fading := []string{curlewtest.NewServer(t, "ws", fade).URL}
	flaky := []string{curlewtest.NewServer(t, "ws", dropFirst()).URL}
	return []exampleRun{
		{name: "connectonly", urls: echo, args: []string{"hello, you"}, want: "\"hello, y\" at 0, 2 left\n\"ou\" at 8, 0 left\n"},
		{name: "callbacks", urls: echo, args: []string{"bye"}, want: "bye\n"},
		{name: "messages", urls: echo, stdin: "one\ntwo\n", want: "one\ntwo\n"},
		{name: "messages", urls: echo, stdin: "", want: ""},
		{name: "upload", urls: echo, args: []string{file}, want: "350000 bytes received\n"},
		{name: "upload", urls: echo, args: []string{"-"}, stdin: strings.Repeat("x", 200_000), want: "200000 bytes received\n"},
		{name: "download", urls: echo, args: []string{"some bytes", stored}, want: "10 bytes are in " + regexp.QuoteMeta(stored) + "\n"},
		{name: "pause", urls: echo, want: "one\ntwo\nthree\nbye\npaused 4 times\n"},
		{name: "senders", urls: echo, want: "1000 messages of 10 senders, each in order\n"},
		{name: "cork", urls: echo, want: "1000 messages in 1 write\n"},
		{name: "crowd", urls: crowded, args: []string{"100"}, want: `100 answers, goroutines: \d\n`},
		{name: "limits", urls: echo, want: "exceeded MaxMessage \\(1000\\); closed with 1009\n"},
		{name: "closing", urls: echo, args: []string{"4000", "that was all"}, want: "the server answered with 4000\n"},
		{name: "raw", urls: echo, args: []string{"hi"}, want: "81 02 68 69\n"},
		{name: "compression", urls: deflating, want: `1800 bytes sent as \d\d; 1800 received, compressed: true` + "\n" + `1800 bytes sent as [12]\d; 1800 received, compressed: true` + "\n"},
		{name: "heartbeat", urls: fading, args: []string{"50ms"}, want: `there and back in [\d.]+[µm]?s` + "\nthe server is gone\n"},
		{name: "reconnecting", urls: flaky, args: []string{"bye"}, want: "\\(something may be missing here\\)\nbye\n"},
		{name: "broadcast", want: "(The curlews are back., compressed: true, <nil>\n){3}"},
		{name: "rpc", want: "curlew has 6 letters\n"},
		{name: "origins", want: `"https://app.example.com", \[chat.v1 chat.v2\]: .* 1000, "hello in chat.v2"` + "\n(.*\n)*" +
			`"https://example.net", \[chat.v1\]: 403 Forbidden` + "\n(.*\n)*" + `"", \[mail\]: .* 1008, .*` + "\n"},
	}
}

// TestExamples runs every program except the servers, which have tests of their own.
func TestExamples(t *testing.T) {
	file, stored := filepath.Join(t.TempDir(), "file"), filepath.Join(t.TempDir(), "stored")
	if err := os.WriteFile(file, bytes.Repeat([]byte("curlew "), 50_000), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, r := range exampleRuns(t, file, stored) {
		if r.urls == nil {
			r.check(t)
			continue
		}
		for _, url := range r.urls {
			r.check(t, url)
		}
		out, err := exec.Command(program(r.name)).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "usage: "+r.name+" URL") {
			t.Errorf("%s without arguments printed %q, %v, want its usage", r.name, out, err)
		}
	}
	if b, err := os.ReadFile(stored); err != nil || string(b) != "some bytes" {
		t.Errorf("download stored %q, %v", b, err)
	}
}

// check runs the program with url, if there is one, before its arguments.
func (r exampleRun) check(t *testing.T, url ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program(r.name), append(url, r.args...)...)
	cmd.Stdin = strings.NewReader(r.stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || !regexp.MustCompile("^("+r.want+")$").Match(out) {
		t.Errorf("%s %.20q with %q: got %q, %v, want %q\n%s", r.name, r.args, url, out, err, r.want, &stderr)
	}
}

// TestGraceful interrupts the server while sessions are open.
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
			t.Errorf("got %v, want CLOSE 1001", err)
		}
	}
	out, err := io.ReadAll(server.out)
	if string(out) != "20 sessions ended\n" || err != nil {
		t.Errorf("the server printed %q, %v", out, err)
	}
	if err := server.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// Nothing that one client sends disconnects another from the chat.
func TestRememberedChatOutlivesBadText(t *testing.T) {
	server := startServer(t, program("chat"))
	url := "ws" + strings.TrimPrefix(server.url, "http") + "chat?name="
	good := dialChat(t, url+"good")
	expect(t, good, "good is here")
	names := map[string]string{
		"%ff": "\ufffd", "a%C3": "a\ufffd", "%1b%5b2J%0A%E2%80%AEx": "[2Jx", "": "somebody", strings.Repeat("%F0%9F%90%A6", 1000): strings.Repeat("\U0001f426", 40),
	}
	for asked, name := range names {
		bad := dialChat(t, url+asked)
		expect(t, good, name+" is here")
		expect(t, bad, name+" is here")
		if err := bad.WriteMessage(t.Context(), curlew.Binary, []byte{0xff}); err != nil {
			t.Fatal(err)
		}
		_, _, err := bad.ReadMessage(t.Context(), nil)
		var end *curlew.CloseError
		if !errors.As(err, &end) || end.Code != curlew.CloseUnsupportedData {
			t.Errorf("got %v in answer to binary data, want CLOSE 1003", err)
		}
		expect(t, good, name+" left")
	}
	if err := good.WriteMessage(t.Context(), curlew.Text, []byte("still here")); err != nil {
		t.Fatal(err)
	}
	expect(t, good, "good: still here")
}
