package main

import (
	"net/url"
	"strings"
	"testing"
	"unicode"
)

// FuzzCookieFile: a file is refused, or its cookies can be sent, and what is
// written of them is read as the same.
func FuzzCookieFile(f *testing.F) {
	f.Add("# Netscape HTTP Cookie File\n\nhost.test\tFALSE\t/\tFALSE\t0\tname\tvalue\n")
	f.Add("#HttpOnly_.host.test\tTRUE\t/a\tTRUE\t99999999999\tname\t\"a b\"\r\n")
	f.Add(".host.test\tTRUE\t/\tFALSE\t0\tname\nhost.test\tFALSE\t/\tFALSE\t1\texpired\tx")
	f.Add("Set-Cookie: a=\"b c\"; Path=/; Max-Age=9; Domain=host.test\nset-cookie: d=e; HttpOnly")
	f.Add("\tTRUE\t\tFALSE\t-1\t\t")
	f.Add("host.test\tFALSE\t/\tFALSE\t0\tname\tval\rue\n")
	f.Add(":\t\t\t\t0\t0")
	f.Add(".#\t\t\t\t0\t0")
	f.Add("0\t\t\t\t0\t0\n..\t\t\t\t0\t00")
	f.Fuzz(func(t *testing.T, file string) {
		j := newJar(false)
		if _, err := j.read(strings.NewReader(file), "host.test"); err != nil {
			t.Fatal(err)
		}
		for _, scheme := range []string{"http", "https"} {
			for _, c := range j.Cookies(&url.URL{Scheme: scheme, Host: "host.test", Path: "/a/b"}) {
				if strings.ContainsFunc(c.Name+c.Value, unicode.IsControl) || c.Secure && scheme == "http" {
					t.Errorf("%q: sends %q by %s", file, c, scheme)
				}
			}
		}
		var written, again strings.Builder
		if err := j.write(&written); err != nil {
			t.Fatal(err)
		}
		second := newJar(false)
		if skipped, err := second.read(strings.NewReader(written.String()), "host.test"); err != nil || skipped != nil {
			t.Fatalf("%q is written as %q, whose lines %v are skipped: %v", file, written.String(), skipped, err)
		}
		if err := second.write(&again); err != nil {
			t.Fatal(err)
		}
		if again.String() != written.String() {
			t.Errorf("%q is written as %q, and that as %q", file, written.String(), again.String())
		}
	})
}
