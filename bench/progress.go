package main

import (
	"fmt"
	"os"
	"time"
)

// A progress prints on stderr what is being measured: at a terminal in one line
// that changes, otherwise in a line per round.
type progress struct {
	began    time.Time
	terminal bool
	where    string
}

func newProgress() *progress { return &progress{began: time.Now(), terminal: terminal(os.Stderr)} }

// round begins a round of a workload, the i-th of n.
func (p *progress) round(w *workload, i, n, round, rounds int) {
	p.where = fmt.Sprintf("%s (%d of %d), round %d of %d, after %s", w.Name, i, n, round, rounds, time.Since(p.began).Round(time.Second))
	if !p.terminal {
		fmt.Fprintln(os.Stderr, p.where)
	}
}

// peer begins a cell.
func (p *progress) peer(name string) {
	if p.terminal {
		fmt.Fprintf(os.Stderr, "\r\x1b[K%s: %s", p.where, name)
	}
}

// say prints a line that must not be overwritten.
func (p *progress) say(format string, args ...any) {
	p.end()
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}

// end clears the line that changes.
func (p *progress) end() {
	if p.terminal {
		fmt.Fprint(os.Stderr, "\r\x1b[K")
	}
}

// terminal reports whether a file is a terminal.
func terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
