// Command bench measures what WebSocket clients cost: curlew, its peers, and
// plain TCP that moves the same bytes, which is the floor.
//
//	go run ./bench                                    every table, about half an hour
//	go run ./bench -rounds 1 -time 100ms -workloads recv-125B -peers curlew,gobwas
//	go run ./bench -json r.json -md docs/performance.md -svg docs
//	go run ./bench -from r.json -svg docs             draw what was measured before
//
// Invariants:
//   - Each cell (a peer on a workload, once) is a client process of its own, and
//     a server process whose code is the same for all peers. Both are this
//     program again.
//   - A client is measured from behind the opening handshake and a warm-up to
//     the end of its time: CPU by getrusage, so what the kernel does for it counts.
//   - Peers take turns: round by round, not one after the other, so that a slow
//     minute of the machine meets all of them. Tables show medians of the rounds.
//   - A floor is never the best peer, and neither is curlew.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// options are the flags.
type options struct {
	rounds           int
	time             time.Duration
	giant, sink      int64
	peers, workloads string
	json, from       string
	md, svg, profile string
	curves           bool
}

func main() {
	if role(os.Getenv(roleVariable)) {
		return
	}
	var o options
	flag.IntVar(&o.rounds, "rounds", 5, "rounds; the tables show medians")
	flag.DurationVar(&o.time, "time", time.Second, "how long a cell is measured")
	flag.Int64Var(&o.giant, "giant", 4<<30, "bytes of the one frame of recv-giant")
	flag.Int64Var(&o.sink, "sink", 1<<30, "bytes of the one frame of recv-file and recv-pipe")
	flag.StringVar(&o.peers, "peers", "", "only peers whose name begins with one of these, by commas")
	flag.StringVar(&o.workloads, "workloads", "", "only workloads whose name begins with one of these, by commas")
	flag.BoolVar(&o.curves, "curves", false, "measure how cost grows with message size and connections, instead of the tables")
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
	var all results
	if o.from != "" {
		data, err := os.ReadFile(o.from)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(data, &all); err != nil {
			return err
		}
	} else {
		chosen := slices.DeleteFunc(workloads(o), func(w workload) bool { return !selected(o.workloads, w.Name) })
		var err error
		if all, err = measure(o, chosen); err != nil {
			return err
		}
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
	if err := publish(o, all); err != nil {
		return err
	}
	if o.svg == "" {
		return nil
	}
	for name, picture := range plots(all) {
		if err := os.WriteFile(filepath.Join(o.svg, name+".svg"), []byte(picture), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// selected reports whether one of the comma-separated prefixes begins name.
func selected(prefixes, name string) bool {
	if prefixes == "" {
		return true
	}
	return slices.ContainsFunc(strings.Split(prefixes, ","), func(p string) bool { return strings.HasPrefix(name, p) })
}
