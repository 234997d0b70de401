package curlew_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
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
		{"example.com", "https://other.example", []string{"other.example:443"}, true},
		{"example.com", "http://other.example", []string{"other.example:443"}, false},
		{"example.com", "https://OTHER.example", []string{"other.EXAMPLE"}, true},
		{"example.com", "https://b.example", []string{"a.example", "b.example"}, true},
		{"example.com", "https://a.other.example", []string{"*.other.example"}, true},
		{"example.com", "https://a.b.other.example", []string{"*.other.example"}, true},
		{"example.com", "https://other.example", []string{"*.other.example"}, false},
		{"example.com", "https://evilother.example", []string{"*.other.example"}, false},
		{"example.com", "https://other.example.evil.example", []string{"*.other.example"}, false},
		{"example.com", "http://localhost:3000", []string{"localhost:*"}, true},
		{"example.com", "http://localhost", []string{"localhost:*"}, true},
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
		checkAllowed(t, r, rec, test.allowed, test.want)
	}
}

// checkAllowed checks whether a request is let in or refused for its origin.
func checkAllowed(t *testing.T, r *http.Request, rec *httptest.ResponseRecorder, allowed []string, want bool) {
	t.Helper()
	_, err := curlew.Accept(rec, r, &curlew.AcceptOptions{Origins: allowed})
	var he *curlew.HandshakeError
	refused := errors.As(err, &he) && rec.Code == http.StatusForbidden
	let := errors.Is(err, http.ErrNotSupported) // the recorder cannot go further
	if refused == let || let != want {
		t.Errorf("%s from %q with %q: %v, want %v", r.Host, r.Header["Origin"], allowed, err, want)
	}
}

// What only a lenient parser of URLs finds a host in is no page of this host.
func TestRememberedOriginIsSchemeHostAndPort(t *testing.T) {
	for _, origin := range []string{
		"file://example.com", "//example.com", "example.com", "ftp://example.com", "ws://example.com", "wss://example.com",
		"chrome-extension://example.com", "javascript://example.com", "data://example.com", "blob:https://example.com", "https:example.com", "https:/example.com",
		"https:///example.com", "://example.com", "1https://example.com", "ht tps://example.com", "http\ts://example.com",
		"https://evil.example@example.com", "https://evil.example:pw@example.com", "https://@example.com",
		"https://example.com/", "https://example.com/a", "https://example.com?a", "https://example.com#a", "https://example.com\\",
		"https://example.com:", "https://example.com:+443", "https://example.com:a", "https://example.com:443:443", "https://example.com:65979", "https://example.com:-1",
		"https://%65xample.com", "https://example.com%00", "https://example.com%2F", "https://example.com,https://other.example",
		"https://example.com https://other.example", " https://example.com ", "https://example.com\n", "https://[example.com]", "https://[::1", "https://::1", "https://[::1%25eth0]", "https://[::1]x",
		"https://", "http://:80", "https://?", "null", "", " ",
	} {
		for _, host := range []string{"example.com", "example.com:443", "[::1]", "::1", "[::1%25eth0]", "", "null"} {
			for _, allowed := range [][]string{nil, {"example.com"}, {"https://example.com"}, {"*.com", "*:*", "http*://*"}} {
				if len(allowed) == 3 && (origin == "chrome-extension://example.com" || origin == "wss://example.com") {
					continue
				}
				r, rec := goodRequest(), httptest.NewRecorder()
				r.Host, r.Header["Origin"] = host, []string{origin}
				if host == "" {
					r.Host = "other.example"
				}
				checkAllowed(t, r, rec, allowed, false)
			}
		}
	}
}

// A default port that is named is the same port.
func TestRememberedOriginDefaultPort(t *testing.T) {
	for _, test := range []struct {
		host, origin string
		want         bool
	}{
		{"example.com:443", "https://example.com", true},
		{"example.com:80", "http://example.com", true},
		{"example.com", "https://example.com:443", true},
		{"example.com", "http://example.com:80", true},
		{"EXAMPLE.com:443", "https://example.COM", true},
		{"127.0.0.1:80", "http://127.0.0.1", true},
		{"[::1]:443", "https://[::1]", true},
		{"[::1]", "https://[::1]:443", true},
		{"[0:0::1]:443", "https://[::1]", true},
		{"example.com:", "https://example.com", true},
		{"example.com:443", "http://example.com:443", true},
		{"xn--bcher-kva.example:443", "https://xn--bcher-kva.example", true},
		{"example.com:443", "http://example.com", false},
		{"example.com:80", "https://example.com", false},
		{"example.com", "https://example.com:80", false},
		{"example.com", "http://example.com:443", false},
		{"example.com:8443", "https://example.com", false},
		{"example.com.", "https://example.com", false},
	} {
		r, rec := goodRequest(), httptest.NewRecorder()
		r.Host = test.host
		r.Header.Set("Origin", test.origin)
		checkAllowed(t, r, rec, nil, test.want)
	}
}

