package curlew_test

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/curlew-ws/curlew"
)

// A path is asked for as it was written, also where a redirect leads, and it is
// what Digest signs.
func TestRememberedPathsAsWritten(t *testing.T) {
	for path, want := range map[string]string{
		"/a%2Fb|c": "/a%2Fb%7Cc", "/100%": "/100%", "/%2f?x=%zz|": "/%2f?x=%zz|", "/a%3fb\"%": "/a%3fb%22%",
	} {
		synctest.Test(t, func(t *testing.T) {
			var targets []string
			client, _ := inMemory(func(_ int, c net.Conn) {
				defer c.Close()
				for len(targets) < 3 {
					head := readHead(c)
					_, target, _ := strings.Cut(head, " ")
					target, _, _ = strings.Cut(target, " ")
					targets = append(targets, target)
					_, key, _ := strings.Cut(head, "Sec-WebSocket-Key: ")
					key, _, _ = strings.Cut(key, "\r\n")
					switch len(targets) {
					case 1:
						io.WriteString(c, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: "+path+"\r\n\r\n")
						return
					case 2:
						io.WriteString(c, "HTTP/1.1 401 Who\r\nContent-Length: 0\r\nWWW-Authenticate: Digest realm=r nonce=n\r\n\r\n")
					case 3:
						hash := func(s string) string { h := md5.Sum([]byte(s)); return hex.EncodeToString(h[:]) }
						signed := hash(hash("u:r:p") + ":n:" + hash("GET:"+target))
						if !strings.Contains(head, signed) || !strings.Contains(head, fmt.Sprintf("uri=%q", target)) {
							t.Errorf("%q: what is signed is not the target: %s", path, head)
						}
						io.WriteString(c, accepted(key, ""))
						io.Copy(io.Discard, c)
					}
				}
			})
			client.MaxRedirects, client.Auth = 1, curlew.DigestAuth("u", "p")
			c, err := client.Dial(t.Context(), "ws://far.test"+path)
			if err != nil {
				t.Fatalf("%q: %v", path, err)
			}
			c.Close()
			if got := fmt.Sprint(targets); got != fmt.Sprint([]string{want, want, want}) {
				t.Errorf("%q: asked for %s, expected %s", path, got, want)
			}
		})
	}
}
