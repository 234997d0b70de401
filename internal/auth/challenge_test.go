package auth

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

func fields(values ...string) http.Header { return http.Header{"Www-Authenticate": values} }

func parse(t *testing.T, values ...string) []Challenge {
	t.Helper()
	cs, err := ParseChallenges(fields(values...), "WWW-Authenticate")
	if err != nil {
		t.Fatal(err)
	}
	return cs
}

func TestParseChallenges(t *testing.T) {
	t.Parallel()
	type params = map[string]string
	basic := Challenge{Scheme: "Basic", Params: params{"realm": "r"}}
	for field, want := range map[string][]Challenge{
		``:                            {},
		` , ,`:                        {},
		`Basic realm="r"`:             {basic},
		`Basic realm=r`:               {basic},
		`Basic REALM = "r"`:           {basic},
		"\tBasic  realm\t=\t\"r\" ,,": {basic},
		`Negotiate`:                   {{Scheme: "Negotiate"}},
		`Negotiate, Basic realm="r"`:  {{Scheme: "Negotiate"}, basic},
		`Negotiate ,Basic realm="r"`:  {{Scheme: "Negotiate"}, basic},
		`NTLM TlRM+/aA==`:             {{Scheme: "NTLM", Token68: "TlRM+/aA=="}},
		`NTLM TlRM , Basic realm="r"`: {{Scheme: "NTLM", Token68: "TlRM"}, basic},
		`Basic realm="r", NTLM`:       {basic, {Scheme: "NTLM"}},
		`Basic realm="r", NTLM a=`:    {basic, {Scheme: "NTLM", Token68: "a="}},
		`A x=1,, y="2" ,B z=3`:        {{Scheme: "A", Params: params{"x": "1", "y": "2"}}, {Scheme: "B", Params: params{"z": "3"}}},
		`A x="a, B y=\"1\" \\"`:       {{Scheme: "A", Params: params{"x": `a, B y="1" \`}}},
		`A x=""`:                      {{Scheme: "A", Params: params{"x": ""}}},
		`A u="http://a/?b=c, d"`:      {{Scheme: "A", Params: params{"u": "http://a/?b=c, d"}}},
		`A nonce=abc/+==, q=1`:        {{Scheme: "A", Params: params{"nonce": "abc/+==", "q": "1"}}},
		"A x=\"J\u00e4s\u00f8n\"":     {{Scheme: "A", Params: params{"x": "J\u00e4s\u00f8n"}}},
	} {
		if got := parse(t, field); len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %q, want %q", field, got, want)
		}
	}
}

// What is broken is reported with its place; the challenges before it and
// those of other fields come all the same.
func TestParseChallengesErrors(t *testing.T) {
	t.Parallel()
	for field, says := range map[string]string{
		`Good, "x"`:                       `want a scheme at byte 6, got "\"x\""`,
		`Good, B="x"`:                     `want a space or a comma at byte 7`,
		`Good, B x=`:                      ``, // a token68
		`Good, B x=1, y=`:                 `want a value at byte 15, got ""`,
		`Good, B x=1 y=2`:                 `want a comma at byte 12, got "y=2"`,
		`Good, B x=1, x=2`:                `parameter "x" given twice before byte 16`,
		`Good, B x="open`:                 `want a closing quote at byte 15`,
		`Good, B x="open\`:                `want a closing quote`,
		"Good, B x=\"a\r\nb\"":            `want no control character at byte 12`,
		"Good, B x=\"a\\\x00\"":           `want no control character`,
		`Good, B x="a"b`:                  `want a comma at byte 13`,
		`Good, B realm=foo bar`:           `want a comma at byte 18`,
		`Good, ` + "\x7f":                 `want a scheme at byte 6, got "\x7f"`,
		`Good, B word word`:               `want a comma at byte 8`,
		`Good` + strings.Repeat(",x", 99): `more than 64 challenges`,
	} {
		cs, err := ParseChallenges(fields(field, "Also"), "WWW-Authenticate")
		if says == "" {
			if err != nil {
				t.Errorf("%q: %v", field, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "auth: WWW-Authenticate: ") || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: error is %v, want one that says %q", field, err, says)
		}
		if len(cs) == 0 || !cs[0].Is("good") || len(cs) < maxChallenges && !cs[len(cs)-1].Is("also") {
			t.Errorf("%q: got %q, want Good and Also", field, cs)
		}
	}
}

func TestParseChallengesByName(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	h.Add("Proxy-Authenticate", "A")
	h.Add("Proxy-Authenticate", "B, C")
	h.Add("WWW-Authenticate", "D")
	cs, err := ParseChallenges(h, "Proxy-Authenticate")
	if got := fmt.Sprint(cs); err != nil || len(cs) != 3 || !strings.Contains(got, "C") || strings.Contains(got, "D") {
		t.Errorf("got %s, %v", got, err)
	}
}

// format writes challenges in the plainest form, for the round trip.
func format(cs []Challenge) string {
	var parts []string
	for _, c := range cs {
		s := c.Scheme + " " + c.Token68
		var params []string
		for name, value := range c.Params {
			params = append(params, name+"="+quote(value))
		}
		parts = append(parts, s+strings.Join(params, ","))
	}
	return strings.Join(parts, ", ")
}

// Nothing panics; what is understood is bounded, free of control characters,
// and means the same when written out and read again; and whatever Digest
// challenge comes, its answer can be sent.
func FuzzParseChallenges(f *testing.F) {
	for _, seed := range []string{
		`Basic realm="a", Digest realm="b", nonce="c", qop="auth,auth-int", algorithm=SHA-256-sess`,
		`NTLM abc==, Negotiate`, `A x="\"\\", y=z ,, B`, `Digest nonce=a,realm="b`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, field string) {
		cs, err := parseChallenges(field, maxChallenges)
		if len(cs) > maxChallenges {
			t.Fatalf("%d challenges", len(cs))
		}
		again, err2 := parseChallenges(format(cs), maxChallenges)
		if err2 != nil || !reflect.DeepEqual(cs, again) {
			t.Fatalf("%q (%v) is %q, written out %q is %q, %v", field, err, cs, format(cs), again, err2)
		}
		l := Login{User: "user", Password: canary, Digest: true, Basic: true}
		value, err := l.Answer("GET", "/", "", fields(field), "WWW-Authenticate")
		if err != nil && strings.Contains(err.Error(), canary) || strings.Contains(value, canary) {
			t.Fatalf("the password shows: %s, %v", value, err)
		}
		for i := range len(value) {
			if isControl(value[i]) {
				t.Fatalf("the answer holds a control character: %q", value)
			}
		}
		if hasScheme(value, "Digest") {
			if back, err := parseChallenges(value, 1); err != nil || back[0].Params["response"] == "" {
				t.Fatalf("the answer %q is not well formed: %v", value, err)
			}
		}
	})
}
