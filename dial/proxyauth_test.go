package dial

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew/internal/testpeer"
)

// TestProxyLogins checks what each login sends to a proxy, request by request. The
// proxy offers some schemes, and accepts the wanted one or none.
func TestProxyLogins(t *testing.T) {
	t.Parallel()
	const nonce = `Digest realm=r, qop=auth, nonce=`
	for _, tt := range []struct {
		name       string
		login      func(user, password string) ProxyAuth
		challenges []string // to one request after the other; then the proxy accepts
		sent       []string // schemes; "": no credentials
	}{
		{"digest", ProxyDigest, []string{nonce + "1"}, []string{"", "Digest"}},
		{"digest of many", ProxyDigest, []string{"Basic realm=r, " + nonce + "1"}, []string{"", "Digest"}},
		{"digest, nonce too old", ProxyDigest, []string{nonce + "1", nonce + "2, stale=true"}, []string{"", "Digest", "Digest"}},
		{"digest refused", ProxyDigest, []string{nonce + "1", nonce + "2", "never"}, []string{"", "Digest"}},
		{"digest, Basic only", ProxyDigest, []string{"Basic realm=r", "never"}, []string{""}},
		{"digest, not asked for", ProxyDigest, nil, []string{""}},
		{"any", ProxyAnyAuth, []string{"Basic realm=r, " + nonce + "1"}, []string{"", "Digest"}},
		{"any, Basic only", ProxyAnyAuth, []string{"NTLM, Basic realm=r"}, []string{"", "Basic"}},
		{"any, Basic refused", ProxyAnyAuth, []string{"Basic realm=r", "Basic realm=r", "never"}, []string{"", "Basic"}},
		{"any, none of ours", ProxyAnyAuth, []string{"NTLM", "never"}, []string{""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var sent []string
			proxy := httpProxyReplying(&record{}, testpeer.Serve(t, echo), func(r *http.Request) string {
				value := r.Header.Get("Proxy-Authorization")
				scheme, _, _ := strings.Cut(value, " ")
				if sent = append(sent, scheme); len(sent) > len(tt.challenges) {
					return accepted
				}
				if strings.Contains(value, canary) {
					t.Errorf("the password is in %s", value)
				}
				return challenge407 + "Proxy-Authenticate: " + tt.challenges[len(sent)-1] + "\r\n\r\nwho?"
			})
			c := via(mustURL(t, "http://"+testpeer.Serve(t, proxy)))
			c.ProxyAuth = tt.login("joe", canary)
			if len(tt.challenges) < len(tt.sent) {
				mustEcho(t, mustDial(t, c, "ws://far.example:7"))
			} else {
				err := failure(t, t.Context(), c, "ws://far.example:7", Proxy)
				refusal, ok := errors.AsType[*ConnectError](err)
				if !ok || refusal.Response.StatusCode != http.StatusProxyAuthRequired {
					t.Fatalf("got %v, want a 407", err)
				}
				if refusal.Response.Request != nil {
					t.Error("the refusal has the request, and so its credentials")
				}
			}
			if !slices.Equal(sent, tt.sent) {
				t.Errorf("sent %q, want %q", sent, tt.sent)
			}
		})
	}
}

// TestHead checks that Head gets every head of opening a tunnel, unchanged.
func TestHead(t *testing.T) {
	t.Parallel()
	requests := 0
	addr := testpeer.Serve(t, httpProxyReplying(&record{}, testpeer.Serve(t, echo), func(*http.Request) string {
		if requests++; requests == 1 {
			return challenge407 + "\r\nwho?"
		}
		return accepted
	}))
	var seen []string
	c := via(mustURL(t, "http://"+addr))
	c.ProxyAuth = challengeSteps(t)
	c.Head = func(sent bool, head []byte) {
		seen = append(seen, map[bool]string{true: "> ", false: "< "}[sent]+string(head))
	}
	mustEcho(t, mustDial(t, c, "ws://far.example:7"))
	const request = "> CONNECT far.example:7 HTTP/1.1\r\nHost: far.example:7\r\nProxy-Authorization: step "
	want := []string{request + "0\r\n\r\n", "< " + challenge407 + "\r\n", request + "1\r\n\r\n", "< " + accepted}
	if !slices.Equal(seen, want) {
		t.Errorf("got %q, want %q", seen, want)
	}
}
