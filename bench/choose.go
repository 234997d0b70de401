package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// selected reports whether name begins with one of the comma-separated prefixes.
func selected(prefixes, name string) bool {
	if prefixes == "" {
		return true
	}
	return slices.ContainsFunc(strings.Split(prefixes, ","), func(p string) bool { return strings.HasPrefix(name, strings.TrimSpace(p)) })
}

// chosen returns the workloads that -workloads selects. A prefix of -workloads or
// -peers that begins no name is an error.
func chosen(o *options) ([]workload, error) {
	all := workloads(o)
	if err := anyBegin("peer", o.peers, peers, func(p peer) string { return p.name }); err != nil {
		return nil, err
	}
	if err := anyBegin("workload", o.workloads, all, func(w workload) string { return w.Name }); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(all), func(w workload) bool { return !wanted(o.workloads, w.Name, all) }), nil
}

// wanted is selected for workloads: the full name of one does not count as a prefix
// of others.
func wanted(names, name string, all []workload) bool {
	if names == "" {
		return true
	}
	for n := range strings.SplitSeq(names, ",") {
		n = strings.TrimSpace(n)
		full := slices.ContainsFunc(all, func(w workload) bool { return w.Name == n })
		if name == n || !full && strings.HasPrefix(name, n) {
			return true
		}
	}
	return false
}

// anyBegin checks that each of the comma-separated prefixes begins the name of
// one of all.
func anyBegin[T any](what, prefixes string, all []T, name func(T) string) error {
	if prefixes == "" {
		return nil
	}
	for p := range strings.SplitSeq(prefixes, ",") {
		p = strings.TrimSpace(p)
		near, least := "", len(p)
		for _, x := range all {
			if strings.HasPrefix(name(x), p) {
				near = name(x)
				break
			}
			if d := distance(p, name(x)); d < least {
				near, least = name(x), d
			}
		}
		switch {
		case strings.HasPrefix(near, p) && near != "":
		case near != "" && least <= 1+len(p)/3:
			return fmt.Errorf("there is no %s %q; did you mean %s? -list shows all", what, p, near)
		default:
			return fmt.Errorf("there is no %s %q; -list shows all", what, p)
		}
	}
	return nil
}

// distance returns how many letters to add, remove or change to turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := corner
			if a[i] != b[j] {
				d = 1 + min(corner, row[j], row[j+1])
			}
			corner, row[j+1] = row[j+1], d
		}
	}
	return row[len(b)]
}

// list prints the workloads, and the peers for each.
func list(to io.Writer, o *options) {
	for _, w := range workloads(o) {
		var names []string
		for _, p := range peers {
			if p.does&w.Kind != 0 && w.draws(p) {
				names = append(names, p.name)
			}
		}
		fmt.Fprintf(to, "%-22s %s\n", w.Name, strings.Join(names, " "))
	}
}
