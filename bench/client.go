package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"time"
)

// A cell is one measurement: one peer on one workload. A client process gets one.
type cell struct {
	Peer     string
	Workload workload
	Host     string // the server's address
	Time     time.Duration
	Profile  string // a file for a CPU profile; empty: none
	Proof    bool   // prove instead of measuring

	witness        // for the sessions
	address string // what url returned
}

// A result is the figures that a cell gives, for one message. With connect they are
// for one handshake, with idle for one connection. Times are in nanoseconds.
type result struct {
	Peer, Workload        string
	CPU, User, Wall       float64
	Allocs, Bytes         float64
	Reads, Writes         float64 // system calls
	Received, Wire        float64 // the bytes that reads returned and writes took
	P50, P99              float64 // of round trips
	Heap, Stack, Resident float64 // bytes
	Peak                  float64 // bytes, of the process
	Messages              int64
	Failure               string // why there is no result
}

type results []result

// unknown is a count that was not taken.
const unknown = -1

const roleVariable, cellVariable = "CURLEW_BENCH_ROLE", "CURLEW_BENCH_CELL"

// role plays the part that the environment names, in a process started by this
// program, and reports whether there was one.
func role(name string) bool {
	var err error
	switch name {
	case "":
		return false
	case "server":
		err = serve()
	case "drain":
		err = drain()
	case "client":
		err = client()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}

// drain reads a pipe to its end.
func drain() error {
	_, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{os.Stdin}, make([]byte, pieceLen))
	return err
}

func client() error {
	var c cell
	if err := json.Unmarshal([]byte(os.Getenv(cellVariable)), &c); err != nil {
		return err
	}
	if c.Proof {
		return c.prove()
	}
	r, err := c.run()
	if err != nil {
		return err
	}
	if peerNamed(c.Peer).foreign {
		r.Allocs, r.Bytes, r.Reads, r.Writes = unknown, unknown, unknown, unknown
		r.Received, r.Wire = unknown, unknown
	}
	r.Peer, r.Workload, r.Peak = c.Peer, c.Workload.Name, float64(peakMemory())
	return json.NewEncoder(os.Stdout).Encode(r)
}

func (c *cell) run() (result, error) {
	w := &c.Workload
	if w.Kind&idles != 0 {
		return c.hold()
	}
	g := &gauge{warm: c.Time / 4, limit: c.Time, max: w.Max, least: 2 * int64(w.Conns)}
	g.onStart, g.onEnd = c.profile()
	if w.Kind == connect {
		g.start()
		return g.result(w, nil, c.connects(g.meter(nil, 0)))
	}
	meters, sessions := c.meters(g), make([]session, max(1, w.Conns))
	for i := range sessions {
		if w.Kind == feed {
			c.witness = meters[i].arrived
		}
		var err error
		if sessions[i], err = c.dial(); err != nil {
			return result{}, err
		}
	}
	if w.Max == 1 {
		g.warm = 0
	}
	err := c.work(sessions, meters, g)
	var laps []time.Duration
	for _, m := range meters {
		laps = append(laps, m.laps...)
	}
	return g.result(w, laps, err)
}

// connects dials and closes until the meter is done.
func (c *cell) connects(m *meter) error {
	for {
		s, err := c.dial()
		if err != nil {
			return err
		}
		s.Close()
		if m.tick() {
			return nil
		}
	}
}

// meters returns a meter for each goroutine.
func (c *cell) meters(g *gauge) []*meter {
	w, laps := &c.Workload, 0
	meters := make([]*meter, max(1, w.Conns)*max(1, w.Crowd))
	if w.Kind&(echo|feed) != 0 {
		laps = max(8, 1<<17/len(meters))
	}
	for i := range meters {
		var payloads [][]byte // each goroutine has its own: a peer may mask them in place
		if w.Kind&(send|cork|echo|deflate) != 0 {
			payloads = w.payloads()
		}
		meters[i] = g.meter(payloads, laps)
	}
	return meters
}

// work does the workload on all sessions concurrently.
func (c *cell) work(sessions []session, meters []*meter, g *gauge) error {
	g.start()
	for _, m := range meters {
		m.state = g.state
	}
	done := make(chan error, len(meters))
	for i, m := range meters {
		go func() { done <- c.workOn(sessions[i%len(sessions)], m) }()
	}
	for range meters {
		if err := <-done; err != nil {
			return err
		}
	}
	return nil
}

func (c *cell) workOn(s session, m *meter) error {
	switch c.Workload.Kind {
	case receive, feed, inflate:
		return receiveAll(s, m)
	case sink:
		return c.sink(s, m)
	case echo:
		return echoAll(s, m)
	}
	return sendAll(s, m)
}

