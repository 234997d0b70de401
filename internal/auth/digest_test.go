package auth

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

// canary stands for a password that must show nowhere.
const canary = "c4n4ry-p4ssw0rd"

// begin lets a new Digest answer the first challenge in field.
func begin(t *testing.T, d *Digest, method, uri string, challenges ...string) map[string]string {
	t.Helper()
	if value, ok, err := d.Authorize(method, uri, nil); value != "" || ok || err != nil {
		t.Fatalf("before any challenge: %q, %v, %v", value, ok, err)
	}
	value, ok, err := d.Authorize(method, uri, parse(t, challenges...))
	if !ok || err != nil {
		t.Fatalf("no answer: %v", err)
	}
	return credentials(t, value)
}

// credentials reads a header value back.
func credentials(t *testing.T, value string) map[string]string {
	t.Helper()
	cs := parse(t, value)
	if len(cs) != 1 || cs[0].Scheme != "Digest" {
		t.Fatalf("no Digest credentials: %s", value)
	}
	return cs[0].Params
}

// wantParams checks the parameters named in want.
func wantParams(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
}

// The numbers of RFC 7616, section 3.9.1, and, for the algorithms that have
// none there, what two lines of Python make of the formulas.
func TestDigestResponses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ algorithm, qop, first, second string }{
		{"MD5", `, qop="auth, auth-int"`,
			"8ca523f5e9506fed4657c9700eebdbec", "4b5d595ecf2db9df612ea5b45cd97101"},
		{"", `, qop=auth`,
			"8ca523f5e9506fed4657c9700eebdbec", "4b5d595ecf2db9df612ea5b45cd97101"},
		{"SHA-256", `, qop="auth, auth-int"`,
			"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
			"8c8db27f49ff1c202f9fb49fa9d2e9eabf078dcc93db40dfd6527010091d1c8e"},
		{"SHA-512-256", `, qop="auth"`,
			"430d05014cecc49cab6fbe03176d41a1da86cbfe24a16580e22aaad928d960d0",
			"c70be613fc833a6fd44d48f13b0ae4431b234f5a5c232c4f817c08d99be9485e"},
		{"MD5-sess", `, qop="auth"`,
			"e783283f46242139c486a698fec7211d", "6914b51e16f9459d9abc967ad41c4599"},
		{"sha-256-SESS", `, qop="auth"`,
			"2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7",
			"6bb0010aa4bdf46422a798c509ea32e256f27bd37de5cc3bdf8ed51e1d77d650"},
		{"SHA-512-256-sess", `, qop="auth"`,
			"3f2a34f923c38b0fb26dce2fdfc2ce326c23cecf86fbb1444f3e51fbbc2cb92e",
			"3f0b079c78edc3f154dc32cd155ef358aab704e07c9fda1f425282a15cc97cf7"},
		{"MD5", ``, "7b2cc3b30e75b4777ea31027084363fd", "7b2cc3b30e75b4777ea31027084363fd"},
	} {
		const nonce, cnonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
		challenge := `Digest realm="http-auth@example.org", opaque="op\"aque", nonce="` + nonce + `"` + c.qop
		if c.algorithm != "" {
			challenge += ", algorithm=" + c.algorithm
		}
		d := Digest{User: "Mufasa", Password: "Circle of Life", random: func() string { return cnonce }}
		want := map[string]string{
			"username": "Mufasa", "realm": "http-auth@example.org", "nonce": nonce, "uri": "/dir/index.html",
			"opaque": `op"aque`, "response": c.first,
		}
		if c.algorithm != "" {
			want["algorithm"] = c.algorithm
		}
		if c.qop != "" {
			want["qop"], want["nc"], want["cnonce"] = "auth", "00000001", cnonce
		}
		if got := begin(t, &d, "GET", "/dir/index.html", challenge); !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}

		value, ok, err := d.Authorize("GET", "/dir/index.html", nil)
		if !ok || err != nil {
			t.Fatalf("no second use of the nonce: %v", err)
		}
		if want["response"] = c.second; c.qop != "" {
			want["nc"] = "00000002"
		}
		if got := credentials(t, value); !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// RFC 7616, section 3.9.2, with the hashes of erratum 4897.
func TestDigestUserhash(t *testing.T) {
	t.Parallel()
	d := Digest{User: "J\u00e4s\u00f8n Doe", Password: "Secret, or not?",
		random: func() string { return "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v" }}
	wantParams(t, begin(t, &d, "GET", "/doe.json", `Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256,`+
		`nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS",`+
		`charset=UTF-8, userhash=true`), map[string]string{
		"username": "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b",
		"response": "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
		"userhash": "true",
	})
}

// RFC 2617, section 3.5.
func TestDigestOldExample(t *testing.T) {
	t.Parallel()
	d := Digest{User: "Mufasa", Password: "Circle Of Life", random: func() string { return "0a4f113b" }}
	wantParams(t, begin(t, &d, "GET", "/dir/index.html", `Digest realm="testrealm@host.com", qop="auth,auth-int",`+
		`nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`),
		map[string]string{"response": "6629fae49393a05397450978507c4ef1", "nc": "00000001"})
}

