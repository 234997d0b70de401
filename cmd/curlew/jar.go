package main

import (
	"cmp"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/publicsuffix"
)

// A jar is a cookie jar that can be read from, and written to, files in the
// form of Netscape's browser, as curl's: a line a cookie, with the fields
// domain, for subdomains too, path, only by TLS, expiry, name, value between
// tabs. It is for one goroutine.
//
// Paths are compared and kept as they are sent: decoded, one could hold tabs and
// newlines, and with them the lines of other domains.
type jar struct {
	inner *cookiejar.Jar            // decides which cookies are sent
	all   map[cookieKey]http.Cookie // what it was given, and took
	junk  bool                      // take no session cookies from files
}

type cookieKey struct{ domain, path, name string }

// maxCookie is the longest name and value together, RFC 6265bis section 5.6.
const maxCookie = 4096

func newJar(junk bool) *jar {
	return &jar{inner: emptyJar(), all: map[cookieKey]http.Cookie{}, junk: junk}
}

func emptyJar() *cookiejar.Jar {
	inner, _ := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // never fails
	return inner
}

// Cookies implements [http.CookieJar].
func (j *jar) Cookies(u *url.URL) []*http.Cookie { return j.inner.Cookies(asSent(u)) }

// SetCookies implements [http.CookieJar].
func (j *jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	u = asSent(u)
	for _, c := range cookies {
		kept := keptFrom(u, c)
		if !fits(&kept) || !safe(u, c, &kept) || u.Scheme != "https" && j.shadows(&kept) {
			continue
		}
		set := kept
		if kept.Domain[0] != '.' {
			set.Domain = ""
		}
		key := cookieKey{kept.Domain, kept.Path, kept.Name}
		j.inner.SetCookies(u, []*http.Cookie{&set})
		if delete(j.all, key); taken(u, set) {
			j.all[key] = kept
		}
	}
}

// asSent is u with the path that the request has, and one form of its host.
func asSent(u *url.URL) *url.URL {
	return &url.URL{Scheme: u.Scheme, Host: net.JoinHostPort(strings.ToLower(u.Hostname()), "80"), Path: cmp.Or(u.EscapedPath(), "/")}
}

// keptFrom is the cookie as files have it: with the domain it is for, which
// begins with a dot if subdomains have it too, its path and when it expires.
func keptFrom(u *url.URL, c *http.Cookie) http.Cookie {
	kept := *c
	if c.Quoted { // the value as it came
		kept.Value, kept.Quoted = `"`+c.Value+`"`, false
	}
	domain := strings.ToLower(strings.TrimPrefix(c.Domain, "."))
	if kept.Domain = "." + domain; domain == "" || domain == u.Hostname() && hasNoSubdomains(domain) {
		kept.Domain = u.Hostname()
	}
	if !strings.HasPrefix(c.Path, "/") {
		kept.Path = defaultPath(u.Path)
	}
	if c.MaxAge > 0 {
		const longest = 400 * 24 * 60 * 60 // RFC 6265bis section 5.5
		kept.Expires = time.Now().Add(time.Duration(min(c.MaxAge, longest)) * time.Second)
		kept.MaxAge = 0
	}
	return kept
}

// hasNoSubdomains reports whether the domain is an address, or a suffix under
// which others have their names.
func hasNoSubdomains(domain string) bool {
	if isAddress(domain) {
		return true
	}
	suffix, _ := publicsuffix.PublicSuffix(domain)
	return suffix == domain
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// fits reports whether a line of a file can hold the cookie.
func fits(c *http.Cookie) bool {
	return c.Name != "" && len(c.Name)+len(c.Value) <= maxCookie && len(c.Path) <= maxCookie && isHost(strings.TrimPrefix(c.Domain, ".")) &&
		!strings.ContainsFunc(c.Domain+c.Path+c.Name+c.Value, unicode.IsControl)
}

// safe reports whether the URL may set the cookie, which it gave as c: one that
// goes by TLS only must have come by it, and the prefixes of names keep what
// they promise, RFC 6265bis sections 4.1.3 and 5.7.
func safe(u *url.URL, c, kept *http.Cookie) bool {
	_, onlySecure := cutPrefixFold(c.Name, "__Secure-")
	_, onlyHost := cutPrefixFold(c.Name, "__Host-")
	switch {
	case c.Secure && u.Scheme != "https", (onlySecure || onlyHost) && !c.Secure:
		return false
	case onlyHost:
		return c.Domain == "" && kept.Path == "/"
	}
	return true
}

// shadows reports whether the cookie, which came without TLS, would be sent in
// place of one that goes by TLS only.
func (j *jar) shadows(c *http.Cookie) bool {
	for key, has := range j.all {
		if has.Secure && key.name == c.Name && under(c.Path, key.path) && (inDomain(key.domain, c.Domain) || inDomain(c.Domain, key.domain)) {
			return true
		}
	}
	return false
}

// under reports whether path is that of a cookie, or below it.
func under(path, of string) bool {
	rest, ok := strings.CutPrefix(path, of)
	return ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(of, "/"))
}

// inDomain reports whether a is a cookie's domain, or below it.
func inDomain(a, of string) bool {
	a, of = strings.TrimPrefix(a, "."), strings.TrimPrefix(of, ".")
	return a == of || strings.HasSuffix(a, "."+of) && !isAddress(a)
}

// defaultPath is the path of a cookie that names none, RFC 6265 section 5.1.4.
func defaultPath(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}

// taken reports whether a jar takes the cookie from u, and has not to delete it.
func taken(u *url.URL, c http.Cookie) bool {
	empty := emptyJar()
	empty.SetCookies(u, []*http.Cookie{&c})
	at := *u
	at.Scheme, at.Path = "https", c.Path
	return len(empty.Cookies(&at)) > 0
}

// isHost reports whether a URL can have s as its host, and a cookie as its domain.
func isHost(s string) bool {
	if isAddress(s) {
		return true
	}
	u, err := url.Parse("https://" + s + "/")
	return err == nil && s != "" && s[0] != '.' && u.Hostname() == s
}
