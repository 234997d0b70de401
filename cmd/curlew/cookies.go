package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/internal/cookie"
)

// read takes the cookies of a file: Netscape's form, or Set-Cookie headers,
// which are those of the host. Lines that are neither are skipped, as by curl;
// it returns their numbers.
func (j *jar) read(r io.Reader, host string) (skipped []int, err error) {
	in := bufio.NewReader(r)
	for n := 1; err == nil; n++ {
		var line string
		if line, err = in.ReadString('\n'); !j.readLine(strings.TrimRight(line, "\r\n"), host) {
			skipped = append(skipped, n)
		}
	}
	if err == io.EOF {
		err = nil
	}
	return skipped, err
}

// readLine takes a line's cookie, and reports whether the line was understood.
func (j *jar) readLine(line, host string) bool {
	if value, ok := cutPrefixFold(line, "Set-Cookie:"); ok {
		c := cookie.Parse(value)
		if c != nil {
			j.add(&url.URL{Scheme: "https", Host: net.JoinHostPort(host, "443"), Path: "/"}, c)
		}
		return c != nil
	}
	rest, httpOnly := strings.CutPrefix(line, "#HttpOnly_")
	if line == "" || line[0] == '#' && !httpOnly {
		return true
	}
	u, c, ok := netscapeCookie(rest)
	if ok {
		c.HttpOnly = httpOnly
		j.add(u, c)
	}
	return ok
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
	f := strings.Split(strings.TrimLeft(line, " \t"), "\t")
	if len(f) == 6 {
		f = append(f, "") // curl's form of an empty value
	}
	if len(f) != 7 {
		return nil, nil, false
	}
	seconds, _, _ := strings.Cut(f[4], ".") // browsers' extensions write fractions
	expires, err := strconv.ParseInt(seconds, 10, 64)
	domain := strings.TrimPrefix(f[0], ".")
	c := &http.Cookie{Name: f[5], Value: f[6], Path: f[2], Secure: strings.EqualFold(f[3], "TRUE")}
	if strings.EqualFold(f[1], "TRUE") {
		c.Domain = domain
	}
	if expires > 0 {
		c.Expires = time.Unix(expires, 0)
	}
	checked := *c
	checked.Domain = domain
	return &url.URL{Scheme: "https", Host: net.JoinHostPort(domain, "443"), Path: "/"}, c, err == nil && fits(&checked)
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
	f, err := c.openText(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	skipped, err := c.jar.read(f, host)
	if c.tell != nil && len(skipped) > 0 {
		c.tell("%s: %s skipped, the first is line %d: no cookies of 7 fields between tabs, and no Set-Cookie headers", name, amount(int64(len(skipped)), "line"), skipped[0])
	}
	return err
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
		return written(fmt.Errorf("option -c: %w", err))
	}
	return written(cmp.Or(c.jar.write(f), f.Close()))
}
