package auth

import (
	"strings"
	"testing"
)

// TestLoginAnswers answers the challenges to a repeated request. Each step refuses
// the answer of the one before. Wanted is the scheme of the answer, or "" for none.
func TestLoginAnswers(t *testing.T) {
	t.Parallel()
	type step struct{ challenge, want string }
	nonce := func(s string) string { return `Digest realm=r, qop=auth, nonce=` + s }
	any, digest, basic := Login{Digest: true, Basic: true}, Login{Digest: true}, Login{Basic: true}
	for name, c := range map[string]struct {
		login Login
		steps []step
	}{
		"refused":               {digest, []step{{nonce("1"), "Digest"}, {nonce("2"), ""}}},
		"refused, same nonce":   {digest, []step{{nonce("1"), "Digest"}, {nonce("1"), ""}}},
		"nonce too old":         {digest, []step{{nonce("1"), "Digest"}, {nonce("2") + ", stale=TRUE", "Digest"}, {nonce("3"), ""}}},
		"stale, yet the same":   {digest, []step{{nonce("1"), "Digest"}, {nonce("1") + ", stale=true", ""}}},
		"stale is false":        {digest, []step{{nonce("1"), "Digest"}, {nonce("2") + ", stale=false", ""}}},
		"no challenge left":     {digest, []step{{nonce("1"), "Digest"}, {"Basic realm=r", ""}}},
		"no Digest there":       {digest, []step{{"Basic realm=r, NTLM", ""}}},
		"no challenge at all":   {any, []step{{"", ""}}},
		"Basic refused":         {basic, []step{{"Basic realm=r", "Basic"}, {"Basic realm=r", ""}}},
		"no Basic there":        {basic, []step{{nonce("1"), ""}}},
		"strongest":             {any, []step{{"Basic realm=r, " + nonce("1"), "Digest"}, {"Basic realm=r, " + nonce("2"), ""}}},
		"only Basic":            {any, []step{{"Negotiate, BASIC realm=r", "Basic"}, {"Negotiate, Basic realm=r", ""}}},
		"no Digest that we can": {any, []step{{"Basic realm=r, Digest realm=r, nonce=n, algorithm=new", "Basic"}}},
		"Basic, then Digest":    {any, []step{{"Basic realm=r", "Basic"}, {nonce("1"), "Digest"}}},
		"not ours, then ours":   {any, []step{{"NTLM", ""}, {"Basic realm=r", "Basic"}}},
	} {
		c.login.User, c.login.Password = "u", canary
		value := ""
		for i, s := range c.steps {
			var err error
			value, err = c.login.Answer("GET", "/", value, fields(s.challenge), "WWW-Authenticate")
			if scheme, _, _ := strings.Cut(value, " "); err != nil || scheme != s.want {
				t.Fatalf("%s, step %d: %q, %v; want %s", name, i, value, err, s.want)
			}
			if strings.Contains(value, canary) {
				t.Errorf("%s, step %d: the password is in %s", name, i, value)
			}
		}
	}
}

// TestLoginCnonce checks that every answer has a new and long cnonce.
func TestLoginCnonce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 10 {
		value, err := Login{Digest: true}.Answer("GET", "/", "", fields("Digest realm=r, nonce=n, qop=auth"), "WWW-Authenticate")
		if err != nil {
			t.Fatal(err)
		}
		cnonce := credentials(t, value)["cnonce"]
		if len(cnonce) < 16 || seen[cnonce] {
			t.Errorf("cnonce %q is short or used twice", cnonce)
		}
		seen[cnonce] = true
	}
}

func TestLoginErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ user, uri, challenge, says string }{
		{"a\r\nX: y", "/", "Digest realm=r, nonce=n", "control character"},
		{"a", "/\n", "Digest realm=r, nonce=n", "control character"},
		{"a\x00", "/", "Digest realm=r, nonce=n", "control character"},
		{"a\x7f", "/", "Digest realm=r, nonce=n", "control character"},
		{"a", "/", "Digest realm=r, nonce=n, algorithm=new", "algorithm"},
		{"a", "/", "Digest realm=r", "expected a nonce, got none"},
		{"a", "/", "(", "WWW-Authenticate"},
	} {
		l := Login{User: c.user, Password: canary, Digest: true, Basic: true}
		value, err := l.Answer("GET", c.uri, "", fields(c.challenge), "WWW-Authenticate")
		if value != "" || err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), canary) {
			t.Errorf("%q: %q, %v", c, value, err)
		}
	}
}
