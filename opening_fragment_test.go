package curlew_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
)

// A redirect is followed whatever its fragment is, which no request has.
func TestRememberedFragmentOfLocation(t *testing.T) {
	for _, fragment := range []string{"#", "#100%", "#a b|%zz", "#a#b", "#\xff"} {
		synctest.Test(t, func(t *testing.T) {
			client, _ := inMemory(func(number int, c net.Conn) {
				defer c.Close()
				head := readHead(c)
				if strings.HasPrefix(head, "GET /first ") {
					io.WriteString(c, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /a%2Fb?x"+fragment+"\r\n\r\n")
					return
				}
				if !strings.HasPrefix(head, "GET /a%2Fb?x ") {
					t.Errorf("%q: asked for %.30q", fragment, head)
				}
				_, key, _ := strings.Cut(head, "Sec-WebSocket-Key: ")
				key, _, _ = strings.Cut(key, "\r\n")
				io.WriteString(c, accepted(key, ""))
				io.Copy(io.Discard, c)
			})
			client.MaxRedirects = 1
			c, err := client.Dial(t.Context(), "ws://far.test/first")
			if err != nil {
				t.Errorf("%q: %v", fragment, err)
				return
			}
			c.Close()
		})
	}
}
