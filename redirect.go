package curlew

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"strings"

	"github.com/curlew-ws/curlew/internal/handshake"
)

const (
	maxShown = 200 // bytes of a Location in an error
	maxHost  = 300 // bytes of a host and its port, more than DNS allows
)

// location is where a redirect leads, for those who may not see a secret.
func location(resp *Response) string {
	u, err := handshake.ParseURL(resp.Header.Get("Location"))
	if err != nil || u.Opaque != "" {
		return "…"
	}
	text := handshake.MaskURL(handshake.FormatURL(u))
	if len(text) > maxShown {
		return text[:maxShown] + "…"
	}
	return text
}

func isRedirect(resp *Response) bool {
	switch resp.StatusCode {
	case 301, 302, 303, 307, 308:
		return resp.Header.Get("Location") != ""
	}
	return false
}

// follow makes a redirect's target the next URL. What may be secret does not go to
// another host, and what was wss stays wss.
func (o *opening) follow(resp *Response) error {
	o.drop()
	to, err := redirected(o.url, resp)
	if err != nil {
		return err
	}
	if o.url.Scheme == "wss" && to.Scheme != "wss" && !o.c.Unrestricted {
		return errors.New("expected to be redirected to wss, since this is wss; got ws")
	}
	if !handshake.SameHost(to, o.url) && !o.c.Unrestricted {
		o.value, o.host = "", ""
		if o.away = o.netrc; !o.netrc {
			o.auth = nil
		}
		maps.DeleteFunc(o.header, func(name string, values []string) bool {
			return len(values) > 0 && !handshake.Harmless(name, strings.Join(values, ","))
		})
	}
	o.target(to)
	return nil
}

// redirected is the URL that a redirect leads to. If there is none, that is the
// server's fault, which may be mended: a [*handshake.SyntaxError].
func redirected(from *url.URL, resp *Response) (*url.URL, error) {
	bad := func(want, got string) (*url.URL, error) {
		return nil, &handshake.SyntaxError{Where: "field Location", Want: want, Got: got}
	}
	reference, _, _ := strings.Cut(resp.Header.Get("Location"), "#") // no WebSocket URL has a fragment
	to, err := handshake.Resolve(from, reference)
	if err != nil {
		return bad("a URL", "what cannot be read as one")
	}
	switch to.Scheme {
	case "http":
		to.Scheme = "ws"
	case "https":
		to.Scheme = "wss"
	case "ws", "wss":
	default:
		return bad("a URL of ws, wss, http or https", fmt.Sprintf("the scheme %.40q", to.Scheme))
	}
	if to.Host == "" || !validPort(to.Port()) {
		return bad("a URL with a host and a valid port", strconv.Quote(location(resp)))
	}
	if to.Host, err = handshake.ASCIIHost(to.Host); err != nil || len(to.Host) > maxHost || handshake.CheckHost(to) != nil {
		return bad("a host that can be looked up", strconv.Quote(location(resp)))
	}
	return to, nil
}
