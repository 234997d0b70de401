package main

import (
	"slices"
	"testing"
)

// TestShellWords: what browsers copy for a POSIX shell and for Windows' command
// prompt is the same words.
func TestShellWords(t *testing.T) {
	want := []string{"curl", "ws://h/?a=1&b=2", "-d", "one\ntwo \"2\" $3!"}
	for _, text := range []string{
		"curl 'ws://h/?a=1&b=2' \\\n  -d $'one\\ntwo \"2\" $3\\u0021'",
		"curl \"ws://h/?a=1&b=2\" \\\r\n -d \"one\ntwo \\\"2\\\" \\$3!\"",
		"curl ^\"ws://h/?a=1^&b=2^\" ^\n  -d ^\"one^\n\ntwo ^\\^\"2^\\^\" ^$3^!^\"",
		"curl ^\"ws://h/?a=1^&b=2^\" ^\r\n  -d ^\"one^\r\n\r\ntwo ^\\^\"2^\\^\" ^$3^!^\"",
	} {
		if got, err := shellWords(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s\ngives %q, %v", text, got, err)
		}
	}
}
