package handshake

import (
	"net/url"
	"testing"
)

// TestRememberedPathsAsWritten checks that a path is sent as it was written: no
// escape is decoded, added or lost.
func TestRememberedPathsAsWritten(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"":                       "/",
		"/":                      "/",
		"?q":                     "/?q",
		"/a?":                    "/a?",
		"/a%2Fb":                 "/a%2Fb",
		"/a%2fb|c":               "/a%2fb%7Cc",
		"/a%2Fb c%20d":           "/a%2Fb%20c%20d",
		"/%3F%23%25|":            "/%3F%23%25%7C",
		"/%41%7e{}^`<>\"\\":      "/%41%7e%7B%7D%5E%60%3C%3E%22%5C",
		"/a%2Fb\u00e9":           "/a%2Fb%C3%A9",
		"/a%2Fb\xff":             "/a%2Fb%FF",
		"/!$&'()*+,;=:@[]-._~":   "/!$&'()*+,;=:@[]-._~",
		"/!%21|":                 "/!%21%7C",
		"/100%":                  "/100%",
		"/100%|%2F":              "/100%%7C%2F",
		"/%":                     "/%",
		"/%%41":                  "/%%41",
		"/%4":                    "/%4",
		"/%zz%2F":                "/%zz%2F",
		"/100%25%":               "/100%25%",
		"/a//b%/../c":            "/a//b%/../c",
		"/100%?p=50%&q=%2F|":     "/100%?p=50%&q=%2F|",
		"/a%2Fb|c?d|e \u00e9%zz": "/a%2Fb%7Cc?d|e%20%C3%A9%zz",
	} {
		u, err := ParseURL("ws://user@h" + written)
		if err != nil {
			t.Errorf("%q: %v", written, err)
			continue
		}
		if got := Target(u); got != want {
			t.Errorf("%q: the target is %q, want %q", written, got, want)
		}
		again, err := ParseURL(FormatURL(u))
		if err != nil || Target(again) != want || again.Host != "h" || again.User.String() != "user" {
			t.Errorf("%q: formatted as %q, %v", written, FormatURL(u), err)
		}
		base := &url.URL{Scheme: "ws", Host: "h", Path: "/x"}
		if to, err := Resolve(base, "//h"+written); err != nil || written != "/a//b%/../c" && Target(to) != want {
			t.Errorf("%q: resolved to %q, %v", written, Target(to), err)
		}
	}
	for _, bad := range []string{"ws://%zz/", "ws://h:x/%", "ws://u%@h/", "ws://h/\x01%", "ws://h/#%", "ws://[::1/%", ":%", "ws://h%"} {
		if u, err := ParseURL(bad); err == nil {
			t.Errorf("%q: accepted as %v", bad, u)
		}
	}
}

func TestRememberedLocationsAsWritten(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"ws://h/a%2Fb|/c", "d%2Fe|f", "/a%2Fb%7C/d%2Fe%7Cf"},
		{"ws://h/100%/x", "y", "/100%/y"},
		{"ws://h/100%/x?q", "", "/100%/x?q"},
		{"ws://h/a", "/100%", "/100%"},
		{"ws://h/a", "/100%?b%", "/100%?b%"},
		{"ws://h/a/b/c", "../%2E%2E/.//d%2F", "/a/%2E%2E//d%2F"},
		{"ws://h/a%2F", "?x|", "/a%2F?x|"},
		{"ws://h", "a%", "/a%"},
		{"ws://h/a", "http://i/b%2F|%", "/b%2F%7C%"},
	} {
		base, err := ParseURL(c[0])
		if err != nil {
			t.Fatal(err)
		}
		before := *base
		if to, err := Resolve(base, c[1]); err != nil || Target(to) != c[2] {
			t.Errorf("%q at %q: %q, %v, want %q", c[1], c[0], Target(to), err, c[2])
		}
		if *base != before {
			t.Errorf("%q at %q changed the base", c[1], c[0])
		}
	}
}

// FuzzParseURL checks that what net/url accepts has the same meaning, and that the
// request target decodes to Path.
func FuzzParseURL(f *testing.F) {
	for _, seed := range []string{"ws://h/a%2Fb|c?d", "//h/100%", "/%zz/../x", "ws://u:p@[::1]:80/%?%", "a:b//c%", "*", "#f"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		ours, err := ParseURL(raw)
		theirs, theirErr := url.Parse(raw)
		if err != nil {
			if theirErr == nil {
				t.Errorf("%q: %v", raw, err)
			}
			return
		}
		if theirErr == nil && (ours.Path != theirs.Path || ours.Host != theirs.Host || ours.RawQuery != theirs.RawQuery) {
			t.Errorf("%q: %#v, net/url: %#v", raw, ours, theirs)
		}
		if ours.Opaque != "" {
			return
		}
		path := sentPath(ours)
		if span(path, isPathByte) < len(path) || unescape(path) != ours.Path {
			t.Errorf("%q: sends %q for %q", raw, path, ours.Path)
		}
		if _, err := Resolve(&url.URL{Scheme: "ws", Host: "h", Path: "/a"}, raw); err != nil {
			t.Errorf("%q: %v", raw, err)
		}
	})
}
