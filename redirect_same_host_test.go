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
