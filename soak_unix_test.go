//go:build unix

package curlew_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
)

// The soak test keeps a client and a server, each a process of its own, busy
// with each other:
//
//	go test -run TestSoak -soak=10m .
//
// By itself it runs for 20s; with -short, and under the race detector, for 3s
// with few connections.
var soak = flag.Duration("soak", 0, "how long TestSoak runs, with 1,000 connections")

const (
	soakRole  = "CURLEW_SOAK_ROLE"
	soakURL   = "CURLEW_SOAK_URL"
	soakTime  = "CURLEW_SOAK_TIME"
	soakConns = "CURLEW_SOAK_CONNS"
)

// A soakReport is what one process tells at its end.
type soakReport struct {
	Sessions, Cut, Messages, Bytes, Deflated, Pings atomic.Int64
	Memory                                          []uint64 // in use behind a collection, at equal distances of time
	mu                                              sync.Mutex
	Faults                                          []string
}

func (r *soakReport) fault(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.Faults) < 20 {
		r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
	}
}

// soakResult is a soakReport on its way to the parent.
type soakResult struct {
	Sessions, Cut, Messages, Bytes, Deflated, Pings int64
	Memory                                          []uint64
	Faults                                          []string
}

func (r *soakReport) print() {
	b, _ := json.Marshal(soakResult{
		r.Sessions.Load(), r.Cut.Load(), r.Messages.Load(), r.Bytes.Load(), r.Deflated.Load(), r.Pings.Load(), r.Memory, r.Faults,
	})
	fmt.Printf("\nreport %s\n", b)
}

// sample notes the memory in use eight times in d, beginning when the load is there.
func (r *soakReport) sample(ctx context.Context, d time.Duration) {
	tick := time.NewTicker(d / 9)
	defer tick.Stop()
	for len(r.Memory) < 8 {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		r.Memory = append(r.Memory, m.HeapInuse+m.StackInuse)
	}
}

func TestSoak(t *testing.T) {
	d, conns := *soak, 1000
	switch {
	case d > 0:
	case testing.Short() || raceEnabled:
		d, conns = 3*time.Second, 100
	default:
		d = 20 * time.Second
	}
	env := append(os.Environ(), soakTime+"="+d.String(), fmt.Sprintf("%s=%d", soakConns, conns))
	server := soakChild(t, append(env, soakRole+"=server"))
	url, err := server.out.ReadString('\n')
	if err != nil {
		t.Fatalf("the server: %v", err)
	}
	client := soakChild(t, append(env, soakRole+"=client", soakURL+"="+strings.TrimSpace(url)))
	c := client.result(t, "client")
	s := server.result(t, "server")
	// Of a session that was cut, what the server got may not have come back.
	if s.Messages < c.Messages || s.Bytes < c.Bytes || c.Messages == 0 || c.Cut == 0 || c.Deflated == 0 || c.Pings == 0 {
		t.Errorf("the counts do not agree, or are none")
	}
}

// A soakProcess is a child; its input is closed to end it.
type soakProcess struct {
	cmd *exec.Cmd
	in  io.Closer
	out *bufio.Reader
}

func soakChild(t *testing.T, env []string) *soakProcess {
	cmd := exec.Command(os.Args[0], "-test.run=^TestSoakChild$", "-test.timeout=0")
	cmd.Env, cmd.Stderr = env, os.Stderr
	in, err := cmd.StdinPipe()
	wantNilB(t, err)
	out, err := cmd.StdoutPipe()
	wantNilB(t, err)
	wantNilB(t, cmd.Start())
	t.Cleanup(func() {
		in.Close()
		cmd.Process.Kill()
		cmd.Wait()
	})
	return &soakProcess{cmd, in, bufio.NewReader(out)}
}

