package conformance

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Exclusions are the cases that a peer is known not to pass: numbers and
// reasons.
type Exclusions map[string]string

// ReadExclusions reads lines of a number and a reason. Neither may be missing. A
// line that begins with # is a comment.
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

// Unexpected returns the results that x does not predict: cases that did not pass
// and are not excluded, and cases that passed although they are.
func (x Exclusions) Unexpected(results []Result) (all []Result) {
	for _, r := range results {
		if _, excluded := x[r.Case.ID]; excluded == (r.Outcome == Pass) {
			all = append(all, r)
		}
	}
	return all
}
