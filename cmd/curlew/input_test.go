package main

import (
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/curlew-ws/curlew"
)

// TestLines: lines are told apart however the reads cut them.
func TestLines(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":             nil,
		"one":          {"one"},
		"one\n":        {"one"},
		"one\ntwo":     {"one", "two"},
		"\n\none\n\n":  {"", "", "one", ""},
		"one\r\ntwo\n": {"one\r", "two"},
	} {
		in := newInput(iotest.OneByteReader(strings.NewReader(text)), curlew.Text, framingLine)
		var got []string
		for in.next() {
			got = append(got, string(in.message))
		}
		if in.err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: expected %q, got %q, %v", text, want, got, in.err)
		}
	}
}

// TestLongLine fails when what came of a line is looked at again with each read:
// a line of 200 MB took more than a minute so.
func TestLongLine(t *testing.T) {
	t.Parallel()
	split := splitAt('\n')
	data := []byte("a line that ends later")
	split(data, false)
	data[0] = '\n' // which nobody may see
	n, line, err := split(append(data, "\nnext"...), false)
	if n != len(data)+1 || len(line) != len(data) || err != nil {
		t.Errorf("expected the line of %d bytes, got %q", len(data), line)
	}
}
