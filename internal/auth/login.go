package auth

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// Login answers challenges with a user and password, for the schemes that are
// set. Digest has the algorithms MD5, SHA-256 and SHA-512-256, each also as -sess.
// A Login has no state, so that any number of goroutines may use it. Formatting
// it does not show its fields.
type Login struct {
	User, Password string
	Digest, Basic  bool
}

// Format implements [fmt.Formatter]. It does not show the password.
func (l Login) Format(s fmt.State, _ rune) { io.WriteString(s, "auth.Login{…}") }

// Answer returns the credentials with which to repeat a refused request. The
// challenges are the fields called name in h. method and uri are those of the
// request as sent; uri is the path and query, or host:port for CONNECT. refused
// are the credentials of the request, or "". Digest is preferred to Basic, and
// the strongest Digest challenge that can be answered to weaker ones.
//
// Answer returns "" if there is nothing to answer, or if refused was refused for
// another reason than the age of its nonce. An error says why a challenge cannot
// be answered.
func (l Login) Answer(method, uri, refused string, h http.Header, name string) (string, error) {
	cs, err := ParseChallenges(h, name)
	if l.Digest {
		c, bad := strongestDigest(cs)
		switch {
		case c != nil && c.refuses(refused):
			return "", nil
		case c != nil:
			return c.answer(l, method, uri, rand.Text())
		case bad != nil:
			err = bad
		}
	}
	isBasic := func(c Challenge) bool { return c.Is("Basic") }
	if !l.Basic || !slices.ContainsFunc(cs, isBasic) {
		return "", err
	}
	if hasScheme(refused, "Basic") {
		return "", nil
	}
	return Basic(l.User, l.Password), nil
}

// hasScheme reports whether credentials are for scheme.
func hasScheme(credentials, scheme string) bool {
	got, _, _ := strings.Cut(credentials, " ")
	return strings.EqualFold(got, scheme)
}
