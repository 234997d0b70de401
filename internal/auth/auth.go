package auth

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
)

// Basic returns the value of an Authorization or Proxy-Authorization field
// for the Basic scheme (RFC 7617). User and password are sent as they are,
// so in UTF-8; a user name with a colon cannot be told from its password.
func Basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// Bearer returns the value of an Authorization field for the Bearer scheme
// (RFC 6750, section 2.1). The token may hold any visible ASCII character,
// as tokens in use do; others are refused.
func Bearer(token string) (string, error) {
	if token == "" {
		return "", errors.New("auth: the bearer token is empty")
	}
	if strings.IndexFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) >= 0 {
		return "", errors.New("auth: the bearer token holds white space, a control character or a character outside ASCII")
	}
	return "Bearer " + token, nil
}

// byStrength orders schemes as libcurl's CURLAUTH_ANY does, strongest first.
var byStrength = []string{"Negotiate", "Bearer", "Digest", "NTLM", "Basic"}

// Strongest returns the strongest of the challenges whose scheme is one of
// able, as curl's --anyauth picks it: Negotiate, Bearer, Digest, NTLM, Basic.
// Of several Digest challenges it is the one Digest.Authorize would answer,
// and those it cannot answer do not count. Other schemes are never chosen.
func Strongest(cs []Challenge, able ...string) (c Challenge, ok bool) {
	for _, scheme := range byStrength {
		if !slices.ContainsFunc(able, func(s string) bool { return strings.EqualFold(s, scheme) }) {
			continue
		}
		if c, ok := first(cs, scheme); ok {
			return c, true
		}
	}
	return Challenge{}, false
}

// first is the challenge of cs to answer with the given scheme.
func first(cs []Challenge, scheme string) (Challenge, bool) {
	if scheme == "Digest" {
		if best, _ := strongestDigest(cs); best != nil {
			return best.Challenge, true
		}
		return Challenge{}, false
	}
	for _, c := range cs {
		if c.Is(scheme) {
			return c, true
		}
	}
	return Challenge{}, false
}
