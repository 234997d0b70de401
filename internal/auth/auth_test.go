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

// TestNothingShows checks that no verb shows credentials.
func TestNothingShows(t *testing.T) {
	t.Parallel()
	l := Login{User: canary, Password: canary}
	n, err := ParseNetrc([]byte("machine h login " + canary + " password " + canary))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{l, &l, n, &n, []any{l, n}, struct{ L *Login }{&l}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			out := fmt.Sprintf(verb, v)
			if strings.Contains(out, canary) || strings.Contains(out, fmt.Sprintf("%x", canary)) {
				t.Errorf("%s of %T shows it: %s", verb, v, out)
			}
		}
	}
}
