// Package cookie parses Set-Cookie fields as RFC 6265 section 5.2 requires of user
// agents. net/http is stricter: it drops names and values that browsers and curl
// send back.
//
// Its functions are pure, and may be called from any goroutine.
package cookie

import (
	"net/http"
	"strings"
)

// The limits of RFC 6265bis section 5.6, in bytes.
const (
	maxPair      = 4096 // of name and value; a longer cookie is ignored
	maxAttribute = 1024 // of the value of an attribute; a longer one is ignored
)

// FromHeader returns the cookies that the Set-Cookie fields of h set.
func FromHeader(h http.Header) (cookies []*http.Cookie) {
	for _, field := range h["Set-Cookie"] {
		if c := Parse(field); c != nil {
			cookies = append(cookies, c)
		}
	}
	return cookies
}

// Parse parses the value of a Set-Cookie field. It returns nil if the field must
// be ignored: if it has no name or no =, if it is too long, or if it contains
// control characters. As in net/http, the quotes around a value are not part of
// it but set Quoted, and MaxAge is negative if the field says 0 or less.
func Parse(field string) *http.Cookie {
	if strings.ContainsFunc(field, isControl) {
		return nil
	}
	pair, attributes, _ := strings.Cut(field, ";")
	name, value, found := strings.Cut(pair, "=")
	c := &http.Cookie{Name: trim(name), Value: trim(value), Raw: field}
	if !found || c.Name == "" || len(c.Name)+len(c.Value) > maxPair {
		return nil
	}
	if n := len(c.Value); n > 1 && c.Value[0] == '"' && c.Value[n-1] == '"' {
		c.Value, c.Quoted = c.Value[1:n-1], true
	}
	for attribute := range strings.SplitSeq(attributes, ";") {
		name, value, _ := strings.Cut(attribute, "=")
		if value = trim(value); len(value) > maxAttribute || !set(c, strings.ToLower(trim(name)), value) {
			c.Unparsed = append(c.Unparsed, trim(attribute))
		}
	}
	return c
}

// isControl reports whether r is forbidden in a cookie, RFC 6265bis section 5.6.
func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

func trim(s string) string { return strings.Trim(s, " \t") }

// set sets an attribute, and reports whether it has a meaning. If an attribute
// occurs several times, the last one counts.
func set(c *http.Cookie, name, value string) (known bool) {
	switch name {
	case "expires":
		return setExpires(c, value)
	case "max-age":
		return setMaxAge(c, value)
	case "domain":
		c.Domain = strings.ToLower(strings.TrimPrefix(value, "."))
	case "path":
		if c.Path = value; !strings.HasPrefix(value, "/") {
			c.Path = "" // the default
		}
	case "secure":
		c.Secure = true
	case "httponly":
		c.HttpOnly = true
	case "samesite":
		c.SameSite = sameSite(value)
	case "partitioned":
		c.Partitioned = true
	default:
		return name == ""
	}
	return true
}

func setExpires(c *http.Cookie, value string) bool {
	at, ok := parseDate(value)
	if ok {
		c.Expires, c.RawExpires = at, value
	}
	return ok
}

// setMaxAge sets MaxAge to value, a number of seconds, and at most to 400 days (RFC
// 6265bis section 5.5).
func setMaxAge(c *http.Cookie, value string) bool {
	const longest = 400 * 24 * 60 * 60
	digits, negative := strings.CutPrefix(value, "-")
	seconds := 0
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
		seconds = min(10*seconds+int(digits[i]-'0'), longest)
	}
	switch {
	case digits == "":
		return false
	case negative || seconds == 0:
		seconds = -1
	}
	c.MaxAge = seconds
	return true
}

func sameSite(value string) http.SameSite {
	switch strings.ToLower(value) {
	case "lax":
		return http.SameSiteLaxMode
	case "strict":
		return http.SameSiteStrictMode
	case "none":
		return http.SameSiteNoneMode
	}
	return http.SameSiteDefaultMode
}
