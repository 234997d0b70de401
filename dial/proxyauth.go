package dial

import (
	"net/http"
	"net/url"

	"github.com/curlew-ws/curlew/internal/auth"
)

// ProxyAuth returns the value of Proxy-Authorization for a CONNECT request.
//
// For the first request challenge is nil, and "" sends the request without
// Proxy-Authorization. After each reply with status 407 it is called again.
// challenge is then that reply, with its body and the refused Request, and "" gives
// up. At most five requests are sent, on one connection if the proxy keeps it open.
//
// One Dial calls a ProxyAuth from one goroutine at a time. Several Dials may call it
// concurrently.
type ProxyAuth func(method, uri string, challenge *http.Response) (value string, err error)

// ProxyDigest answers the challenge of a proxy by the Digest scheme (RFC 7616). Of
// MD5, SHA-256 and SHA-512-256 it uses the strongest algorithm offered. The
// password is never sent. curl --proxy-digest.
func ProxyDigest(user, password string) ProxyAuth {
	return challenged(auth.Login{User: user, Password: password, Digest: true})
}

// ProxyAnyAuth answers the challenge of a proxy by Digest if the proxy offers that,
// else by Basic. curl --proxy-anyauth.
func ProxyAnyAuth(user, password string) ProxyAuth {
	return challenged(auth.Login{User: user, Password: password, Digest: true, Basic: true})
}

// challenged returns a ProxyAuth that answers challenges with l.
func challenged(l auth.Login) ProxyAuth {
	return func(method, uri string, challenge *http.Response) (string, error) {
		if challenge == nil {
			return "", nil
		}
		refused := challenge.Request.Header.Get("Proxy-Authorization")
		return l.Answer(method, uri, refused, challenge.Header, "Proxy-Authenticate")
	}
}

// basicAuth returns a ProxyAuth that sends the user and password of the proxy's URL
// with the first request, and gives up if they are refused (RFC 7617).
func basicAuth(user *url.Userinfo) ProxyAuth {
	return func(_, _ string, challenge *http.Response) (string, error) {
		if user == nil || challenge != nil {
			return "", nil
		}
		password, _ := user.Password()
		return auth.Basic(user.Username(), password), nil
	}
}
