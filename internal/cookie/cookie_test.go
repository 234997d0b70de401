package cookie

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

// What curl and browsers keep is kept, as it came; net/http drops some of it.
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

func TestDates(t *testing.T) {
	t.Parallel()
	want := time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)
	for _, s := range []string{
		"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "06 nov 1994 8:49:37", "1994 November 6th 08:49:37.5Z",
		"6-NOV-94,08:49:37", "08:49:37 6 Nov 94 12:00:00 7 Dec 95", "Sun, 06 Nov 1994 08:49:37 +0200",
	} {
		if got, ok := parseDate(s); !ok || !got.Equal(want) {
			t.Errorf("%q: got %v, %v", s, got, ok)
		}
	}
	for s, year := range map[string]int{"1 Jan 69 0:0:0": 2069, "1 Jan 70 0:0:0": 1970, "1 Jan 00 0:0:0": 2000, "1 Jan 1601 0:0:0": 1601, "31 Dec 9999 23:59:59": 9999} {
		if got, ok := parseDate(s); !ok || got.Year() != year {
			t.Errorf("%q: got %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{
		"", "0", "Sun, 06 Nov 1994", "06 Nov 08:49:37", "Nov 1994 08:49:37", "06 1994 08:49:37", "32 Nov 1994 08:49:37", "31 Nov 1994 08:49:37", "29 Feb 2023 0:0:0",
		"0 Nov 1994 08:49:37", "06 Nov 1994 24:49:37", "06 Nov 1994 08:60:37", "06 Nov 1994 08:49:60", "06 Nov 1600 08:49:37", "06 Nov 1994 08:49", "06 Nov 1994 008:49:37",
		"06 Nov 1994 8x:49:37", "06 Nov 19940 08:49:37", "06 anf 1994 08:49:37",
	} {
		if got, ok := parseDate(s); ok {
			t.Errorf("%q: got %v", s, got)
		}
	}
}

// FuzzCookie: what net/http reads is read, and means the same; what it does not
// read can go back into a header.
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
