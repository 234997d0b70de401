package main

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
)

// TestRememberedCookieFileInjection: a cookie without a path gets that of the
// request; decoded, it was a line of another domain in the file.
func TestRememberedCookieFileInjection(t *testing.T) {
	t.Parallel()
	evil := "/x%0A.bank.test%09TRUE%09/%09FALSE%090%09session%09fixed%0A/y"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, evil, http.StatusFound)
			return
		}
		c, err := curlew.Accept(w, r, &curlew.AcceptOptions{Header: http.Header{"Set-Cookie": {"a=b"}}})
		if err == nil {
			c.Shutdown(t.Context(), curlew.CloseNormal, "")
		}
	}))
	defer srv.Close()
	file := filepath.Join(t.TempDir(), "jar")
	perform(t, &counter{}, "-L", "-c", file, strings.Replace(srv.URL, "http", "ws", 1)+"/")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	again := newJar(false)
	if skipped, err := again.read(strings.NewReader(string(text)), "x.test"); err != nil || skipped != nil {
		t.Errorf("%q: lines %v skipped, %v", text, skipped, err)
	}
	if len(again.all) != 1 || strings.Contains(string(text), "\n.bank.test") {
		t.Errorf("expected one cookie in the file, got %q", text)
	}
	back := func(path string) int { return len(again.Cookies(mustURL(t, srv.URL+path))) }
	if deep := strings.TrimSuffix(evil, "y") + "z"; back(deep) != 1 || back("/") != 0 {
		t.Errorf("expected the cookie below its path only: %d there, %d at /", back(deep), back("/"))
	}
}

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestRememberedCookieFields: no field of a cookie can make a line that is
// another, or one that cannot be read again.
func TestRememberedCookieFields(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 70_000)
	for _, c := range []http.Cookie{
		{Name: "a\tb", Value: "c"}, {Name: "a", Value: "b\nbank.test\tFALSE\t/\tFALSE\t0\tc\td"}, {Name: "a", Value: "b", Path: "/\t"},
		{Name: "a", Value: "b", Path: "/\r\n"}, {Name: "a", Value: "b", Domain: "host.test\n"}, {Name: "a", Value: "b\x00"}, {Name: "a", Value: "b\u0085"},
		{Name: "a", Value: long}, {Name: long, Value: "b"}, {Name: "a", Value: "b", Path: "/" + long}, {Name: "", Value: "b"},
	} {
		for _, from := range []string{"http://host.test/", "https://host.test:1/a%09b/%0A", "http://[::1]/%0d%0a/"} {
			j := newJar(false)
			j.SetCookies(mustURL(t, from), []*http.Cookie{&c})
			if len(j.all) > 0 || len(j.Cookies(mustURL(t, from))) > 0 {
				t.Errorf("%s: took %.200s", from, fmt.Sprint(j.all))
			}
		}
	}
}

// TestRememberedCookieOfIPv6: a cookie of such a host is read again, and sent.
func TestRememberedCookieOfIPv6(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"http://[::1]:8080/", "http://[::1]/", "http://[2001:DB8::1]:1/a"} {
		j, again := newJar(false), newJar(false)
		j.SetCookies(mustURL(t, from), []*http.Cookie{{Name: "a", Value: "b"}})
		var text strings.Builder
		if err := j.write(&text); err != nil {
			t.Fatal(err)
		}
		skipped, err := again.read(strings.NewReader(text.String()), "x.test")
		if err != nil || skipped != nil || len(again.Cookies(mustURL(t, from))) != 1 {
			t.Errorf("%s: %q: lines %v skipped, %v, has %v", from, text.String(), skipped, err, again.all)
		}
	}
}

