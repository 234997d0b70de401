package main

import (
	"net/http"
	"regexp"
	"strings"
)

// What to do about a refusal, by its status and what the user did about it already.

var authScheme = regexp.MustCompile(`(?i)(?:^|,)\s*([a-z][a-z0-9-]*)(?:\s|,|$)`)

// offered are the schemes of a 401, in small letters; nil for any other error.
func offered(err error) map[string]bool {
	if !status(http.StatusUnauthorized)(err) {
		return nil
	}
	schemes := map[string]bool{}
	for _, value := range answer(err).Header.Values("WWW-Authenticate") {
		for _, found := range authScheme.FindAllStringSubmatch(value, -1) {
			schemes[strings.ToLower(found[1])] = true
		}
	}
	return schemes
}

// offersNone matches a 401 that offers something, but none of these.
func offersNone(schemes ...string) func(error) bool {
	return func(err error) bool {
		all := offered(err)
		for _, scheme := range schemes {
			if all[scheme] {
				return false
			}
		}
		return len(all) > 0
	}
}

func (c *config) wantsDigest(err error) bool {
	all := offered(err)
	return c.hasPassword() && c.scheme != "digest" && c.scheme != "any" && all["digest"] && !all["basic"]
}

func (c *config) wantsBasic(err error) bool {
	all := offered(err)
	return c.hasPassword() && c.scheme == "digest" && all["basic"] && !all["digest"]
}

func (c *config) wantsToken(err error) bool {
	all := offered(err)
	return c.bearer == "" && all["bearer"] && !all["basic"] && !all["digest"]
}

// unaccepted matches a 401 in spite of credentials.
func (c *config) unaccepted(err error) bool {
	return offered(err) != nil && (c.bearer != "" || c.hasPassword())
}

// hasPassword reports whether a user and password were given.
func (c *config) hasPassword() bool { return c.user != "" || c.urlUser }

// otherVersion matches a refusal that names the versions that the server speaks
// (RFC 6455 section 4.4), of which none is 13.
func otherVersion(err error) bool {
	if !status(http.StatusBadRequest, http.StatusUpgradeRequired)(err) {
		return false
	}
	named := strings.Join(answer(err).Header.Values("Sec-WebSocket-Version"), ",")
	return named != "" && !regexp.MustCompile(`\b13\b`).MatchString(named)
}

// unfollowed matches a redirect that nobody asked to be followed.
func (c *config) unfollowed(err error) bool {
	return isRedirect(err) && (!c.location || c.maxRedirs == 0)
}

// downgraded matches a redirect from wss to ws.
func (c *config) downgraded(err error) bool {
	return isRedirect(err) && c.secure && plainURL.MatchString(answer(err).Header.Get("Location"))
}

var plainURL = regexp.MustCompile(`^(?i:ws|http):`)

var isRedirect = status(http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect)

// retriable matches what --retry would repeat.
func (c *config) retriable(err error) bool {
	return c.retry == 0 && status(http.StatusTooManyRequests, http.StatusServiceUnavailable)(err)
}
