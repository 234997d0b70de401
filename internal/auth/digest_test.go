package auth

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

// canary is a password that must not show anywhere.
const canary = "c4n4ry-p4ssw0rd"

// answer returns the parameters of the credentials with which l answers the
// challenges.
func answer(t *testing.T, l Login, cnonce, method, uri string, challenges ...string) map[string]string {
	t.Helper()
	c, err := strongestDigest(parse(t, challenges...))
	if err != nil {
		t.Fatal(err)
	}
	value, err := c.answer(l, method, uri, cnonce)
	if err != nil {
		t.Fatal(err)
	}
	return credentials(t, value)
}

// credentials returns the parameters of a header value.
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

// TestDigestResponses checks the values of RFC 7616, section 3.9.1. For algorithms
// that have none there, they were computed with two lines of Python.
func TestDigestResponses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ algorithm, qop, response string }{
		{"MD5", `, qop="auth, auth-int"`,
			"8ca523f5e9506fed4657c9700eebdbec"},
		{"", `, qop=auth`,
			"8ca523f5e9506fed4657c9700eebdbec"},
		{"SHA-256", `, qop="auth, auth-int"`,
			"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
		{"SHA-512-256", `, qop="auth"`,
			"430d05014cecc49cab6fbe03176d41a1da86cbfe24a16580e22aaad928d960d0"},
		{"MD5-sess", `, qop="auth"`,
			"e783283f46242139c486a698fec7211d"},
		{"sha-256-SESS", `, qop="auth"`,
			"2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7"},
		{"SHA-512-256-sess", `, qop="auth"`,
			"3f2a34f923c38b0fb26dce2fdfc2ce326c23cecf86fbb1444f3e51fbbc2cb92e"},
		{"MD5", ``, "7b2cc3b30e75b4777ea31027084363fd"},
	} {
		const nonce, cnonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
		challenge := `Digest realm="http-auth@example.org", opaque="op\"aque", nonce="` + nonce + `"` + c.qop
		if c.algorithm != "" {
			challenge += ", algorithm=" + c.algorithm
		}
		want := map[string]string{
			"username": "Mufasa", "realm": "http-auth@example.org", "nonce": nonce, "uri": "/dir/index.html",
			"opaque": `op"aque`, "response": c.response,
		}
		if c.algorithm != "" {
			want["algorithm"] = c.algorithm
		}
		if c.qop != "" {
			want["qop"], want["nc"], want["cnonce"] = "auth", "00000001", cnonce
		}
		l := Login{User: "Mufasa", Password: "Circle of Life"}
		if got := answer(t, l, cnonce, "GET", "/dir/index.html", challenge); !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// TestDigestUserhash checks RFC 7616, section 3.9.2, with the hashes of erratum 4897.
func TestDigestUserhash(t *testing.T) {
	t.Parallel()
	l := Login{User: "J\u00e4s\u00f8n Doe", Password: "Secret, or not?"}
	const cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v"
	wantParams(t, answer(t, l, cnonce, "GET", "/doe.json", `Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256,`+
		`nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS",`+
		`charset=UTF-8, userhash=true`), map[string]string{
		"username": "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b",
		"response": "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
		"userhash": "true",
	})
}

// TestDigestOldExample checks the example of RFC 2617, section 3.5.
func TestDigestOldExample(t *testing.T) {
	t.Parallel()
	l := Login{User: "Mufasa", Password: "Circle Of Life"}
	wantParams(t, answer(t, l, "0a4f113b", "GET", "/dir/index.html", `Digest realm="testrealm@host.com", qop="auth,auth-int",`+
		`nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`),
		map[string]string{"response": "6629fae49393a05397450978507c4ef1", "nc": "00000001"})
}

func TestDigestStrongest(t *testing.T) {
	t.Parallel()
	const usable = `, nonce="n", qop="auth"`
	for _, c := range []struct {
		challenges []string
		realm      string // of the challenge to answer; "" if none can be
		says       string
	}{
		{[]string{`Digest realm="md5"` + usable, `Digest realm="sha", algorithm=SHA-256` + usable}, "sha", ""},
		{[]string{`Digest realm="sha", algorithm=SHA-256` + usable + `, Digest realm="md5"` + usable}, "sha", ""},
		{[]string{`Digest realm="first"` + usable, `Digest realm="second"` + usable}, "first", ""},
		{[]string{`Digest realm="odd", algorithm=SHA-9` + usable, `Digest realm="md5"` + usable}, "md5", ""},
		{[]string{`Basic realm="x"`}, "", ""},
		{[]string{`Digest realm="odd", algorithm=SHA-9` + usable}, "", `expected algorithm MD5, SHA-256 or SHA-512-256, got "SHA-9"`},
		{[]string{`Digest realm="int", nonce=n, qop="auth-int"`}, "int", ""},
		{[]string{`Digest realm="odd", nonce=n, qop="auth-conf"`}, "", `expected qop auth or auth-int, got "auth-conf"`},
		{[]string{`Digest realm="none", nonce=n, algorithm=MD5-sess`}, "", "expected qop auth"},
		{[]string{`Digest realm=r`, `Digest x="y"`}, "", "expected a nonce, got none"},
	} {
		best, err := strongestDigest(parse(t, c.challenges...))
		if (best != nil) != (c.realm != "") || best != nil && best.realm != c.realm {
			t.Errorf("%q: got %v, want %q", c.challenges, best, c.realm)
		}
		if fmt.Sprint(err) != "<nil>" != (c.says != "") || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("%q: error is %v, want %q", c.challenges, err, c.says)
		}
	}
}

func TestDigestQuotes(t *testing.T) {
	t.Parallel()
	l := Login{User: `a"b\c`, Password: canary}
	wantParams(t, answer(t, l, "c", "CONNECT", `host:"1"`, `Digest realm="q\"r", nonce="n\\", opaque=""`), map[string]string{
		"username": `a"b\c`, "realm": `q"r`, "nonce": `n\`, "uri": `host:"1"`, "opaque": "",
	})
}

// TestRememberedAuthInt checks qop "auth-int", which is chosen if it is all that is
// offered: the body of the request is none. The values were computed with Python.
func TestRememberedAuthInt(t *testing.T) {
	t.Parallel()
	l := Login{User: "Mufasa", Password: "Circle of Life"}
	for challenge, response := range map[string]string{
		`algorithm=MD5, qop="auth-int"`:     "8804a53d3640a40a4f73cea12c5ba451",
		`algorithm=SHA-256, qop="AUTH-INT"`: "8bdf6f15638e260831e905028de5450562816d093c9bfc5c13d3a46adcdde940",
	} {
		challenge = `Digest realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", ` + challenge
		got := answer(t, l, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "GET", "/dir/index.html", challenge)
		wantParams(t, got, map[string]string{"qop": "auth-int", "response": response})
	}
}
