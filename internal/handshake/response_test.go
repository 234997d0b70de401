package handshake

import (
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// A responseCase is a head, and the response that it is parsed as.
type responseCase struct {
	name, raw, status, proto string
	code                     int
	h                        http.Header
	length                   int64
	te                       []string
	close                    bool
}

func responseCases() []responseCase {
	return []responseCase{
		{name: "101", raw: sampleResponse, status: "101 Switching Protocols", code: 101,
			h: http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Accept": {sampleAccept}}},
		{name: "no fields", raw: "HTTP/1.1 101 X\r\n\r\n", status: "101 X", code: 101},
		{name: "no reason", raw: "HTTP/1.1 101 \r\n\r\n", status: "101 ", code: 101},
		{name: "no space before the reason", raw: "HTTP/1.1 101\r\n\r\n", status: "101", code: 101},
		{name: "reason in other letters", raw: "HTTP/1.1 101 \xe9\t x\r\n\r\n", status: "101 \xe9\t x", code: 101},
		{name: "LF alone", raw: "HTTP/1.1 101 X\nA: b\n\n", status: "101 X", code: 101, h: http.Header{"A": {"b"}}},
		{name: "interim responses",
			raw:    "HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: z\r\n\r\nHTTP/1.1 101 X\r\nA: b\r\n\r\n",
			status: "101 X", code: 101, h: http.Header{"A": {"b"}}},
		{name: "several fields of a name", raw: "HTTP/1.1 200 OK\r\nset-COOKIE: a\r\nB:c\r\nSet-Cookie:\tb \r\nset-cookie:\r\n\r\n", status: "200 OK", code: 200,
			h: http.Header{"Set-Cookie": {"a", "b", ""}, "B": {"c"}}, length: -1, close: true},
		{name: "colon in value", raw: "HTTP/1.1 302 Found\r\nLocation: ws://h:1/\r\nContent-Length: 0\r\n\r\n", status: "302 Found", code: 302,
			h: http.Header{"Location": {"ws://h:1/"}, "Content-Length": {"0"}}},
		{name: "length", raw: "HTTP/1.1 401 No\r\nContent-Length: 12\r\nContent-Length: 12\r\n\r\n", status: "401 No", code: 401,
			h: http.Header{"Content-Length": {"12", "12"}}, length: 12},
		{name: "chunked", raw: "HTTP/1.1 401 No\r\nTransfer-Encoding: Chunked\r\n\r\n", status: "401 No", code: 401,
			h: http.Header{"Transfer-Encoding": {"Chunked"}}, length: -1, te: []string{"chunked"}},
		{name: "close", raw: "HTTP/1.1 404 No\r\nContent-Length: 1\r\nConnection: x, Close\r\n\r\n", status: "404 No", code: 404,
			h: http.Header{"Content-Length": {"1"}, "Connection": {"x, Close"}}, length: 1, close: true},
		{name: "HTTP/1.0", raw: "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", proto: "HTTP/1.0", status: "200 OK", code: 200,
			h: http.Header{"Content-Length": {"1"}}, length: 1, close: true},
		{name: "HTTP/1.0 kept", raw: "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n", proto: "HTTP/1.0", status: "200 OK", code: 200,
			h: http.Header{"Content-Length": {"1"}, "Connection": {"keep-alive"}}, length: 1},
		{name: "204 has no body", raw: "HTTP/1.1 204 No\r\nContent-Length: 7\r\n\r\n", status: "204 No", code: 204,
			h: http.Header{"Content-Length": {"7"}}},
		{name: "101 has no body", raw: "HTTP/1.1 101 X\r\nContent-Length: 7\r\n\r\n", status: "101 X", code: 101,
			h: http.Header{"Content-Length": {"7"}}},
		{name: "204 with codings", raw: "HTTP/1.1 204 No\r\nTransfer-Encoding: gzip\r\n\r\n", status: "204 No", code: 204,
			h: http.Header{"Transfer-Encoding": {"gzip"}}},
		{name: "folds", raw: "HTTP/1.1 200 X\r\n lost\r\nA: b\r\n \tc\r\n\r\n", status: "200 X", code: 200, h: http.Header{"A": {"b c"}}, length: -1, close: true},
		{name: "folds of LF", raw: "HTTP/1.1 101 X\nA:\n b\n\tc: d \n \n\te\nB: f\n\n", status: "101 X", code: 101, h: http.Header{"A": {"b c: d e"}, "B": {"f"}}},
		{name: "unknown status", raw: "HTTP/1.1 999 ?\r\nContent-Length: 0\r\n\r\n", status: "999 ?", code: 999,
			h: http.Header{"Content-Length": {"0"}}},
	}
}

func TestParseResponse(t *testing.T) {
	t.Parallel()
	for _, c := range responseCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			resp, n, err := new(ResponseParser).Parse([]byte(c.raw))
			if err != nil || n != len(c.raw) {
				t.Fatalf("n = %d of %d, error %v", n, len(c.raw), err)
			}
			if c.proto == "" {
				c.proto = "HTTP/1.1"
			}
			if c.h == nil {
				c.h = http.Header{}
			}
			want := &http.Response{Status: c.status, StatusCode: c.code, Proto: c.proto, ProtoMajor: 1, ProtoMinor: int(c.proto[7] - '0'),
				Header: c.h, Body: http.NoBody, ContentLength: c.length, TransferEncoding: c.te, Close: c.close}
			if !reflect.DeepEqual(resp, want) {
				t.Errorf("got  %+v\nwant %+v", resp, want)
			}
			checkSplits(t, responses, c.raw)
		})
	}
}

