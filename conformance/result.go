package conformance

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// An Outcome is how a case ended.
type Outcome string

// The outcomes.
const (
	Pass        Outcome = "pass"
	Lax         Outcome = "lax"         // within the letter of the RFC, but later or less strict than it should be
	Unsupported Outcome = "unsupported" // the peer did not agree to the extension under test
	Fail        Outcome = "fail"
)

// A Result is how a played case ended.
type Result struct {
	Case    *Case
	Outcome Outcome
	Reason  string // "" if Outcome is Pass
	Time    time.Duration
}

// result returns the Result of a case that ended with err.
func result(c *Case, err error, d time.Duration) Result {
	r := Result{Case: c, Outcome: Fail, Time: d}
	var soft lax
	switch {
	case err == nil || err == errOver:
		r.Outcome = Pass
		return r
	case errors.As(err, &soft):
		r.Outcome = Lax
	case errors.Is(err, errUnsupported):
		r.Outcome = Unsupported
	}
	r.Reason = err.Error()
	return r
}

// String returns one line: number, clause, outcome and, if there is one, the reason.
func (r Result) String() string {
	s := fmt.Sprintf("%s (%s) %s", r.Case.ID, r.Case.Clause, r.Outcome)
	if r.Reason != "" {
		s += ": " + r.Reason
	}
	return s
}

// WriteTable writes a table of the number of cases by section and outcome. After
// it, it lists every case that did not pass, with its reason.
func WriteTable(w io.Writer, results []Result) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "section\tpass\tlax\tunsupported\tfail\tof")
	for _, group := range sections(results) {
		name, _, _ := strings.Cut(group[0].Case.ID, ".")
		fmt.Fprintf(tw, "%s %s\t%s\n", name, group[0].Case.Section, counts(group))
	}
	fmt.Fprintf(tw, "all\t%s\n", counts(results))
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, r := range results {
		if r.Outcome == Pass {
			continue
		}
		if _, err := fmt.Fprintf(w, "\n%v\n\t%s\n", r, r.Case.Title); err != nil {
			return err
		}
	}
	return nil
}

// sections splits results where the section changes.
func sections(results []Result) (groups [][]Result) {
	for i, r := range results {
		if i == 0 || r.Case.Section != results[i-1].Case.Section {
			groups = append(groups, nil)
		}
		last := &groups[len(groups)-1]
		*last = append(*last, r)
	}
	return groups
}

// counts returns the columns of one line of the table.
func counts(results []Result) string {
	n := map[Outcome]int{}
	for _, r := range results {
		n[r.Outcome]++
	}
	return fmt.Sprintf("%d\t%d\t%d\t%d\t%d", n[Pass], n[Lax], n[Unsupported], n[Fail], len(results))
}
