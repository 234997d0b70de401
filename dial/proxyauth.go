package dial

import (
	"net/http"
	"net/url"

	"github.com/curlew-ws/curlew/internal/auth"
)

// ProxyAuth makes the Proxy-Authorization value for a CONNECT request. The
// first call has no challenge; "" then sends the request without. Each 407
// leads to another call with that reply, its body and the Request that it
// refused included; "" then gives up.
// At most five requests are sent. The requests of a Dial follow each other on
// one connection if the proxy keeps it open. A ProxyAuth is called by one
// goroutine at a time in one Dial, but Dials may run at once.
type ProxyAuth func(method, uri string, challenge *http.Response) (value string, err error)

// ProxyDigest answers the proxy's challenge by the Digest scheme (RFC 7616), with
// the strongest algorithm offered of MD5, SHA-256 and SHA-512-256. The password
// is never sent. curl --proxy-digest.
func ProxyDigest(user, password string) ProxyAuth {
	return challenged(auth.Login{User: user, Password: password, Digest: true})
}

// ProxyAnyAuth waits for the proxy's challenge and answers the stronger of the
// schemes Digest and Basic that it offers. curl --proxy-anyauth.
func ProxyAnyAuth(user, password string) ProxyAuth {
	return challenged(auth.Login{User: user, Password: password, Digest: true, Basic: true})
}

// challenged sends nothing with the first request, and then what l answers.
func challenged(l auth.Login) ProxyAuth {
	return func(method, uri string, challenge *http.Response) (string, error) {
		if challenge == nil {
			return "", nil
		}
		refused := challenge.Request.Header.Get("Proxy-Authorization")
		return l.Answer(method, uri, refused, challenge.Header, "Proxy-Authenticate")
	}
}

// basicAuth sends the proxy URL's user and password unasked, and gives up if
// they are refused (RFC 7617).
func basicAuth(user *url.Userinfo) ProxyAuth {
	return func(_, _ string, challenge *http.Response) (string, error) {
		if user == nil || challenge != nil {
			return "", nil
		}
		password, _ := user.Password()
		return auth.Basic(user.Username(), password), nil
	}
}
