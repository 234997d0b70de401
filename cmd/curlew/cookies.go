package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/publicsuffix"

	"github.com/curlew-ws/curlew"
)

// A jar is a cookie jar that can be read from, and written to, files in the
// form of Netscape's browser, as curl's: a line a cookie, with the fields
// domain, for subdomains too, path, only by TLS, expiry, name, value between
// tabs. It is for one goroutine.
type jar struct {
	*cookiejar.Jar                           // decides which cookies are sent
	all            map[cookieKey]http.Cookie // what it was given, and took
	junk           bool                      // take no session cookies from files
}

type cookieKey struct{ domain, path, name string }

func newJar(junk bool) *jar {
	inner, _ := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // never fails
	return &jar{Jar: inner, all: map[cookieKey]http.Cookie{}, junk: junk}
}

// SetCookies implements [http.CookieJar].
func (j *jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	for _, c := range cookies {
		kept := *c
		if c.Quoted { // the value as it came, which files have
			kept.Value, kept.Quoted = `"`+c.Value+`"`, false
		}
		set := kept
		j.Jar.SetCookies(u, []*http.Cookie{&set})
		if kept.Domain = strings.TrimPrefix(c.Domain, "."); kept.Domain == "" {
			kept.Domain = u.Hostname()
		} else {
			kept.Domain = "." + kept.Domain
		}
		if !strings.HasPrefix(c.Path, "/") {
			kept.Path = defaultPath(u.Path)
		}
		if c.MaxAge > 0 {
			kept.Expires = time.Now().Add(time.Duration(c.MaxAge) * time.Second)
		}
		key := cookieKey{kept.Domain, kept.Path, kept.Name}
		if delete(j.all, key); j.took(&kept) {
			j.all[key] = kept
		}
	}
}

// defaultPath is the path of a cookie that names none, RFC 6265 section 5.1.4.
func defaultPath(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}

// took reports whether the inner jar has the cookie.
func (j *jar) took(c *http.Cookie) bool {
	u := &url.URL{Scheme: "https", Host: strings.TrimPrefix(c.Domain, "."), Path: c.Path}
	return slices.ContainsFunc(j.Cookies(u), func(has *http.Cookie) bool { return has.Name == c.Name && has.Value == c.Value })
}

// read takes the cookies of a file: Netscape's form, or Set-Cookie headers,
// which are those of the host.
func (j *jar) read(r io.Reader, name, host string) error {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), "\r")
		if value, ok := cutPrefixFold(line, "Set-Cookie:"); ok {
			if c, err := http.ParseSetCookie(strings.TrimSpace(value)); err == nil {
				j.add(&url.URL{Scheme: "https", Host: host, Path: "/"}, c)
				continue
			}
		}
		rest, httpOnly := strings.CutPrefix(line, "#HttpOnly_")
		if line == "" || line[0] == '#' && !httpOnly {
			continue
		}
		u, c, ok := netscapeCookie(rest)
		if !ok {
			return fmt.Errorf("%s: line %d: expected 7 fields between tabs (domain, subdomains, path, TLS, expiry, name, value), or a Set-Cookie header", name, n)
		}
		c.HttpOnly = httpOnly
		j.add(u, c)
	}
	return lines.Err()
}

func (j *jar) add(u *url.URL, c *http.Cookie) {
	if !j.junk || !c.Expires.IsZero() || c.MaxAge > 0 {
		j.SetCookies(u, []*http.Cookie{c})
	}
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}

// netscapeCookie reads a line, and says for which URL the cookie was set.
func netscapeCookie(line string) (*url.URL, *http.Cookie, bool) {
	f := strings.Split(line, "\t")
	if len(f) == 6 {
		f = append(f, "") // curl's form of an empty value
	}
	if len(f) != 7 {
		return nil, nil, false
	}
	expires, err := strconv.ParseInt(f[4], 10, 64)
	domain := strings.TrimPrefix(f[0], ".")
	if !isHost(domain) || err != nil || f[5] == "" || strings.ContainsFunc(f[5]+f[6], unicode.IsControl) {
		return nil, nil, false
	}
	c := &http.Cookie{Name: f[5], Value: f[6], Path: f[2], Secure: strings.EqualFold(f[3], "TRUE")}
	if strings.EqualFold(f[1], "TRUE") {
		c.Domain = domain
	}
	if expires > 0 {
		c.Expires = time.Unix(expires, 0)
	}
	return &url.URL{Scheme: "https", Host: domain, Path: f[2]}, c, true
}

// isHost reports whether a URL can have s as its host, and a cookie as its domain.
func isHost(s string) bool {
	u, err := url.Parse("https://" + s + "/")
	return err == nil && s != "" && s[0] != '.' && u.Hostname() == s
}

// write writes all cookies that have not expired.
func (j *jar) write(w io.Writer) error {
	b := bufio.NewWriter(w)
	b.WriteString("# Netscape HTTP Cookie File\n# Written by curlew.\n\n")
	for _, key := range slices.SortedFunc(maps.Keys(j.all), compareKeys) {
		c := j.all[key]
		expires := int64(0)
		if !c.Expires.IsZero() {
			if expires = c.Expires.Unix(); c.Expires.Before(time.Now()) {
				continue
			}
		}
		if c.HttpOnly {
			b.WriteString("#HttpOnly_")
		}
		fmt.Fprintf(b, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", key.domain, upper(key.domain[0] == '.'), key.path, upper(c.Secure), expires, c.Name, c.Value)
	}
	return b.Flush()
}

func compareKeys(a, b cookieKey) int {
	return cmp.Or(cmp.Compare(a.domain, b.domain), cmp.Compare(a.path, b.path), cmp.Compare(a.name, b.name))
}

func upper(b bool) string { return strings.ToUpper(strconv.FormatBool(b)) }

// setCookie is -b: cookies, or the name of a file with them.
func setCookie(c *config, value string) error {
	if strings.Contains(value, "=") {
		c.cookies = append(c.cookies, value)
	} else {
		c.cookieFiles = append(c.cookieFiles, value)
	}
	return nil
}

// withCookies gives the client the cookies, and the jar if one is asked for.
func (c *config) withCookies(client *curlew.Client, host string) error {
	if len(c.cookies) > 0 {
		client.Header.Set("Cookie", strings.Join(c.cookies, "; "))
	}
	if len(c.cookieFiles) == 0 && c.cookieJar == "" {
		return nil
	}
	if c.jar == nil {
		c.jar = newJar(c.junkSession)
		for _, name := range c.cookieFiles {
			if err := c.readCookies(name, host); err != nil {
				return &failure{codeRead, fmt.Errorf("option -b: %w", err)}
			}
		}
	}
	client.Jar = c.jar
	return nil
}

// readCookies reads a file; one that is not there holds no cookies, as with curl.
func (c *config) readCookies(name, host string) error {
	if name == "" {
		return nil
	}
	f, err := c.open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return c.jar.read(f, name, host)
}

// saveCookies is -c.
func (c *config) saveCookies() error {
	if c.cookieJar == "" || c.jar == nil {
		return nil
	}
	if c.cookieJar == "-" {
		return written(c.jar.write(c.stdout))
	}
	f, err := os.OpenFile(c.cookieJar, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return written(err)
	}
	return written(cmp.Or(c.jar.write(f), f.Close()))
}
