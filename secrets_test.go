package curlew_test

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/dial"
)

// canary is every password, token and cookie of these tests.
const canary = "c4n4ry"

// forms are the ways in which it is sent.
var forms = []string{canary, url.QueryEscape(canary),
	base64.StdEncoding.EncodeToString([]byte("u:" + canary)), base64.StdEncoding.EncodeToString([]byte("p:" + canary))}

func showsSecret(text string) bool {
	for _, form := range forms {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

// proxy is an HTTP proxy that lets in whom allowed lets.
func proxy(t *testing.T, allowed func(w http.ResponseWriter, r *http.Request) bool) *url.URL {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !allowed(w, r) {
			return
		}
		to, err := net.Dial("tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer to.Close()
		from, buffered, _ := http.NewResponseController(w).Hijack()
		defer from.Close()
		io.WriteString(from, "HTTP/1.1 200 OK\r\nSet-Cookie: proxy="+canary+"\r\n\r\n")
		go func() {
			io.Copy(to, buffered)
			to.Close()
		}()
		io.Copy(from, to)
	}))
	t.Cleanup(s.Close)
	return &url.URL{Scheme: "http", Host: s.Listener.Addr().String(), User: url.UserPassword("p", canary)}
}

// wants is a server's or proxy's condition: credentials of a scheme, "" for
// any or none. "never" is another scheme.
func wants(scheme string, status int) func(w http.ResponseWriter, r *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.Header.Get("Authorization")+r.Header.Get("Proxy-Authorization"), scheme) {
			w.Header().Set("Set-Cookie", "server="+canary)
			return true
		}
		for _, field := range []string{"WWW-Authenticate", "Proxy-Authenticate"} {
			w.Header().Add(field, `Digest realm="r", nonce="n"`)
			w.Header().Add(field, `Basic realm="r"`)
		}
		w.Header().Set("Set-Cookie", "refusal="+canary)
		w.WriteHeader(status)
		return false
	}
}

