package auth

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// Login answers challenges with a user and password, by the schemes that it is
// told to: Digest with the algorithms MD5, SHA-256 and SHA-512-256, each also
// as -sess, and Basic. It keeps nothing from one answer to the next, so that
// any number of goroutines may use it. Its parts do not show when it is
// formatted.
type Login struct {
	User, Password string
	Digest, Basic  bool
}

// Format keeps the password out of whatever a Login is printed to.
func (l Login) Format(s fmt.State, _ rune) { io.WriteString(s, "auth.Login{…}") }

// Answer returns the credentials with which to repeat a refused request: the
// challenges are the fields called name in h, method and uri those of the
// request as sent (the path and query, or host:port for CONNECT), refused the
// credentials that it had, or "". Digest goes before Basic, and of several
// Digest challenges the strongest that can be answered.
//
// It is "" if there is nothing to answer, or if the credentials were refused
// for another reason than the age of their nonce. An error says why a challenge
// cannot be answered.
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

// hasScheme reports whether credentials are of this scheme.
func hasScheme(credentials, scheme string) bool {
	got, _, _ := strings.Cut(credentials, " ")
	return strings.EqualFold(got, scheme)
}
