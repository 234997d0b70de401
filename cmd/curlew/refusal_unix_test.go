//go:build unix

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestRememberedRefusalOnTerminal: a long page scrolled the error away.
func TestRememberedRefusalOnTerminal(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for n := range 5000 {
			fmt.Fprintln(w, "line", n)
		}
	}))
	t.Cleanup(srv.Close)
	s := onScreen(t, t.TempDir(), "ws"+strings.TrimPrefix(srv.URL, "http"))
	shown := s.see(`line 19\r\ncurlew: 4980 more lines; 2>FILE takes them all`)
	if strings.Contains(shown, "line 20") || !strings.Contains(shown, "curlew: (22)") {
		t.Errorf("expected the error and 20 lines, got %q", shown)
	}
	s.ends(22)
}
