package curlew

import (
	"encoding/base64"
	"net/http"
)

// An Auth makes the value of the Authorization header. Its first call has no
// challenge; after a 401 it gets that response, at most five times a Dial. ""
// sends no header or, after a challenge, gives up. The request is not to be
// changed. NTLM and Negotiate, which curlew does not speak itself, plug in here.
type Auth func(r *Request, challenge *http.Response) (value string, err error)

// BasicAuth sends user and password at once, RFC 7617: CURLAUTH_BASIC, curl -u.
func BasicAuth(user, password string) Auth {
	value := "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	return always(value)
}

// always sends value with the first request and gives up if that is refused.
func always(value string) Auth {
	return func(_ *Request, challenge *http.Response) (string, error) {
		if challenge != nil {
			return "", nil
		}
		return value, nil
	}
}