func badResponses() []string {
	const ok = "HTTP/1.1 101 X\r\n"
	return []string{
		"\r\n" + ok, " " + ok, "\x16\x03\x01\x02", "SSH-2.0-x\r\n", "<html>", "hTTP/1.1 101 X\r\n\r\n",
		"HTTP/2.0 101 X\r\n\r\n", "HTTP/1 101 X\r\n\r\n", "HTTP/1.10 101 X\r\n\r\n", "HTTP/1.x 101 X\r\n\r\n", "HTTP/1.1\r\n\r\n",
		"HTTP/1.1  101 X\r\n\r\n", "HTTP/1.1 \t101 X\r\n\r\n", "HTTP/1.1 10 X\r\n\r\n", "HTTP/1.1 1010 X\r\n\r\n", "HTTP/1.1 +10 X\r\n\r\n",
		"HTTP/1.1 099 X\r\n\r\n", "HTTP/1.1 101X\r\n\r\n", "HTTP/1.1 101\tX\r\n\r\n", "HTTP/1.1 101 X\x00\r\n\r\n", "HTTP/1.1 101 X\rY\r\n\r\n",
		ok + "no colon\r\n\r\n", ok + "nocolon\r\n\r\n", ok + ": value\r\n\r\n", ok + "Name : value\r\n\r\n", ok + "Na me: value\r\n\r\n", ok + "Na\xe9: value\r\n\r\n",
		ok + "A: b\r\n c\x00\r\n\r\n", ok + " \x01\r\n\r\n", ok + "A: b\r\n c\rd\r\n\r\n",
		ok + "A: b\x00\r\n\r\n", ok + "A: b\rc\r\n\r\n", ok + "A: b\r\r\n\r\n", ok + "A: \x7f\r\n\r\n", ok + "\rA: b\r\n\r\n",
		"HTTP/1.1 100 Continue\r\nbad\r\n\r\n" + ok + "\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTQ",
	}
}

func TestParseResponseRefuses(t *testing.T) {
	t.Parallel()
	for _, raw := range badResponses() {
		resp, n, err := new(ResponseParser).Parse([]byte(raw))
		if resp != nil || n != 0 || !errors.As(err, new(*SyntaxError)) {
			t.Errorf("%q: %v, %d, %v, want a *SyntaxError", raw, resp, n, err)
		}
		checkSplits(t, responses, raw)
	}
}

func TestCheckUpgrade(t *testing.T) {
	t.Parallel()
	resp := func(first string, fields ...string) string { return lines(append([]string{first}, fields...)...) }
	const ok, up, conn, acc = "HTTP/1.1 101 X", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: " + sampleAccept
	for _, c := range []struct {
		raw  string
		want string // in the error, "" if there is none
	}{
		{sampleResponse, ""},
		{resp(ok, "upgrade: WebSocket", "connection: keep-alive, UPGRADE", acc), ""},
		{resp(ok, up, "Connection: keep-alive", "Connection: ,upgrade,", acc), ""},
		{resp("HTTP/1.1 200 OK", up, conn, acc), `status: expected 101, got "200 OK"`},
		{resp("HTTP/1.0 101 X", up, conn, acc), `expected HTTP/1.1, got "HTTP/1.0"`},
		{resp(ok, conn, acc), `Upgrade: expected "websocket", got no such field`},
		{resp(ok, "Upgrade: h2c", conn, acc), `Upgrade: expected "websocket", got "h2c"`},
		{resp(ok, "Upgrade: websocket, h2c", conn, acc), `got "websocket, h2c"`},
		{resp(ok, up, up, conn, acc), `got 2 fields, the first "websocket"`},
		{resp(ok, up, acc), `Connection: expected "Upgrade", got no such field`},
		{resp(ok, up, "Connection: keep-alive", acc), `got "keep-alive"`},
		{resp(ok, up, "Connection: Upgraded", acc), `got "Upgraded"`},
		{resp(ok, up, conn), `Sec-WebSocket-Accept: expected "` + sampleAccept + `", got no such field`},
		{resp(ok, up, conn, "Sec-WebSocket-Accept:"), `got ""`},
		{resp(ok, up, conn, "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo="), `got "S3p`},
		{resp(ok, up, conn, acc+", x"), `, x"`},
		{resp(ok, up, conn, acc, acc), `got 2 fields`},
	} {
		resp, _, err := new(ResponseParser).Parse([]byte(c.raw))
		if err != nil {
			t.Fatal(err)
		}
		err = CheckUpgrade(resp, sampleKey)
		checkError(t, c.raw, err, c.want)
		if c.want != "" && !errors.As(err, new(*UpgradeError)) {
			t.Errorf("%q: %T", c.raw, err)
		}
	}
}

