package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestRememberedLongHistoryLine: lines behind a very long one are not lost.
func TestRememberedLongHistoryLine(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	want := []string{"first", strings.Repeat("x", 100_000), "last"}
	h := openHistory(&config{})
	for _, line := range want {
		h.add(line)
	}
	h.file.Close()
	h = openHistory(&config{})
	defer h.file.Close()
	if !slices.Equal(h.lines, want) {
		t.Errorf("expected %d lines, got %d", len(want), len(h.lines))
	}
}

// TestRememberedGoImports: --go imports what its program uses, and not what a
// value looks like; nothing in it looks like something else.
func TestRememberedGoImports(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("compiles programs")
	}
	for _, value := range []string{"net.Dial", "url.Parse", "bufio.NewReader os.Exit atomic.Bool", "\u202e \"net.X\" \u2066"} {
		for _, option := range []string{"-A", "-d", "-b"} {
			if option == "-b" {
				value = "a=" + value
			}
			text, err := exec.Command("curlew", "--go", option, value, "--linger", "inf", "ws://h/?net.X").Output()
			if err != nil {
				t.Fatal(err)
			}
			if strings.ContainsFunc(string(text), misleads) {
				t.Errorf("%s %q: what turns text stands in %s", option, value, text)
			}
			vet(t, text)
		}
	}
}

// vet fails if a program does not compile.
func vet(t *testing.T, text []byte) {
	t.Helper()
	source := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(source, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", os.DevNull, source).CombinedOutput(); err != nil {
		t.Errorf("%v: %s\n%s", err, out, text)
	}
}
