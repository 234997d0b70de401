package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary play server and client, as the program does.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0") // for the children: otherwise each takes a second to end
	if !role(os.Getenv(roleVariable)) {
		os.Exit(m.Run())
	}
}

// tiny returns a workload that takes no time.
func tiny(w workload) workload {
	w.Size = min(w.Size, 1<<20)
	w.Conns = min(w.Conns, 20)
	w.Max = min(w.Max, 5)
	return w
}

// Every peer can do every workload that it claims to do, and proves it.
func TestCells(t *testing.T) {
	chosen := tables(&options{giant: 1 << 20, sink: 1 << 20, conns: idleConns})
	chosen = append(chosen, workload{Name: "connections-20", Kind: feed, Size: 125, Conns: 20})
	for _, w := range chosen {
		w = tiny(w)
		t.Run(w.Name, func(t *testing.T) {
			t.Parallel()
			host, stop, err := startServer(&w)
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			for _, p := range peers {
				if p.does&w.Kind == 0 {
					continue
				}
				m := measurement{options: &options{}}
				r, err := m.cell(cell{Peer: p.name, Workload: w, Host: host, Time: time.Millisecond}, 0)
				switch {
				case errors.Is(err, errAbsent) && (p.foreign || p.name == "curlew-multi"):
					t.Log(err) // needs something that not every system has
				case err != nil:
					t.Errorf("%s: %v", p.name, err)
				case r.Peer != p.name || r.Workload != w.Name || r.Messages == 0 || r.Messages < w.Max:
					t.Errorf("%s: got %+v", p.name, r)
				}
			}
		})
	}
}

// A floor is never the best peer, and the median of each number is taken by itself.
func TestRows(t *testing.T) {
	w := workload{Name: "w", Kind: receive, Floor: "rawtcp"}
	all := results{
		{Peer: "rawtcp", Workload: "w", CPU: 20},
		{Peer: "curlew-next", Workload: "w", CPU: 50, Allocs: 2},
		{Peer: "curlew-next", Workload: "w", CPU: 30, Allocs: 4},
		{Peer: "curlew-next", Workload: "w", CPU: 900, Allocs: 3},
		{Peer: "gobwas", Workload: "w", CPU: 100},
		{Peer: "gorilla", Workload: "other", CPU: 1},
	}
	rows := all.rows(&w)
	if len(rows) != 3 || rows[0].Peer != "rawtcp" || rows[1].Peer != "curlew-next" || rows[2].Peer != "gobwas" {
		t.Fatalf("got %+v", rows)
	}
	if r := rows[1]; r.CPU != 50 || r.Allocs != 3 || r.least != 30 || r.best != 0.5 || r.floor != 2.5 {
		t.Errorf("got %+v", r)
	}
	if r := rows[2]; r.best != 1 || r.floor != 5 {
		t.Errorf("got %+v", r)
	}
}

// A gauge leaves out the messages of the warm-up, and every meter learns of the end.
func TestGauge(t *testing.T) {
	g := &gauge{warm: time.Nanosecond, max: 10, onStart: func() {}, onEnd: func() {}}
	g.start()
	a, b := g.meter(nil, 0), g.meter(nil, 0)
	for !a.tick() {
	}
	if g.messages != 10 || !b.tick() || g.messages != 10 {
		t.Errorf("%d messages were measured, expected 10", g.messages)
	}
}

// The pictures are well-formed.
func TestPlots(t *testing.T) {
	var all results
	for _, w := range workloads(&options{curves: true}) {
		for i, p := range peers {
			if p.does&w.Kind != 0 {
				all = append(all, result{Peer: p.name, Workload: w.Name, CPU: float64(100 * (i + 1)), Peak: float64((i + 1) << 20)})
			}
		}
	}
	pictures := plots(all)
	if len(pictures) != 5 {
		t.Errorf("got %d pictures, expected 5", len(pictures))
	}
	for name, picture := range pictures {
		d := xml.NewDecoder(strings.NewReader(picture))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

// Documents have the length that the workload says, and differ.
func TestDocuments(t *testing.T) {
	a, b := document(0, 2048), document(1, 2048)
	if len(a) != 2048 || len(b) != 2048 || string(a) == string(b) {
		t.Errorf("got documents of %d and %d bytes", len(a), len(b))
	}
}

// A line is cut where it has no value and others have one.
func TestRuns(t *testing.T) {
	one := line{at: [][2]float64{{1, 10}, {2, 20}, {4, 40}}}
	other := line{at: [][2]float64{{1, 1}, {2, 1}, {3, 1}, {4, 1}}}
	if runs := one.runs([]line{one, other}); len(runs) != 2 || len(runs[0]) != 2 || len(runs[1]) != 1 {
		t.Errorf("got %v", runs)
	}
	if runs := other.runs([]line{one, other}); len(runs) != 1 || len(runs[0]) != 4 {
		t.Errorf("got %v", runs)
	}
}
