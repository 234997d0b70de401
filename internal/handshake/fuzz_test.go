package handshake

import (
	"bufio"
	"bytes"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// FuzzAppendRequest checks that any inputs give one head, with the requested fields
// and no others.
func FuzzAppendRequest(f *testing.F) {
	f.Add("ws", "h", "/p", "q", "", "X", "y")
	f.Add("wss", "[fe80::1%25]:443", "a b", "a b\x00", "host", "Upgrade", "h2c")
	f.Add("http", "h:80", "//x/../y", "#é", "", "connection", "close, \"a,b\"")
	f.Add("ws", "[::1%", "*", "", "a\r\nb", "sec-websocket-key", otherKey)
	f.Fuzz(func(t *testing.T, scheme, urlHost, path, query, host, name, value string) {
		u := &url.URL{Scheme: scheme, Host: urlHost, Path: path, RawQuery: query}
		b, err := AppendRequest(nil, u, host, http.Header{name: {value}}, sampleKey)
		if err != nil {
			return
		}
		r, n, err := new(RequestParser).Parse(b)
		if err != nil || n != len(b) {
			t.Fatalf("%q: parsed %d of %d bytes: %v", b, n, len(b), err)
		}
		if _, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b))); err != nil {
			t.Fatalf("%q: net/http: %v", b, err)
		}
		if r.URL.Path != "/"+strings.TrimPrefix(path, "/") {
			t.Errorf("%q: path %q became %q", b, path, r.URL.Path)
		}
		key := http.CanonicalHeaderKey(name)
		want := []string{trimSpace(value)}
		if got := r.Header[key]; key != "Host" && key != "Connection" && !reflect.DeepEqual(got, want) {
			t.Errorf("%q: field %q is %q, want %q", b, key, got, want)
		}
		fields := 6
		switch key {
		case "Host", "Accept", "Upgrade", "Sec-Websocket-Version", "Sec-Websocket-Key", "Connection":
		default:
			fields++
		}
		if got := bytes.Count(b, []byte("\n")) - 2; got != fields {
			t.Errorf("%q: %d fields, want %d", b, got, fields)
		}
	})
}

// sameHeader compares a header with that of net/http, except for the fields that
// net/http removes or adds.
func sameHeader(t *testing.T, raw []byte, ours, theirs http.Header) {
	t.Helper()
	for _, h := range []http.Header{ours, theirs} {
		for _, name := range []string{"Cache-Control", "Connection", "Content-Length", "Trailer", "Transfer-Encoding"} {
			h.Del(name)
		}
	}
	if !reflect.DeepEqual(ours, theirs) {
		t.Errorf("%q: header %q, net/http: %q", raw, ours, theirs)
	}
}

// isTrailerError reports whether err is about the trailer, which net/http checks
// and this package leaves to the reader of a chunked body.
func isTrailerError(err error) bool {
	return err != nil && strings.Contains(err.Error(), "bad trailer key")
}

// FuzzHandshake checks that an accepted response has the meaning that it has for
// net/http, unless its framing is odd or it has folds. The verdict must be the same
// for every cut.
func FuzzHandshake(f *testing.F) {
	f.Add([]byte(sampleResponse), 7)
	f.Add([]byte("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 401 No\nContent-Length: 3\nset-cookie: a\nSet-Cookie: b\n\nabc"), 14)
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\nConnection: close, a\r\nPragma: no-cache\r\n\r\n0\r\n\r\n"), 21)
	f.Add([]byte("HTTP/1.1 301\r\nA: b\r\n c\r\nD : e\r\n\r\n"), 28)
	for i, raw := range badResponses() {
		f.Add([]byte(raw), i)
	}
	f.Fuzz(func(t *testing.T, raw []byte, cut int) {
		whole := responses(t)(raw)
		if split := parsePieces(responses(t), string(raw), int(uint(cut)%uint(len(raw)+1)), len(raw)); !reflect.DeepEqual(split, whole) {
			t.Errorf("%q cut at %d: %+v, whole: %+v", raw, cut, split, whole)
		}
		var p ResponseParser
		ours, n, err := p.Parse(raw)
		if err != nil || ours == nil {
			return
		}
		var again ResponseParser
		if same, _, err := again.Parse([]byte(p.Text())); err != nil || !reflect.DeepEqual(same, ours) || again.Text() != p.Text() {
			t.Errorf("%q: %+v, parsed again from %q: %+v, %v", raw, ours, p.Text(), same, err)
		}
		theirs, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw[p.head.start:n])), nil)
		odd := framingOf(ours.Header, ours.ProtoMinor).odd != nil
		if odd && hasBody(ours.StatusCode) && !ours.Close {
			t.Errorf("%q: odd framing, and no Close", raw)
		}
		if isTrailerError(err) || odd || p.head.folded {
			return // net/http is stricter
		}
		if err != nil {
			t.Fatalf("%q: net/http: %v", raw, err)
		}
		if ours.Status != theirs.Status || ours.StatusCode != theirs.StatusCode || ours.Proto != theirs.Proto ||
			ours.ProtoMajor != theirs.ProtoMajor || ours.ProtoMinor != theirs.ProtoMinor || ours.Close != theirs.Close ||
			ours.ContentLength != theirs.ContentLength || hasBody(ours.StatusCode) && !reflect.DeepEqual(ours.TransferEncoding, theirs.TransferEncoding) {
			t.Errorf("%q: %+v, net/http: %+v", raw, ours, theirs)
		}
		sameHeader(t, raw, ours.Header, theirs.Header)
	})
}

// FuzzRequest is FuzzHandshake for the server.
func FuzzRequest(f *testing.F) {
	f.Add([]byte("GET /chat?x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n"), 35)
	f.Add([]byte("CONNECT h:443 HTTP/1.1\nHost: x\n\n"), 42)
	f.Add([]byte("POST http://u:p@h/%2f HTTP/1.0\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc"), 49)
	f.Add([]byte("PUT * HTTP/1.1\r\nHost: a\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n"), 56)
	for i, raw := range badRequests() {
		f.Add([]byte(raw), i)
	}
	f.Fuzz(func(t *testing.T, raw []byte, cut int) {
		whole := requests(t)(raw)
		if split := parsePieces(requests(t), string(raw), int(uint(cut)%uint(len(raw)+1)), len(raw)); !reflect.DeepEqual(split, whole) {
			t.Errorf("%q cut at %d: %+v, whole: %+v", raw, cut, split, whole)
		}
		ours, n, err := new(RequestParser).Parse(raw)
		if err != nil || ours == nil {
			return
		}
		theirs, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw[:n])))
		if isTrailerError(err) {
			return
		}
		if err != nil {
			t.Fatalf("%q: net/http: %v", raw, err)
		}
		if ours.Method != theirs.Method || !reflect.DeepEqual(ours.URL, theirs.URL) || ours.Host != theirs.Host ||
			ours.RequestURI != theirs.RequestURI || ours.Proto != theirs.Proto || ours.Close != theirs.Close ||
			ours.ContentLength != theirs.ContentLength || !reflect.DeepEqual(ours.TransferEncoding, theirs.TransferEncoding) {
			t.Errorf("%q: %+v, net/http: %+v", raw, ours, theirs)
		}
		sameHeader(t, raw, ours.Header, theirs.Header)
	})
}
