package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// A kind is what the client does in a workload. Peers declare with these bits what
// they can do.
type kind uint

const (
	receive      kind = 1 << iota // receives messages as fast as they come
	feed                          // receives occasional messages, on many connections
	sink                          // receives a message into a file or a pipe
	send                          // sends messages, each in a write of its own
	cork                          // sends messages, in as few writes as it can
	echo                          // sends a message, receives it, again and again
	idle                          // holds connections on which nothing arrives
	connect                       // connects, again and again
	inflate                       // receives compressed messages
	deflate                       // sends compressed messages
	idleTakeover                  // idle, after a compressed message each way; both ends keep the history
	idleAlone                     // the same without context takeover
	idleTLS                       // idle, over TLS

	idles = idle | idleTakeover | idleAlone | idleTLS
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
	Goals []goal `json:"-"` // for curlew, in addition to being the fastest
}

const idleConns, feedConns, maxConnects = 5000, 1000, 2000

// workloads returns those of the tables or, with -curves, those of the plots too.
func workloads(o *options) []workload {
	if o.curves {
		return append(tables(o), curves()...)
	}
	return tables(o)
}

func tables(o *options) []workload {
	cpu := func(times float64, of string) goal { return goal{figure: processorTime, times: times, of: of} }
	most := func(f figure, bound float64) goal { return goal{figure: f, plus: bound} }
	return []workload{
		{Name: "recv-125B", Kind: receive, Size: 125, Floor: "rawtcp", Goals: []goal{
			{figure: processorTime, ours: "curlew-next", times: 1.4, of: "rawtcp"},
			{figure: processorTime, ours: "curlew-chunk", times: 1.4, of: "rawtcp"},
			{figure: processorTime, ours: "curlew-recv", times: 1.6, of: "rawtcp"},
			cpu(0.8, "gobwas")}},
		{Name: "recv-1KiB", Kind: receive, Size: 1 << 10, Floor: "rawtcp", Goals: []goal{cpu(1.1, "rawtcp")}},
		{Name: "recv-1MiB", Kind: receive, Size: 1 << 20, Floor: "rawtcp", Goals: []goal{cpu(1, "rawtcp")}},
		{Name: "recv-giant", Kind: receive, Size: int(o.giant), Max: 1, Floor: "rawtcp", Goals: []goal{most(peak, 10<<20)}},
		{Name: "recv-file", Kind: sink, Size: int(o.sink), Max: 1, File: true, Floor: "rawtcp", Goals: []goal{cpu(0.6, "rawtcp-copy")}},
		{Name: "recv-pipe", Kind: sink, Size: int(o.sink), Max: 1, Floor: "rawtcp", Goals: []goal{cpu(0.6, "rawtcp-copy")}},
		{Name: "send-125B", Kind: send, Size: 125, Floor: "rawtcp-msg", Goals: []goal{{figure: processorTime, times: 1, of: "rawtcp-msg", plus: 60}}},
		{Name: "send-125B-corked", Kind: cork, Size: 125, Floor: "rawtcp-mask", Goals: []goal{most(processorTime, 60)}},
		{Name: "send-125B-crowd", Kind: send, Size: 125, Crowd: 8, Floor: "rawtcp-msg", Goals: []goal{most(writes, 0.2), cpu(0.5, "rawtcp-msg")}},
		{Name: "send-1KiB-corked", Kind: cork, Size: 1 << 10, Floor: "rawtcp-mask", Goals: []goal{most(processorTime, 300)}},
		{Name: "send-1MiB", Kind: send, Size: 1 << 20, Floor: "rawtcp-msg", Goals: []goal{cpu(1.15, "rawtcp-msg")}},
		{Name: "echo-125B", Kind: echo, Size: 125, Floor: "rawtcp-msg", Goals: []goal{
			{figure: halfway, times: 1.05, of: "rawtcp-msg"},
			most(allocations, 0.02)}},
		{Name: "feed-125B", Kind: feed, Size: 125, Conns: feedConns, Floor: "rawtcp"},
		{Name: "idle", Kind: idle, Conns: o.conns, Floor: "rawtcp", Goals: []goal{most(memory, 3.2*1024), most(resident, 4*1024)}},
		{Name: "idle-tls", Kind: idleTLS, Conns: o.conns},
		{Name: "idle-deflate", Kind: idleAlone, Size: 2 << 10, Conns: o.conns},
		{Name: "idle-deflate-takeover", Kind: idleTakeover, Size: 2 << 10, Conns: o.conns},
		{Name: "deflate-recv", Kind: inflate, Size: 2 << 10, Goals: []goal{most(processorTime, 8000)}},
		{Name: "deflate-send", Kind: deflate, Size: 2 << 10, Goals: []goal{most(processorTime, 16000), most(wire, 460)}},
		{Name: "connect", Kind: connect, Max: maxConnects, Floor: "rawtcp", Goals: []goal{cpu(1.1, "gobwas"), most(allocations, 30)}},
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
		all = append(all, workload{Name: fmt.Sprint("connections-", n), Kind: feed, Size: 125, Conns: n, Floor: "rawtcp", Curve: "connections"})
	}
	return all
}

// draws reports whether a peer has a line in the workload's plot. Each library has
// one line, which for curlew is that of its first peer.
func (w *workload) draws(p peer) bool {
	switch {
	case w.Curve == "" || p.name == w.Floor:
		return true
	case strings.HasPrefix(p.name, "curlew"):
		return p.name == peers[slices.IndexFunc(peers, func(p peer) bool { return p.does&w.Kind != 0 && !p.floor })].name
	}
	return palette[p.name] != "" && !p.floor
}

func (w *workload) compressed() bool { return w.Kind&(inflate|deflate|idleTakeover|idleAlone) != 0 }

// payloads returns the messages of a workload, which are documents if compressed.
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

// document returns the i-th of a series of JSON documents of one shape, as a feed
// of quotes sends them. It is size bytes long.
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
