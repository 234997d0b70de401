package main

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A row is a peer's medians on a workload.
type row struct {
	result
	least       float64 // the best round's cost
	best, floor float64 // the cost in terms of the best peer's and the floor's; 0: there is none
}

// cost is what a workload compares: CPU, and with idle memory.
func (r *result) cost() float64 {
	if r.CPU == 0 {
		return r.Heap + r.Stack
	}
	return r.CPU
}

// fields are the numbers of a result, for medians.
func (r *result) fields() []*float64 {
	return []*float64{&r.CPU, &r.User, &r.Wall, &r.Allocs, &r.Bytes, &r.Reads, &r.Writes, &r.Wire, &r.P50, &r.P99, &r.Heap, &r.Stack, &r.Resident, &r.Peak}
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
	m := row{result: same[0], least: same[0].cost()}
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

// columns are those of the tables; which a table has depends on its kind.
var columns = []struct {
	kinds kind
	title string
	cell  func(r *row) string
}{
	{^idle, "CPU", func(r *row) string { return nanoseconds(r.CPU) }},
	{^idle, "least", func(r *row) string { return nanoseconds(r.least) }},
	{idle, "heap + stack", func(r *row) string { return kibibytes(r.Heap + r.Stack) }},
	{idle, "stack", func(r *row) string { return kibibytes(r.Stack) }},
	{idle, "RSS", func(r *row) string { return kibibytes(r.Resident) }},
	{^kind(0), "of best", func(r *row) string { return ratio(r.best) }},
	{^kind(0), "of floor", func(r *row) string { return ratio(r.floor) }},
	{^idle, "user", func(r *row) string { return nanoseconds(r.User) }},
	{^idle, "wall", func(r *row) string { return nanoseconds(r.Wall) }},
	{echo, "p50", func(r *row) string { return nanoseconds(r.P50) }},
	{echo, "p99", func(r *row) string { return nanoseconds(r.P99) }},
	{^kind(0), "allocations", func(r *row) string { return fmt.Sprintf("%.2f", r.Allocs) }},
	{^idle, "allocated", func(r *row) string { return fmt.Sprintf("%.0f B", r.Bytes) }},
	{^idle, "reads", func(r *row) string { return fmt.Sprintf("%.3f", r.Reads) }},
	{^idle, "writes", func(r *row) string { return fmt.Sprintf("%.3f", r.Writes) }},
	{deflate, "on the wire", func(r *row) string { return fmt.Sprintf("%.0f B", r.Wire) }},
	{^idle, "peak RSS", func(r *row) string { return fmt.Sprintf("%.1f MiB", r.Peak/(1<<20)) }},
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

func kibibytes(b float64) string { return fmt.Sprintf("%.2f KiB", b/1024) }

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

// cheapest returns the first of rows, which are sorted, that is wanted.
func cheapest(rows []row, wanted func(*result) bool) *row {
	for i := range rows {
		if wanted(&rows[i].result) {
			return &rows[i]
		}
	}
	return nil
}

// summary writes the table of what matters.
func summary(b *strings.Builder, all results, shown []workload) {
	b.WriteString("| workload | best peer | floor | curlew | of best | of floor | goal |\n|---|---|---|---|---:|---:|---|\n")
	for _, w := range shown {
		rows := all.rows(&w)
		c := cheapest(rows, (*result).ours)
		if c == nil {
			continue
		}
		show := func(r *row) string {
			switch {
			case r == nil:
				return "–"
			case w.Kind == idle:
				return r.Peer + " " + kibibytes(r.cost())
			}
			return r.Peer + " " + nanoseconds(r.cost())
		}
		floor := cheapest(rows, func(r *result) bool { return r.Peer == w.Floor })
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s |\n",
			w.Name, show(cheapest(rows, (*result).rival)), show(floor), show(c), ratio(c.best), ratio(c.floor), w.Goal)
	}
	b.WriteByte('\n')
}

const begin, end = "<!-- measured: begin -->\n", "<!-- measured: end -->"

// publish prints the tables, or puts them into the file that -md names.
func publish(o *options, all results) error {
	var b strings.Builder
	shown := slices.DeleteFunc(workloads(&options{giant: o.giant, sink: o.sink}), func(w workload) bool { return len(all.rows(&w)) == 0 })
	if len(shown) == 0 {
		return nil
	}
	first := all.rows(&shown[0])[0]
	rounds := 0
	for _, r := range all {
		if r.Peer == first.Peer && r.Workload == first.Workload {
			rounds++
		}
	}
	fmt.Fprintf(&b, "%s, %d cores, %s/%s, %s, %s; medians of %d rounds.\n\n", processor(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH,
		runtime.Version(), time.Now().Format(time.DateOnly), rounds)
	summary(&b, all, shown)
	for _, w := range shown {
		table(&b, &w, all)
	}
	if o.md == "" {
		fmt.Print(b.String())
		return nil
	}
	data, err := os.ReadFile(o.md)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(data), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no lines %q and %q for the tables to stand between", o.md, begin, end)
	}
	return os.WriteFile(o.md, []byte(before+begin+"\n"+b.String()+end+after), 0o644)
}
