package handshake

import (
	"net/http"
	"slices"
	"strings"
)

// An Extension is an element of Sec-WebSocket-Extensions (RFC 6455 section 9.1).
// Params keep their order. A name may occur twice.
type Extension struct {
	Name   string
	Params []Param
}

// A Param is a parameter of an extension. Value is "" if it has none: values are
// never empty.
type Param struct{ Name, Value string }

// String returns p as it is written in a field.
func (p Param) String() string {
	if p.Value == "" {
		return p.Name
	}
	return p.Name + "=" + p.Value
}

// ParseExtensions parses all Sec-WebSocket-Extensions fields of h. Empty list
// elements are skipped. It returns a *SyntaxError for what does not follow the
// grammar, a *LimitError for more than 100 extensions or parameters. RFC 6455
// then requires that the handshake fails.
func ParseExtensions(h http.Header) ([]Extension, error) {
	var list []Extension
	params := 0
	for _, v := range h[extensionsField] {
		s := scanner{rest: v}
		for s.skip(','); s.rest != ""; s.skip(',') {
			e, ok := s.extension(maxElements - params)
			params += len(e.Params)
			switch {
			case params > maxElements:
				return nil, &LimitError{"parameters of extensions", maxElements}
			case !ok || s.rest != "" && s.rest[0] != ',':
				return nil, &SyntaxError{"field Sec-WebSocket-Extensions", "name; param; param=value, ...", quote(v)}
			case len(list) == maxElements:
				return nil, &LimitError{"extensions", maxElements}
			}
			list = append(list, e)
		}
	}
	return list, nil
}

// CheckExtensions checks that the Sec-WebSocket-Extensions of answer name only
// extensions that those of offered name. offered may be nil. It ignores
// parameters: they are the task of the caller, who knows the extensions. It
// returns an *UpgradeError or a *SyntaxError.
func CheckExtensions(answer, offered http.Header) error {
	list, err := ParseExtensions(answer)
	if err != nil || len(list) == 0 {
		return err
	}
	offers, err := ParseExtensions(offered)
	if err != nil {
		return err
	}
	for _, e := range list {
		if !slices.ContainsFunc(offers, func(o Extension) bool { return o.Name == e.Name }) {
			return notOffered(e)
		}
	}
	return nil
}

func notOffered(e Extension) error {
	return &UpgradeError{"field Sec-WebSocket-Extensions", "only what was offered", quote(e.Name)}
}

// scanner reads the parts of a field value, one after another.
type scanner struct{ rest string }

// skip skips white space and the byte c.
func (s *scanner) skip(c byte) {
	s.rest = s.rest[span(s.rest, func(b byte) bool { return b == ' ' || b == '\t' || b == c }):]
}

// take skips the byte c and the white space around it. It reports whether c was next.
func (s *scanner) take(c byte) bool {
	s.skip(' ')
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	s.skip(' ')
	return true
}

func (s *scanner) token() (string, bool) {
	n := span(s.rest, isTokenByte)
	t := s.rest[:n]
	s.rest = s.rest[n:]
	return t, n > 0
}

// extension reads an extension, with at most one parameter more than most.
func (s *scanner) extension(most int) (e Extension, ok bool) {
	e.Name, ok = s.token()
	for ok && len(e.Params) <= most && s.take(';') {
		var p Param
		if p.Name, ok = s.token(); ok && s.take('=') {
			p.Value, ok = s.value()
		}
		e.Params = append(e.Params, p)
	}
	return e, ok
}

// value reads a token, or a quoted string that holds one.
func (s *scanner) value() (string, bool) {
	rest, quoted := strings.CutPrefix(s.rest, `"`)
	if !quoted {
		return s.token()
	}
	var v strings.Builder
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '"':
			s.rest = rest[i+1:]
			return v.String(), isToken(v.String())
		case '\\':
			if i++; i == len(rest) {
				return "", false
			}
		}
		v.WriteByte(rest[i])
	}
	return "", false
}
