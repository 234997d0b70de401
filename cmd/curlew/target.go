package main

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/curlew-ws/curlew/internal/handshake"
)

// target is the ws or wss URL that an argument means.
func (c *config) target(arg string) (*url.URL, error) {
	scheme, rest, err := c.splitScheme(strings.TrimSpace(arg))
	if err != nil {
		return nil, err
	}
	rest = bareZone.ReplaceAllString(rest, "$1%25$2")
	u, err := handshake.ParseURL(scheme + "://" + rest)
	if err != nil {
		return nil, &failure{codeURL, fmt.Errorf("the URL cannot be read: %w", withoutURL(err))}
	}
	if u.Hostname() == "" {
		return nil, &failure{codeURL, errors.New("expected a host in the URL, got none")}
	}
	if err := checkHost(u); err != nil {
		return nil, &failure{codeURL, err}
	}
	return u, c.dropFragment(u)
}

// bareZone matches an IPv6 address whose zone begins with a percent sign, and not
// with its encoded form.
var bareZone = regexp.MustCompile(`^([^/?#]*\[[0-9A-Fa-f:.]+)%([^2\]]|2[^5])`)

// splitScheme takes the scheme off: without one it is ws, as it is http with
// curl, or what --proto-default says; http and https stand for ws and wss.
func (c *config) splitScheme(arg string) (scheme, rest string, err error) {
	if err := checkSlashes(arg); err != nil {
		return "", "", err
	}
	scheme, rest, found := strings.Cut(arg, "://")
	if !found {
		scheme, rest = c.protoDefault, strings.TrimPrefix(arg, "//")
	}
	switch scheme = strings.ToLower(scheme); scheme {
	case "http", "ws":
		return "ws", rest, nil
	case "https", "wss":
		return "wss", rest, nil
	}
	hint := ""
	switch {
	case strings.HasSuffix(scheme, "unix"):
		hint = "; --unix-socket PATH ws://localhost/ connects to a unix socket"
	case strings.ContainsAny(scheme, "\"'<“‘"):
		hint = "; what is around the URL is no part of it"
	}
	return "", "", &failure{codeScheme, fmt.Errorf("expected a URL that begins with ws:// or wss://, got the scheme %q%s", scheme, hint)}
}

var (
	oneSlash  = regexp.MustCompile(`^([^./:@[]*:)/[^/]`)
	noSlash   = regexp.MustCompile(`^((?i:wss?|https?):)(?:[^/\d]|\d+[^/\d?#])`)
	backSlash = regexp.MustCompile(`^((?i:wss?|https?):)[/\\]*\\`)
	noColon   = regexp.MustCompile(`^((?i:wss?|https?))//`)
	onlyPort  = regexp.MustCompile(`^\d+$`)
)

// checkSlashes finds what is wrong between the scheme and the host.
func checkSlashes(arg string) error {
	var err error
	switch {
	case oneSlash.MatchString(arg):
		err = fmt.Errorf("expected two slashes behind %q, got one", oneSlash.FindStringSubmatch(arg)[1])
	case backSlash.MatchString(arg):
		err = fmt.Errorf("expected two slashes behind %q, got a backslash", backSlash.FindStringSubmatch(arg)[1])
	case noSlash.MatchString(arg):
		err = fmt.Errorf("expected two slashes behind %q, got none", noSlash.FindStringSubmatch(arg)[1])
	case noColon.MatchString(arg):
		err = fmt.Errorf("expected a colon behind %q, got none", noColon.FindStringSubmatch(arg)[1])
	case onlyPort.MatchString(arg):
		err = fmt.Errorf("expected a host in the URL, got the number %s alone; a port of this machine is localhost:%s", arg, arg)
	default:
		return nil
	}
	return &failure{codeURL, err}
}

// dropFragment takes the fragment off, as curl and browsers do, unless it is
// rather part of a user or password.
func (c *config) dropFragment(u *url.URL) error {
	if u.Path == "" && u.RawQuery == "" && strings.Contains(u.Fragment, "@") {
		return &failure{codeURL, errors.New("expected a host in the URL, got a # before it; in a user or password it is %23")}
	}
	if u.Fragment != "" && c.tell != nil {
		c.tell("the URL's fragment is not sent; a # that belongs to the path is %%23")
	}
	u.Fragment, u.RawFragment = "", ""
	return nil
}

// withoutURL takes the URL, and what may be the half of a password, out of
// the parser's error.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if strings.HasPrefix(err.Error(), "invalid port") {
		return errors.New("what follows the host and its colon is not a port (in a user or password /, ? and # are %2F, %3F and %23)")
	}
	return err
}

// checkHost finds what url.Parse lets pass: colons in a host, a port out of
// range, and a name that has no ASCII form.
func checkHost(u *url.URL) error {
	if strings.Contains(u.Hostname(), ":") && u.Host[0] != '[' {
		return errors.New("expected a host without colons in the URL; an IPv6 address stands in brackets, as in ws://[::1]:80/")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return fmt.Errorf("expected a port from 1 to 65535 in the URL, got %s", port)
		}
	}
	if strings.ContainsFunc(u.Host, func(r rune) bool { return r >= utf8.RuneSelf }) {
		if _, err := idna.Lookup.ToASCII(u.Hostname()); err != nil {
			return fmt.Errorf("the URL's host is no name that can be looked up: %w", err)
		}
	}
	return nil
}
