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

// TestParseChallengesErrors checks that what is malformed is reported with its
// place, and that the other challenges are returned nevertheless.
func TestParseChallengesErrors(t *testing.T) {
	t.Parallel()
	for field, says := range map[string]string{
		`Good, "x"`:                       `expected a scheme at byte 6, got "\"x\""`,
		`Good, B:"x, C y=z"`:              `expected a space or a comma at byte 7`,
		`"x, y", Good, (, )`:              `expected a scheme at byte 0`,
		"Good, B x=\"a\r\nb\"":            `expected no control character, got one at byte 12`,
		"Good, B x=\"a\\\x00\"":           `expected no control character`,
		`Good, ` + "\x7f":                 `expected no control character`,
		`Good` + strings.Repeat(",x", 99): `exceeds the limit of 64 challenges`,
	} {
		cs, err := ParseChallenges(fields(field, "Also"), "WWW-Authenticate")
		if err == nil || !strings.Contains(err.Error(), "auth: WWW-Authenticate: ") || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: error is %v, expected one that says %q", field, err, says)
		}
		if len(cs) == 0 || !cs[0].Is("good") && !strings.Contains(says, "control") || len(cs) < maxChallenges && !cs[len(cs)-1].Is("also") {
			t.Errorf("%q: got %q, want Good and Also", field, cs)
		}
	}
}

// TestRememberedLenientChallenges checks malformed challenges that servers send and
// curl accepts.
func TestRememberedLenientChallenges(t *testing.T) {
	t.Parallel()
	type params = map[string]string
	digest := params{"realm": "My Router", "nonce": "a/b==", "qop": "auth"}
	for field, want := range map[string][]Challenge{
		`Basic realm=My Router`:                               {{Scheme: "Basic", Params: params{"realm": "My Router"}}},
		`Basic realm=My  "new" Router , NTLM`:                 {{Scheme: "Basic", Params: params{"realm": `My  "new" Router`}}, {Scheme: "NTLM"}},
		"Basic realm=J\xe4ger":                                {{Scheme: "Basic", Params: params{"realm": "J\xe4ger"}}},
		`Basic realm="open`:                                   {{Scheme: "Basic", Params: params{"realm": "open"}}},
		`Basic realm="open\`:                                  {{Scheme: "Basic", Params: params{"realm": `open\`}}},
		`Basic realm="a"b c, NTLM`:                            {{Scheme: "Basic", Params: params{"realm": "a"}}, {Scheme: "NTLM"}},
		`Basic realm="a"; charset="UTF-8, x"`:                 {{Scheme: "Basic", Params: params{"realm": "a", "charset": "UTF-8, x"}}},
		`Basic "My Router", NTLM`:                             {{Scheme: "Basic"}, {Scheme: "NTLM"}},
		`"a, Basic realm=x`:                                   {{Scheme: "Basic", Params: params{"realm": "x"}}},
		`NTLM "a, Basic realm=x`:                              {{Scheme: "NTLM"}, {Scheme: "Basic", Params: params{"realm": "x"}}},
		`NTLM "a, Basic realm=x"`:                             {{Scheme: "NTLM"}},
		`Digest foo, realm=x`:                                 {{Scheme: "Digest", Token68: "foo", Params: params{"realm": "x"}}},
		`Basic My Router`:                                     {{Scheme: "Basic"}},
		`Basic (x), NTLM`:                                     {{Scheme: "Basic"}, {Scheme: "NTLM"}},
		`Basic realm="x", realm="x"`:                          {{Scheme: "Basic", Params: params{"realm": "x"}}},
		`Basic realm=x, y=`:                                   {{Scheme: "Basic", Params: params{"realm": "x", "y": ""}}},
		`Digest realm="My Router" nonce="a/b==" qop="auth"`:   {{Scheme: "Digest", Params: digest}},
		`Digest realm=My Router nonce=a/b== qop=auth`:         {{Scheme: "Digest", Params: digest}},
		"Digest realm=\"My Router\"\tnonce = a/b==,qop=auth":  {{Scheme: "Digest", Params: digest}},
		`Digest, realm="My Router", nonce="a/b==", qop=auth`:  {{Scheme: "Digest", Params: digest}},
		`Digest realm="My Router"nonce="a/b=="qop="auth"`:     {{Scheme: "Digest", Params: digest}},
		`Digest realm="My Router" ? nonce="a/b==" , qop=auth`: {{Scheme: "Digest", Params: digest}},
	} {
		cs, err := ParseChallenges(fields(field), "WWW-Authenticate")
		if !reflect.DeepEqual(cs, want) || err != nil && field[0] != '"' {
			t.Errorf("%s: got %q, %v, want %q", field, cs, err, want)
		}
	}
}