// sink receives a message into a file, or into a pipe that another process reads.
func (c *cell) sink(s session, m *meter) error {
	to, end, err := openSink(c.Workload.File)
	if err != nil {
		return err
	}
	defer end()
	n, err := c.copyTo(to, s)
	if err == nil && n != int64(c.Workload.Size) {
		err = fmt.Errorf("got %d bytes, expected %d", n, c.Workload.Size)
	}
	m.tick()
	return err
}

func (c *cell) copyTo(to *os.File, s session) (int64, error) {
	r, err := s.open()
	if err != nil {
		return 0, err
	}
	if r, ok := r.(io.WriterTo); ok {
		return r.WriteTo(to)
	}
	return io.CopyBuffer(struct{ io.Writer }{to}, r, make([]byte, bufferLen))
}

func openSink(file bool) (to *os.File, end func(), err error) {
	if file {
		to, err = os.CreateTemp("", "curlew-bench-*")
		return to, func() { to.Close(); os.Remove(to.Name()) }, err
	}
	from, to, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stdin = append(os.Environ(), roleVariable+"=drain"), from
	if err := onCores([]int{1}, cmd.Start); err != nil {
		return nil, nil, err
	}
	from.Close()
	return to, func() { to.Close(); cmd.Wait() }, nil
}

// hold dials connections and measures memory. For the duration of a cell, a
// goroutine waits for messages on each, or the peer waits in its own way.
func (c *cell) hold() (result, error) {
	n, hello := c.Workload.Conns, c.Workload.payloads()[0]
	failed := make(chan error, n)
	meter := &meter{left: math.MaxInt64} // nothing is counted
	var before, after runtime.MemStats
	var resident int64
	for i := range n + 1 { // the first one creates what all share
		s, err := c.dial()
		if err != nil {
			return result{}, err
		}
		if err := c.greet(s, hello); err != nil {
			return result{}, err
		}
		if own, ok := s.(joiner); ok {
			err = own.join(meter, failed)
		} else {
			go func() { failed <- receiveAll(s, meter) }()
		}
		if err != nil {
			return result{}, err
		}
		if i == 0 {
			settle(&before)
			resident = residentMemory(os.Getpid())
		}
	}
	time.Sleep(c.Time)
	settle(&after)
	if len(failed) > 0 {
		return result{}, errors.Join(errors.New("a connection ended"), <-failed)
	}
	per := func(a, b uint64) float64 { return float64(int64(a-b)) / float64(n) }
	return result{
		Heap:     per(after.HeapAlloc, before.HeapAlloc),
		Stack:    per(after.StackInuse, before.StackInuse),
		Resident: per(uint64(residentMemory(os.Getpid())), uint64(resident)),
		Allocs:   per(after.Mallocs, before.Mallocs),
		Messages: int64(n),
	}, nil
}

// greet exchanges a compressed message each way, if the workload is compressed. A
// peer may mask what it sends in place.
func (c *cell) greet(s session, hello []byte) error {
	if !c.Workload.compressed() {
		return nil
	}
	if err := s.write(bytes.Clone(hello)); err != nil {
		return err
	}
	return s.read()
}

// settle reads the memory statistics once all goroutines wait, garbage has been
// collected and free memory returned.
func settle(m *runtime.MemStats) {
	time.Sleep(100 * time.Millisecond)
	runtime.GC()
	debug.FreeOSMemory()
	runtime.ReadMemStats(m)
}

// profile returns the functions to call when the measurement begins and ends.
func (c *cell) profile() (start, end func()) {
	if c.Profile == "" {
		return func() {}, func() {}
	}
	f, err := os.Create(c.Profile)
	if err != nil {
		return func() { fmt.Fprintln(os.Stderr, err) }, func() {}
	}
	return func() { pprof.StartCPUProfile(f) }, func() { pprof.StopCPUProfile(); f.Close() }
}

// result returns what a message has cost.
func (g *gauge) result(w *workload, laps []time.Duration, err error) (result, error) {
	if err == nil && g.state != finished {
		err = fmt.Errorf("the work ended early, after %d messages", g.messages)
	}
	if err != nil {
		return result{}, err
	}
	n, a, b := float64(g.messages), &g.before, &g.after
	user, system := b.user-a.user, b.system-a.system
	r := result{
		CPU: float64(user+system) / n, User: float64(user) / n, Wall: float64(b.wall.Sub(a.wall)) / n,
		Allocs: float64(b.mallocs-a.mallocs) / n, Bytes: float64(b.bytes-a.bytes) / n,
		Reads: float64(b.reads-a.reads) / n, Writes: float64(b.writes-a.writes) / n, Received: float64(b.read-a.read) / n, Wire: float64(b.written-a.written) / n,
		Messages: g.messages,
	}
	if len(laps) > 0 {
		slices.Sort(laps)
		r.P50, r.P99 = float64(laps[len(laps)/2]), float64(laps[len(laps)*99/100])
	}
	return r, nil
}
