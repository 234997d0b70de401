package curlew_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
)

// fields are the field lines of head whose name is one of these in any case.
func fields(head string, names ...string) (lines []string) {
	for line := range strings.Lines(head) {
		name, _, _ := strings.Cut(line, ":")
		if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// What Header says counts however its names are spelled: RFC 6455 writes
// Sec-WebSocket-Protocol, http.Header Sec-Websocket-Protocol. A name without
// values suppresses what would be sent by it.
func TestHeaderNamesInAnyCase(t *testing.T) {
	jar, _ := cookiejar.New(nil)
	for name, tc := range map[string]struct {
		client curlew.Client
		answer string
		want   []string
	}{
		"subprotocol": {curlew.Client{Header: http.Header{"Sec-WebSocket-Protocol": {"chat"}}}, "Sec-WebSocket-Protocol: chat\r\n",
			[]string{"Sec-WebSocket-Protocol: chat"}},
		"subprotocols of both": {curlew.Client{Header: http.Header{"sec-websocket-protocol": {"other"}}, Subprotocols: []string{"chat"}}, "Sec-WebSocket-Protocol: chat\r\n",
			[]string{"Sec-WebSocket-Protocol: chat"}},
		"extension": {curlew.Client{Header: http.Header{"sec-websocket-extensions": {"mine"}}}, "Sec-WebSocket-Extensions: mine\r\n",
			[]string{"Sec-WebSocket-Extensions: mine"}},
		"extensions of both": {curlew.Client{Header: http.Header{"Sec-WebSocket-Extensions": {"mine"}}, Compression: &curlew.Compression{}}, "",
			[]string{"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"}},
		"credentials":    {curlew.Client{Header: http.Header{"authorization": {"Own x"}}}, "", []string{"Authorization: Own x"}},
		"no credentials": {curlew.Client{Header: http.Header{"Authorization": nil}}, "", nil},
		"cookies":        {curlew.Client{Header: http.Header{"cookie": {"own=1", "my=2"}}, Jar: jar}, "", []string{"Cookie: own=1; my=2; id=7"}},
		"no cookies":     {curlew.Client{Header: http.Header{"COOKIE": {}}, Jar: jar}, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			server, requests := cannedServer(t, func(key string) string { return accepted(key, tc.answer) })
			u, _ := url.Parse(strings.Replace(server, "ws://", "http://", 1))
			jar.SetCookies(u, []*http.Cookie{{Name: "id", Value: "7"}})
			user := ""
			if strings.HasSuffix(name, "credentials") {
				user = "user:secret@"
			}
			c, err := tc.client.Dial(t.Context(), "ws://"+user+u.Host)
			head := <-requests
			if got := fields(head, "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Authorization", "Cookie"); !slices.Equal(got, tc.want) {
				t.Errorf("sent %q, want %q", got, tc.want)
			}
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
		})
	}
}

// Digest signs the request target as it is sent, whatever of the URL had to be
// encoded for that.
func TestDigestSignsWhatIsSent(t *testing.T) {
	for _, path := range []string{"", "/a b?c d", "/ü?q=ü&r=\"<>", "/%41?a=%41", "?", "/a?b#"} {
		var sent, signed string
		srv := upgrader(t, func(w http.ResponseWriter, r *http.Request) bool {
			credentials := r.Header.Get("Authorization")
			if credentials == "" {
				w.Header().Set("WWW-Authenticate", `Digest realm="r", nonce="n"`)
				w.WriteHeader(http.StatusUnauthorized)
				return false
			}
			_, signed, _ = strings.Cut(credentials, ` uri="`)
			signed, _, _ = strings.Cut(signed, `", response=`)
			signed = strings.ReplaceAll(signed, `\`, "")
			sent = r.RequestURI
			return true
		})
		c, err := (&curlew.Client{Auth: curlew.DigestAuth("user", "secret")}).Dial(t.Context(), wsURL(srv)+path)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		if sent != signed {
			t.Errorf("%q: sent %s, signed %s", path, sent, signed)
		}
	}
}
