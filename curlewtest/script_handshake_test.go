package curlewtest_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

func TestScriptServerHandshake(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ script, want string }{
		{"", response},
		{"send text \"a\"", response + "\x81\x01a"},
		{"handshake\nflush\nsend text \"a\"", response + "\x81\x01a"},
		{"expect request\nexpect target \"/chat?x=1\"\nexpect header x-two \"b\"\nexpect header Host \"example.com\"\nexpect header X-Not", response},
		{"header X-A \"1\"\nheader X-A \"2\"", response[:len(response)-2] + "X-A: 1\r\nX-A: 2\r\n\r\n"},
		{"header sec-websocket-accept \"wrong\"", strings.Replace(response, "Sec-WebSocket-Accept: "+accept, "sec-websocket-accept: wrong", 1)},
		{"header Upgrade", strings.Replace(response, "Upgrade: websocket\r\n", "", 1)},
		{"status 101 \"Fine\"", strings.Replace(response, "Switching Protocols", "Fine", 1)},
		{"status 403\nbody \"no\"", "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"},
		{"status 302\nheader Location \"/b\"", "HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n"},
		{"status 999 \"Odd\"\nsend raw \"x\"", "HTTP/1.1 999 Odd\r\n\r\nx"},
		{"head \"HTTP/1.1 101 X\\r\\nA: \" accept \"\\r\\n\"\nhead \"\\r\\n\"\nsend ping", "HTTP/1.1 101 X\r\nA: " + accept + "\r\n\r\n\x89\x00"},
		{"head \"220 ready\\r\\n\"", "220 ready\r\n"},
		{"expect request\ndrop", ""},
		{"expect request\nhalfclose", ""},
		{"drop", ""},
	} {
		var got []byte
		err := play(t, true, c.script, func(t *testing.T, conn net.Conn) {
			conn.Write([]byte(request))
			got, _ = io.ReadAll(conn)
		})
		if err != nil || string(got) != c.want {
			t.Errorf("%s\nsent %q, want %q; %v", c.script, got, c.want, err)
		}
	}
}

func TestScriptServerHandshakeFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ script, request, says string }{
		{"expect target \"/\"", request, `test.txt:1: expect target "/": got "/chat?x=1"`},
		{"expect header X-Two \"c\"", request, `got ["a" "b"]`},
		{"expect header X-Two", request, `got ["a" "b"]`},
		{"expect header X-Not \"c\"", request, "got []"},
		{"", strings.Replace(request, "13", "12", 1), "end of the script: "},
		{"", "GET / HTT", "expected a request, got only the bytes"},
		{"", "\x00", "start of the request"},
		{"send text\nstatus 403", request, "test.txt:2: status 403: expected this before the opening handshake"},
		{"handshake none\nexpect header A", request, "there was no handshake"},
		{"handshake none\nexpect target \"/\"", request, "got no request"},
	} {
		err := play(t, true, c.script, func(t *testing.T, conn net.Conn) { conn.Write([]byte(c.request)) })
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got the error %v, want %q in it", c.script, err, c.says)
		}
	}
}

// A script can refuse any request.
func TestScriptRefusesAnything(t *testing.T) {
	t.Parallel()
	err := play(t, true, "status 400", func(t *testing.T, c net.Conn) {
		mustWrite(t, c, "POST / HTTP/1.0\r\n\r\n")
		wantRead(t, c, "HTTP/1.1 400 Bad Request\r\n\r\n")
	})
	wantErr(t, err, nil)
}

func TestScriptClientHandshake(t *testing.T) {
	t.Parallel()
	key := "header Sec-WebSocket-Key \"dGhlIHNhbXBsZSBub25jZQ==\"\n"
	for _, c := range []struct{ script, response, wants, says string }{
		{key, response, "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n", ""},
		{key + "target \"/x\"\nheader Host \"a\"", response, "GET /x HTTP/1.1\r\nUpgrade: ", ""},
		{key + "header Upgrade\nexpect status 426\nexpect raw \"no\"\nexpect eof", "HTTP/1.1 426 U\r\nContent-Length: 2\r\n\r\nno", "\r\n\r\n", ""},
		{key + "expect header Upgrade \"websocket\"\nexpect ping", response + "\x89\x00", "\r\n\r\n", ""},
		{key + "expect status 403", response, "", "got 101 Switching Protocols"},
		{key, "HTTP/1.1 200 OK\r\n\r\n", "", "status"},
		{"", response, "", "Sec-WebSocket-Accept"},
		{key, "SSH-2.0", "", "start of the response"},
		{key, "HTTP/1.1 101", "", "expected a response, got only the bytes"},
		{"head \"GET\\r\\n\\r\\n\"\nexpect status 400", "HTTP/1.1 400 B\r\n\r\n", "GET\r\n\r\n", ""},
		{"head \"GET\\r\\n\\r\\n\"\nexpect header A \"b\"\nexpect ping", "HTTP/1.1 101 B\r\nA: b\r\n\r\n\x89\x00", "", ""},
	} {
		var asked []byte
		err := play(t, false, c.script, func(t *testing.T, conn net.Conn) {
			asked = readHead(t, conn)
			mustWrite(t, conn, c.response)
		})
		if !strings.Contains(string(asked), c.wants) {
			t.Errorf("%s\nsent %q, want %q in it", c.script, asked, c.wants)
		}
		if (c.says == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got the error %v, want %q in it", c.script, err, c.says)
		}
	}
}

// A script can test how the library handles refusals and redirects.
func TestScriptRefusals(t *testing.T) {
	t.Parallel()
	s := curlewtest.NewScriptServer(t, "ws", `
status 302
header Location "/there"
connection
expect target "/there"
status 403
body 3*"no"
`)
	_, err := (&curlew.Client{MaxRedirects: 1}).Dial(t.Context(), s.URL)
	var he *curlew.HandshakeError
	if !errors.As(err, &he) || he.Response.StatusCode != http.StatusForbidden || string(he.Body) != "nonono" {
		t.Errorf("%v", err)
	}
}
