package examples

import (
	"bufio"
	"context"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// programs is the directory of the programs, with a separator at its end.
var programs string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "examples")
	if err != nil {
		log.Fatal(err)
	}
	programs = dir + string(filepath.Separator)
	// Without debugging information they are linked in half the time.
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

// fade answers one PING, and no other.
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

// dropFirst echoes, but drops the first connection in mid-session.
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

// A process is a server.
type process struct {
	url string
	cmd *exec.Cmd
	out *bufio.Reader
}

// startServer starts a server, which prints its URL.
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
		t.Fatalf("the server printed no URL: %v", err)
	}
	p.url = strings.TrimSpace(p.url)
	return p
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

func expect(t *testing.T, c *curlew.Conn, want string) {
	t.Helper()
	_, got, err := c.ReadMessage(t.Context(), nil)
	if err != nil || string(got) != want {
		t.Fatalf("got %.200q, %v, want %.200q", got, err, want)
	}
}
