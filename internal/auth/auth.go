package auth

import (
	"encoding/base64"
	"errors"
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
