package auth

import (
	"encoding/base64"
	"errors"
	"strings"
)

// Basic returns the value of an Authorization or Proxy-Authorization field
// for the Basic scheme (RFC 7617). User and password are sent as they are, so in
// UTF-8. The user name must not contain a colon, since the first colon ends it.
func Basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// Bearer returns the value of an Authorization field for the Bearer scheme
// (RFC 6750, section 2.1). The token must not be empty, and must consist of
// visible ASCII characters. That is more than the RFC allows, and what tokens in
// use contain.
func Bearer(token string) (string, error) {
	if token == "" {
		return "", errors.New("auth: invalid bearer token: it is empty")
	}
	if strings.IndexFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) >= 0 {
		return "", errors.New("auth: invalid bearer token: expected visible ASCII characters only")
	}
	return "Bearer " + token, nil
}