// No error and no trace shows a secret, wherever on the way a session fails.
// With ShowSecrets the trace does.
func TestNoSecretShows(t *testing.T) {
	netrc := t.TempDir() + "/netrc"
	if err := os.WriteFile(netrc, []byte("machine 127.0.0.1 login u password "+canary+" "+canary), 0o600); err != nil {
		t.Fatal(err)
	}
	server := wsURL(upgrader(t, wants("", 0)))
	picky := func(scheme string) string { return wsURL(upgrader(t, wants(scheme, http.StatusUnauthorized))) }
	withUser := func(u string) string { return strings.Replace(u, "ws://", "ws://u:"+canary+"@", 1) }
	through := func(scheme string, auth dial.ProxyAuth) dial.Config {
		return dial.Config{Proxy: dial.ProxyURL(proxy(t, wants(scheme, http.StatusProxyAuthRequired))), ProxyAuth: auth}
	}
	socks := func(answer string) dial.Config {
		return dial.Config{Proxy: dial.ProxyURL(&url.URL{Scheme: "socks5", Host: answering(t, answer), User: url.UserPassword("p", canary)})}
	}
	redirected := func(location string) string {
		return wsURL(upgrader(t, func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusFound)
			return false
		}))
	}
	away := withUser(server) + "/?a=b&access_token=" + canary
	nobody := &url.URL{Scheme: "http", Host: "127.0.0.1:1", User: url.UserPassword("p", canary)}
	for name, tc := range map[string]struct {
		client curlew.Client
		url    string
		fails  bool
		shown  bool // with ShowSecrets
	}{
		"through a proxy by Basic":   {curlew.Client{Net: through("Basic", nil)}, server, false, true},
		"through a proxy by Digest":  {curlew.Client{Net: through("Digest", dial.ProxyDigest("p", canary))}, server, false, true},
		"a proxy refuses Basic":      {curlew.Client{Net: through("never", nil)}, server, true, true},
		"a proxy refuses Digest":     {curlew.Client{Net: through("never", dial.ProxyDigest("p", canary))}, server, true, true},
		"a proxy refuses any":        {curlew.Client{Net: through("never", dial.ProxyAnyAuth("p", canary))}, server, true, true},
		"a proxy is not there":       {curlew.Client{Net: dial.Config{Proxy: dial.ProxyURL(nobody)}}, server, true, false},
		"a pre-proxy is not there":   {curlew.Client{Net: dial.Config{PreProxy: nobody}}, server, true, false},
		"nobody behind a proxy":      {curlew.Client{Net: through("", nil)}, withUser("ws://127.0.0.1:1"), true, true},
		"a SOCKS proxy refuses":      {curlew.Client{Net: socks("\x05\x02\x01\x01")}, server, true, false},
		"a SOCKS proxy hangs up":     {curlew.Client{Net: socks("\x05\x02\x01\x00")}, server, true, false},
		"a SOCKS proxy speaks HTTP":  {curlew.Client{Net: socks("HTTP/1.1 200 OK\r\n\r\n")}, server, true, false},
		"Basic from the URL refused": {curlew.Client{}, withUser(picky("never")), true, true},
		"Basic through a proxy":      {curlew.Client{Net: through("Basic", nil)}, withUser(picky("Basic")), false, true},
		"Bearer refused":             {curlew.Client{Auth: curlew.BearerAuth(canary)}, picky("never"), true, true},
		"Bearer malformed":           {curlew.Client{Auth: curlew.BearerAuth(canary + "\n")}, server, true, false},
		"Digest refused":             {curlew.Client{Auth: curlew.DigestAuth("u", canary)}, picky("never"), true, true},
		"any refused":                {curlew.Client{Auth: curlew.AnyAuth("u", canary)}, picky("never"), true, true},
		"netrc malformed":            {curlew.Client{Auth: curlew.NetrcAuth(netrc, curlew.BasicAuth)}, server, true, false},
		"own headers":                {curlew.Client{Header: http.Header{"Cookie": {"a=" + canary}, "Authorization": {canary}}}, picky("never"), true, true},
		"an API key":                 {curlew.Client{Header: http.Header{"X-Api-Key": {canary}}}, picky("never"), true, true},
		"a token in the query":       {curlew.Client{}, server + "/?access_token=" + canary, false, true},
		"a token as a subprotocol":   {curlew.Client{Subprotocols: []string{"bearer", canary}}, server, false, true},
		"a redirect":                 {curlew.Client{MaxRedirects: 1}, redirected(away), false, true},
		"a redirect not followed":    {curlew.Client{}, redirected(away + "#id_token=" + canary), true, true},
		"a redirect to nowhere":      {curlew.Client{MaxRedirects: 1}, redirected(withUser("ws://127.0.0.1:1/?token=" + canary)), true, true},
		"a redirect that cannot be":  {curlew.Client{MaxRedirects: 1}, redirected(withUser("ws:///?token=" + canary)), true, true},
		"a redirect too many":        {curlew.Client{MaxRedirects: 1}, redirected("?token=" + canary), true, true},
		"a header that cannot be":    {curlew.Client{Header: http.Header{"Cookie": {"a=" + canary + "\n"}}}, server, true, false},
		"a subprotocol as a token":   {curlew.Client{Subprotocols: []string{canary + "\n"}}, server, true, false},
		"a URL that cannot be":       {curlew.Client{}, "ws://u:" + canary + "@\x7f/", true, false},
		"a host that cannot be":      {curlew.Client{}, withUser("ws://%zz/"), true, false},
		"a scheme that cannot be":    {curlew.Client{}, "mailto:u:" + canary + "@example.com", true, false},
		"a fragment":                 {curlew.Client{}, withUser("ws://example.com/#x"), true, false},
		"rubbish for an answer":      {curlew.Client{}, withUser("ws://" + answering(t, "SSH-2.0-server\r\n")), true, true},
		"no answer":                  {curlew.Client{}, withUser("ws://" + answering(t, "")), true, true},
	} {
		for _, show := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%t", name, show), func(t *testing.T) {
				client := tc.client
				client.Jar, _ = cookiejar.New(nil)
				client.ShowSecrets = show
				var heads strings.Builder
				client.Trace = &curlew.Trace{Head: func(_ bool, head []byte) { heads.Write(head) }}
				c, err := client.Dial(t.Context(), tc.url)
				if err == nil {
					c.Close()
				}
				if (err != nil) != tc.fails {
					t.Fatalf("came %v", err)
				}
				for e := err; e != nil; e = errors.Unwrap(e) {
					if text := fmt.Sprintf("%v %+v %#v", e, e, e.Error()); showsSecret(text) {
						t.Errorf("the error shows a secret: %s", text)
					}
				}
				if shown, want := showsSecret(heads.String()), show && tc.shown; shown != want {
					t.Errorf("secrets shown: %t, expected %t:\n%s", shown, want, heads.String())
				}
			})
		}
	}
}

// answering is the address of a server that gives every connection this answer
// to its first bytes, and then waits for its end.
func answering(t *testing.T, answer string) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				bufio.NewReader(c).ReadByte()
				io.WriteString(c, answer)
				c.(*net.TCPConn).CloseWrite()
				io.Copy(io.Discard, c)
			}()
		}
	}()
	return l.Addr().String()
}