func TestDigestStrongest(t *testing.T) {
	t.Parallel()
	const usable = `, nonce="n", qop="auth"`
	for _, c := range []struct {
		challenges []string
		realm      string // of the one answered; "": none
		says       string
	}{
		{[]string{`Digest realm="md5"` + usable, `Digest realm="sha", algorithm=SHA-256` + usable}, "sha", ""},
		{[]string{`Digest realm="sha", algorithm=SHA-256` + usable + `, Digest realm="md5"` + usable}, "sha", ""},
		{[]string{`Digest realm="first"` + usable, `Digest realm="second"` + usable}, "first", ""},
		{[]string{`Digest realm="odd", algorithm=SHA-9` + usable, `Digest realm="md5"` + usable}, "md5", ""},
		{[]string{`Basic realm="x"`}, "", ""},
		{[]string{`Digest realm="odd", algorithm=SHA-9` + usable}, "", `want algorithm MD5, SHA-256 or SHA-512-256, got "SHA-9"`},
		{[]string{`Digest realm="int", nonce=n, qop="auth-int"`}, "", `want qop auth, got "auth-int"`},
		{[]string{`Digest realm="none", nonce=n, algorithm=MD5-sess`}, "", "needs qop auth"},
		{[]string{`Digest nonce=n`}, "", "it has no realm"},
		{[]string{`Digest realm=r`, `Digest x="y"`}, "", "it has no nonce"},
	} {
		cs := parse(t, c.challenges...)
		d := Digest{User: "u", Password: canary}
		value, ok, err := d.Authorize("GET", "/", cs)
		best, can := Strongest(cs, "Digest")
		if ok != (c.realm != "") || can != ok || best.Params["realm"] != c.realm {
			t.Errorf("%q: Authorize gives %v, Strongest %v %q, want %q", c.challenges, ok, can, best, c.realm)
		}
		if ok && credentials(t, value)["realm"] != c.realm {
			t.Errorf("%q: answered %s", c.challenges, value)
		}
		if fmt.Sprint(err) != "<nil>" != (c.says != "") || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("%q: error is %v, want %q", c.challenges, err, c.says)
		}
	}
}

// Each step is a new request (empty) or a challenge of the present one; the
// wanted nonce count is 0 where the answer is to give up or to send nothing.
func TestDigestRounds(t *testing.T) {
	t.Parallel()
	type step struct {
		challenge string
		nc        int
	}
	nonce := func(s string) string { return `Digest realm=r, qop=auth, nonce=` + s }
	for name, steps := range map[string][]step{
		"refused at once":         {{nonce("1"), 1}, {nonce("2"), 0}, {"", 0}},
		"refused, same nonce":     {{nonce("1"), 1}, {nonce("1"), 0}},
		"nonce too old":           {{nonce("1"), 1}, {nonce("2") + ", stale=TRUE", 1}, {"", 2}},
		"stale, yet the same":     {{nonce("1"), 1}, {nonce("1") + ", stale=true", 0}},
		"stale is false":          {{nonce("1"), 1}, {nonce("2") + ", stale=false", 0}},
		"stale for ever":          {{nonce("1"), 1}, {nonce("2") + ", stale=true", 1}, {nonce("3") + ", stale=true", 1}, {nonce("4") + ", stale=true", 0}},
		"counts":                  {{nonce("1"), 1}, {"", 2}, {"", 3}},
		"expired between":         {{nonce("1"), 1}, {"", 2}, {nonce("2"), 1}, {"", 2}},
		"asked again, same nonce": {{nonce("1"), 1}, {"", 2}, {nonce("1"), 3}, {nonce("1"), 0}},
		"recovers":                {{nonce("1"), 1}, {nonce("2"), 0}, {"", 0}, {nonce("3"), 1}},
		"no challenge left":       {{nonce("1"), 1}, {"Basic realm=r", 0}},
	} {
		d := Digest{User: "u", Password: canary}
		cnonces := map[string]string{}
		for i, s := range steps {
			var cs []Challenge
			if s.challenge != "" {
				cs = parse(t, s.challenge)
			}
			value, ok, err := d.Authorize("GET", "/", cs)
			if err != nil || ok != (s.nc > 0) {
				t.Fatalf("%s, step %d: %q, %v, %v", name, i, value, ok, err)
			}
			if !ok {
				continue
			}
			got := credentials(t, value)
			if want := fmt.Sprintf("%08x", s.nc); got["nc"] != want {
				t.Errorf("%s, step %d: nc is %s, want %s", name, i, got["nc"], want)
			}
			if before, ok := cnonces[got["nonce"]]; ok && before != got["cnonce"] {
				t.Errorf("%s, step %d: another cnonce with the same nonce", name, i)
			}
			cnonces[got["nonce"]] = got["cnonce"]
		}
		seen := map[string]bool{}
		for _, cnonce := range cnonces {
			if len(cnonce) < 16 || seen[cnonce] {
				t.Errorf("%s: cnonce %q is short or used with two nonces", name, cnonce)
			}
			seen[cnonce] = true
		}
	}
}

func TestDigestQuotes(t *testing.T) {
	t.Parallel()
	d := Digest{User: `a"b\c`, Password: canary}
	wantParams(t, begin(t, &d, "CONNECT", `host:"1"`, `Digest realm="q\"r", nonce="n\\", opaque=""`), map[string]string{
		"username": `a"b\c`, "realm": `q"r`, "nonce": `n\`, "uri": `host:"1"`, "opaque": "",
	})
}

func TestDigestRefusesControlCharacters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ user, uri string }{{"a\r\nX: y", "/"}, {"a", "/\n"}, {"a\x00", "/"}, {"a\x7f", "/"}} {
		d := Digest{User: c.user, Password: canary}
		value, ok, err := d.Authorize("GET", c.uri, parse(t, "Digest realm=r, nonce=n"))
		if value != "" || ok || err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%q: %q, %v, %v", c, value, ok, err)
		}
	}
}
