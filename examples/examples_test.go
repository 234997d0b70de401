package examples

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew/curlewtest"
)

// build compiles the programs and returns where they are.
func build(t *testing.T) func(name string) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "./...")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return func(name string) string {
		if runtime.GOOS == "windows" {
			name += ".exe"
		}
		return filepath.Join(dir, name)
	}
}

func TestExamples(t *testing.T) {
	program := build(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, bytes.Repeat([]byte("curlew "), 50_000), 0o600); err != nil {
		t.Fatal(err)
	}
	servers := map[string]string{
		"curlewtest": curlewtest.NewEchoServer(t, "ws", nil).URL,
		"server":     startServer(t, program("server")),
	}
	for _, c := range []struct {
		name  string
		args  []string
		stdin string
		want  string
	}{
		{name: "connectonly", args: []string{"hello, you"}, want: "\"hello, y\" at 0, 2 to come\n\"ou\" at 8, 0 to come\n"},
		{name: "callbacks", args: []string{"bye"}, want: "bye\n"},
		{name: "messages", stdin: "one\ntwo\n", want: "one\ntwo\n"},
		{name: "messages", stdin: "", want: ""},
		{name: "upload", args: []string{file}, want: "350000 bytes came back\n"},
		{name: "upload", args: []string{"-"}, stdin: strings.Repeat("x", 200_000), want: "200000 bytes came back\n"},
	} {
		for server, url := range servers {
			cmd := exec.CommandContext(t.Context(), program(c.name), append([]string{url}, c.args...)...)
			cmd.Stdin = strings.NewReader(c.stdin)
			cmd.Stderr = os.Stderr
			out, err := cmd.Output()
			if err != nil || string(out) != c.want {
				t.Errorf("%s %.20q with %s: want %q, got %q, %v", c.name, c.args, server, c.want, out, err)
			}
		}
		out, err := exec.Command(program(c.name)).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "usage: "+c.name+" URL") {
			t.Errorf("%s used wrongly: want it to say how, it said %q, %v", c.name, out, err)
		}
	}
}

// startServer starts the program server and returns the URL it tells.
func startServer(t *testing.T, path string) string {
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
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server told no URL: %v", err)
	}
	return strings.TrimSpace(line)
}
