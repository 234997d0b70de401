//go:build unix

package main

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// serve starts a server that gives each session to talk, and returns its URL.
func serve(t *testing.T, o *curlew.AcceptOptions, talk func(*curlew.Conn)) string {
	done := make(chan struct{}, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := curlew.Accept(w, r, o)
		if err == nil {
			talk(c)
			c.Close()
		}
		done <- struct{}{}
	}))
	t.Cleanup(func() { <-done; srv.Close() })
	return "ws" + strings.TrimPrefix(srv.URL, "http")
}

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

// TestInterrupt: SIGINT closes with code 1000, and is the exit code.
func TestInterrupt(t *testing.T) {
	curlewtest.NoLeaks(t)
	ended := make(chan error, 1)
	url := serve(t, nil, func(c *curlew.Conn) {
		c.Send(curlew.Text, []byte("ready"))
		_, _, err := c.ReadMessage(context.Background(), nil)
		ended <- err
	})
	cmd, out, stderr := start(t, "--linger", "inf", url)
	defer out.Close()
	cmd.Process.Signal(os.Interrupt)
	err := <-ended
	if e, ok := err.(*curlew.CloseError); !ok || e.Code != curlew.CloseNormal {
		t.Errorf("expected CLOSE 1000, came %v", err)
	}
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != codeInterrupt || stderr.Len() > 0 {
		t.Errorf("exit code %d, standard error %q", code, stderr)
	}
}

// TestInterruptTwice: the second SIGINT ends the program, whatever the server does.
func TestInterruptTwice(t *testing.T) {
	curlewtest.NoLeaks(t)
	closing, over := make(chan struct{}), make(chan struct{})
	url := serve(t, &curlew.AcceptOptions{NoAutoClose: true}, func(c *curlew.Conn) {
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
	curlewtest.NoLeaks(t)
	url := serve(t, nil, func(c *curlew.Conn) {
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
