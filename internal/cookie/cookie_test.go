package cookie

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestRememberedLenientCookies checks cookies that curl and browsers accept as they
// were received, and net/http does not.
func TestRememberedLenientCookies(t *testing.T) {
	t.Parallel()
	expires := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for field, want := range map[string]http.Cookie{
		`a={"x":1}`:                         {Name: "a", Value: `{"x":1}`},
		`a[b]=c`:                            {Name: "a[b]", Value: "c"},
		`a{}/?@,: b=c`:                      {Name: "a{}/?@,: b", Value: "c"},
		`a=b\c`:                             {Name: "a", Value: `b\c`},
		"a=\u00fc":                          {Name: "a", Value: "\u00fc"},
		"\u00fc=\xff":                       {Name: "\u00fc", Value: "\xff"},
		"\t a\t =  b c\t":                   {Name: "a", Value: "b c"},
		"a=b\tc":                            {Name: "a", Value: "b\tc"},
		`a=`:                                {Name: "a"},
		`a==b=`:                             {Name: "a", Value: "=b="},
		`a="b c"`:                           {Name: "a", Value: "b c", Quoted: true},
		`a="`:                               {Name: "a", Value: `"`},
		`a="b"c"`:                           {Name: "a", Value: `b"c`, Quoted: true},
		`a=b; Secure=x;HttpOnly ; ;`:        {Name: "a", Value: "b", Secure: true, HttpOnly: true},
		`a=b; domain = .H.test ; PATH=/x`:   {Name: "a", Value: "b", Domain: "h.test", Path: "/x"},
		`a=b; path=/x; path=y`:              {Name: "a", Value: "b"},
		"a=b; path=/\u00fc{}":               {Name: "a", Value: "b", Path: "/\u00fc{}"},
		`a=b; max-age=010`:                  {Name: "a", Value: "b", MaxAge: 10},
		`a=b; max-age=0`:                    {Name: "a", Value: "b", MaxAge: -1},
		`a=b; max-age=-0007`:                {Name: "a", Value: "b", MaxAge: -1},
		`a=b; max-age=99999999999999999999`: {Name: "a", Value: "b", MaxAge: 400 * 24 * 60 * 60},
		`a=b; max-age=`:                     {Name: "a", Value: "b", Unparsed: []string{"max-age="}},
		`a=b; max-age=1x`:                   {Name: "a", Value: "b", Unparsed: []string{"max-age=1x"}},
		`a=b; max-age=+1`:                   {Name: "a", Value: "b", Unparsed: []string{"max-age=+1"}},
		`a=b; SameSite=LAX; Partitioned`:    {Name: "a", Value: "b", SameSite: http.SameSiteLaxMode, Partitioned: true},
		`a=b; SameSite=odd; Priority=High`:  {Name: "a", Value: "b", SameSite: http.SameSiteDefaultMode, Unparsed: []string{"Priority=High"}},
		`a=b; expires=Wed Jan 2 2030 3:4:5`: {Name: "a", Value: "b", Expires: expires, RawExpires: "Wed Jan 2 2030 3:4:5"},
		`a=b; expires=odd`:                  {Name: "a", Value: "b", Unparsed: []string{"expires=odd"}},
		`a=b; path=/` + strings.Repeat("x", 1024): {Name: "a", Value: "b", Unparsed: []string{"path=/" + strings.Repeat("x", 1024)}},
		`a=` + strings.Repeat("b", 4095):          {Name: "a", Value: strings.Repeat("b", 4095)},
	} {
		want.Raw = field
		if got := Parse(field); got == nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("%.80q: got  %+v\nwant %+v", field, got, want)
		}
	}
	for _, field := range []string{
		"", "a", "a; b=c", "=b", " \t=b", ";a=b", "a\x00=b", "a=b\r\nX: y", "a=b\x7f", "a=b; path=/\x01", "a=" + strings.Repeat("b", 4096),
	} {
		if got := Parse(field); got != nil {
			t.Errorf("%.80q: got %+v, want none", field, got)
		}
	}
	h := http.Header{"Set-Cookie": {"a=b", "bad", "c=d"}}
	if got := FromHeader(h); len(got) != 2 || got[0].Name != "a" || got[1].Name != "c" {
		t.Errorf("got %v", got)
	}
}

// FuzzCookie checks that what net/http accepts is accepted with the same meaning.
// What only this package accepts must be fit to be sent in a header.
func FuzzCookie(f *testing.F) {
	for _, seed := range []string{`a={"x":1}; Path=/; Max-Age=9`, `a[b]="c"; Expires=Sun, 06 Nov 1994 08:49:37 GMT`, `a=b; Domain=.h; Secure; SameSite=None`, "\u00fc"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, field string) {
		ours := Parse(field)
		if ours != nil && (strings.ContainsAny(ours.Name+ours.Value, ";\r\n\x00") || strings.Contains(ours.Name, "=")) {
			t.Errorf("%q: got %+v", field, ours)
		}
		theirs, err := http.ParseSetCookie(field)
		if err != nil || strings.ContainsFunc(field, isControl) || len(theirs.Name)+len(theirs.Value) > maxPair-2 || trim(theirs.Value) != theirs.Value || strings.HasPrefix(theirs.Value, `"`) {
			return
		}
		if ours == nil || ours.Name != theirs.Name || ours.Value != theirs.Value || ours.Quoted != theirs.Quoted {
			t.Fatalf("%q: got %+v, net/http %+v", field, ours, theirs)
		}
		if theirs.Secure && !ours.Secure || theirs.HttpOnly && !ours.HttpOnly {
			t.Errorf("%q: got %+v, net/http %+v", field, ours, theirs)
		}
	})
}
