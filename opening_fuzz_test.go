package curlew

import (
	"net/http"
	"net/url"
	"testing"
)

// FuzzLocation: wherever a redirect leads, it is a WebSocket URL, as safe as
// the one before, and no secret goes to another host.
func FuzzLocation(f *testing.F) {
	for _, location := range []string{"/next", "wss://near.test/", "//far.test", "http://far.test:81/a?b#c", "ws://u:p@[::1]/", "WSS://FAR.TEST", "../..", "http:x", "\x00"} {
		f.Add(true, location)
		f.Add(false, location)
	}
	f.Fuzz(func(t *testing.T, secure bool, location string) {
		raw := "ws://near.test/a/b"
		if secure {
			raw = "wss://near.test/a/b"
		}
		o, err := (&Client{
			Auth: BasicAuth("u", "p"), Host: "front.test", MaxRedirects: 1,
			Header: http.Header{"Cookie": {"a=b"}, "Authorization": {"x"}, "Proxy-Authorization": {"y"}, "Host": {"h"}},
		}).opening(raw)
		if err != nil {
			t.Fatal(err)
		}
		from := *o.url
		if o.follow(&Response{Response: &http.Response{Header: http.Header{"Location": {location}}}}) != nil {
			return
		}
		to := o.url
		if to.Host == "" || to.Scheme != "wss" && (secure || to.Scheme != "ws") || to.Fragment != "" {
			t.Errorf("%q leads from %s to %s", location, raw, to)
		}
		if _, err := url.Parse(to.String()); err != nil {
			t.Errorf("%q leads to what is no URL: %v", location, err)
		}
		stays := to.Host == from.Host && to.Scheme == from.Scheme
		kept := o.header.Get("Cookie")+o.header.Get("Authorization")+o.header.Get("Proxy-Authorization")+o.header.Get("Host")+o.host != ""
		if kept != stays || !stays && to.User == nil && o.auth != nil {
			t.Errorf("%q leads to %s; secrets are kept: %t", location, to, kept)
		}
	})
}
