package handshake

import (
	"fmt"
	"net/url"
	"strings"
)

// ParseURL is url.Parse for URLs whose path must be sent as it was written, as
// curl does. Each %XX stays, and any other % stands for itself. Bytes that a path
// must not contain are percent-encoded. Path is the decoded path. RawPath, unless
// it is "", is the path to send.
func ParseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err == nil {
		u.RawPath = escape(u.RawPath, isPathByte)
		return u, nil
	}
	start, end := pathOf(raw)
	path := raw[start:end]
	u, again := url.Parse(raw[:start] + strings.ReplaceAll(path, "%", "%25") + raw[end:])
	if again != nil {
		return nil, err
	}
	setPath(u, path)
	return u, nil
}

// pathOf returns where the path of a URL, or of a reference without a scheme, is.
func pathOf(raw string) (start, end int) {
	front, _ := cutAny(raw, "?#")
	before, rest, found := strings.Cut(front, "//")
	if !found || before != "" && !strings.HasSuffix(before, ":") {
		return 0, len(front)
	}
	_, path := cutAny(rest, "/")
	return len(front) - len(path), len(front)
}

// setPath sets the path of u to path, which may be percent-encoded.
func setPath(u *url.URL, path string) {
	u.Path, u.RawPath = unescape(path), escape(path, isPathByte)
}

// sentPath returns the path of u as it is sent.
func sentPath(u *url.URL) string {
	if u.RawPath != "" && unescape(u.RawPath) == u.Path {
		return escape(u.RawPath, isPathByte)
	}
	return u.EscapedPath()
}

// Resolve resolves a reference, such as the value of Location, at base (RFC 3986
// section 5.2). Paths are those of ParseURL.
func Resolve(base *url.URL, reference string) (*url.URL, error) {
	ref, err := ParseURL(reference)
	if err != nil {
		return nil, err
	}
	from := *base
	// net/url would decode escaped paths. As decoded paths it returns them unchanged.
	from.Path, from.RawPath = sentPath(base), ""
	ref.Path, ref.RawPath = sentPath(ref), ""
	to := from.ResolveReference(ref)
	setPath(to, to.Path)
	return to, nil
}

// FormatURL returns u.String(), but with the path as it is sent.
func FormatURL(u *url.URL) string {
	path := sentPath(u)
	if path == u.EscapedPath() {
		return u.String()
	}
	front, back := *u, url.URL{RawQuery: u.RawQuery, ForceQuery: u.ForceQuery, Fragment: u.Fragment, RawFragment: u.RawFragment}
	front.Path, front.RawPath, front.RawQuery, front.ForceQuery, front.Fragment, front.RawFragment = "", "", "", false, "", ""
	return front.String() + path + back.String()
}

// Target returns the request target of a handshake with u: its path and query.
// Bytes that these must not contain are percent-encoded.
func Target(u *url.URL) string {
	b, err := appendTarget(nil, u)
	if err != nil {
		return u.RequestURI()
	}
	return string(b)
}

// appendTarget appends the Target of u, or returns why it has none.
func appendTarget(dst []byte, u *url.URL) ([]byte, error) {
	if u.Opaque != "" {
		return nil, &SyntaxError{"URL", "a host after //", "none"}
	}
	path := sentPath(u)
	if !strings.HasPrefix(path, "/") {
		dst = append(dst, '/')
	}
	dst = append(dst, path...)
	if u.RawQuery == "" && !u.ForceQuery {
		return dst, nil
	}
	for i := range len(u.RawQuery) {
		if c := u.RawQuery[i]; c < ' ' || c == 0x7f {
			return nil, &SyntaxError{"query of the URL", "printable text", fmt.Sprintf("byte %#02x at offset %d", c, i)}
		}
	}
	return append(append(dst, '?'), EscapeQuery(u.RawQuery)...), nil
}

// EscapeQuery percent-encodes the bytes that a query must not contain.
func EscapeQuery(query string) string { return escape(query, isQueryByte) }

func isQueryByte(c byte) bool { return isVisible(c) && c != '#' }

// isPathByte reports whether a path may contain c (RFC 3986 section 3.3). It may
// contain brackets, because net/url accepts them.
func isPathByte(c byte) bool { return isVisible(c) && strings.IndexByte("\"#<>?\\^`{|}", c) < 0 }

// escape percent-encodes the bytes for which fits returns false.
func escape(s string, fits func(c byte) bool) string {
	if span(s, fits) == len(s) {
		return s
	}
	var b []byte
	for i := range len(s) {
		if c := s[i]; fits(c) {
			b = append(b, c)
		} else {
			b = fmt.Appendf(b, "%%%02X", c)
		}
	}
	return string(b)
}

// CheckHost returns a *SyntaxError if u has no host that a request could name.
func CheckHost(u *url.URL) error {
	_, err := hostValue(u, "")
	return err
}
