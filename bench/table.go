package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A row is a peer's medians on a workload.
type row struct {
	result
	least       float64 // the best round's cost
	best, floor float64 // the ratio of the cost to the best peer's and the floor's; 0: there is none
	rounds      int
}

// cost returns what a workload compares: CPU time, or memory for idle.
func (r *result) cost() float64 {
	if r.CPU == 0 {
		return r.Heap + r.Stack
	}
	return r.CPU
}

// fields returns the numbers of a result, for medians.
func (r *result) fields() []*float64 {
	return []*float64{&r.CPU, &r.User, &r.Wall, &r.Allocs, &r.Bytes, &r.Reads, &r.Writes, &r.Received, &r.Wire, &r.P50, &r.P99, &r.Heap, &r.Stack, &r.Resident, &r.Peak}
}

// rows returns the peers on a workload, the cheapest first.
func (all results) rows(w *workload) []row {
	var rows []row
	for _, p := range peers {
		var same results
		for _, r := range all {
			if r.Peer == p.name && r.Workload == w.Name && r.Failure == "" {
				same = append(same, r)
			}
		}
		if len(same) > 0 {
			rows = append(rows, same.median())
		}
	}
	best, floor := 0.0, 0.0
	for _, r := range rows {
		switch {
		case r.Peer == w.Floor:
			floor = r.cost()
		case r.rival() && (best == 0 || r.cost() < best):
			best = r.cost()
		}
	}
	for i := range rows {
		rows[i].best, rows[i].floor = over(rows[i].cost(), best), over(rows[i].cost(), floor)
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.cost(), b.cost()) })
	return rows
}

func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// median takes the median of each number by itself.
func (same results) median() row {
	m := row{result: same[0], least: same[0].cost(), rounds: len(same)}
	for i, f := range m.fields() {
		values := make([]float64, len(same))
		for j := range same {
			values[j] = *same[j].fields()[i]
		}
		slices.Sort(values)
		*f = (values[(len(values)-1)/2] + values[len(values)/2]) / 2
	}
	for i := range same {
		m.least = min(m.least, same[i].cost())
	}
	return m
}

func (r *result) ours() bool  { return strings.HasPrefix(r.Peer, "curlew") }
func (r *result) rival() bool { return !r.ours() && !peerNamed(r.Peer).floor }

// columns are the columns of the tables. The kind of a table decides which it has.
var columns = []struct {
	kinds kind
	title string
	cell  func(r *row) string
}{
	{^idles, "CPU", func(r *row) string { return nanoseconds(r.CPU) }},
	{^idles, "least", func(r *row) string { return nanoseconds(r.least) }},
	{idles, "heap + stack", func(r *row) string { return kibibytes(r.Heap + r.Stack) }},
	{idles, "stack", func(r *row) string { return kibibytes(r.Stack) }},
	{idles, "RSS", func(r *row) string { return kibibytes(r.Resident) }},
	{^kind(0), "of best", func(r *row) string { return ratio(r.best) }},
	{^kind(0), "of floor", func(r *row) string { return ratio(r.floor) }},
	{^idles, "user", func(r *row) string { return nanoseconds(r.User) }},
	{^idles, "wall", func(r *row) string { return nanoseconds(r.Wall) }},
	{echo | feed, "p50", func(r *row) string { return nanoseconds(r.P50) }},
	{echo | feed, "p99", func(r *row) string { return nanoseconds(r.P99) }},
	{^kind(0), "allocations", func(r *row) string { return known(r.Allocs, "%.2f") }},
	{^idles, "allocated", func(r *row) string { return known(r.Bytes, "%.0f B") }},
	{^idles, "reads", func(r *row) string { return known(r.Reads, "%.3f") }},
	{^idles, "writes", func(r *row) string { return known(r.Writes, "%.3f") }},
	{deflate, "on the wire", func(r *row) string { return known(r.Wire, "%.0f B") }},
	{^idles, "peak RSS", func(r *row) string { return mebibytes(r.Peak) }},
	{^kind(0), "rounds", func(r *row) string { return fmt.Sprint(r.rounds) }},
}

func nanoseconds(ns float64) string {
	switch {
	case ns < 1e4:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.1f µs", ns/1e3)
	}
	return fmt.Sprintf("%.2f ms", ns/1e6)
}

func kibibytes(b float64) string { return fmt.Sprintf("%.2f KiB", b/(1<<10)) }
func mebibytes(b float64) string { return fmt.Sprintf("%.1f MiB", b/(1<<20)) }

func count(n float64) string { return fmt.Sprintf("%.3g", n) }

// known formats a count, unless it was not taken.
func known(n float64, format string) string {
	if n == unknown {
		return "–"
	}
	return fmt.Sprintf(format, n)
}

func ratio(r float64) string {
	if r == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", r)
}

// table writes the table of a workload.
func table(b *strings.Builder, w *workload, all results) {
	fmt.Fprintf(b, "### %s\n\n| peer |", w.Name)
	line := "|---|"
	for _, c := range columns {
		if c.kinds&w.Kind != 0 {
			fmt.Fprintf(b, " %s |", c.title)
			line += "---:|"
		}
	}
	fmt.Fprintf(b, "\n%s\n", line)
	for _, r := range all.rows(w) {
		name := r.Peer
		if r.ours() {
			name = "**" + name + "**"
		}
		fmt.Fprintf(b, "| %s |", name)
		for _, c := range columns {
			if c.kinds&w.Kind != 0 {
				fmt.Fprintf(b, " %s |", c.cell(&r))
			}
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	said := map[string]bool{}
	for _, r := range all {
		if r.Workload == w.Name && r.Failure != "" && !said[r.Peer] {
			said[r.Peer] = true
			fmt.Fprintf(b, "%s failed: %s.\n\n", r.Peer, r.Failure)
		}
	}
}

// cheapest returns the first wanted row; rows are sorted by cost.
func cheapest(rows []row, wanted func(*result) bool) *row {
	for i := range rows {
		if wanted(&rows[i].result) {
			return &rows[i]
		}
	}
	return nil
}