// TestRememberedSecureCookies: what goes by TLS only cannot be set without, nor
// be replaced; the prefixes of names keep what they promise.
func TestRememberedSecureCookies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		from, set string
		took      bool
	}{
		{"http://h.test/", "a=b; Secure", false}, {"https://h.test/", "a=b; Secure", true}, {"http://127.0.0.1/", "a=b; Secure", false},
		{"http://h.test/", "__Secure-a=b", false}, {"http://h.test/", "__Secure-a=b; Secure", false}, {"https://h.test/", "__Secure-a=b", false},
		{"https://h.test/", "__Secure-a=b; Secure", true}, {"https://h.test/", "__secure-a=b", false},
		{"http://h.test/", "__Host-a=b; Path=/", false}, {"https://h.test/", "__Host-a=b; Path=/", false}, {"https://h.test/", "__Host-a=b; Path=/; Secure", true},
		{"https://h.test/", "__Host-a=b; Path=/x; Secure", false}, {"https://h.test/", "__Host-a=b; Path=/; Secure; Domain=h.test", false},
		{"https://h.test/", "__HOST-a=b; Path=/; Secure; Domain=h.test", false}, {"http://h.test/", "a__Secure-=b", true},
	} {
		j := newJar(false)
		c, err := http.ParseSetCookie(test.set)
		if err != nil {
			t.Fatal(err)
		}
		j.SetCookies(mustURL(t, test.from), []*http.Cookie{c})
		if sent := len(j.Cookies(mustURL(t, strings.Replace(test.from, "http:", "https:", 1)))); (len(j.all) == 1) != test.took || (sent == 1) != test.took {
			t.Errorf("%s sets %q: kept %d, sends %d", test.from, test.set, len(j.all), sent)
		}
	}
	j := newJar(false)
	j.SetCookies(mustURL(t, "https://h.test/"), []*http.Cookie{{Name: "a", Value: "good", Secure: true, Path: "/", Domain: "h.test"}})
	for _, from := range []string{"http://h.test/", "http://sub.h.test/x/"} {
		j.SetCookies(mustURL(t, from), []*http.Cookie{{Name: "a", Value: "bad"}, {Name: "a", MaxAge: -1, Path: "/"}})
	}
	if sent := j.Cookies(mustURL(t, "https://sub.h.test/x/")); len(sent) != 1 || sent[0].Value != "good" {
		t.Errorf("a secure cookie was replaced: %v", sent)
	}
}

// TestRememberedManyCookies: taking a cookie does not look at all the others.
func TestRememberedManyCookies(t *testing.T) {
	const n = 2000
	var file strings.Builder
	for i := range n {
		fmt.Fprintf(&file, "h.test\tFALSE\t/\tFALSE\t0\tname%d\tvalue\n", i)
	}
	few, many := newJar(false), newJar(false)
	if _, err := many.read(strings.NewReader(file.String()), ""); err != nil || len(many.all) != n {
		t.Fatalf("expected %d cookies, got %d, %v", n, len(many.all), err)
	}
	u, one := mustURL(t, "https://h.test/"), []*http.Cookie{{Name: "one", Value: "more"}}
	set := func(j *jar) float64 { return testing.AllocsPerRun(10, func() { j.SetCookies(u, one) }) }
	if a, b := set(few), set(many); b > a+n/10 {
		t.Errorf("a cookie costs %v allocations beside none, %v beside %d others", a, b, n)
	}
}

// TestRememberedMaxAge: a Max-Age beyond what a Duration holds is long, not over.
func TestRememberedMaxAge(t *testing.T) {
	t.Parallel()
	j := newJar(false)
	u := mustURL(t, "http://h.test/")
	j.SetCookies(u, []*http.Cookie{{Name: "a", Value: "b", MaxAge: math.MaxInt32}, {Name: "c", Value: "d", MaxAge: math.MaxInt}})
	var text strings.Builder
	if err := j.write(&text); err != nil || len(j.Cookies(u)) != 2 || strings.Count(text.String(), "\nh.test\t") != 2 {
		t.Errorf("expected 2 cookies, got %q, %v", text.String(), err)
	}
}
