package conformance

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Exclusions are the cases that a peer is known not to pass, by their numbers,
// and the reasons.
type Exclusions map[string]string

// ReadExclusions reads lines of a number and a reason, of which neither may be
// missing. A line that begins with # is a comment.
func ReadExclusions(r io.Reader) (Exclusions, error) {
	known := map[string]bool{}
	for _, c := range cases() {
		known[c.ID] = true
	}
	x := Exclusions{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		id, reason, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		reason = strings.TrimSpace(reason)
		if id == "" || strings.HasPrefix(id, "#") {
			continue
		}
		if !known[id] || reason == "" {
			return nil, fmt.Errorf("line %d: expected the number of a case and a reason, got %q", n, lines.Text())
		}
		x[id] = reason
	}
	return x, lines.Err()
}

// Unexpected returns the results that x does not foresee: those that did not
// pass and are not excluded, and those that passed and are.
func (x Exclusions) Unexpected(results []Result) (all []Result) {
	for _, r := range results {
		if _, excluded := x[r.Case.ID]; excluded == (r.Outcome == Pass) {
			all = append(all, r)
		}
	}
	return all
}
