package auth

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
)

// Digest answers Digest challenges (RFC 7616) with the algorithms MD5,
// SHA-256 and SHA-512-256, each also as -sess, with qop "auth" or none, and
// with hashed user names. It remembers the last challenge, so that the next
// request can carry credentials at once, and counts how often it did.
//
// Fill in User and Password and use it for one protection space: one origin
// or one proxy. It serves one request at a time and is not safe for
// concurrent use. Its parts do not show when it is formatted.
type Digest struct {
	User, Password string

	answered *digestChallenge // nil: none yet
	cnonce   string           // stays with a nonce, so that -sess has one key
	nc       uint32           // answers given with that nonce
	rounds   int              // challenges of the present request answered
	random   func() string    // for tests; nil: newCnonce
}

// Format keeps the password out of whatever a Digest is printed to.
func (d Digest) Format(s fmt.State, _ rune) { io.WriteString(s, "auth.Digest{…}") }

// maxRounds is how many challenges of one request are answered: one, and one
// more each time the server says that the nonce was merely too old.
const maxRounds = 3

// Authorize returns the value of an Authorization or Proxy-Authorization
// field for a request with this method and this target as sent (the path and
// query, or host:port for CONNECT).
//
// With cs nil a new request begins: ok is false while no challenge is known.
// Otherwise cs are the challenges of the response to the same request, of
// which it answers the strongest Digest one: ok is false if there is none or
// if the credentials were refused. An error says why a Digest challenge
// cannot be answered.
func (d *Digest) Authorize(method, uri string, cs []Challenge) (value string, ok bool, err error) {
	if cs == nil {
		d.rounds = 0
	} else if ok, err := d.accept(cs); !ok {
		return "", false, err
	}
	if d.answered == nil {
		return "", false, nil
	}
	value, err = d.answer(method, uri)
	return value, err == nil, err
}

// accept makes the strongest of cs the challenge to answer, unless it means
// that the last answer was refused.
func (d *Digest) accept(cs []Challenge) (ok bool, err error) {
	c, err := strongestDigest(cs)
	if c == nil {
		return false, err
	}
	fresh := d.answered == nil || d.answered.nonce != c.nonce
	if d.rounds > 0 && !(c.stale && fresh) || d.rounds == maxRounds {
		d.answered = nil
		return false, nil
	}
	if fresh {
		d.nc, d.cnonce = 0, d.newCnonce()
	}
	d.answered = c
	d.rounds++
	return true, nil
}

func (d *Digest) newCnonce() string {
	if d.random != nil {
		return d.random()
	}
	return rand.Text()
}

// answer computes RFC 7616, section 3.4, for the next use of the nonce.
func (d *Digest) answer(method, uri string) (string, error) {
	if hasControl(d.User) || hasControl(uri) {
		return "", errors.New("auth: digest: want no control character in the user name and the request target, got one")
	}
	c := d.answered
	d.nc++
	nc := fmt.Sprintf("%08x", d.nc)
	user, a1, a2 := d.User, c.hash(d.User, c.realm, d.Password), c.hash(method, uri)
	if c.sess {
		a1 = c.hash(a1, c.nonce, d.cnonce)
	}
	if c.userhash {
		user = c.hash(d.User, c.realm)
	}

	value := "Digest username=" + quote(user) + ", realm=" + quote(c.realm) + ", nonce=" + quote(c.nonce) + ", uri=" + quote(uri)
	if c.qop {
		value += ", response=" + quote(c.hash(a1, c.nonce, nc, d.cnonce, "auth", a2)) +
			", qop=auth, nc=" + nc + ", cnonce=" + quote(d.cnonce)
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
// error then says what was wrong with those that were there.
func strongestDigest(cs []Challenge) (best *digestChallenge, err error) {
	var errs []error
	for _, c := range cs {
		if !c.Is("Digest") {
			continue
		}
		dc, err := readDigest(c)
		if err != nil {
			errs = append(errs, fmt.Errorf("auth: digest challenge: %w", err))
		} else if best == nil || dc.algorithm > best.algorithm {
			best = dc
		}
	}
	if best != nil {
		return best, nil
	}
	return nil, errors.Join(errs...)
}

func readDigest(c Challenge) (*digestChallenge, error) {
	dc := &digestChallenge{
		Challenge: c,
		realm:     c.Params["realm"],
		nonce:     c.Params["nonce"],
		userhash:  strings.EqualFold(c.Params["userhash"], "true"),
		stale:     strings.EqualFold(c.Params["stale"], "true"),
	}
	for _, name := range []string{"realm", "nonce"} {
		if _, ok := c.Params[name]; !ok {
			return nil, errors.New("it has no " + name)
		}
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
	if !ok && c.sess {
		return errors.New("a -sess algorithm needs qop auth, and none is offered")
	}
	if !ok {
		return nil // RFC 2069
	}
	for qop := range strings.SplitSeq(offered, ",") {
		c.qop = c.qop || strings.EqualFold(strings.TrimSpace(qop), "auth")
	}
	if !c.qop {
		return fmt.Errorf("want qop auth, got %.40q", offered)
	}
	return nil
}
