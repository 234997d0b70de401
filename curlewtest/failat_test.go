package curlewtest_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew/curlewtest"
)

// exchange is a small client: it sends a request, reads a two-byte response and
// closes. The server at the other end responds.
func exchange(client, server net.Conn) error {
	var served sync.WaitGroup
	defer served.Wait()
	served.Go(func() {
		defer server.Close()
		io.Copy(server, server)
	})
	defer client.Close()
	if _, err := client.Write([]byte("hi")); err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	if _, err := io.ReadFull(client, make([]byte, 2)); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

func TestFailAt(t *testing.T) {
	t.Parallel()
	var hits []error
	curlewtest.FailAt(t, func(t *testing.T, wrap func(net.Conn) net.Conn) (err error) {
		synctest.Test(t, func(t *testing.T) {
			a, b := curlewtest.Pipe()
			err = exchange(wrap(curlewtest.SplitReads(a, curlewtest.Fixed(1))), b)
		})
		hits = append(hits, err)
		return err
	})
	// One write and two reads of a byte each, then a run without a failure.
	if len(hits) != 4 {
		t.Fatalf("%d runs: %v", len(hits), hits)
	}
	for _, err := range hits[:3] {
		wantErr(t, err, curlewtest.ErrInjected)
	}
}

// A failed call also wakes the other direction, and the peer sees the end.
func TestFailAtCutsBothDirections(t *testing.T) {
	t.Parallel()
	curlewtest.FailAt(t, func(t *testing.T, wrap func(net.Conn) net.Conn) (err error) {
		synctest.Test(t, func(t *testing.T) {
			a, b := curlewtest.Pipe()
			a = wrap(a)
			blocked := make(chan error, 1)
			go func() { _, err := a.Read(make([]byte, 1)); blocked <- err }()
			synctest.Wait()
			if _, err = a.Write([]byte("x")); err == nil {
				b.Write([]byte("y"))
				err = <-blocked
			} else {
				wantErr(t, <-blocked, curlewtest.ErrInjected)
				_, end := b.Read(make([]byte, 1))
				wantErr(t, end, io.EOF)
			}
			a.Close()
			b.Close()
		})
		return err
	})
}

// wrong are runs that the checks must report. Each fails in a process of its own.
var wrong = map[string]struct {
	says string
	test func(t *testing.T)
}{
	"unnoticed": {"did not notice", func(t *testing.T) {
		curlewtest.FailAt(t, func(t *testing.T, wrap func(net.Conn) net.Conn) error {
			a, b := curlewtest.Pipe()
			b.Close()
			a = wrap(a)
			a.Read(make([]byte, 1))
			a.Close()
			return nil
		})
	}},
	"unclosed": {"did not close its connection 0", func(t *testing.T) {
		curlewtest.FailAt(t, func(t *testing.T, wrap func(net.Conn) net.Conn) error {
			a, _ := curlewtest.Pipe()
			_, err := wrap(a).Write([]byte("x"))
			return err
		})
	}},
	"broken": {"no call failed, and the run returned: no luck", func(t *testing.T) {
		curlewtest.FailAt(t, func(*testing.T, func(net.Conn) net.Conn) error { return fmt.Errorf("no luck") })
	}},
	"leak": {"curlewtest_test.leak", func(t *testing.T) {
		curlewtest.NoLeaks(t)
		started := make(chan bool)
		go func() { go leak(started) }()
		<-started
	}},
}

func leak(started chan<- bool) {
	close(started)
	select {}
}

const wrongVariable = "CURLEWTEST_WRONG"

func TestWrong(t *testing.T) {
	if os.Getenv(wrongVariable) == "" {
		t.Skip("run by TestChecksCatch")
	}
	wrong[os.Getenv(wrongVariable)].test(t)
}

func TestChecksCatch(t *testing.T) {
	t.Parallel()
	for name, c := range wrong {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run=^TestWrong$")
			cmd.Env = append(os.Environ(), wrongVariable+"="+name)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), c.says) {
				t.Errorf("got %v, want a failure with %q in it\n%s", err, c.says, out)
			}
		})
	}
}

// Goroutines that end, even late, are no leaks, nor are those of other tests.
func TestNoLeaks(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	go func() { <-release }() // not started under NoLeaks
	t.Cleanup(func() { close(release) })
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			curlewtest.NoLeaks(t)
			done := make(chan struct{})
			go func() { <-done }()
			time.AfterFunc(time.Duration(i)*5*time.Millisecond, func() { close(done) })
		})
	}
}
