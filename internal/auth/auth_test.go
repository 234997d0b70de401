package auth

import (
	"fmt"
	"strings"
	"testing"
)

func TestBasic(t *testing.T) {
	t.Parallel()
	for want, c := range map[string][2]string{ // the first two are of RFC 7617
		"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==": {"Aladdin", "open sesame"},
		"Basic dGVzdDoxMjPCow==":             {"test", "123\u00a3"},
		"Basic Og==":                         {"", ""},
		"Basic dTpwOnE=":                     {"u", "p:q"},
	} {
		if got := Basic(c[0], c[1]); got != want {
			t.Errorf("%q: got %s, want %s", c, got, want)
		}
	}
}

func TestBearer(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"mF_9.B5f-4.1JqM", "abc+/~==", "1|abc:def"} {
		if got, err := Bearer(token); got != "Bearer "+token || err != nil {
			t.Errorf("%q: %q, %v", token, got, err)
		}
	}
	for _, token := range []string{"", canary + " x", canary + "\r\nX: y", canary + "\x00", canary + "\x7f", canary + "\u00e9", canary + "\xff"} {
		if got, err := Bearer(token); got != "" || err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%q: %q, %v", token, got, err)
		}
	}
}

func TestStrongest(t *testing.T) {
	t.Parallel()
	all := parse(t, `Basic realm=b, NTLM, Digest realm=d, nonce=n, Bearer realm=t, Negotiate, Odd`)
	odd := parse(t, `Digest realm=d, nonce=n, algorithm=new, BASIC realm=b`)
	for _, c := range []struct {
		cs   []Challenge
		able string
		want string
	}{
		{all, "Basic", "Basic"},
		{all, "basic digest", "Digest"},
		{all, "Basic Digest Bearer", "Bearer"},
		{all, "Basic NTLM", "NTLM"},
		{all, "Basic Negotiate Digest", "Negotiate"},
		{all, "Odd", ""},
		{all, "", ""},
		{odd, "Basic Digest", "BASIC"},
		{odd, "Digest Bearer", ""},
		{nil, "Basic Digest", ""},
	} {
		got, ok := Strongest(c.cs, strings.Fields(c.able)...)
		if got.Scheme != c.want || ok != (c.want != "") {
			t.Errorf("of %s: got %q, %v; want %q", c.able, got.Scheme, ok, c.want)
		}
	}
}

// Whatever verb prints them, and however, credentials do not show.
func TestNothingShows(t *testing.T) {
	t.Parallel()
	d := Digest{User: canary, Password: canary}
	begin(t, &d, "GET", "/", "Digest realm=r, nonce=n, qop=auth")
	n, err := ParseNetrc([]byte("machine h login " + canary + " password " + canary))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{d, &d, n, &n, []any{d, n}, struct{ D *Digest }{&d}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			out := fmt.Sprintf(verb, v)
			if strings.Contains(out, canary) || strings.Contains(out, fmt.Sprintf("%x", canary)) {
				t.Errorf("%s of %T shows it: %s", verb, v, out)
			}
		}
	}
}
