package curlew_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/dial"
)

// The same host, port and scheme, however they are spelled, is no other host:
// what is secret goes there.
func TestRedirectToSameHost(t *testing.T) {
	for _, to := range []string{
		"/there", "//curlew.example/there", "http://curlew.example/there", "ws://curlew.example:80/there", "http://CURLEW.example/there",
	} {
		var seen http.Header
		srv := upgrader(t, func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/there" {
				seen = r.Header.Clone()
				return true
			}
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
			return false
		})
		client := curlew.Client{
			MaxRedirects: 1, Auth: curlew.BasicAuth("u", "p"), Header: http.Header{"X-Api-Key": {"k"}},
			Net: dial.Config{ConnectTo: []string{"::" + strings.TrimPrefix(srv.URL, "http://")}},
		}
		c, err := client.Dial(t.Context(), "ws://Curlew.example")
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		if seen.Get("Authorization") == "" || seen.Get("X-Api-Key") != "k" {
			t.Errorf("redirected to %s: the host was not told what is for it: %v", to, seen)
		}
	}
}

// TestRememberedHeadersStay: of a program's headers a redirect takes only
// harmless ones to another host, since a secret may have any name.
func TestRememberedHeadersStay(t *testing.T) {
	var seen http.Header
	there := upgrader(t, func(w http.ResponseWriter, r *http.Request) bool {
		seen = r.Header.Clone()
		return true
	})
	here := upgrader(t, func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Location", there.URL)
		w.WriteHeader(http.StatusFound)
		return false
	})
	stays := http.Header{"X-Auth": {"s"}, "X-Goog-Iap": {"s"}, "Cf-Access-Client-Id": {"s"}, "x-lower": {"s"}, "Referer": {"s"}, "Cookie": {"s=s"}, "From": {"s"}}
	goes := http.Header{"User-Agent": {"me"}, "Accept": {"a/b"}, "accept-language": {"de"}, "Origin": {there.URL}, "Pragma": {"no-cache"}}
	for _, unrestricted := range []bool{false, true} {
		client := curlew.Client{MaxRedirects: 1, Unrestricted: unrestricted, Header: http.Header{}, Subprotocols: []string{"chat"}}
		for name, values := range stays {
			client.Header[name] = values
		}
		for name, values := range goes {
			client.Header[name] = values
		}
		c, err := client.Dial(t.Context(), wsURL(here))
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		for name := range stays {
			if sent := seen.Get(name) != ""; sent != unrestricted {
				t.Errorf("unrestricted %t: %s was sent: %t", unrestricted, name, sent)
			}
		}
		for name, values := range goes {
			if seen.Get(name) != values[0] {
				t.Errorf("unrestricted %t: %s was not sent", unrestricted, name)
			}
		}
		if seen.Get("Sec-Websocket-Protocol") != "chat" {
			t.Error("the subprotocols were not offered")
		}
	}
}
