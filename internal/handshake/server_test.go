package handshake

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

func requests(t *testing.T) func(b []byte) verdict {
	p := new(RequestParser)
	return func(b []byte) verdict {
		r, n, err := p.Parse(b)
		v := verdict{n: n, kind: reflect.TypeOf(err)}
		if r != nil {
			v.msg = r
		}
		checkProgress(t, &p.head, v, b)
		return v
	}
}

func TestParseRequest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		raw  string
		want http.Request
	}{
		{"GET / HTTP/1.1\r\nHost: h\r\n\r\n", http.Request{RequestURI: "/", URL: &url.URL{Path: "/"}, Host: "h"}},
		{"GET /a%20b?x=y HTTP/1.1\nhost:h\nA: b\na:c\n\n", http.Request{RequestURI: "/a%20b?x=y",
			URL: &url.URL{Path: "/a b", RawQuery: "x=y"}, Host: "h", Header: http.Header{"A": {"b", "c"}}}},
		{"GET http://u/p HTTP/1.1\r\nHost: h\r\n\r\n", http.Request{RequestURI: "http://u/p",
			URL: &url.URL{Scheme: "http", Host: "u", Path: "/p"}, Host: "u"}},
		{"CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n", http.Request{Method: "CONNECT", RequestURI: "h:1", URL: &url.URL{Host: "h:1"}, Host: "h:1"}},
		{"CONNECT /p HTTP/1.1\r\n\r\n", http.Request{Method: "CONNECT", RequestURI: "/p", URL: &url.URL{Path: "/p"}}},
		{"OPTIONS * HTTP/1.0\r\n\r\n", http.Request{Method: "OPTIONS", RequestURI: "*", URL: &url.URL{Path: "*"}, Proto: "HTTP/1.0", Close: true}},
		{"POST / HTTP/1.1\r\nContent-Length: 5\r\nConnection: close\r\n\r\n", http.Request{Method: "POST", RequestURI: "/", URL: &url.URL{Path: "/"},
			ContentLength: 5, Close: true, Header: http.Header{"Content-Length": {"5"}, "Connection": {"close"}}}},
		{"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", http.Request{Method: "POST", RequestURI: "/", URL: &url.URL{Path: "/"},
			ContentLength: -1, TransferEncoding: []string{"chunked"}, Header: http.Header{"Transfer-Encoding": {"chunked"}}}},
	} {
		want := &c.want
		if want.Method == "" {
			want.Method = "GET"
		}
		if want.Proto == "" {
			want.Proto = "HTTP/1.1"
		}
		if want.Header == nil {
			want.Header = http.Header{}
		}
		want.Body, want.ProtoMajor, want.ProtoMinor = http.NoBody, 1, int(want.Proto[7]-'0')
		r, n, err := new(RequestParser).Parse([]byte(c.raw))
		if err != nil || n != len(c.raw) || !reflect.DeepEqual(r, want) {
			t.Errorf("%q: %d, %v\ngot  %+v\nwant %+v", c.raw, n, err, r, want)
		}
		checkSplits(t, requests, c.raw)
	}
}

func badRequests() []string {
	const ok = "GET / HTTP/1.1\r\n"
	return []string{
		"\r\n" + ok, " " + ok, "\x16\x03\x01", "GET\r\n\r\n", "GET /\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1 \r\n\r\n", "GET /  HTTP/1.1\r\n\r\n",
		"GET / a HTTP/1.1\r\n\r\n", "GET\t/ HTTP/1.1\r\n\r\n", "G(T / HTTP/1.1\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET / HTTP/1.10\r\n\r\n", "GET / http/1.1\r\n\r\n",
		"GET /\x00 HTTP/1.1\r\n\r\n", "GET /\xc3\xa9 HTTP/1.1\r\n\r\n", "GET x HTTP/1.1\r\n\r\n", "GET /%zz HTTP/1.1\r\n\r\n", "CONNECT h:x HTTP/1.1\r\n\r\n",
		ok + "Host: a\r\nhost: b\r\n\r\n", ok + "A : b\r\n\r\n", ok + "A: b\r\n c\r\n\r\n", ok + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
	}
}