func TestCheckSubprotocol(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		chosen, offered []string
		want, err       string
	}{
		{nil, nil, "", ""},
		{nil, []string{"a"}, "", ""},
		{[]string{"b"}, []string{"a", "b"}, "b", ""},
		{[]string{"B"}, []string{"a", "b"}, "", `one of the 2 subprotocols offered, got "B"`},
		{[]string{"a"}, nil, "", `no subprotocol, since none was offered, got "a"`},
		{[]string{""}, []string{"a"}, "", ""},
		{[]string{"", " ,"}, nil, "", ""},
		{[]string{"", "a"}, []string{"a"}, "a", ""},
		{[]string{"a, b"}, []string{"a", "b"}, "", `got "a, b"`},
		{[]string{"a", "a"}, []string{"a"}, "", `got 2 fields`},
	} {
		got, err := CheckSubprotocol(http.Header{"Sec-Websocket-Protocol": c.chosen}, c.offered)
		if got != c.want {
			t.Errorf("%q of %q: %q, want %q", c.chosen, c.offered, got, c.want)
		}
		checkError(t, strings.Join(c.chosen, "|"), err, c.err)
	}
}

func TestValidSubprotocols(t *testing.T) {
	t.Parallel()
	for _, good := range [][]string{nil, {"a"}, {"a", "A", "soap.v1+x~"}} {
		if err := ValidSubprotocols(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range [][]string{{""}, {"a b"}, {"a,b"}, {"a", "b/c"}, {"é"}, {"a", "b", "a"}, {"a\n"}} {
		if err := ValidSubprotocols(bad); !errors.As(err, new(*SyntaxError)) {
			t.Errorf("%q: %v, want a *SyntaxError", bad, err)
		}
	}
}

// TestRememberedLimitsOfLists checks that of lists, which may be very long in a
// hostile head, a hundred elements are accepted.
func TestRememberedLimitsOfLists(t *testing.T) {
	t.Parallel()
	names := make([]string, maxElements)
	for i := range names {
		names[i] = "p" + strconv.Itoa(i)
	}
	list := strings.Join(names, ",")
	request := func(name, value string) error {
		r, _, err := new(RequestParser).Parse([]byte(lines("GET / HTTP/1.1", "Host: h", "Upgrade: websocket", "Connection: Upgrade",
			"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: "+sampleKey, name+": "+value)))
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = CheckRequest(r)
		return err
	}
	for name, value := range map[string]string{
		"Sec-WebSocket-Protocol":   list,
		"Sec-WebSocket-Extensions": list + ",",
	} {
		checkError(t, name, request(name, value), "")
		checkError(t, name, request(name, value+",x"), "exceeds the limit of 100 ")
		checkError(t, name, request(name, strings.Repeat(value+",", 500)), "exceeds the limit of 100 ")
	}
	params := strings.Join(names, ";")
	checkError(t, "parameters", request("Sec-WebSocket-Extensions", "e;"+params), "")
	checkError(t, "parameters", request("Sec-WebSocket-Extensions", "e;x, e;"+params), "exceeds the limit of 100 parameters")
	checkError(t, "parameters", request("Sec-WebSocket-Extensions", "e;"+strings.Repeat(params+";", 500)), "exceeds the limit of 100 parameters")
	answer := http.Header{extensionsField: {"permessage-deflate" + strings.Repeat("; x", 250_000)}}
	_, err := Deflate{}.Check(answer)
	checkError(t, "answer", err, "exceeds the limit of 100 parameters")
	checkError(t, "answer", CheckExtensions(answer, nil), "exceeds the limit of 100 parameters")
	if err := ValidSubprotocols(append(names, "x")); !errors.As(err, new(*LimitError)) {
		t.Errorf("offering too many subprotocols: got %v", err)
	}
}
