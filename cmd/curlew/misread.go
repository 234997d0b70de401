package main

import (
	"regexp"
	"slices"
	"strings"
)

// What the user may have meant by arguments that make no sense.

// A taking is an option that took the argument behind it for its value.
type taking struct {
	shown, value string // the option and what it took
	arg          string // what that is to be, as "<file>"
	last         bool   // no argument is behind it, and it may be the URL
}

// took takes note of a taking, and tells if the value is an option itself.
func (c *config) took(t taking) {
	c.takings = append(c.takings, t)
	if strings.Contains(t.arg, "file") && !strings.Contains(t.arg, "@") && isOption(t.value) {
		c.note("option %s took %q as its %s", t.shown, t.value, t.arg)
	}
}

func isOption(arg string) bool {
	if name, long := strings.CutPrefix(arg, "--"); long {
		o, _ := find(name)
		return o != nil
	}
	return len(arg) == 2 && arg[0] == '-' && findShort(arg[1]) != nil
}

// mayBeURL reports whether a URL can be the option's value.
func (o *option) mayBeURL() bool {
	for _, kind := range []string{"<number>", "<seconds>", "<bytes>", "<milliseconds>", "<version>", "<framing>", "<range>"} {
		if o.arg == kind {
			return false
		}
	}
	return true
}

var beginsURL = regexp.MustCompile(`^(?i:wss?|https?)://`)

// noURL is the error for a command line without a URL: it names the option that
// may have taken it.
func (c *config) noURL() error {
	for _, t := range c.takings {
		if beginsURL.MatchString(t.value) && !strings.Contains(t.arg, "proxy") && !strings.Contains(t.arg, "url") {
			return usagef("expected a URL, got none; option %s took %q as its %s", t.shown, c.maskedURL(t.value), t.arg)
		}
	}
	if n := len(c.takings); n > 0 && c.takings[n-1].last {
		return usagef("expected a URL, got none; option %s took the last argument as its %s", c.takings[n-1].shown, c.takings[n-1].arg)
	}
	return usagef("expected a URL, got none; curlew --help shows the options")
}

// hostLike matches the beginning of a URL without a scheme, but for a host's
// name that is a single word and nothing else.
var hostLike = regexp.MustCompile(`^(?:[^\s/?#]*@)?(?:` +
	`localhost(?:[:/?#].*)?|` +
	`[\pL\pN_-]+(?:\.[\pL\pN_-]+)+\.?(?:[:/?#].*)?|` +
	`\[[\w:.%]+\].*|` +
	`[\pL\pN_-]+(?::\d+)?/.*|` +
	`[\pL\pN_-]+:\d+` + `)$`)

// checkURLs finds what is rather a message, or the rest of one, among several
// URLs, before any of them is asked for.
func (c *config) checkURLs() error {
	if len(c.urls) == 0 {
		return c.noURL()
	}
	for _, arg := range c.urls {
		switch {
		case slices.Contains(commandNames(), arg) && len(c.urls) == 1:
			return usagef("expected a URL, got the command %q, which has to be the first argument; a host of this name is ws://%s/", arg, arg)
		case len(c.urls) == 1 || strings.Contains(arg, "://") || hostLike.MatchString(arg):
		case slices.ContainsFunc(c.given, func(name string) bool { return slices.Contains(mayBeSplit, name) }):
			return usagef("expected a URL, got an argument that is none; what has spaces, as a header, stands in quotes")
		case strings.HasPrefix(arg, "-"):
			return usagef("expected a URL, got %q; behind -- nothing is an option", cut([]byte(arg)))
		default:
			return usagef("expected a URL, got %q; -d sends a message, and what has spaces stands in quotes", cut([]byte(arg)))
		}
	}
	return nil
}

// mayBeSplit are options of whose value a part may be among the URLs, which is
// then not to be shown.
var mayBeSplit = []string{"header", "proxy-header", "user", "proxy-user", "oauth2-bearer", "cookie", "pass", "proxy-pass"}
