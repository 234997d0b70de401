package conformance

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed cases/*.txt
var files embed.FS

// A Case is one thing that a peer must do. It may be played any number of
// times, also concurrently.
type Case struct {
	ID      string // the case's number, such as "5.6"
	Clause  string // "RFC 6455 5.4"
	Title   string
	Section string // the topic of the cases with the same first number

	large   bool
	offers  []parameters // deflate; nil if it is not negotiated
	steps   []step
	failing []int // the codes of a case that ends with the peer failing the connection
}

// Name returns number and clause as one word, to name a subtest.
func (c *Case) Name() string { return c.ID + "_" + strings.ReplaceAll(c.Clause, " ", "_") }

// anyCloseReply reports whether the peer may answer CLOSE with any code.
func (c *Case) anyCloseReply() bool {
	s, ok := c.steps[len(c.steps)-1].(closed)
	return ok && s.codes == nil
}

// Cases returns all cases, in the order of their numbers. The caller owns the
// slice; the cases are shared.
func Cases() []*Case { return slices.Clone(cases()) }

// cases parses the embedded files. A test has checked that they are valid.
var cases = sync.OnceValue(func() []*Case {
	all, err := parseFiles(files)
	if err != nil {
		panic(err)
	}
	return all
})

func parseFiles(dir fs.FS) (all []*Case, err error) {
	names, err := fs.Glob(dir, "cases/*.txt")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		list, err := parseCases(name, string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	slices.SortStableFunc(all, func(a, b *Case) int { return compareIDs(a.ID, b.ID) })
	return all, nil
}

// compareIDs orders numbers such as 5.6 and 5.10 part by part.
func compareIDs(a, b string) int { return slices.Compare(numbers(a), numbers(b)) }

func numbers(id string) (list []int) {
	for part := range strings.SplitSeq(id, ".") {
		n, _ := strconv.Atoi(part)
		list = append(list, n)
	}
	return list
}

// Select returns the cases of list that a pattern names. A pattern is a number,
// or the beginning of one: "6.4" names 6.4.1 to 6.4.4. Without patterns, it
// returns all cases. A pattern that names none is an error.
func Select(list []*Case, patterns ...string) ([]*Case, error) {
	if len(patterns) == 0 {
		return list, nil
	}
	var chosen []*Case
	for _, pattern := range patterns {
		n := len(chosen)
		for _, c := range list {
			if c.ID == pattern || strings.HasPrefix(c.ID, pattern+".") {
				chosen = append(chosen, c)
			}
		}
		if len(chosen) == n {
			return nil, fmt.Errorf("expected the number of a case, or the beginning of one, got %q", pattern)
		}
	}
	slices.SortFunc(chosen, func(a, b *Case) int { return compareIDs(a.ID, b.ID) })
	return slices.CompactFunc(chosen, func(a, b *Case) bool { return cmp.Compare(a.ID, b.ID) == 0 }), nil
}
