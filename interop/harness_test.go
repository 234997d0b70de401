package interop

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// patience limits every wait of these tests. Nothing should ever take as long.
const patience = 60 * time.Second

// withPatience returns the context of one test.
func withPatience(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// program is a peer that can be started.
type program struct {
	name    string                    // a path, or a name to look for in PATH
	install string                    // the command that installs it
	ports   int                       // how many it listens on
	args    func(port []int) []string // its arguments for these ports
	dir     string                    // the directory of its files, if it must not run as root
}

// server is a running peer.
type server struct {
	port   []int
	out    transcript
	cmd    *exec.Cmd
	exited chan struct{}
}

// start starts p and returns once it accepts connections on all its ports.
// The peer is killed when the test ends.
func start(t testing.TB, p program) *server {
	t.Helper()
	path, err := find(p.name)
	if err != nil {
		missing(t, err.Error(), p.install)
	}
	ctx := withPatience(t)
	// A port that was free a moment ago may be taken when the peer gets to it.
	const tries = 3
	for range tries {
		s := spawn(t, path, p)
		if err = s.awaitPorts(ctx); err == nil {
			return s
		}
		s.kill()
	}
	t.Fatalf("%s did not start, %d times: %v", p.name, tries, err)
	return nil
}

// find looks for a program in PATH and where Debian keeps its daemons, which is
// not in the PATH of most users.
func find(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		if daemon, e := exec.LookPath("/usr/sbin/" + name); e == nil {
			return daemon, nil
		}
	}
	return path, err
}

// spawn starts the process of p on free ports.
func spawn(t testing.TB, path string, p program) *server {
	t.Helper()
	s := &server{port: freePorts(t, p.ports), exited: make(chan struct{})}
	s.cmd = exec.Command(path, p.args(s.port)...)
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.out
	isolate(t, s.cmd)
	if p.dir != "" {
		demote(t, s.cmd, p.dir)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	go func() {
		s.cmd.Wait()
		close(s.exited)
	}()
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("%s printed:\n%s", p.name, s.out.text())
		}
	})
	return s
}

// kill kills the peer's process group and waits until the peer has ended.
func (s *server) kill() {
	select {
	case <-s.exited: // its number may belong to another process by now
	default:
		killGroup(s.cmd)
		<-s.exited
	}
}

// addr returns the address of the peer's first port.
func (s *server) addr() string { return loopback(s.port[0]) }

func (s *server) awaitPorts(ctx context.Context) error {
	for _, port := range s.port {
		if err := s.awaitPort(ctx, loopback(port)); err != nil {
			return err
		}
	}
	return nil
}

// awaitPort returns when a connection to addr is accepted.
func (s *server) awaitPort(ctx context.Context, addr string) error {
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-again.C:
		case <-s.exited:
			return errors.New("the peer ended before it listened")
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}
}

// awaitLine returns when the peer has printed line.
func (s *server) awaitLine(t testing.TB, line string) {
	t.Helper()
	ctx := withPatience(t)
	for {
		text, more := s.out.now()
		if strings.Contains("\n"+text, "\n"+line+"\n") {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			t.Fatalf("the peer did not print %q", line)
		}
	}
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// lastPort is the port allocated last, as an offset.
var lastPort atomic.Uint32

func init() { lastPort.Store(rand.Uint32()) } // other runs of these tests start elsewhere

// freePorts returns n ports of 127.0.0.1 on which nothing listens. It does not
// return the same port again soon, nor one of those that the system allocates: a
// test that waits for a peer's port relies on no other process taking it.
func freePorts(t testing.TB, n int) []int {
	t.Helper()
	var ports []int
	for range 1000 {
		if len(ports) == n {
			return ports
		}
		port := 10_000 + int(lastPort.Add(1)%20_000)
		if l, err := net.Listen("tcp", loopback(port)); err == nil {
			l.Close()
			ports = append(ports, port)
		}
	}
	t.Fatal("there are no free ports")
	return nil
}

// missing ends a test whose peer is not installed.
func missing(t testing.TB, reason, install string) {
	t.Helper()
	end := t.Skipf
	if os.Getenv("CI") == "true" {
		end = t.Fatalf
	}
	end("%s; to install it: %s", reason, install)
}

// transcript is everything that a peer has printed so far.
type transcript struct {
	mu   sync.Mutex
	all  []byte
	more chan struct{} // closed when there is more than now returned
}

func (l *transcript) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, p...)
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
	return len(p), nil
}

// now returns what has been printed, and a channel that is closed at the next line.
func (l *transcript) now() (string, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.more == nil {
		l.more = make(chan struct{})
	}
	return string(l.all), l.more
}

func (l *transcript) text() string {
	text, _ := l.now()
	return text
}

// verdict is a test that only records how it ended.
type verdict struct {
	testing.TB
	skipped, failed string
}

func (v *verdict) Helper()                          {}
func (v *verdict) Skipf(format string, args ...any) { v.skipped = fmt.Sprintf(format, args...) }
func (v *verdict) Fatalf(format string, args ...any) {
	v.failed = fmt.Sprintf(format, args...)
}

// TestMissingPeer checks that a missing peer skips a test, and fails it on CI.
func TestMissingPeer(t *testing.T) {
	const reason, install = "no such peer", "how to install it"
	const text = reason + "; to install it: " + install
	for ci, want := range map[string]verdict{
		"":     {skipped: text},
		"true": {failed: text},
	} {
		t.Setenv("CI", ci)
		var got verdict
		if missing(&got, reason, install); got != want {
			t.Errorf("CI=%q: %+v, expected %+v", ci, got, want)
		}
	}
}
