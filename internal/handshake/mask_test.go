package handshake

import (
	"strings"
	"testing"
)

func TestSecret(t *testing.T) {
	for _, field := range []string{
		"Authorization: x", "proxy-authorization: x", "Cookie: x", "SET-COOKIE : x", "X-Api-Key: x", "apikey: x", "X-Auth-Token: x", "Private-Token: x",
		"X-Amz-Signature: x", "X_Client_Secret: x", "X-Auth-Key: x", "X-Amz-Security-Token: x", "X-Password: x",
		"Sec-WebSocket-Protocol: bearer, abc", "sec-websocket-protocol: chat, base64url.bearer.authorization.k8s.io.abc",
		"Sec-WebSocket-Protocol: openai-insecure-api-key.abc", "Sec-WebSocket-Protocol: access_token, abc",
	} {
		if name, value, _ := strings.Cut(field, ":"); !Secret(name, value) {
			t.Errorf("%s: got no secret, expected one", field)
		}
	}
	for _, field := range []string{
		"Host: token.example", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Accept: x", "WWW-Authenticate: Bearer", "Proxy-Authenticate: Basic",
		"Sec-WebSocket-Protocol: chat, graphql-transport-ws", "Sec-WebSocket-Extensions: permessage-deflate", "Location: /", "Keep-Alive: 1", "X: a token",
	} {
		if name, value, _ := strings.Cut(field, ":"); Secret(name, value) {
			t.Errorf("%s: got a secret, expected none", field)
		}
	}
}

func TestMask(t *testing.T) {
	for _, tc := range []struct{ head, want string }{
		{"", ""},
		{"HTTP/1.1 101 OK\r\nX: y\r\n z\r\n\r\n", "HTTP/1.1 101 OK\r\nX: y\r\n z\r\n\r\n"},
		{"GET / HTTP/1.1\nCookie: a\nX: y", "GET / HTTP/1.1\nCookie: [masked]\nX: y"},
		{"HTTP/1.1 200 OK\r\nSet-Cookie: a\r\n b\r\n\tc\r\nCookie : d\r\nX: y\r\n\r\n", "HTTP/1.1 200 OK\r\nSet-Cookie: [masked]\r\nCookie : [masked]\r\nX: y\r\n\r\n"},
		{"GET /token:80/?a=b:c&access_token=d:e&f=g HTTP/1.1\r\n", "GET /token:80/?a=b:c&access_token=[masked]&f=g HTTP/1.1\r\n"},
		{"GET http://u:p@h/?token=a?b HTTP/1.1\r\n", "GET http://[masked]@h/?token=[masked] HTTP/1.1\r\n"},
		{"HTTP/1.1 302 Found\r\nLocation: https://user:pa ss@h/a@b\r\n", "HTTP/1.1 302 Found\r\nLocation: https://[masked]@h/a@b\r\n"},
		{"HTTP/1.1 302 Found\r\nLocation: //u@h\r\nLink: <http://u:p@h/?api-key=1&b=2>; rel=\"next\"\r\n",
			"HTTP/1.1 302 Found\r\nLocation: //[masked]@h\r\nLink: <http://[masked]@h/?api-key=[masked]&b=2>; rel=\"next\"\r\n"},
		{"HTTP/1.1 302 Found\r\nLocation: /a?url=http://a:b@c/?Token=x#id_token=y&z=1\r\n",
			"HTTP/1.1 302 Found\r\nLocation: /a?url=http://[masked]@c/?Token=[masked]#id_token=[masked]&z=1\r\n"},
		{"GET / HTTP/1.1\r\nSec-WebSocket-Protocol: chat\r\nX: y\r\nsec-websocket-protocol: s3\r\nSec-WebSocket-Protocol: bearer\r\n",
			"GET / HTTP/1.1\r\nSec-WebSocket-Protocol: [masked]\r\nX: y\r\nsec-websocket-protocol: [masked]\r\nSec-WebSocket-Protocol: [masked]\r\n"},
		{"HTTP/1.1 302 Found\r\nLocation: /login?a=1%3F2&next=%2Fws%3Ftoken%3Ds3&b=c%20d\r\n", "HTTP/1.1 302 Found\r\nLocation: /login?a=1%3F2&next=[masked]&b=c%20d\r\n"},
		{"HTTP/1.1 302 Found\r\nLocation: /?next=wss%253a%252F%252Fu%253Ap%2540h\r\n", "HTTP/1.1 302 Found\r\nLocation: /?next=[masked]\r\n"},
		{"GET /?api%2Dkey=s3&to%6Ben=s3&%zz=1&a=%zz HTTP/1.1\r\n", "GET /?api%2Dkey=[masked]&to%6Ben=[masked]&%zz=1&a=%zz HTTP/1.1\r\n"},
		{"GET /?a=b;token=s3 HTTP/1.1\r\n", "GET /?a=b;token=[masked] HTTP/1.1\r\n"},
	} {
		if got := string(Mask([]byte(tc.head))); got != tc.want {
			t.Errorf("%q is masked as %q, expected %q", tc.head, got, tc.want)
		}
	}
}

// FuzzMask checks that secret values are replaced, whatever is around them.
func FuzzMask(f *testing.F) {
	const canary = "c4n4ry"
	forms := []struct{ before, after string }{
		{"Cookie:", ""}, {"SET-COOKIE:", ""}, {"authorization:", ""}, {"Proxy-Authorization :", ""}, {"x-api-key:", ""},
		{"Location: http://u:", "@h/"}, {"Location: //", "@h/"}, {"X: /?token=", "&x"}, {"X: /#a=b&secret=", "#"},
	}
	for form := range forms {
		f.Add("X: y\r\n", form, " a=", "", "\r\n folded\r\n")
		f.Add("Cookie: a\n", form, "", "b", "\n\tfolded\nX: y\n")
	}
	f.Fuzz(func(t *testing.T, before string, form int, value, rest, after string) {
		if strings.Contains(before+value+rest+after, canary) || strings.ContainsAny(value+rest, "\n/?&#\"<>@") {
			return
		}
		how := forms[uint(form)%uint(len(forms))]
		head := "GET / HTTP/1.1\r\n" + before + "\r\n" + how.before + value + canary + rest + how.after + after
		if masked := string(Mask([]byte(head))); strings.Contains(masked, canary) {
			t.Errorf("%q is masked as %q", head, masked)
		}
	})
}

// BenchmarkMaskHostile shows that the time of masking is linear in the head.
func BenchmarkMaskHostile(b *testing.B) {
	for _, piece := range []string{"/", "?", "//@", "?a=", "&token=", "\r\n ", "&a=%3F", "%25", "\r\nSec-WebSocket-Protocol: a"} {
		b.Run(strings.TrimSpace(piece), func(b *testing.B) {
			head := []byte("GET / HTTP/1.1\r\nX: " + strings.Repeat(piece, maxHead/len(piece)))
			for b.Loop() {
				Mask(head)
			}
		})
	}
}
