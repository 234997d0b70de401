// Command bench measures what WebSocket clients cost: curlew, its peers, and
// the floor, which is plain TCP that moves the same bytes.
//
//	go run ./bench                                    every table, about 22 minutes
//	go run ./bench -curves                            also how cost grows
//	go run ./bench -list                              the workloads, and the peers for each
//	go run ./bench -rounds 1 -time 100ms -workloads recv-125B -peers curlew,gobwas
//	go run ./bench -json r.json -md docs/performance.md -svg docs
//	go run ./bench -from r.json -svg docs             draw an earlier measurement
//
// Invariants:
//   - Each cell (a peer on a workload, once) has a client process of its own, which
//     is this program built with only the peer's library. Its server process runs the
//     same code for all peers.
//   - A client is measured from after the opening handshake and a warm-up to
//     the end of its time. CPU time is getrusage's, so the kernel's work for it counts.
//   - Peers take turns, round by round, not one after the other, so that a slow
//     minute of the machine affects all of them. Tables show medians of the rounds.
//   - Neither a floor nor curlew is ever the best peer.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// options are the flags.
type options struct {
	rounds, more     int
	conns            int
	time             time.Duration
	giant, sink      int64
	peers, workloads string
	json, from       string
	md, svg, profile string
	curves, list     bool
}

func main() {
	if role(os.Getenv(roleVariable)) {
		return
	}
	var o options
	flag.IntVar(&o.rounds, "rounds", 5, "rounds; the tables show medians")
	flag.IntVar(&o.more, "more", 10, "further rounds where a goal lies inside the noise, for the peers that decide it")
	flag.DurationVar(&o.time, "time", 250*time.Millisecond, "how long a cell is measured, or its connections are held")
	flag.Int64Var(&o.giant, "giant", 4<<30, "bytes of the one frame of recv-giant")
	flag.Int64Var(&o.sink, "sink", 1<<30, "bytes of the one frame of recv-file and recv-pipe")
	flag.StringVar(&o.peers, "peers", "", "only peers whose name begins with one of these, by commas")
	flag.StringVar(&o.workloads, "workloads", "", "only these workloads, or those whose name begins so, by commas")
	flag.IntVar(&o.conns, "conns", idleConns, "connections of the workloads idle, idle-tls, idle-deflate and idle-deflate-takeover; each has a port of this machine, also a minute after")
	flag.BoolVar(&o.curves, "curves", false, "measure how cost grows with message size and connections, too")
	flag.BoolVar(&o.list, "list", false, "show the workloads and the peers for each, and measure nothing")
	flag.StringVar(&o.json, "json", "", "write every measurement to this file")
	flag.StringVar(&o.from, "from", "", "measure nothing, take this file that -json wrote")
	flag.StringVar(&o.md, "md", "", "put the tables into this file, between its two marks, instead of printing them")
	flag.StringVar(&o.svg, "svg", "", "draw the plots into this folder")
	flag.StringVar(&o.profile, "profile", "", "write CPU profiles of the clients into this folder")
	flag.Parse()
	if err := run(&o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(o *options) error {
	if o.list {
		list(os.Stdout, o)
		return nil
	}
	all, err := obtain(o)
	if err != nil {
		return err
	}
	if o.json != "" {
		data, err := json.MarshalIndent(all, "", " ")
		if err == nil {
			err = os.WriteFile(o.json, data, 0o644)
		}
		if err != nil {
			return err
		}
	}
	if o.svg != "" {
		for name, picture := range plots(all) {
			if err := os.WriteFile(filepath.Join(o.svg, name+".svg"), []byte(picture), 0o644); err != nil {
				return err
			}
		}
	}
	return publish(o, all)
}

// obtain measures, or reads an earlier measurement.
func obtain(o *options) (all results, err error) {
	ws, err := chosen(o)
	if err != nil {
		return nil, err
	}
	if o.from == "" {
		return measure(o, ws)
	}
	data, err := os.ReadFile(o.from)
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	return all, err
}