// result ends the server, awaits the report of either, and checks it.
func (p *soakProcess) result(t *testing.T, name string) (r soakResult) {
	t.Helper()
	if name == "server" {
		p.in.Close()
	}
	out, err := io.ReadAll(p.out)
	wantNilB(t, err)
	_, after, _ := strings.Cut(string(out), "\nreport ")
	report, _, found := strings.Cut(after, "\n")
	if err := p.cmd.Wait(); err != nil || !found {
		t.Fatalf("the %s: %v\n%s", name, err, out)
	}
	wantNilB(t, json.Unmarshal([]byte(report), &r))
	t.Logf("%s: %d sessions (%d cut), %d messages (%d deflated), %d MiB, %d PINGs, memory in KiB %d",
		name, r.Sessions, r.Cut, r.Messages, r.Deflated, r.Bytes>>20, r.Pings, kib(r.Memory))
	for _, fault := range r.Faults {
		t.Errorf("%s: %s", name, fault)
	}
	if len(r.Memory) < 6 {
		t.Fatalf("the %s looked at its memory %d times", name, len(r.Memory))
	}
	if early, late := most(r.Memory[:4]), most(r.Memory[4:]); !raceEnabled && late > early+early/2+(16<<20) {
		t.Errorf("the %s took at most %d bytes in the first half, %d in the second", name, early, late)
	}
	return r
}

func most(all []uint64) (m uint64) {
	for _, n := range all {
		m = max(m, n)
	}
	return m
}

func kib(all []uint64) (out []uint64) {
	for _, n := range all {
		out = append(out, n>>10)
	}
	return out
}

// TestSoakChild is either process; by itself it has nothing to do.
func TestSoakChild(t *testing.T) {
	d, _ := time.ParseDuration(os.Getenv(soakTime))
	switch os.Getenv(soakRole) {
	case "server":
		soakServer(t, d)
	case "client":
		soakClient(d)
	}
}

// soakServer answers data with itself and keeps account of it, session by
// session, until its input ends and the sessions have.
func soakServer(t *testing.T, d time.Duration) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	wantNilB(t, err)
	var r soakReport
	var sessions sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		sessions.Add(1)
		defer sessions.Done()
		c, err := curlew.Accept(w, req, &curlew.AcceptOptions{Compression: &curlew.Compression{}, PingInterval: time.Second, PongTimeout: time.Minute})
		if err != nil {
			return // cut within the handshake
		}
		defer c.Close()
		r.Sessions.Add(1)
		if err := r.serve(c); impossible(err) {
			r.fault("a session ended with %v", err)
		}
	}))
	fmt.Printf("ws://%s/\n", l.Addr())
	sampled := make(chan struct{})
	go func() { r.sample(ctx, d); close(sampled) }()
	io.Copy(io.Discard, os.Stdin)
	l.Close()
	stop()
	<-sampled
	sessions.Wait()
	r.print()
}

// serve is one session: data begins with d or is empty; "s" asks for the
// account, "b" for the end.
func (r *soakReport) serve(c *curlew.Conn) error {
	ctx, cancel := context.WithTimeout(context.Background(), soakHang)
	defer cancel()
	sum, n := uint32(0), 0
	for m, err := range c.Messages(ctx) {
		answer := m.Data
		switch {
		case err != nil:
			return err
		case string(m.Data) == "s":
			answer = soakAccount(n, sum)
		case string(m.Data) == "b":
			return c.Shutdown(ctx, curlew.CloseNormal, "bye")
		default:
			sum, n = crc32.Update(sum, crc32.IEEETable, m.Data), n+1
			r.count(m.Flags, m.Data)
		}
		if err := c.WriteMessage(ctx, m.Flags, answer); err != nil {
			return err
		}
	}
	return nil
}

func (r *soakReport) count(f curlew.Flags, p []byte) {
	r.Messages.Add(1)
	r.Bytes.Add(int64(len(p)))
	if f&curlew.Compressed != 0 {
		r.Deflated.Add(1)
	}
}

func soakAccount(n int, sum uint32) []byte { return fmt.Appendf(nil, "%d messages, sum %08x", n, sum) }

// soakHang is when a session counts as hanging.
const soakHang = 3 * time.Minute

// impossible reports whether err says more than that a connection broke.
func impossible(err error) bool {
	var breach *curlew.ProtocolError
	var closed *curlew.CloseError
	return errors.As(err, &breach) || errors.Is(err, curlew.ErrUsage) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, curlew.ErrPongTimeout) || errors.As(err, &closed) && closed.Code < 3000 && closed.Code > curlew.CloseGoingAway
}
