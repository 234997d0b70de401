package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// overview writes the table of the main figures.
func overview(b *strings.Builder, all results, shown []workload) {
	b.WriteString("| workload | best peer | floor | curlew | of best | of floor |\n|---|---|---|---|---:|---:|\n")
	for _, w := range shown {
		rows := all.rows(&w)
		c := cheapest(rows, (*result).ours)
		if c == nil {
			continue
		}
		show := func(r *row) string {
			if r == nil {
				return "–"
			}
			return r.Peer + " " + w.figure().show(r.cost())
		}
		floor := cheapest(rows, func(r *result) bool { return r.Peer == w.Floor })
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n",
			w.Name, show(cheapest(rows, (*result).rival)), show(floor), show(c), ratio(c.best), ratio(c.floor))
	}
	b.WriteByte('\n')
}

// verdicts returns the verdicts on the goals of the workloads.
func (all results) verdicts(shown []workload) (vs []verdict) {
	for _, w := range shown {
		vs = append(vs, w.verdicts(all.rows(&w))...)
	}
	return vs
}

// goals writes the table of the goals.
func goals(b *strings.Builder, vs []verdict) {
	if len(vs) == 0 {
		return
	}
	b.WriteString("| workload | goal | that is | curlew | |\n|---|---|---:|---:|---|\n")
	for _, v := range vs {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", v.workload, v.goal, v.figure.show(v.bound), v.figure.show(v.value), &v)
	}
	b.WriteByte('\n')
}

// conclude summarizes the verdicts in a few lines.
func conclude(w io.Writer, vs []verdict, coloured bool) {
	if len(vs) == 0 {
		return
	}
	reached, level := 0, 0
	var rest strings.Builder
	for _, v := range vs {
		switch {
		case v.reached():
			reached++
			continue
		case v.level():
			level++
		}
		fmt.Fprintf(&rest, "  %-18s %-44s %10s, bound %10s: %s\n", v.workload, v.goal, v.figure.show(v.value), v.figure.show(v.bound), paint(coloured, &v))
	}
	fmt.Fprintf(w, "Of %d goals %d are reached, %d missed by less than the noise of %g x, %d missed:\n%s",
		len(vs), reached, level, noise, len(vs)-reached-level, rest.String())
}

// paint returns a verdict, coloured yellow or red at a terminal.
func paint(coloured bool, v *verdict) string {
	text, colour := strings.ReplaceAll(v.String(), "*", ""), "31"
	if !coloured {
		return text
	}
	if v.level() {
		colour = "33"
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

const begin, end = "<!-- measured: begin -->\n", "<!-- measured: end -->"

// publish prints the tables, or puts them into the file that -md names, and then
// prints the summary.
func publish(o *options, all results) error {
	shown := slices.DeleteFunc(tables(o), func(w workload) bool { return len(all.rows(&w)) == 0 })
	if len(shown) == 0 {
		return nil
	}
	vs := all.verdicts(shown)
	text := report(all, shown, vs)
	if o.md == "" {
		fmt.Print(text)
	} else if err := insert(o.md, text, vs); err != nil {
		return err
	}
	conclude(os.Stdout, vs, terminal(os.Stdout) && os.Getenv("NO_COLOR") == "")
	return nil
}

// enoughRounds is how many rounds medians need.
const enoughRounds = 5

// report returns all tables.
func report(all results, shown []workload, vs []verdict) string {
	var b strings.Builder
	fewest, usual, most := all.rounds(shown)
	rounds := fmt.Sprint(usual)
	if most > usual {
		rounds = fmt.Sprintf("%d rounds, where a goal lies inside the noise of %d", usual, most)
	} else {
		rounds += " round"
		if most != 1 {
			rounds += "s"
		}
	}
	if fewest < usual {
		rounds += ", of fewer where a client was ended"
	}
	fmt.Fprintf(&b, "%s, %d cores, %s/%s, %s, %s; medians of %s.\n\n", processor(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH,
		runtime.Version(), time.Now().Format(time.DateOnly), rounds)
	if usual < enoughRounds {
		b.WriteString("So few rounds only show large differences.\n\n")
	}
	overview(&b, all, shown)
	goals(&b, vs)
	for _, w := range shown {
		table(&b, &w, all)
	}
	return b.String()
}

// rounds returns how many rounds the rows have.
func (all results) rounds(shown []workload) (fewest, usual, most int) {
	rows := map[int]int{}
	for _, w := range shown {
		for _, r := range all.rows(&w) {
			rows[r.rounds]++
		}
	}
	for n, of := range rows {
		if of > rows[usual] || of == rows[usual] && n > usual {
			usual = n
		}
		if fewest == 0 || n < fewest {
			fewest = n
		}
		most = max(most, n)
	}
	return fewest, usual, most
}

// insert puts text between the two marks of a file. It reports which missed goals
// have no row in the table after the marks, and which rows there have no such goal.
func insert(file, text string, vs []verdict) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(data), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return fmt.Errorf("%s: expected the lines %q and %q, around the tables", file, begin, end)
	}
	unexplained, reached := notes(after, vs)
	if len(unexplained) > 0 {
		fmt.Fprintf(os.Stderr, "%s does not say why these are missed: %s\n", file, strings.Join(unexplained, ", "))
	}
	if len(reached) > 0 {
		fmt.Fprintf(os.Stderr, "%s says why these are missed, but they are not: %s\n", file, strings.Join(reached, ", "))
	}
	return os.WriteFile(file, []byte(before+begin+"\n"+text+end+after), 0o644)
}

// notes compares the rows of a table whose first cells are names of workloads
// with the verdicts.
func notes(text string, vs []verdict) (unexplained, reached []string) {
	explained, missed := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(text) {
		if first, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " |"); ok && first != line {
			for name := range strings.SplitSeq(first, ", ") {
				explained[name] = true
			}
		}
	}
	for _, v := range vs {
		if !v.reached() && !v.level() && !missed[v.workload] {
			missed[v.workload] = true
			if !explained[v.workload] {
				unexplained = append(unexplained, v.workload)
			}
		}
	}
	for _, v := range vs {
		if explained[v.workload] && !missed[v.workload] && !slices.Contains(reached, v.workload) {
			reached = append(reached, v.workload)
		}
	}
	return unexplained, reached
}
