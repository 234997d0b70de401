package main

import (
	"os"
	"strings"
	"testing"
)

// TestDocs fails when docs/tool.md is not what the tables make.
func TestDocs(t *testing.T) {
	want, err := os.ReadFile("../../docs/tool.md")
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	if err := writeDocs(&got); err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Error("docs/tool.md is stale: run go generate in cmd/curlew")
	}
}

// TestShortHelp fails when the help of no category does not fit a screen.
func TestShortHelp(t *testing.T) {
	var b strings.Builder
	if err := writeHelp(&b, ""); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) > 24 {
		t.Errorf("the short help has %d lines, more than 24", len(lines))
	}
	for _, line := range lines {
		if len(line) > 80 {
			t.Errorf("more than 80 columns: %q", line)
		}
	}
	for _, name := range common {
		if o, on := find(name); o == nil || !on {
			t.Errorf("common names --%s, which is no option", name)
		}
	}
}
