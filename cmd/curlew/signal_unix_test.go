//go:build unix

package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// start runs curlew and waits for its first line of output.
func start(t *testing.T, args ...string) (cmd *exec.Cmd, out *os.File, stderr *strings.Builder) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr = new(strings.Builder)
	cmd = exec.Command("curlew", args...)
	cmd.Stdout, cmd.Stderr = w, stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if _, err := bufio.NewReaderSize(r, 16).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return cmd, r, stderr
}

// TestInterrupt: SIGINT and SIGTERM close with code 1000, and are the exit code.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	for signal, code := range map[os.Signal]int{os.Interrupt: codeInterrupt, syscall.SIGTERM: codeTerminate} {
		t.Run(signal.String(), func(t *testing.T) { interrupt(t, signal, code) })
	}
}

func interrupt(t *testing.T, signal os.Signal, code int) {
	curlewtest.NoLeaks(t)
	ended := make(chan error, 1)
	url := sessions(t, nil, func(c *curlew.Conn) {
		c.Send(curlew.Text, []byte("ready"))
		_, _, err := c.ReadMessage(context.Background(), nil)
		ended <- err
	})
	cmd, out, stderr := start(t, "--linger", "inf", url)
	defer out.Close()
	cmd.Process.Signal(signal)
	err := <-ended
	if e, ok := err.(*curlew.CloseError); !ok || e.Code != curlew.CloseNormal {
		t.Errorf("expected CLOSE 1000, came %v", err)
	}
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != code || stderr.Len() > 0 {
		t.Errorf("exit code %d, standard error %q", got, stderr)
	}
}

// TestInterruptTwice: the second SIGINT ends the program, whatever the server does.
func TestInterruptTwice(t *testing.T) {
	t.Parallel()
	curlewtest.NoLeaks(t)
	closing, over := make(chan struct{}), make(chan struct{})
	url := sessions(t, &curlew.AcceptOptions{NoAutoClose: true}, func(c *curlew.Conn) {
		c.Send(curlew.Text, []byte("ready"))
		c.Next() // CLOSE, which stays without an answer
		close(closing)
		<-over
	})
	cmd, out, _ := start(t, "--linger", "inf", url)
	defer out.Close()
	cmd.Process.Signal(os.Interrupt)
	<-closing
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
	close(over)
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGINT {
		t.Errorf("expected an end by SIGINT, came %v", cmd.ProcessState)
	}
}

// TestClosedOutput: whoever reads the output may stop.
func TestClosedOutput(t *testing.T) {
	t.Parallel()
	curlewtest.NoLeaks(t)
	url := sessions(t, nil, func(c *curlew.Conn) {
		for c.Send(curlew.Text, []byte("y")) == nil {
		}
	})
	cmd, out, stderr := start(t, "--linger", "inf", url)
	out.Close()
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != codeWrite || stderr.Len() > 0 {
		t.Errorf("exit code %d, standard error %q", code, stderr)
	}
}

// TestRememberedClosedPipe: that nobody reads the output any more is noticed
// before the next message; what is to be sent is sent.
func TestRememberedClosedPipe(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--linger", "inf"}, {"-o", "/dev/stdout"}, {"--reconnect"}, {"-d", "hello", "--count", "2", "-v"}} {
		got := make(chan string, 1)
		url := sessions(t, nil, func(c *curlew.Conn) {
			c.Send(curlew.Text, []byte("ready"))
			_, text, _ := c.ReadMessage(context.Background(), nil)
			got <- string(text)
			c.Next()
		})
		cmd, out, _ := start(t, append(args, url)...)
		out.Close()
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != codeWrite {
			t.Errorf("%q: exit code %d", args, code)
		}
		if text := <-got; args[0] == "-d" && text != "hello" {
			t.Errorf("%q: the server got %q", args, text)
		}
	}
}

// TestRememberedClosedFIFO: so it is where -o names a FIFO.
func TestRememberedClosedFIFO(t *testing.T) {
	t.Parallel()
	url := sessions(t, nil, func(c *curlew.Conn) {
		c.Send(curlew.Text, []byte("ready"))
		c.Next()
	})
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("curlew", "-o", fifo, url)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(fifo)
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(in).ReadString('\n')
	if line != "ready\n" {
		t.Errorf("got %q, %v", line, err)
	}
	in.Close()
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != codeWrite {
		t.Errorf("exit code %d", code)
	}
}

// serving starts curlew serve, and returns the URL that it says.
func serving(t *testing.T, args ...string) (cmd *exec.Cmd, url string) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command("curlew", append([]string{"serve"}, args...)...)
	cmd.Stderr = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); cmd.Process.Kill(); cmd.Wait() })
	return cmd, strings.Fields(line)[3]
}

// TestServe: an echo server over TLS, which SIGINT ends well.
func TestServe(t *testing.T) {
	t.Parallel()
	cmd, url := serving(t, "--tls", "127.0.0.1:0")
	client := exec.Command("curlew", "-k", "-d", "hello", "--count", "1", url)
	out, err := client.Output()
	if err != nil || string(out) != "hello\n" {
		t.Errorf("%q, %v", out, err)
	}
	cmd.Process.Signal(os.Interrupt)
	if err := cmd.Wait(); err != nil {
		t.Errorf("expected exit code 0 after SIGINT, came %v", err)
	}
}

// TestServeSaysGoodbye: clients that are there when SIGINT ends the server get CLOSE.
func TestServeSaysGoodbye(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"0"}, {"--broadcast", "0"}} {
		cmd, url := serving(t, args...)
		c, err := curlew.Dial(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		cmd.Process.Signal(os.Interrupt)
		_, _, err = c.ReadMessage(t.Context(), nil)
		if e, ok := err.(*curlew.CloseError); !ok || e.Code != curlew.CloseGoingAway || e.Reason != goodbye {
			t.Errorf("%q: expected CLOSE 1001, got %v", args, err)
		}
		c.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%q: expected exit code 0 after SIGINT, got %v", args, err)
		}
	}
}

// TestBroadcast: what one client sends the others get, from their handshake on.
func TestBroadcast(t *testing.T) {
	t.Parallel()
	_, url := serving(t, "--broadcast", "127.0.0.1:0")
	var clients [3]*curlew.Conn
	for i := range clients {
		c, err := curlew.Dial(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		clients[i] = c
	}
	for i, text := range []string{"from 0", "from 1"} {
		if err := clients[i].Send(curlew.Text, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := clients[2].ReadMessage(t.Context(), nil); err != nil || string(got) != text {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if _, got, err := clients[0].ReadMessage(t.Context(), nil); err != nil || string(got) != "from 1" {
		t.Fatalf("what 0 sent came back, or something else: %q, %v", got, err)
	}
}
