package auth

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Challenge is one challenge of a WWW-Authenticate or Proxy-Authenticate
// field: a scheme with either parameters, a token68, or nothing (RFC 9110,
// section 11.3).
type Challenge struct {
	Scheme  string            // as sent; compare with strings.EqualFold
	Params  map[string]string // names in lower case, values unquoted; may be nil
	Token68 string
}

// Is reports whether c is of the given scheme.
func (c Challenge) Is(scheme string) bool { return strings.EqualFold(c.Scheme, scheme) }

// maxChallenges is how many challenges of one response are looked at.
const maxChallenges = 64

var errManyChallenges = fmt.Errorf("more than %d challenges", maxChallenges)

// ParseChallenges returns the challenges in all fields called name, in order
// (RFC 9110, section 11.6.1). What is not understood ends its field and is
// reported, but the challenges before it and those of other fields still
// come.
func ParseChallenges(h http.Header, name string) ([]Challenge, error) {
	var all []Challenge
	var errs []error
	for _, field := range h.Values(name) {
		cs, err := parseChallenges(field, maxChallenges-len(all))
		all = append(all, cs...)
		if err != nil {
			errs = append(errs, fmt.Errorf("auth: %s: %w", name, err))
		}
		if errors.Is(err, errManyChallenges) {
			break
		}
	}
	return all, errors.Join(errs...)
}

func parseChallenges(field string, limit int) (cs []Challenge, err error) {
	p := &parser{s: field}
	for p.skip(", \t"); !p.done(); p.skip(", \t") {
		if len(cs) == limit {
			return cs, errManyChallenges
		}
		c, err := p.challenge()
		if err != nil {
			return cs, err
		}
		cs = append(cs, c)
	}
	return cs, nil
}

// parser reads s from i on.
type parser struct {
	s string
	i int
}

func (p *parser) done() bool       { return p.i == len(p.s) }
func (p *parser) at(c byte) bool   { return p.i < len(p.s) && p.s[p.i] == c }
func (p *parser) skip(cut string)  { p.i = len(p.s) - len(strings.TrimLeft(p.s[p.i:], cut)) }
func (p *parser) elementEnd() bool { return p.done() || p.at(',') }

// run takes the bytes that in accepts.
func (p *parser) run(in func(byte) bool) string {
	start := p.i
	for p.i < len(p.s) && in(p.s[p.i]) {
		p.i++
	}
	return p.s[start:p.i]
}

func (p *parser) want(what string) error {
	return fmt.Errorf("want %s at byte %d, got %.20q", what, p.i, p.s[p.i:])
}

func (p *parser) challenge() (c Challenge, err error) {
	if c.Scheme = p.run(isToken); c.Scheme == "" {
		return c, p.want("a scheme")
	}
	if !p.elementEnd() && !p.at(' ') && !p.at('\t') {
		return c, p.want("a space or a comma")
	}
	p.skip(" \t")
	if c.Token68 = p.token68(); c.Token68 == "" {
		if c.Params, err = p.params(); err != nil {
			return c, err
		}
	}
	if p.skip(" \t"); !p.elementEnd() {
		return c, p.want("a comma")
	}
	return c, nil
}

// token68 takes a token68 that is all there is up to the next comma, or
// nothing and gives "".
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

// params takes parameters up to one that is none: a comma before a scheme,
// or the end.
func (p *parser) params() (map[string]string, error) {
	var params map[string]string
	for more := p.atParam(); more; more = p.nextParam() {
		name := strings.ToLower(p.run(isToken))
		p.skip(" \t")
		p.i++ // the =
		p.skip(" \t")
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		if _, twice := params[name]; twice {
			return nil, fmt.Errorf("parameter %.20q given twice before byte %d", name, p.i)
		}
		if params == nil {
			params = make(map[string]string)
		}
		params[name] = value
	}
	return params, nil
}

// atParam reports whether a parameter is next: a token and "=".
func (p *parser) atParam() bool {
	ahead := *p
	name := ahead.run(isToken)
	ahead.skip(" \t")
	return name != "" && ahead.at('=')
}

// nextParam goes past the commas to the next parameter, if one follows.
func (p *parser) nextParam() bool {
	p.skip(" \t")
	ahead := *p
	ahead.skip(", \t")
	if !p.at(',') || !ahead.atParam() {
		return false
	}
	p.i = ahead.i
	return true
}

// value takes a parameter's value. Servers leave out quotes where they are
// needed, so a bare value is whatever is visible up to a comma.
func (p *parser) value() (string, error) {
	if p.at('"') {
		return p.quoted()
	}
	if value := p.run(isBare); value != "" {
		return value, nil
	}
	return "", p.want("a value")
}

func (p *parser) quoted() (string, error) {
	var value strings.Builder
	for p.i++; !p.at('"'); p.i++ {
		if p.at('\\') {
			p.i++
		}
		if p.done() {
			return "", p.want("a closing quote")
		}
		if isControl(p.s[p.i]) {
			return "", p.want("no control character")
		}
		value.WriteByte(p.s[p.i])
	}
	p.i++
	return value.String(), nil
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
func isToken(c byte) bool   { return isAlnum(c) || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0 }
func isToken68(c byte) bool { return isAlnum(c) || strings.IndexByte("-._~+/", c) >= 0 }
func isBare(c byte) bool    { return c > ' ' && c < 0x7f && c != ',' && c != '"' }
func isControl(c byte) bool { return c < ' ' && c != '\t' || c == 0x7f }
