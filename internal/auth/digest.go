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

// answer returns the credentials for the first request with the challenge's
// nonce: RFC 7616, section 3.4, with qop "auth" or none.
func (c *digestChallenge) answer(l Login, method, uri, cnonce string) (string, error) {
	if hasControl(l.User) || hasControl(uri) {
		return "", errors.New("auth: digest: want no control character in the user name and the request target, got one")
	}
	const nc = "00000001"
	user, a1, a2 := l.User, c.hash(l.User, c.realm, l.Password), c.hash(method, uri)
	if c.sess {
		a1 = c.hash(a1, c.nonce, cnonce)
	}
	if c.userhash {
		user = c.hash(l.User, c.realm)
	}

	value := "Digest username=" + quote(user) + ", realm=" + quote(c.realm) + c.mark() + ", uri=" + quote(uri)
	if c.qop {
		value += ", response=" + quote(c.hash(a1, c.nonce, nc, cnonce, "auth", a2)) +
			", qop=auth, nc=" + nc + ", cnonce=" + quote(cnonce)
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

// mark is the part of credentials by which they are known to answer c.
func (c *digestChallenge) mark() string { return ", nonce=" + quote(c.nonce) }

// refuses reports whether c, which came in answer to these credentials, means
// that they are wrong, and not merely that their nonce was too old.
func (c *digestChallenge) refuses(credentials string) bool {
	return hasScheme(credentials, "Digest") && (!c.stale || strings.Contains(credentials, c.mark()))
}

func hasControl(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) >= 0
}

// quote makes a quoted-string (RFC 9110, section 5.6.4).
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// digestChallenge is a Challenge that can be answered.
type digestChallenge struct {
	Challenge
	realm, nonce               string
	algorithm                  int // index in algorithms
	sess, qop, userhash, stale bool
}

// algorithms are those of RFC 7616, section 6.1, weakest first.
var algorithms = []struct {
	name string
	new  func() hash.Hash
}{
	{"MD5", md5.New},
	{"SHA-256", sha256.New},
	{"SHA-512-256", sha512.New512_256},
}

// hash is H of the parts joined by colons, in hexadecimal digits.
func (c *digestChallenge) hash(parts ...string) string {
	h := algorithms[c.algorithm].new()
	io.WriteString(h, strings.Join(parts, ":"))
	return hex.EncodeToString(h.Sum(nil))
}

// strongestDigest returns the first of the Digest challenges with the
// strongest algorithm that can be answered. It is nil if there is none; the
// error then says what was wrong with the first that was there.
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
	case c.doubtful != "":
		return nil, fmt.Errorf("it has two values for %.40q", c.doubtful)
	case dc.nonce == "":
		return nil, errors.New("it has no nonce")
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
	return fmt.Errorf("want algorithm MD5, SHA-256 or SHA-512-256, got %.40q", given)
}

func (c *digestChallenge) setQop() error {
	offered, ok := c.Params["qop"]
	ok = ok && offered != ""
	if !ok && c.sess {
		return errors.New("a -sess algorithm needs qop auth, and none is offered")
	}
	if !ok {
		return nil // RFC 2069
	}
	for qop := range strings.FieldsFuncSeq(offered, func(r rune) bool { return strings.ContainsRune(", \t;", r) }) {
		c.qop = c.qop || strings.EqualFold(qop, "auth")
	}
	if !c.qop {
		return fmt.Errorf("want qop auth, got %.40q", offered)
	}
	return nil
}
