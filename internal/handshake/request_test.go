package handshake

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
)

// The lines of the request that curl sends, and that request.
const (
	getLine     = "GET / HTTP/1.1"
	hostLine    = "Host: example.com"
	acceptLine  = "Accept: */*"
	upgradeLine = "Upgrade: websocket"
	versionLine = "Sec-WebSocket-Version: 13"
	keyLine     = "Sec-WebSocket-Key: " + sampleKey
	connLine    = "Connection: Upgrade"
)

var standardHead = lines(getLine, hostLine, acceptLine, upgradeLine, versionLine, keyLine, connLine)

// A requestCase is what AppendRequest gets and must append.
type requestCase struct {
	name, url, host string
	h               http.Header
	want            string
}

// urlCases are requests without fields of the caller.
func urlCases() []requestCase {
	return []requestCase{
		{name: "the form curl sends", want: standardHead},
		{name: "default port", url: "ws://example.com:80", want: standardHead},
		{name: "default port of TLS", url: "wss://example.com:443/", want: standardHead},
		{name: "empty port", url: "ws://example.com:/", want: standardHead},
		{name: "https", url: "https://example.com:443", want: standardHead},
		{name: "unknown scheme", url: "foo://example.com:80", want: lines(getLine, "Host: example.com:80", acceptLine, upgradeLine, versionLine, keyLine, connLine)},
		{name: "user and fragment", url: "ws://me:secret@example.com/#top", want: standardHead},
		{name: "other port", url: "ws://example.com:443/",
			want: lines(getLine, "Host: example.com:443", acceptLine, upgradeLine, versionLine, keyLine, connLine)},
		{name: "IPv6", url: "ws://[::1]:80/", want: lines(getLine, "Host: [::1]", acceptLine, upgradeLine, versionLine, keyLine, connLine)},
		{name: "IPv6 and port", url: "ws://[::1]:81/", want: lines(getLine, "Host: [::1]:81", acceptLine, upgradeLine, versionLine, keyLine, connLine)},
		{name: "IPv6 zone", url: "ws://[fe80::1%25eth0]:81/",
			want: lines(getLine, "Host: [fe80::1]:81", acceptLine, upgradeLine, versionLine, keyLine, connLine)},
		{name: "path and query", url: "ws://example.com/a%2fb/c?x=1&y=a%20b",
			want: lines("GET /a%2fb/c?x=1&y=a%20b HTTP/1.1", hostLine, acceptLine, upgradeLine, versionLine, keyLine, connLine)},
		{name: "query without path", url: "ws://example.com?x",
			want: lines("GET /?x HTTP/1.1", hostLine, acceptLine, upgradeLine, versionLine, keyLine, connLine)},
		{name: "empty query", url: "ws://example.com/p?",
			want: lines("GET /p? HTTP/1.1", hostLine, acceptLine, upgradeLine, versionLine, keyLine, connLine)},
		{name: "spaces and non-ASCII", url: "ws://example.com/a b/é?q=a b é",
			want: lines("GET /a%20b/%C3%A9?q=a%20b%20%C3%A9 HTTP/1.1", hostLine, acceptLine, upgradeLine, versionLine, keyLine, connLine)},
	}
}

// fieldCases are requests with a host or fields of the caller.
func fieldCases() []requestCase {
	return []requestCase{
		{name: "host given", host: "other:1", want: lines(getLine, "Host: other:1", acceptLine, upgradeLine, versionLine, keyLine, connLine)},
		{name: "Host in the header", host: "other", h: http.Header{"Host": {"third"}},
			want: lines(getLine, "Host: third", acceptLine, upgradeLine, versionLine, keyLine, connLine)},
		{name: "order",
			h: http.Header{
				"X-B": {"2"}, "Cookie": {"c=1"}, "Authorization": {"Basic x"}, "Proxy-Authorization": {"Basic y"}, "Range": {"bytes=0-"},
				"User-Agent": {"curlew"}, "Accept": {"text/plain"}, "Te": {"gzip"}, "Accept-Encoding": {"gzip"}, "Referer": {"r"},
				"If-Modified-Since": {"d"}, "If-Unmodified-Since": {"e"}, "Last-Modified": {"f"}, "X-A": {"1", "1b"}, "Alt-Used": {"alt"},
				"Proxy-Connection": {"p"}, "Transfer-Encoding": {"t"}, "Origin": {"https://o"},
			},
			want: lines(getLine, hostLine, "Proxy-Authorization: Basic y", "Authorization: Basic x", "Range: bytes=0-", "User-Agent: curlew",
				"Accept: text/plain", "TE: gzip", "Accept-Encoding: gzip", "Referer: r", "Proxy-Connection: p", "Transfer-Encoding: t",
				"Alt-Used: alt", upgradeLine, versionLine, keyLine, "Cookie: c=1", "If-Modified-Since: d", "If-Unmodified-Since: e",
				"Last-Modified: f", "Origin: https://o", "X-A: 1", "X-A: 1b", "X-B: 2", connLine)},
		{name: "spelling",
			h:    http.Header{"Sec-Websocket-Protocol": {"chat"}, "x-lower": {"1"}, "user-agent": {"u"}},
			want: lines(getLine, hostLine, "user-agent: u", acceptLine, upgradeLine, versionLine, keyLine, "Sec-WebSocket-Protocol: chat", "x-lower: 1", connLine)},
		{name: "overrides move among the custom fields",
			h: http.Header{"Upgrade": {"x"}, "Sec-Websocket-Version": {"8"}, "sec-websocket-key": {otherKey}, "Cookie": {"c"}, "A": {"1"}},
			want: lines(getLine, hostLine, acceptLine, "Cookie: c", "A: 1", "Sec-WebSocket-Version: 8", "Upgrade: x",
				"sec-websocket-key: "+otherKey, connLine)},
		{name: "suppressed",
			h: http.Header{"Host": nil, "Accept": {}, "Upgrade": nil, "sec-websocket-version": nil, "Sec-Websocket-Key": nil, "Connection": nil,
				"X-Other": nil},
			want: lines(getLine)},
		{name: "empty values",
			h: http.Header{"Host": {""}, "Accept": {""}, "Upgrade": {""}, "X-Empty": {""}, "Connection": {""}},
			want: lines(getLine, "Host:", "Accept:", versionLine, keyLine, "Upgrade:", "X-Empty:",
				"Connection: Upgrade")},
		{name: "space around a value", h: http.Header{"X": {" \ta b\t"}},
			want: lines(getLine, hostLine, acceptLine, upgradeLine, versionLine, keyLine, "X: a b", connLine)},
		{name: "Connection merged", h: http.Header{"Connection": {"foo"}},
			want: lines(getLine, hostLine, acceptLine, upgradeLine, versionLine, keyLine, "Connection: foo, Upgrade")},
		{name: "Connection fields", h: http.Header{"Connection": {"foo", "bar"}},
			want: lines(getLine, hostLine, acceptLine, upgradeLine, versionLine, keyLine, "Connection: foo, Upgrade", "Connection: bar")},
		{name: "Connection says so", h: http.Header{"connection": {"keep-alive, upgrade"}},
			want: lines(getLine, hostLine, acceptLine, upgradeLine, versionLine, keyLine, "connection: keep-alive, upgrade")},
	}
}

