package curlew_test

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// oddFraming are fields that tell of a body in ways that RFC 9112 does not allow.
var oddFraming = []string{
	"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
	"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n",
	"Transfer-Encoding: gzip\r\n", "Transfer-Encoding: identity\r\n", "Transfer-Encoding:\r\n",
	"Content-Length: x\r\n", "Content-Length:\r\n", "Content-Length: -1\r\n", "Content-Length: 99999999999999999999\r\n",
	"Content-Length: 1\r\nContent-Length: 2\r\n", "Content-Length: 14, 14\r\n",
}

// A 101 opens the session whatever its fields say of a body, and also if they
// are folded or name no subprotocol.
func TestRememberedOddUpgrades(t *testing.T) {
	curlewtest.NoLeaks(t)
	for _, fields := range append(oddFraming, "Server: a\r\n b\r\n", " lost\r\nServer:\r\n\ta\r\n", "Server: a\r\n \r\n",
		"Sec-WebSocket-Protocol:\r\n", "Sec-WebSocket-Protocol: ,\r\n", "Sec-WebSocket-Extensions:\r\n") {
		url, _ := cannedServer(t, func(key string) string {
			return strings.Replace(accepted(key, ""), "\r\n", "\r\n"+fields, 1) + string(wireBytes(false, textFrame("hi")))
		})
		for _, client := range []*curlew.Client{{}, {Subprotocols: []string{"chat"}, Compression: &curlew.Compression{}}} {
			c, err := client.Dial(t.Context(), url)
			if err != nil {
				t.Errorf("%q: %v", fields, err)
				continue
			}
			if _, p, err := c.ReadMessage(t.Context(), nil); string(p) != "hi" || err != nil || c.Subprotocol() != "" {
				t.Errorf("%q: received %q, %v, subprotocol %q", fields, p, err, c.Subprotocol())
			}
			if server := c.Response().Header.Get("Server"); strings.HasPrefix(fields, "Server: a\r\n b") && server != "a b" {
				t.Errorf("%q: read %q", fields, server)
			}
			c.Close()
		}
	}
}

// Whatever a refusal's fields say of its body, it is a refusal, with its body
// as far as it can be read; a redirect is followed, a challenge answered.
func TestRememberedOddRefusals(t *testing.T) {
	curlewtest.NoLeaks(t)
	for _, fields := range append(oddFraming, "Server: a\r\n b\r\n") {
		for _, first := range []string{"HTTP/1.1 ", "HTTP/1.0 "} {
			refusal := func(status string) string { return first + status + "\r\n" + fields + "\r\n2\r\nno\r\n0\r\n\r\n" }
			url, _ := cannedServer(t, func(string) string { return refusal("403 No") })
			_, err := curlew.Dial(t.Context(), url)
			he, ok := errors.AsType[*curlew.HandshakeError](err)
			if !ok || he.Response == nil || he.Response.StatusCode != http.StatusForbidden {
				t.Errorf("%s%q: %v, expected a refusal", first, fields, err)
				continue
			}
			if body := string(he.Body); !strings.Contains(body, "no") {
				t.Errorf("%s%q: the body is %q", first, fields, body)
			}
			for _, refused := range []string{"302 Found\r\nLocation: /x", "401 Who\r\nWWW-Authenticate: Basic realm=r"} {
				var times atomic.Int32
				url, _ := cannedServer(t, func(key string) string {
					if times.Add(1) > 1 {
						return accepted(key, "")
					}
					return refusal(refused)
				})
				client := curlew.Client{MaxRedirects: 1, Auth: curlew.AnyAuth("me", "secret")}
				c, err := client.Dial(t.Context(), url)
				if err != nil {
					t.Errorf("%s%s, %q: %v", first, refused, fields, err)
					continue
				}
				c.Close()
			}
		}
	}
}
