package curlew

import (
	"fmt"
	"net/http"
	"os"

	"github.com/curlew-ws/curlew/internal/auth"
	"github.com/curlew-ws/curlew/internal/handshake"
)

// An Auth makes the value of the Authorization header: CURLOPT_HTTPAUTH. Its
// first call has no challenge; after a 401 it gets that response, at most five
// times a Dial, and the request that it refused, whose method is GET unless
// challenge.Request says otherwise. "" sends no header or, after a
// challenge, gives up. It is called on the goroutine that dials, by several at
// once if they share a Client, and must not change the request.
//
// NTLM and Negotiate, which curlew does not speak itself, plug in here: what
// answers a challenge goes out on the connection that the challenge came by, if
// the server keeps that open.
type Auth func(r *Request, challenge *http.Response) (value string, err error)

// BasicAuth sends user and password at once, RFC 7617: CURLAUTH_BASIC, curl
// --basic -u.
func BasicAuth(user, password string) Auth {
	return always(auth.Basic(user, password), nil)
}

// BearerAuth sends token at once, RFC 6750: CURLAUTH_BEARER, curl
// --oauth2-bearer. A token that is no header value fails the Dial.
func BearerAuth(token string) Auth { return always(auth.Bearer(token)) }

// always sends value with the first request and gives up if that is refused.
func always(value string, err error) Auth {
	return func(_ *Request, challenge *http.Response) (string, error) {
		if challenge != nil || err != nil {
			return "", err
		}
		return value, nil
	}
}

// DigestAuth answers the server's challenge, RFC 7616, with MD5, SHA-256 or
// SHA-512-256, whichever is the strongest offered: CURLAUTH_DIGEST, curl
// --digest -u. The password is never sent.
func DigestAuth(user, password string) Auth {
	return challenged(auth.Login{User: user, Password: password, Digest: true})
}

// AnyAuth waits for the server's challenge, and answers the strongest of its
// schemes that curlew knows, Digest or Basic: CURLAUTH_ANY, curl --anyauth -u.
func AnyAuth(user, password string) Auth {
	return challenged(auth.Login{User: user, Password: password, Digest: true, Basic: true})
}

// challenged sends nothing with the first request, and then what l answers.
func challenged(l auth.Login) Auth {
	return func(r *Request, challenge *http.Response) (string, error) {
		if challenge == nil {
			return "", nil
		}
		method := http.MethodGet
		if challenge.Request != nil {
			method = challenge.Request.Method
		}
		return l.Answer(method, handshake.Target(r.URL), r.Header.Get("Authorization"), challenge.Header, "WWW-Authenticate")
	}
}

// NetrcAuth takes user and password for the URL's host from a netrc file, and
// hands them to with, BasicAuth for instance: CURLOPT_NETRC, curl
// --netrc-optional. What the URL says of user and password comes first. A host
// that the file does not name gets no Authorization; a file that cannot be read
// fails the Dial. Hosts that a redirect leads to have theirs, as with curl.
func NetrcAuth(file string, with func(user, password string) Auth) Auth {
	return func(r *Request, challenge *http.Response) (value string, err error) {
		defer func() { r.netrc = &value }()
		b, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		n, err := auth.ParseNetrc(b)
		if err != nil {
			return "", fmt.Errorf("%s: %w", file, err)
		}
		user, password, ok := n.Credentials(r.URL.Hostname(), r.URL.User, false)
		if !ok {
			return "", nil
		}
		return with(user, password)(r, challenge)
	}
}