// Patterns may be what an origin is: with a scheme, and with names as people write them.
func TestRememberedOriginPatterns(t *testing.T) {
	for _, test := range []struct {
		pattern, origin string
		want            bool
	}{
		{"https://example.com", "https://example.com", true},
		{"HTTPS://Example.com", "https://example.com", true},
		{"https://example.com", "http://example.com", false},
		{"https://example.com:443", "https://example.com", true},
		{"https://example.com", "https://example.com:443", true},
		{"https://example.com", "https://example.com:8443", false},
		{"https://example.com:8443", "https://example.com:8443", true},
		{"https://example.com:*", "https://example.com:8443", true},
		{"https://*.example.com", "https://a.b.example.com", true},
		{"https://*.example.com", "https://example.com", false},
		{"https://*.example.com", "https://a.example.com:8443", false},
		{"https://*.example.com", "https://evil.example/.example.com", false},
		{"http*://example.com", "http://example.com", true},
		{"*://example.com", "https://example.com", true},
		{"https://[::1]", "https://[::1]", true},
		{"https://[0::1]:8443", "https://[::1]:8443", true},
		{"https://::1", "https://[::1]", true},
		{"http://localhost:*", "http://localhost", true},
		{"http://localhost:300?", "http://localhost:3001", true},
		// what is no page's is let in only by its scheme
		{"chrome-extension://abcdefgh", "chrome-extension://abcdefgh", true},
		{"chrome-extension://*", "chrome-extension://abcdefgh", true},
		{"abcdefgh", "chrome-extension://abcdefgh", false},
		{"localhost", "capacitor://localhost", false},
		{"capacitor://localhost", "capacitor://localhost", true},
		{"wss://example.com", "wss://example.com", true},
		{"file://", "file://", true},
		{"file://", "file://example.com", false},
		// Unicode
		{"bücher.example", "https://xn--bcher-kva.example", true},
		{"BÜCHER.example", "https://xn--bcher-kva.example", true},
		{"bu\u0308cher.example", "https://xn--bcher-kva.example", true},
		{"*.bücher.example:8443", "https://www.xn--bcher-kva.example:8443", true},
		{"https://*.bücher.example", "https://www.xn--bcher-kva.example", true},
		{"https://例え。テスト", "https://xn--r8jz45g.xn--zckzah", true},
		{"xn--bcher-kva.example", "https://bücher.example", true}, // no browser sends it so
		{"bücher.example", "https://xn--bcher-kva.evil.example", false},
		{"bücher.example", "https://bucher.example", false},
	} {
		r, rec := goodRequest(), httptest.NewRecorder()
		r.Header.Set("Origin", test.origin)
		checkAllowed(t, r, rec, []string{"first.example", test.pattern}, test.want)
	}
}

// A pattern that can match nothing is told, wherever it stands.
func TestRememberedOriginPatternIsTold(t *testing.T) {
	for _, pattern := range []string{
		"", " example.com", "example.com/", "https://example.com/", "https://example.com/chat", "https://user@example.com", "//example.com", "://example.com",
		"https://", "http://:80", ":80", "example.com:", "https://example.com:", "[", "[a-", "https://[::1", "example.com:[", "b*ü.example", "b%C3%BCcher.example", "-ü.example",
	} {
		for _, allowed := range [][]string{{pattern}, {"*", pattern}, {pattern, "*"}} {
			r, rec := goodRequest(), httptest.NewRecorder()
			r.Header.Set("Origin", "https://example.com")
			_, err := curlew.Accept(rec, r, &curlew.AcceptOptions{Origins: allowed})
			if !errors.Is(err, curlew.ErrUsage) || rec.Code != http.StatusInternalServerError || !strings.Contains(err.Error(), strconv.Quote(pattern)) {
				t.Errorf("%q: status %d, %v", allowed, rec.Code, err)
			}
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
