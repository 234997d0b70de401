package handshake

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// An origin is the origin of a web page, RFC 6454 section 4. Of its many spellings
// it has the one in lower case and ASCII, with a port if its scheme has a default
// port.
type origin struct{ scheme, host, port string }

var defaultPorts = map[string]string{"http": "80", "https": "443"}

// A PatternError reports a pattern for origins that cannot match anything.
type PatternError struct {
	Pattern string
	Err     error
}

func (e *PatternError) Error() string { return fmt.Sprintf("invalid pattern %q: %v", e.Pattern, e.Err) }

// CheckOrigin checks that the page that sent r may connect. If allowed is nil, the
// page must be of the host in the request's Host. Otherwise its origin must match
// a pattern of allowed. A pattern that cannot match anything always gives a
// [*PatternError], even if another one matches.
func CheckOrigin(r *http.Request, allowed []string) error {
	fields := r.Header["Origin"]
	if len(fields) == 0 {
		return nil
	}
	value := strings.Join(fields, ", ") // several fields are not an origin
	o, ok := parseOrigin(value)
	matched := allowed == nil && ok && o.sameHost(r.Host)
	for _, s := range allowed {
		p, err := parsePattern(s)
		if err != nil {
			return &PatternError{s, err}
		}
		matched = matched || s == "*" || ok && p.matches(o)
	}
	switch {
	case matched:
		return nil
	case !ok:
		return fmt.Errorf("invalid Origin %q: expected a scheme, a host and perhaps a port", value)
	}
	return fmt.Errorf("the origin %q is not allowed to connect", value)
}

// parseOrigin parses an Origin field. It accepts only a scheme, a host and a port,
// while a URL parser would find a host in much else. With http and https, a host
// is required.
func parseOrigin(s string) (o origin, ok bool) {
	scheme, rest, found := strings.Cut(strings.ToLower(s), "://")
	if !found || !isScheme(scheme) {
		return o, false
	}
	host, port, hasPort := cutPort(rest)
	o = origin{scheme, "", defaultPorts[scheme]}
	if hasPort {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return origin{}, false
		}
		o.port = strconv.FormatUint(n, 10)
	}
	host, err := originHost(host)
	if err != nil || host == "" && (hasPort || defaultPorts[scheme] != "") {
		return origin{}, false
	}
	o.host = host
	return o, true
}

func isScheme(s string) bool {
	for i, c := range []byte(s) {
		letter := 'a' <= c && c <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", rune(c))) {
			return false
		}
	}
	return s != ""
}

// cutPort cuts off the port. An IPv6 address has its colons in brackets.
func cutPort(s string) (host, port string, found bool) {
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, ']') {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// forbidden are the characters that the URL standard forbids in a host.
const forbidden = " #%,/:<>?@[\\]^|"

var errHost = errors.New("expected a host name or an IP address")

// originHost returns a host as browsers send it: a name in ASCII, an IPv6 address
// in its short form and in brackets.
func originHost(s string) (string, error) {
	if inside, bracket := strings.CutPrefix(s, "["); bracket {
		addr, err := netip.ParseAddr(strings.TrimSuffix(inside, "]"))
		if err != nil || !addr.Is6() || addr.Zone() != "" || inside[len(inside)-1] != ']' {
			return "", errHost
		}
		return "[" + addr.String() + "]", nil
	}
	if strings.ContainsAny(s, forbidden) || strings.ContainsFunc(s, isControl) {
		return "", errHost
	}
	return ASCIIHost(s)
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// sameHost reports whether o is an origin of the host in a request. A Host without
// a port stands for the default port of either scheme: the server cannot know the
// scheme of the request, because a proxy may have changed it.
func (o origin) sameHost(hostField string) bool {
	standard := defaultPorts[o.scheme]
	if standard == "" {
		return false
	}
	host, port, _ := cutPort(strings.ToLower(hostField))
	host, err := originHost(host)
	return err == nil && host == o.host && cmp.Or(port, standard) == o.port
}

// An originPattern is an element of AcceptOptions.Origins. Its parts are patterns
// for path.Match.
type originPattern struct {
	scheme, host, port string
	exact              bool // it has a scheme: without a port only the default one matches
}

func parsePattern(s string) (p originPattern, err error) {
	scheme, host, exact := strings.Cut(strings.ToLower(s), "://")
	if !exact {
		scheme, host = "", scheme
	}
	port, hasPort := "", false
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
		host = "[" + host + "]"
	} else {
		host, port, hasPort = cutPort(host)
	}
	noHost := host == "" && (scheme == "" || defaultPorts[scheme] != "")
	if noHost || exact && scheme == "" || hasPort && port == "" {
		return p, errors.New("expected a host, host:port or scheme://host:port")
	}
	host, err = patternHost(host)
	for _, part := range []string{scheme, host, port} {
		_, bad := path.Match(part, "")
		err = cmp.Or(err, bad)
	}
	return originPattern{scheme, host, port, exact}, err
}

// patternHost turns a pattern for hosts into one that matches what originHost returns.
func patternHost(s string) (string, error) {
	if host, err := originHost(s); err == nil && strings.HasPrefix(host, "[") {
		return `\` + host, nil // not a class of characters
	}
	if strings.ContainsAny(s, "/@#% ") {
		return "", errors.New("expected only a scheme, a host and a port")
	}
	labels := strings.Split(s, ".")
	for i, label := range labels {
		ascii, err := ASCIIHost(label)
		if err != nil || ascii != label && strings.ContainsAny(label, `*?[\`) {
			return "", fmt.Errorf("expected ASCII or a whole label, got %q", label)
		}
		labels[i] = ascii
	}
	return strings.Join(labels, "."), nil
}

func (p originPattern) matches(o origin) bool {
	standard := defaultPorts[o.scheme]
	switch {
	case !match(p.host, o.host):
		return false
	case p.exact:
		return match(p.scheme, o.scheme) && match(cmp.Or(p.port, standard), o.port)
	}
	return standard != "" && match(cmp.Or(p.port, "*"), o.port)
}

// match is path.Match for a checked pattern.
func match(pattern, s string) bool {
	ok, _ := path.Match(pattern, s)
	return ok
}

// CheckPatterns checks patterns for origins. Its error is a [*PatternError].
func CheckPatterns(patterns []string) error {
	for _, s := range patterns {
		if _, err := parsePattern(s); err != nil {
			return &PatternError{s, err}
		}
	}
	return nil
}

// ASCIIHost returns an international host name in the ASCII form that DNS and HTTP
// use. A port after it stays.
func ASCIIHost(host string) (string, error) {
	for i := range len(host) {
		if host[i] >= 0x80 {
			if !utf8.ValidString(host) {
				return "", &SyntaxError{"host", "UTF-8", quote(host)}
			}
			name, port, found := strings.Cut(host, ":")
			name, err := idna.Lookup.ToASCII(name)
			if found {
				name += ":" + port
			}
			return name, err
		}
	}
	return host, nil
}
