package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// A kind is what the client does in a workload. Peers say with these bits what
// they can do.
type kind uint

const (
	receive kind = 1 << iota // receives messages as fast as they come
	sink                     // receives a message into a file or a pipe
	send                     // sends messages, each by itself
	cork                     // sends messages, as few writes as it can
	echo                     // sends a message, receives it, and again
	idle                     // holds connections on which nothing comes
	connect                  // connects, again and again
	inflate                  // receives compressed messages
	deflate                  // sends compressed messages
)

// A workload is a row of the tables.
type workload struct {
	Name  string
	Kind  kind
	Size  int    // of a message, in bytes
	Max   int64  // messages to measure; 0: for the time of a cell
	Conns int    // connections; 0 is one
	Crowd int    // goroutines that send on one connection; 0 is one
	File  bool   // a sink's: a file, not a pipe
	Floor string // the peer that is the floor
	Curve string // the plot that it belongs to, instead of a table
	Goal  string // for curlew
}

const idleConns, maxConnects = 5000, 2000

func workloads(o *options) []workload {
	if o.curves {
		return curves()
	}
	return []workload{
		{Name: "recv-125B", Kind: receive, Size: 125, Floor: "rawtcp", Goal: "Next, OnChunk ≤ 1.4 x floor, Recv ≤ 1.6 x; ≤ 0.8 x best"},
		{Name: "recv-1KiB", Kind: receive, Size: 1 << 10, Floor: "rawtcp", Goal: "≤ 1.1 x floor"},
		{Name: "recv-1MiB", Kind: receive, Size: 1 << 20, Floor: "rawtcp", Goal: "≤ 1.0 x floor"},
		{Name: "recv-giant", Kind: receive, Size: int(o.giant), Max: 1, Floor: "rawtcp", Goal: "peak ≤ 10 MiB"},
		{Name: "recv-file", Kind: sink, Size: int(o.sink), Max: 1, File: true, Floor: "rawtcp", Goal: "≤ 0.6 x rawtcp-copy"},
		{Name: "recv-pipe", Kind: sink, Size: int(o.sink), Max: 1, Floor: "rawtcp", Goal: "≤ 0.6 x rawtcp-copy"},
		{Name: "send-125B", Kind: send, Size: 125, Floor: "rawtcp-msg", Goal: "≤ floor + 60 ns"},
		{Name: "send-125B-corked", Kind: cork, Size: 125, Floor: "rawtcp-mask", Goal: "≤ 60 ns"},
		{Name: "send-125B-crowd", Kind: send, Size: 125, Crowd: 8, Floor: "rawtcp-msg", Goal: "≤ 0.2 writes a message, ≤ 0.5 x the CPU of one write each"},
		{Name: "send-1KiB-corked", Kind: cork, Size: 1 << 10, Floor: "rawtcp-mask", Goal: "≤ 300 ns"},
		{Name: "send-1MiB", Kind: send, Size: 1 << 20, Floor: "rawtcp-msg", Goal: "≤ 1.15 x floor"},
		{Name: "echo-125B", Kind: echo, Size: 125, Floor: "rawtcp-msg", Goal: "p50 ≤ 1.05 x floor, 0 allocations"},
		{Name: "idle", Kind: idle, Conns: idleConns, Floor: "rawtcp", Goal: "≤ 3.2 KiB heap+stack, ≤ 4.0 KiB RSS"},
		{Name: "deflate-recv", Kind: inflate, Size: 2 << 10, Goal: "≤ 8 µs"},
		{Name: "deflate-send", Kind: deflate, Size: 2 << 10, Goal: "≤ 16 µs, ≤ 460 B on the wire"},
		{Name: "connect", Kind: connect, Max: maxConnects, Floor: "rawtcp", Goal: "≤ 1.1 x gobwas, ≤ 30 allocations"},
	}
}

// curves are the workloads of the plots.
func curves() []workload {
	var all []workload
	for size := 16; size <= 64<<20; size *= 4 {
		all = append(all,
			workload{Name: fmt.Sprint("size-recv-", size), Kind: receive, Size: size, Floor: "rawtcp", Curve: "size-recv"},
			workload{Name: fmt.Sprint("size-send-", size), Kind: send, Size: size, Floor: "rawtcp-msg", Curve: "size-send"})
	}
	for n := 1; n <= 10000; n *= 10 {
		all = append(all, workload{Name: fmt.Sprint("connections-", n), Kind: echo, Size: 125, Conns: n, Floor: "rawtcp-msg", Curve: "connections"})
	}
	return all
}

// draws reports whether a peer has a line in the plot that the workload belongs
// to: one for each library, that of curlew being the first of its peers.
func (w *workload) draws(p peer) bool {
	switch {
	case w.Curve == "" || p.name == w.Floor:
		return true
	case strings.HasPrefix(p.name, "curlew"):
		return p.name == peers[slices.IndexFunc(peers, func(p peer) bool { return p.does&w.Kind != 0 && !p.floor })].name
	}
	return palette[p.name] != "" && !p.floor
}

func (w *workload) compressed() bool { return w.Kind&(inflate|deflate) != 0 }

// payloads are the messages of a workload; documents if they are compressed.
func (w *workload) payloads() [][]byte {
	if !w.compressed() {
		return [][]byte{make([]byte, w.Size)}
	}
	all := make([][]byte, 64)
	for i := range all {
		all[i] = document(i, w.Size)
	}
	return all
}

// document makes the i-th of a row of JSON documents of one shape, as a feed
// of quotes sends them, size bytes long.
func document(i, size int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(i)))
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"channel":"quotes","sequence":%d,"events":[`, 100000+i)
	for b.Len() < size-128 {
		symbol := []string{"AAPL", "MSFT", "NVDA", "AMZN", "GOOG", "META", "TSLA", "ORCL"}[r.IntN(8)]
		fmt.Fprintf(&b, `{"id":"%08x","symbol":"%s","bid":%d.%02d,"ask":%d.%02d,"size":%d,"venue":"X%d","open":true},`,
			r.Uint32(), symbol, 100+r.IntN(99), r.IntN(100), 100+r.IntN(99), r.IntN(100), 10*r.IntN(99), r.IntN(4))
	}
	b.Truncate(b.Len() - 1)
	b.WriteString(`],"note":"`)
	b.WriteString(string(bytes.Repeat([]byte(" "), max(0, size-b.Len()-2))))
	b.WriteString(`"}`)
	return b.Bytes()
}
