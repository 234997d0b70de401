package auth

import (
	"fmt"
	"net/http"
	"strings"
)

// Challenge is one challenge of a WWW-Authenticate or Proxy-Authenticate field:
// a scheme, and then parameters, or a token68, or nothing (RFC 9110, section
// 11.3). A malformed one may have both.
type Challenge struct {
	Scheme  string            // as sent; compare with strings.EqualFold
	Params  map[string]string // names in lower case, values unquoted; may be nil
	Token68 string

	ambiguous string // a parameter that has two values, the first of which is in Params
}

// Is reports whether the scheme of c is scheme, ignoring case.
func (c Challenge) Is(scheme string) bool { return strings.EqualFold(c.Scheme, scheme) }

// maxChallenges is the limit of challenges in one response.
const maxChallenges = 64

// ParseChallenges returns the challenges in all fields called name, in order
// (RFC 9110, section 11.6.1). Like curl it accepts some malformed fields that
// servers send: values with spaces but no quotes, parameters without commas
// between them, a missing closing quote. It skips other words without a meaning;
// the error reports the first of them.
func ParseChallenges(h http.Header, name string) (all []Challenge, err error) {
	for _, field := range h.Values(name) {
		cs, bad := parseChallenges(field, maxChallenges-len(all))
		all = append(all, cs...)
		if bad != nil && err == nil {
			err = fmt.Errorf("auth: %s: %w", name, bad)
		}
		if len(all) == maxChallenges {
			break
		}
	}
	return all, err
}

func parseChallenges(field string, limit int) (cs []Challenge, err error) {
	if i := strings.IndexFunc(field, isControl); i >= 0 {
		return nil, fmt.Errorf("expected no control character, got one at byte %d", i)
	}
	p := &parser{s: field}
	for p.skip(", \t"); !p.done(); p.skip(", \t") {
		if len(cs) == limit {
			return cs, fmt.Errorf("exceeds the limit of %d challenges", maxChallenges)
		}
		c, bad := p.challenge()
		if bad == nil {
			cs = append(cs, c)
		} else if err == nil {
			err = bad
		}
		for !p.elementEnd() {
			p.word()
			p.skip(" \t")
		}
	}
	return cs, err
}

// parser reads s from i on.
type parser struct {
	s    string
	i    int
	open bool // a quote has no end, so that no quote before a word has a meaning
}

func (p *parser) done() bool       { return p.i == len(p.s) }
func (p *parser) at(c byte) bool   { return p.i < len(p.s) && p.s[p.i] == c }
func (p *parser) skip(cut string)  { p.i = len(p.s) - len(strings.TrimLeft(p.s[p.i:], cut)) }
func (p *parser) elementEnd() bool { return p.done() || p.at(',') }

// run reads the bytes for which in returns true.
func (p *parser) run(in func(byte) bool) string {
	start := p.i
	for p.i < len(p.s) && in(p.s[p.i]) {
		p.i++
	}
	return p.s[start:p.i]
}

// word skips a word without a meaning: a quoted string, or up to a space or comma.
func (p *parser) word() {
	if p.at('"') {
		start := p.i
		if !p.open {
			p.quoted()
			p.open = p.i == start+1 || p.s[p.i-1] != '"'
		}
		if !p.open {
			return
		}
		p.i = start + 1
	}
	p.run(func(c byte) bool { return isBare(c) && c != '"' })
}

func (p *parser) expected(what string) error {
	return fmt.Errorf("expected %s at byte %d, got %.20q", what, p.i, p.s[p.i:])
}

func (p *parser) challenge() (c Challenge, err error) {
	if c.Scheme = p.run(isToken); c.Scheme == "" {
		return c, p.expected("a scheme")
	}
	if !p.elementEnd() && !p.at(' ') && !p.at('\t') {
		return c, p.expected("a space or a comma")
	}
	p.skip(" \t")
	c.Token68 = p.token68()
	p.params(&c)
	return c, nil
}

// token68 reads a token68 if there is nothing else up to the next comma.
// Otherwise it reads nothing and returns "".
func (p *parser) token68() string {
	start := p.i
	p.run(isToken68)
	p.skip("=")
	token := p.s[start:p.i]
	if p.skip(" \t"); !p.elementEnd() || strings.HasPrefix(token, "=") {
		p.i, token = start, ""
	}
	return token
}

// params reads the parameters of c.
func (p *parser) params(c *Challenge) {
	for p.nextParam() {
		name := strings.ToLower(p.run(isToken))
		p.skip(" \t")
		p.i++ // the =
		p.skip(" \t")
		value := p.value()
		if first, twice := c.Params[name]; !twice {
			if c.Params == nil {
				c.Params = make(map[string]string)
			}
			c.Params[name] = value
		} else if first != value {
			c.ambiguous = name
		}
	}
}

// atParam reports whether a parameter is next: a token and "=".
func (p *parser) atParam() bool {
	ahead := *p
	name := ahead.run(isToken)
	ahead.skip(" \t")
	return name != "" && ahead.at('=')
}

// nextParam skips to the next parameter of the challenge, and reports whether
// there is one. It skips commas, and words without a meaning. A comma before
// another word ends the challenge.
func (p *parser) nextParam() bool {
	for {
		p.skip(" \t")
		ahead := *p
		ahead.skip(", \t")
		if ahead.atParam() {
			p.i = ahead.i
			return true
		}
		if p.elementEnd() {
			return false
		}
		p.word()
	}
}

// value reads the value of a parameter: a quoted string, or the words up to a
// comma or the next parameter.
func (p *parser) value() string {
	if p.at('"') {
		return p.quoted()
	}
	start, end := p.i, p.i
	for !p.elementEnd() && (end == start || !p.atParam()) {
		p.run(isBare)
		end = p.i
		p.skip(" \t")
	}
	p.i = end
	return p.s[start:end]
}

// quoted reads a quoted string. Its closing quote may be missing.
func (p *parser) quoted() string {
	var value strings.Builder
	for p.i++; !p.done() && !p.at('"'); p.i++ {
		if p.at('\\') && p.i+1 < len(p.s) {
			p.i++
		}
		value.WriteByte(p.s[p.i])
	}
	p.i = min(p.i+1, len(p.s))
	return value.String()
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
func isToken(c byte) bool   { return isAlnum(c) || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0 }
func isToken68(c byte) bool { return isAlnum(c) || strings.IndexByte("-._~+/", c) >= 0 }
func isBare(c byte) bool    { return c != ' ' && c != '\t' && c != ',' }
func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