func TestParseRequestRefuses(t *testing.T) {
	t.Parallel()
	for _, raw := range badRequests() {
		r, n, err := new(RequestParser).Parse([]byte(raw))
		if r != nil || n != 0 || !errors.As(err, new(*SyntaxError)) {
			t.Errorf("%q: %v, %d, %v, want a *SyntaxError", raw, r, n, err)
		}
		checkSplits(t, requests, raw)
	}
	var p RequestParser
	if _, _, err := p.Parse([]byte("GET /" + strings.Repeat("a", maxHead))); !errors.As(err, new(*LimitError)) {
		t.Errorf("endless line: %v, want a *LimitError", err)
	}
}

func TestCheckRequest(t *testing.T) {
	t.Parallel()
	const get, host, up, conn, version, key = "GET /chat HTTP/1.1", "Host: h", "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + sampleKey
	for _, c := range []struct {
		status int
		raw    string
		want   string
	}{
		{101, lines(get, host, up, conn, version, key), ""},
		{101, lines(get, host, "upgrade: WebSocket", "connection: keep-alive, UPGRADE", version, key), ""},
		{101, lines(get, host, "Upgrade: h2c, websocket", "Connection: x", conn, version, key), ""},
		{101, lines(get, host, up, conn, version, key, "Sec-WebSocket-Protocol: a, b", "Sec-WebSocket-Protocol: c",
			"Sec-WebSocket-Extensions: a; b=1, c"), ""},
		{101, lines(get, host, up, conn, version, key, "Content-Length: 0"), ""},
		{405, lines("POST /chat HTTP/1.1", host, up, conn, version, key), `method: expected GET, got "POST"`},
		{505, lines("GET /chat HTTP/1.0", host, up, conn, version, key), `expected HTTP/1.1, got "HTTP/1.0"`},
		{400, lines(get, up, conn, version, key), `Host: expected a host, got none`},
		{400, lines(get, host, up, conn, version, key, "Content-Length: 1"), `body of the request: expected none`},
		{400, lines(get, host, up, conn, version, key, "Transfer-Encoding: chunked"), `body of the request: expected none`},
		{426, lines(get, host, conn, version, key), `Upgrade: expected "websocket", got no such field`},
		{426, lines(get, host, "Upgrade: websockets", conn, version, key), `Upgrade: expected "websocket", got "websockets"`},
		{426, lines(get, host, up, version, key), `Connection: expected "Upgrade", got no such field`},
		{426, lines(get, host, up, "Connection: close", version, key), `Connection: expected "Upgrade", got "close"`},
		{426, lines(get, host, up, conn, key), `Sec-WebSocket-Version: expected "13", got no such field`},
		{426, lines(get, host, up, conn, "Sec-WebSocket-Version: 8", key), `got "8"`},
		{426, lines(get, host, up, conn, "Sec-WebSocket-Version: 13, 8", key), `got "13, 8"`},
		{426, lines(get, host, up, conn, version, version, key), `got 2 fields`},
		{400, lines(get, host, up, conn, version), `Sec-WebSocket-Key: expected 16 bytes in base64, got no such field`},
		{400, lines(get, host, up, conn, version, "Sec-WebSocket-Key: abc"), `got "abc"`},
		{400, lines(get, host, up, conn, version, key, key), `got 2 fields`},
		{400, lines(get, host, up, conn, version, key, "Sec-WebSocket-Extensions: a;"), `name; param`},
		{400, lines(get, host, up, conn, version, key, "Sec-WebSocket-Protocol: a b"), `subprotocol 1: expected a token`},
		{400, lines(get, host, up, conn, version, key, "Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: b, a"), `subprotocol 3`},
	} {
		r, _, err := new(RequestParser).Parse([]byte(c.raw))
		if err != nil {
			t.Fatalf("%q: %v", c.raw, err)
		}
		got, status, err := CheckRequest(r)
		checkError(t, c.raw, err, c.want)
		if status != c.status || (got == sampleKey) != (c.want == "") {
			t.Errorf("%q: key %q, status %d, want %d", c.raw, got, status, c.status)
		}
	}
}

// TestCheckRequestOfNetHTTP checks requests that net/http has parsed.
func TestCheckRequestOfNetHTTP(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "http://h/chat", nil)
	for name, value := range map[string]string{"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": sampleKey} {
		r.Header.Set(name, value)
	}
	if key, status, err := CheckRequest(r); key != sampleKey || status != 101 || err != nil {
		t.Errorf("%q, %d, %v", key, status, err)
	}
	r.ProtoMajor, r.ProtoMinor = 2, 0
	if _, status, err := CheckRequest(r); status != 505 || !errors.As(err, new(*UpgradeError)) {
		t.Errorf("HTTP/2: %d, %v", status, err)
	}
}

