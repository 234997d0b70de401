package handshake

import (
	"errors"
	"net/http"
	"testing"
)

func TestCheckOrigin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		origin  string
		allowed []string
		want    string // in the error, "" if the page may connect
	}{
		{"https://h.example", nil, ""},
		{"HTTP://H.example:80", nil, ""},
		{"https://h.example:444", nil, "not allowed"},
		{"https://other.example", nil, "not allowed"},
		{"null", nil, `invalid Origin "null"`},
		{"https://h.example/", nil, "invalid Origin"},
		{"https://other.example", []string{"*.example"}, ""},
		{"http://other.example", []string{"https://*.example"}, "not allowed"},
		{"https://other.example", []string{}, "not allowed"},
		{"https://b\u00fccher.example", []string{"xn--bcher-kva.example"}, ""},
		{"https://[::1]:8080", []string{"[::1]:8080"}, ""},
		{"app://", []string{"*"}, ""},
		{"https://h.example", []string{"h.example", "a/b"}, `invalid pattern "a/b"`},
	} {
		r := &http.Request{Host: "h.example", Header: http.Header{"Origin": {c.origin}}}
		checkError(t, c.origin, CheckOrigin(r, c.allowed), c.want)
	}
	if err := CheckOrigin(&http.Request{Host: "h.example"}, nil); err != nil {
		t.Errorf("without Origin: got %v", err)
	}
}

func TestCheckPatterns(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"*": "", "h": "", "h:*": "", "https://h": "", "app://": "", "::1": "",
		"": "expected a host", "://h": "expected a host", "h:": "expected a host", "u@h": "expected only", "b\u00fc*": "a whole label", "h[": "syntax error",
	} {
		err := CheckPatterns([]string{"*", pattern})
		checkError(t, pattern, err, want)
		if want != "" && !errors.As(err, new(*PatternError)) {
			t.Errorf("%q: got %T, want a *PatternError", pattern, err)
		}
	}
}
