package main

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"
)

// TestRememberedRefusalBomb: a body that inflates to much is shown in part.
func TestRememberedRefusalBomb(t *testing.T) {
	t.Parallel()
	body := bytes.Repeat([]byte("x"), 50<<20)
	for range 2 {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(body)
		z.Close()
		body = b.Bytes()
	}
	h := http.Header{"Content-Encoding": {"gzip", "gzip"}}
	if got, coding := decoded(body, h); len(got) != maxInflated || coding != "" {
		t.Errorf("expected %d bytes, got %d, and the coding %q", maxInflated, len(got), coding)
	}
}

func TestRememberedRefusalBeginning(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, start, more string }{
		{"", "", ""},
		{"one line", "one line", ""},
		{strings.Repeat("a\n", 19) + "a", strings.Repeat("a\n", 19) + "a", ""},
		{strings.Repeat("a\n", 20) + "b", strings.Repeat("a\n", 19) + "a", "1 more line"},
		{strings.Repeat("a\n", 4999) + "b", strings.Repeat("a\n", 19) + "a", "4980 more lines"},
		{strings.Repeat("é", 2500), strings.Repeat("é", 2000), "1000 more bytes"},
		{strings.Repeat("a", 3999) + "é" + strings.Repeat("\n", 30), strings.Repeat("a", 3999), "32 more bytes"},
	} {
		if start, more := beginning(test.text); start != test.start || more != test.more {
			t.Errorf("%.30q…: expected %d bytes and %q, got %d and %q", test.text, len(test.start), test.more, len(start), more)
		}
	}
}