func TestRefusalHeader(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]http.Header{
		400: {},
		405: {"Allow": {"GET"}},
		426: {"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"}},
	} {
		h := http.Header{}
		if RefusalHeader(h, status); !reflect.DeepEqual(h, want) {
			t.Errorf("%d: %v, want %v", status, h, want)
		}
	}
}

func TestSelectSubprotocol(t *testing.T) {
	t.Parallel()
	h := http.Header{"Sec-Websocket-Protocol": {"a, b", ",c"}}
	for _, c := range []struct {
		supported []string
		want      string
	}{
		{nil, ""}, {[]string{"x"}, ""}, {[]string{"c", "a"}, "c"}, {[]string{"x", "b"}, "b"}, {[]string{"A"}, ""},
	} {
		if got := SelectSubprotocol(h, c.supported); got != c.want {
			t.Errorf("%q: %q, want %q", c.supported, got, c.want)
		}
		if got := SelectSubprotocol(http.Header{}, c.supported); got != "" {
			t.Errorf("none offered: %q", got)
		}
	}
}

func TestAppendResponse(t *testing.T) {
	t.Parallel()
	got, err := AppendResponse([]byte("before"), sampleKey, "", "", nil)
	if want := "before" + sampleResponse; err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	got, err = AppendResponse(nil, sampleKey, "chat", "permessage-deflate; server_max_window_bits=9",
		http.Header{"Set-Cookie": {"a", "b"}, "Date": {"today"}, "X": nil})
	want := lines("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: "+sampleAccept,
		"Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9",
		"Date: today", "Set-Cookie: a", "Set-Cookie: b")
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	for _, c := range []struct {
		subprotocol, extensions string
		h                       http.Header
	}{
		{subprotocol: "a b"},
		{subprotocol: "a\r\nX: y"},
		{extensions: "a\r\nX: y"},
		{h: http.Header{"X": {"a\r\nY: b"}}},
		{h: http.Header{"X\r\nY": {"a"}}},
		{h: http.Header{"": {"a"}}},
		{h: http.Header{"upgrade": {"x"}}},
		{h: http.Header{"Connection": {"x"}}},
		{h: http.Header{"Sec-WebSocket-Accept": {"x"}}},
		{h: http.Header{"Sec-Websocket-Protocol": {"x"}}},
		{h: http.Header{"Sec-Websocket-Extensions": {"x"}}},
		{h: http.Header{"Content-Length": {"0"}}},
		{h: http.Header{"Transfer-Encoding": {"chunked"}}},
	} {
		got, err := AppendResponse([]byte("before"), sampleKey, c.subprotocol, c.extensions, c.h)
		if string(got) != "before" || !errors.As(err, new(*SyntaxError)) {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
	}
}

// TestBothRoles checks that each role accepts what the other one writes.
func TestBothRoles(t *testing.T) {
	t.Parallel()
	offered := []string{"a", "b"}
	wish, prefs := Deflate{ServerBits: 10}, Deflate{ClientNoTakeover: true, ClientBits: 9}
	request, err := AppendRequest(nil, mustURL(t, "wss://h/chat?x=1"), "", http.Header{
		protocolField: {strings.Join(offered, ", ")}, extensionsField: {wish.Offer()}}, sampleKey)
	if err != nil {
		t.Fatal(err)
	}
	r, n, err := new(RequestParser).Parse(request)
	if err != nil || n != len(request) {
		t.Fatal(n, err)
	}
	key, status, err := CheckRequest(r)
	if key != sampleKey || status != 101 || err != nil {
		t.Fatal(key, status, err)
	}
	agreed, answer := prefs.Accept(r.Header)
	response, err := AppendResponse(nil, key, SelectSubprotocol(r.Header, []string{"b"}), answer, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, n, err := new(ResponseParser).Parse(response)
	if err != nil || n != len(response) {
		t.Fatal(n, err)
	}
	if err := CheckUpgrade(resp, sampleKey); err != nil {
		t.Error(err)
	}
	if name, err := CheckSubprotocol(resp.Header, offered); name != "b" || err != nil {
		t.Error(name, err)
	}
	if checked, err := wish.Check(resp.Header); err != nil || *checked != *agreed || *agreed != (Deflate{false, true, 10, 9}) {
		t.Errorf("%+v, %+v, %v", checked, agreed, err)
	}
}
