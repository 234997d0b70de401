package auth

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
)

// answer returns the credentials for the first request with the nonce of c (RFC
// 7616, section 3.4), with qop "auth", "auth-int" for a request without a body, or none.
func (c *digestChallenge) answer(l Login, method, uri, cnonce string) (string, error) {
	if hasControl(l.User) || hasControl(uri) {
		return "", errors.New("auth: digest: expected no control character in the user name and the request target, got one")
	}
	const nc = "00000001"
	user, a1, a2 := l.User, c.hash(l.User, c.realm, l.Password), c.hash(method, uri)
	if c.qop == "auth-int" {
		a2 = c.hash(method, uri, c.hash(""))
	}
	if c.sess {
		a1 = c.hash(a1, c.nonce, cnonce)
	}
	if c.userhash {
		user = c.hash(l.User, c.realm)
	}

	value := "Digest username=" + quote(user) + ", realm=" + quote(c.realm) + c.mark() + ", uri=" + quote(uri)
	if c.qop != "" {
		value += ", response=" + quote(c.hash(a1, c.nonce, nc, cnonce, c.qop, a2)) +
			", qop=" + c.qop + ", nc=" + nc + ", cnonce=" + quote(cnonce)
	} else {
		value += ", response=" + quote(c.hash(a1, c.nonce, a2))
	}
	if algorithm, ok := c.Params["algorithm"]; ok {
		value += ", algorithm=" + algorithm
	}
	if opaque, ok := c.Params["opaque"]; ok {
		value += ", opaque=" + quote(opaque)
	}
	if c.userhash {
		value += ", userhash=true"
	}
	return value, nil
}

// mark returns the part of credentials that shows that they answer c.
func (c *digestChallenge) mark() string { return ", nonce=" + quote(c.nonce) }

// refuses reports whether c, received in answer to credentials, means that these
// are wrong, and not only that their nonce is too old.
func (c *digestChallenge) refuses(credentials string) bool {
	return hasScheme(credentials, "Digest") && (!c.stale || strings.Contains(credentials, c.mark()))
}

func hasControl(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) >= 0
}

// quote returns s as a quoted-string (RFC 9110, section 5.6.4).
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// digestChallenge is a Challenge that can be answered.
type digestChallenge struct {
	Challenge
	realm, nonce          string
	algorithm             int    // index in algorithms
	qop                   string // "auth", or "auth-int" if only that is offered, or ""
	sess, userhash, stale bool
}

// algorithms are the algorithms of RFC 7616, section 6.1, weakest first.
var algorithms = []struct {
	name string
	new  func() hash.Hash
}{
	{"MD5", md5.New},
	{"SHA-256", sha256.New},
	{"SHA-512-256", sha512.New512_256},
}

// hash returns the hash of the parts, joined by colons, in hexadecimal digits.
func (c *digestChallenge) hash(parts ...string) string {
	h := algorithms[c.algorithm].new()
	io.WriteString(h, strings.Join(parts, ":"))
	return hex.EncodeToString(h.Sum(nil))
}

// strongestDigest returns the Digest challenge that has the strongest algorithm
// of those that can be answered, and the first of several. It is nil if none can.
// The error then says what is wrong with the first.
func strongestDigest(cs []Challenge) (best *digestChallenge, err error) {
	for _, c := range cs {
		if !c.Is("Digest") {
			continue
		}
		dc, bad := readDigest(c)
		switch {
		case bad != nil && err == nil:
			err = fmt.Errorf("auth: digest challenge: %w", bad)
		case bad == nil && (best == nil || dc.algorithm > best.algorithm):
			best = dc
		}
	}
	if best != nil {
		return best, nil
	}
	return nil, err
}

func readDigest(c Challenge) (*digestChallenge, error) {
	dc := &digestChallenge{
		Challenge: c,
		realm:     c.Params["realm"],
		nonce:     c.Params["nonce"],
		userhash:  strings.EqualFold(c.Params["userhash"], "true"),
		stale:     strings.EqualFold(c.Params["stale"], "true"),
	}
	switch {
	case c.ambiguous != "":
		return nil, fmt.Errorf("expected one value for %.40q, got two", c.ambiguous)
	case dc.nonce == "":
		return nil, errors.New("expected a nonce, got none")
	}
	if err := dc.setAlgorithm(); err != nil {
		return nil, err
	}
	return dc, dc.setQop()
}

func (c *digestChallenge) setAlgorithm() error {
	given, ok := c.Params["algorithm"]
	if !ok {
		return nil // MD5
	}
	for i, a := range algorithms {
		c.sess = strings.EqualFold(given, a.name+"-sess")
		if c.algorithm = i; c.sess || strings.EqualFold(given, a.name) {
			return nil
		}
	}
	return fmt.Errorf("expected algorithm MD5, SHA-256 or SHA-512-256, got %.40q", given)
}

func (c *digestChallenge) setQop() error {
	offered, ok := c.Params["qop"]
	ok = ok && offered != ""
	if !ok && c.sess {
		return errors.New("expected qop auth for a -sess algorithm, got none")
	}
	if !ok {
		return nil // RFC 2069
	}
	for qop := range strings.FieldsFuncSeq(offered, func(r rune) bool { return strings.ContainsRune(", \t;", r) }) {
		switch {
		case strings.EqualFold(qop, "auth"):
			c.qop = "auth"
		case strings.EqualFold(qop, "auth-int") && c.qop == "":
			c.qop = "auth-int"
		}
	}
	if c.qop == "" {
		return fmt.Errorf("expected qop auth or auth-int, got %.40q", offered)
	}
	return nil
}
