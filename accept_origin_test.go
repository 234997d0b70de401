package curlew_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/curlew-ws/curlew"
)

func TestAcceptOrigin(t *testing.T) {
	for _, test := range []struct {
		host, origin string
		allowed      []string // nil: the default
		want         bool
	}{
		// no browser, no origin
		{"example.com", "", nil, true},
		{"example.com", "", []string{}, true},
		{"example.com", "", []string{"other.example"}, true},
		// by default the page's host is the request's
		{"example.com", "https://example.com", nil, true},
		{"example.com", "http://example.com", nil, true},
		{"example.com", "https://EXAMPLE.com", nil, true},
		{"example.com:8080", "http://example.com:8080", nil, true},
		{"example.com", "http://example.com:8080", nil, false},
		{"example.com:8080", "http://example.com", nil, false},
		{"example.com:8080", "http://example.com:8081", nil, false},
		{"[::1]:8080", "http://[::1]:8080", nil, true},
		{"[::1]:8080", "http://[::1]:8081", nil, false},
		{"[::1]", "http://[::1]", nil, true},
		{"127.0.0.1:80", "http://127.0.0.1", nil, false}, // browsers leave 80 out in both
		{"example.com", "https://other.example", nil, false},
		{"example.com", "https://example.com.other.example", nil, false},
		{"example.com", "https://example.com@other.example", nil, false},
		{"example.com", "https://other.example/example.com", nil, false},
		{"example.com", "https://other.example?example.com", nil, false},
		{"example.com", "https://sub.example.com", nil, false},
		{"example.com", "null", nil, false},
		{"example.com", "file://", nil, false},
		{"example.com", "example.com", nil, false},
		{"example.com", "https://example.com%", nil, false},
		{"*", "https://other.example", nil, false}, // a host is not a pattern
		{"?xample.com", "https://example.com", nil, false},
		{"[a-z]xample.com", "https://example.com", nil, false},
		// patterns
		{"example.com", "https://example.com", []string{}, false},
		{"example.com", "https://example.com", []string{"other.example"}, false},
		{"example.com", "https://other.example", []string{"other.example"}, true},
		{"example.com", "https://other.example:8443", []string{"other.example"}, true},
		{"example.com", "https://other.example:8443", []string{"other.example:8443"}, true},
		{"example.com", "https://other.example:8444", []string{"other.example:8443"}, false},
		{"example.com", "https://other.example", []string{"other.example:443"}, false},
		{"example.com", "https://OTHER.example", []string{"other.EXAMPLE"}, true},
		{"example.com", "https://b.example", []string{"a.example", "b.example"}, true},
		{"example.com", "https://a.other.example", []string{"*.other.example"}, true},
		{"example.com", "https://a.b.other.example", []string{"*.other.example"}, true},
		{"example.com", "https://other.example", []string{"*.other.example"}, false},
		{"example.com", "https://evilother.example", []string{"*.other.example"}, false},
		{"example.com", "https://other.example.evil.example", []string{"*.other.example"}, false},
		{"example.com", "http://localhost:3000", []string{"localhost:*"}, true},
		{"example.com", "http://localhost", []string{"localhost:*"}, false},
		{"example.com", "http://[::1]:3000", []string{"::1"}, true},
		{"example.com", "http://[::1]:3000", []string{"[::1]"}, true},
		{"example.com", "http://[::1]:3000", []string{"[::1]:3000"}, true},
		{"example.com", "http://[::1]:3000", []string{"[::1]:3001"}, false},
		{"example.com", "http://[::1]:3000", []string{"[::1]:*"}, true},
		{"example.com", "http://[::1]", []string{"[::1]"}, true},
		{"example.com", "http://1:3000", []string{"[::1]:3000"}, false},
		{"example.com", "http://a.example:3000", []string{"[a-c].example"}, true},
		// any
		{"example.com", "https://other.example", []string{"*"}, true},
		{"example.com", "null", []string{"*"}, true},
		{"example.com", "null", []string{"null"}, false},
	} {
		r, rec := goodRequest(), httptest.NewRecorder()
		r.Host = test.host
		if test.origin != "" {
			r.Header.Set("Origin", test.origin)
		}
		_, err := curlew.Accept(rec, r, &curlew.AcceptOptions{Origins: test.allowed})
		var he *curlew.HandshakeError
		refused := errors.As(err, &he) && rec.Code == http.StatusForbidden
		allowed := errors.Is(err, http.ErrNotSupported) // the recorder cannot go further
		if refused == allowed || allowed != test.want {
			t.Errorf("%s from %q with %q: %v, want %v", test.host, test.origin, test.allowed, err, test.want)
		}
	}
}

// A page has one origin.
func TestAcceptTwoOrigins(t *testing.T) {
	for _, origins := range [][]string{{"https://example.com", "https://other.example"}, {"https://other.example", "https://example.com"}, {"", "https://other.example"}} {
		r, rec := goodRequest(), httptest.NewRecorder()
		r.Header["Origin"] = origins
		_, err := curlew.Accept(rec, r, nil)
		var he *curlew.HandshakeError
		if !errors.As(err, &he) || rec.Code != http.StatusForbidden {
			t.Errorf("%q: status %d, %v", origins, rec.Code, err)
		}
	}
}