func TestAppendRequest(t *testing.T) {
	t.Parallel()
	for _, c := range append(urlCases(), fieldCases()...) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.url == "" {
				c.url = "ws://example.com"
			}
			got, err := AppendRequest([]byte("before"), mustURL(t, c.url), c.host, c.h, sampleKey)
			if err != nil {
				t.Fatal(err)
			}
			if want := "before" + c.want; string(got) != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestAppendRequestRefuses(t *testing.T) {
	t.Parallel()
	good := &url.URL{Scheme: "ws", Host: "h"}
	for _, c := range []struct {
		name string
		u    *url.URL
		host string
		h    http.Header
		key  string
	}{
		{name: "no host", u: &url.URL{Scheme: "ws", Path: "/"}},
		{name: "space in host", u: &url.URL{Host: "a b"}},
		{name: "line end in host", u: &url.URL{Host: "a\r\nX: y"}},
		{name: "path in host", u: &url.URL{Host: "a/b"}},
		{name: "non-ASCII host", u: &url.URL{Host: "é.example"}},
		{name: "broken zone", u: &url.URL{Host: "[fe80::1%eth0 x"}, host: "\n"},
		{name: "opaque", u: &url.URL{Scheme: "ws", Opaque: "x", Host: "h"}},
		{name: "line end in query", u: &url.URL{Host: "h", RawQuery: "a\r\nX: y"}},
		{name: "line end in given host", u: good, host: "h\r\nX: y"},
		{name: "line end in Host", u: good, h: http.Header{"Host": {"h\nX: y"}}},
		{name: "two Hosts", u: good, h: http.Header{"Host": {"a", "b"}}},
		{name: "two spellings of Host", u: good, h: http.Header{"Host": {"a"}, "host": {"b"}}},
		{name: "CR in value", u: good, h: http.Header{"X": {"a\rb"}}},
		{name: "LF in value", u: good, h: http.Header{"X": {"good", "a\nb"}}},
		{name: "NUL in value", u: good, h: http.Header{"X": {"a\x00"}}},
		{name: "DEL in value", u: good, h: http.Header{"X": {"a\x7f"}}},
		{name: "empty name", u: good, h: http.Header{"": {"a"}}},
		{name: "colon in name", u: good, h: http.Header{"X: y": {"a"}}},
		{name: "line end in name", u: good, h: http.Header{"X\r\nY": {"a"}}},
		{name: "non-ASCII name", u: good, h: http.Header{"é": {"a"}}},
		{name: "short key", u: good, h: http.Header{"Sec-Websocket-Key": {"abc"}}},
		{name: "empty key", u: good, h: http.Header{"Sec-Websocket-Key": {""}}},
		{name: "two keys", u: good, h: http.Header{"Sec-Websocket-Key": {sampleKey, otherKey}}},
		{name: "bad generated key", u: good, key: "abc"},
		{name: "no key", u: good, key: "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			key := sampleKey
			switch c.key {
			case "none":
				key = ""
			case "abc":
				key = c.key
			}
			got, err := AppendRequest([]byte("before"), c.u, c.host, c.h, key)
			if !errors.As(err, new(*SyntaxError)) {
				t.Errorf("error %v, want a *SyntaxError", err)
			}
			if string(got) != "before" {
				t.Errorf("dst became %q", got)
			}
		})
	}
}

func TestRequestKey(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		h    http.Header
		want string
	}{
		{nil, sampleKey},
		{http.Header{"X": {"y"}}, sampleKey},
		{http.Header{"Sec-Websocket-Key": {otherKey}}, otherKey},
		{http.Header{"sec-websocket-KEY": {" " + otherKey + " "}}, otherKey},
		{http.Header{"Sec-Websocket-Key": nil}, ""},
	} {
		if got := RequestKey(c.h, sampleKey); got != c.want {
			t.Errorf("RequestKey(%v) = %q, want %q", c.h, got, c.want)
		}
	}
}