// TestRememberedDoubtfulChallenges checks that a challenge with two meanings is not
// answered if they differ in something that matters.
func TestRememberedDoubtfulChallenges(t *testing.T) {
	t.Parallel()
	for field, says := range map[string]string{
		`Digest realm=r, nonce=""`:                                  "expected a nonce",
		`Digest realm=r, nonce=, qop=auth`:                          "expected a nonce",
		`Digest realm=r, nonce=a, nonce=b`:                          `expected one value for "nonce", got two`,
		`Digest realm=r, nonce=a, algorithm=SHA-256, Algorithm=MD5`: `expected one value for "algorithm", got two`,
		`Digest realm=r nonce=a algorithm=SHA-256 MD5`:              "expected algorithm",
		`Digest realm=r nonce=a algorithm=`:                         "expected algorithm",
		`Digest realm=r nonce=a algorithm=MD5-sess qop=`:            "expected qop auth",
		`Digest realm="r, nonce=a`:                                  "expected a nonce",
	} {
		l := Login{User: "u", Password: canary, Digest: true}
		if value, err := l.Answer("GET", "/", "", fields(field), "WWW-Authenticate"); value != "" || err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: answered %q, %v, want %q", field, value, err, says)
		}
	}
	for _, field := range []string{`Digest nonce=a`, `Digest realm=r nonce=a qop=""`, `Digest realm=r nonce=a qop="auth auth-int"`, `Digest realm=r nonce=a qop=auth-int;AUTH`, `Digest realm=r, realm=r, nonce=a`} {
		l := Login{User: "u", Password: canary, Digest: true}
		if value, err := l.Answer("GET", "/", "", fields(field), "WWW-Authenticate"); value == "" || err != nil {
			t.Errorf("%s: no answer, %v", field, err)
		}
	}
}

// TestRememberedShortChallengeErrors checks that the error is short however much is
// malformed.
func TestRememberedShortChallengeErrors(t *testing.T) {
	t.Parallel()
	for _, field := range []string{`(,`, `Digest x=y,`, `Digest nonce=n, algorithm=` + strings.Repeat("a", 1000) + `,`, `Digest ` + strings.Repeat("x", 1000) + `=1, ` + strings.Repeat("x", 1000) + `=2,`} {
		h := fields()
		for range 3000 {
			h["Www-Authenticate"] = append(h["Www-Authenticate"], field+field)
		}
		l := Login{User: "u", Password: canary, Digest: true, Basic: true}
		if _, err := l.Answer("GET", "/", "", h, "WWW-Authenticate"); err == nil || len(err.Error()) > 300 {
			t.Errorf("%.40s: %.500v", field, err)
		}
	}
}

// TestBrokenChallengesAreQuick parses long malformed fields. If that took time in
// proportion to the square of their length, the test would time out.
func TestBrokenChallengesAreQuick(t *testing.T) {
	t.Parallel()
	for _, piece := range []string{`"\`, `"`, `\"`, `a `, `a=`, `,`, ` `, `a=b `, `a="`, `=`, `a,"`, `a "`} {
		ParseChallenges(fields("Digest x "+strings.Repeat(piece, 1<<17), "Digest "+strings.Repeat(piece, 1<<17)), "WWW-Authenticate")
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

// format returns challenges in the simplest form, for the round trip.
func format(cs []Challenge) string {
	var parts []string
	for _, c := range cs {
		s := c.Scheme + " " + c.Token68
		if c.Token68 != "" && c.Params != nil {
			s += ","
		}
		var params []string
		for name, value := range c.Params {
			params = append(params, name+"="+quote(value))
		}
		parts = append(parts, s+strings.Join(params, ","))
	}
	return strings.Join(parts, ", ")
}

// FuzzParseChallenges checks that nothing panics, and that the challenges are
// bounded, have no control characters, and are the same when formatted and parsed
// again. The answer to any Digest challenge must be one that can be sent.
func FuzzParseChallenges(f *testing.F) {
	for _, seed := range []string{
		`Basic realm="a", Digest realm="b", nonce="c", qop="auth,auth-int", algorithm=SHA-256-sess`,
		`NTLM abc==, Negotiate`, `A x="\"\\", y=z ,, B`, `Digest nonce=a,realm="b`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, field string) {
		cs, err := parseChallenges(field, maxChallenges)
		if len(cs) > maxChallenges || err != nil && len(err.Error()) > 200 {
			t.Fatalf("%d challenges, %v", len(cs), err)
		}
		for i := range cs {
			cs[i].ambiguous = ""
		}
		again, err2 := parseChallenges(format(cs), maxChallenges)
		if err2 != nil || !reflect.DeepEqual(cs, again) {
			t.Fatalf("%q (%v) is %q, formatted as %q it is %q, %v", field, err, cs, format(cs), again, err2)
		}
		l := Login{User: "user", Password: canary, Digest: true, Basic: true}
		value, err := l.Answer("GET", "/", "", fields(field), "WWW-Authenticate")
		if err != nil && strings.Contains(err.Error(), canary) || strings.Contains(value, canary) {
			t.Fatalf("the password shows: %s, %v", value, err)
		}
		for i := range len(value) {
			if isControl(rune(value[i])) {
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
