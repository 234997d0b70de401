package main

import (
	"fmt"
	"slices"
	"strings"
)

// A figure is one number of a result that a goal can limit.
type figure struct {
	name  string
	noisy bool // it is processor time and varies from round to round
	of    func(r *result) float64
	show  func(float64) string
}

var (
	processorTime = figure{"CPU", true, func(r *result) float64 { return r.CPU }, nanoseconds}
	halfway       = figure{"p50", true, func(r *result) float64 { return r.P50 }, nanoseconds}
	memory        = figure{"heap + stack", false, func(r *result) float64 { return r.Heap + r.Stack }, kibibytes}
	resident      = figure{"RSS", false, func(r *result) float64 { return r.Resident }, kibibytes}
	peak          = figure{"peak RSS", false, func(r *result) float64 { return r.Peak }, mebibytes}
	allocations   = figure{"allocations", false, func(r *result) float64 { return r.Allocs }, count}
	writes        = figure{"writes", false, func(r *result) float64 { return r.Writes }, count}
	wire          = figure{"on the wire", false, func(r *result) float64 { return r.Wire }, func(b float64) string { return fmt.Sprintf("%.0f B", b) }}
)

// A goal limits a figure of curlew's: to a multiple of another peer's figure, plus
// something, or to plus alone.
type goal struct {
	figure figure
	ours   string // the names of curlew's peers that it limits; empty: any
	times  float64
	of     string // a peer, or best for the cheapest library
	plus   float64
}

const best = "best"

// fastest is a goal of every workload.
func fastest(w *workload) goal { return goal{figure: w.figure(), times: 1, of: best} }

// figure returns the figure that a workload compares.
func (w *workload) figure() figure {
	if w.Kind&idles != 0 {
		return memory
	}
	return processorTime
}

func (g goal) String() string {
	bound := g.figure.show(g.plus)
	if g.of != "" {
		bound = fmt.Sprintf("%g x %s", g.times, strings.Replace(g.of, best, "the best", 1))
		if g.plus != 0 {
			bound = fmt.Sprintf("%s + %s", g.of, g.figure.show(g.plus))
		}
	}
	prefix := ""
	if g.ours != "" {
		prefix = strings.ReplaceAll(g.ours, ",", ", ") + ": "
	}
	return fmt.Sprintf("%s%s ≤ %s", prefix, g.figure.name, bound)
}

// A verdict is a goal and whether it was reached.
type verdict struct {
	goal
	workload string
	value    float64
	bound    float64
}

// noise is the ratio below which two times count as equal.
const noise = 1.1

// over returns the ratio of the value to the bound.
func (v *verdict) over() float64 { return over(v.value, v.bound) }
func (v *verdict) reached() bool { return v.value <= v.bound }

// level reports whether the difference is within the noise.
func (v *verdict) level() bool { return v.figure.noisy && v.over() <= noise && v.over() >= 1/noise }

func (v *verdict) String() string {
	switch {
	case v.reached():
		return "reached"
	case v.level():
		return fmt.Sprintf("level, %.2f x", v.over())
	}
	return fmt.Sprintf("**missed**, %.2f x", v.over())
}

// verdicts returns the verdicts on the goals of a workload. It leaves out those for
// which something was not measured.
func (w *workload) verdicts(rows []row) (all []verdict) {
	for _, g := range w.goals() {
		ours := lowest(rows, g.figure, func(r *result) bool { return r.ours() && (g.ours == "" || selected(g.ours, r.Peer)) })
		bound := g.plus
		if g.of != "" {
			other := lowest(rows, g.figure, func(r *result) bool { return r.Peer == g.of || g.of == best && r.rival() })
			if other == nil {
				continue
			}
			bound += g.times * g.figure.of(&other.result)
		}
		if ours != nil {
			all = append(all, verdict{g, w.Name, g.figure.of(&ours.result), bound})
		}
	}
	return all
}

func (w *workload) goals() []goal { return append(slices.Clone(w.Goals), fastest(w)) }

// lowest returns the row with the lowest figure among those wanted.
func lowest(rows []row, f figure, wanted func(*result) bool) (least *row) {
	for i := range rows {
		if r := &rows[i]; wanted(&r.result) && (least == nil || f.of(&r.result) < f.of(&least.result)) {
			least = r
		}
	}
	return least
}

// close returns the peers that deserve more rounds because a goal of the workload
// is within the noise: those that decide it, and those within the noise of them.
func (w *workload) close(all results) map[string]bool {
	rows, chosen := all.rows(w), map[string]bool{}
	if !slices.ContainsFunc(w.verdicts(rows), func(v verdict) bool { return v.level() }) {
		return nil
	}
	first := func(wanted func(*result) bool) {
		if least := lowest(rows, w.figure(), wanted); least != nil {
			for _, r := range rows {
				if wanted(&r.result) && r.cost() <= noise*least.cost() {
					chosen[r.Peer] = true
				}
			}
		}
	}
	first((*result).ours)
	first((*result).rival)
	for _, g := range w.goals() {
		first(func(r *result) bool { return r.Peer == g.of })
		first(func(r *result) bool { return g.ours != "" && selected(g.ours, r.Peer) })
	}
	return chosen
}
