package curlewtest_test

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

func mustParse(t testing.TB, text string) *curlewtest.Script {
	t.Helper()
	s, err := curlewtest.ParseScript("test.txt", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// play follows a script as the server, or as the client, with peer at the
// other end of a pipe, and returns what the script's end says.
func play(t *testing.T, server bool, text string, peer func(t *testing.T, c net.Conn)) (err error) {
	t.Helper()
	s := mustParse(t, text)
	bubble(t, curlewtest.PipeBuffer, func(t *testing.T, a, b net.Conn) {
		done := make(chan error, 1)
		go func() {
			if server {
				done <- s.Serve(t.Context(), b)
			} else {
				done <- s.Connect(t.Context(), b)
			}
		}()
		peer(t, a)
		a.Close()
		err = <-done
	})
	return err
}

// sent returns all that a script sends.
func sent(t *testing.T, server bool, text string) string {
	t.Helper()
	var got []byte
	err := play(t, server, text, func(t *testing.T, c net.Conn) { got, _ = io.ReadAll(c) })
	wantErr(t, err, nil)
	return string(got)
}

func unhex(s string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return string(b)
}

// What a server's script sends, and a client's with the mask taken off.
func TestScriptSend(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ script, want string }{
		{`send text "hé" # a comment`, "8103 68c3a9"},
		{`send text "#" "a b\n\x00" ff`, "8107 23 6120620a00 ff"},
		{`send binary more 3*00ff`, "0206 00ff00ff00ff"},
		{`send binary 2*2*"ab"`, "8208 6162616261626162"},
		{`send binary 5:"ab" 0:00 3:2*0102 2*3:0102 1:4*ff`, "820f 6162616261 010201 010201010201 ff"},
		{"send cont\nsend cont more", "8000 0000"},
		{`send ping "?"` + "\nflush\n" + `send pong`, "8901 3f 8a00"},
		{`send close 1000 "bye"`, "8805 03e8 627965"},
		{"send close\nsend close 1005\nsend close 999\nsend close 1*03", "8800 8802 03ed 8802 03e7 8801 03"},
		{"send op3 rsv1\nsend op15 rsv2 rsv3 more 01", "c300 3f01 01"},
		{"send text len16 01\nsend text len64 01", "817e0001 01 817f0000000000000001 01"},
		{`send text length=200 "a"`, "817e00c8 61"},
		{"send text length=9223372036854775808", "817f8000000000000000"},
		{"send raw 81 05 \"he\"", "8105 6865"},
		{"repeat 2\nsend raw 01\nrepeat 3\nsend raw 02\nend\nend\nrepeat 0\nsend raw 03\nend", "01020202 01020202"},
		{"send raw @a @b\n-- a --\none\n-- b --\ntwo", "6f6e650a 74776f"},
		{"send text 126*00", "817e007e" + strings.Repeat("00", 126)},
		{"send text 65536*00", "817f0000000000010000" + strings.Repeat("00", 65536)},
	} {
		if got := sent(t, true, "handshake none\n"+c.script); got != unhex(c.want) {
			t.Errorf("%s\nsent % .99x\nwant %.300s", c.script, got, c.want)
		}
	}
}

func TestScriptMasks(t *testing.T) {
	t.Parallel()
	got := sent(t, false, "handshake none\nsend text \"hello\"\nsend text \"hello\"\nsend text flip \"hello\"")
	if len(got) != 11+11+7 || got[0] != 0x81 || got[1] != 0x85 || got[2:6] == got[13:17] || got[22:] != "\x81\x05hello" {
		t.Fatalf("a client sent % x", got)
	}
	for i, b := range []byte("hello") {
		if got[6+i]^got[2+i%4] != b {
			t.Fatalf("a client sent % x", got)
		}
	}
	got = sent(t, true, "handshake none\nsend text flip \"hello\"")
	if len(got) != 11 || got[1] != 0x85 {
		t.Errorf("a server sent % x", got)
	}
}

// Each line of want is a frame that a client sends; the script expects it.
func TestScriptExpect(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		peer, expect, wrong string // wrong is in the error, "" if there is none
	}{
		{"8105 68656c6c6f", `expect text "hello"`, ""},
		{"8105 68656c6c6f", `expect text`, ""},
		{"8105 68656c6c6f", `expect text "help"`, `test.txt:2: expect text "help": expected 4 bytes, got 5, which differ from byte 3 on: text "hello"`},
		{"8105 68656c6c6f", `expect text ""`, "differ from byte 0"},
		{"8205 00000000ff", `expect text`, "got another frame: binary 00000000ff"},
		{"0101 61", `expect text "a"`, `got another frame: text more "a"`},
		{"8101 61", `expect text more "a"`, `got another frame: text "a"`},
		{"c101 61", `expect text "a"`, `got another frame: text rsv1 "a"`},
		{"c101 61", `expect text rsv1 "a"`, ""},
		{"8101 61", `expect text rsv1`, `got another frame: text "a"`},
		{"8b00", `expect pong`, `got another frame: op11 ""`},
		{"8b00", `expect op11`, ""},
		{"8a01 61", `expect pong "a"`, ""},
		{"8805 03e8 627965", `expect close 1000 "bye"`, ""},
		{"8805 03e8 627965", `expect close 1000`, ""},
		{"8805 03e8 627965", `expect close`, ""},
		{"8805 03e8 627965", `expect close 1001`, `got another code: close 1000 "bye"`},
		{"8805 03e8 627965", `expect close 1000 ""`, "differ from byte 0"},
		{"8805 03e8 627965", `expect close 1005`, "got another code"},
		{"8800", `expect close 1005`, ""},
		{"8800", `expect close 1000`, `got another code: close ""`},
		{"0101 61 0001 62 8001 63", `expect message text "abc"`, ""},
		{"8103 616263", `expect message text "abc"`, ""},
		{"0101 61 8001 63", `expect message text "abc"`, "expected 3 bytes, got 2"},
		{"4101 61 8001 62", `expect message text rsv1 "ab"`, ""},
		{"0101 61 c001 62", `expect message text "ab"`, `got another frame: cont rsv1 "b"`},
		{"0101 61 8900", `expect message text "abc"`, `got another frame: ping ""`},
		{"0101 61 8101 62", `expect message text "ab"`, `got another frame: text "b"`},
		{"817e0001 61", `expect text "a"`, "not in its shortest form: header 81 fe 00 01"},
		{"817fffffffffffffffff", `expect text`, "got a frame of 18446744073709551615 bytes"},
		{"817f0000000100000000", `expect text`, "got a frame of 4294967296 bytes"},
		{"8105 6865", `expect text "hello"`, "within text "},
		{"8105 6865", `expect text "hello"`, "EOF"},
		{"81", `expect text`, "got only the bytes 81: EOF"},
		{"", `expect text`, "got nothing more: EOF"},
		{"", `expect eof`, ""},
		{"8100", `expect eof`, "got the bytes 8180"},
	} {
		err := play(t, true, "handshake none\n"+c.expect, func(t *testing.T, conn net.Conn) { conn.Write(masked(unhex(c.peer))) })
		switch {
		case c.wrong == "":
			if err != nil {
				t.Errorf("%s of %s: %v", c.expect, c.peer, err)
			}
		case err == nil || !strings.Contains(err.Error(), c.wrong):
			t.Errorf("%s of %s: want an error that says %q, got %v", c.expect, c.peer, c.wrong, err)
		}
	}
}

// masked makes a client's frames of a server's, with a key of zeros, so that
// the payload is left alone. It stops where a frame is not whole.
func masked(frames string) (out []byte) {
	for len(frames) >= 2 {
		head, n := 2, int(frames[1])
		switch n {
		case 126:
			head, n = 4, int(frames[2])<<8|int(frames[3])
		case 127:
			head, n = 10, len(frames)-10
		}
		n = min(n, len(frames)-head)
		out = append(out, frames[0], frames[1]|0x80)
		out = append(append(out, frames[2:head]...), 0, 0, 0, 0)
		out = append(out, frames[head:head+n]...)
		frames = frames[head+n:]
	}
	return append(out, frames...)
}

func TestScriptExpectRaw(t *testing.T) {
	t.Parallel()
	peer := func(t *testing.T, c net.Conn) { mustWrite(t, c, "abcd") }
	wantErr(t, play(t, true, "handshake none\nexpect raw \"ab\"\nexpect raw 63\nexpect raw \"d\"\nexpect eof", peer), nil)
	err := play(t, true, "handshake none\nexpect raw \"abd\"", peer)
	if err == nil || !strings.Contains(err.Error(), `differ from byte 2 on: "abc"`) {
		t.Error(err)
	}
	err = play(t, true, "handshake none\nexpect raw \"abcde\"", peer)
	wantErr(t, err, io.EOF)
}

// A frame must be masked by a client, and not by a server.
func TestScriptExpectMask(t *testing.T) {
	t.Parallel()
	for _, server := range []bool{true, false} {
		for _, frame := range []string{"8101 61", "8181 00000000 61"} {
			err := play(t, server, "handshake none\nexpect text \"a\"", func(t *testing.T, c net.Conn) { mustWrite(t, c, unhex(frame)) })
			if right := server == (len(frame) > 8); right != (err == nil) {
				t.Errorf("server %v, frame %s: %v", server, frame, err)
			}
		}
	}
}

func TestScriptSyntax(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ script, says string }{
		{"sned text", `test.txt:1: sned text: expected a statement, got "sned"`},
		{"\n# fine\n  send", "test.txt:3: send: expected the type of a frame"},
		{"send txt", `expected text, binary`},
		{"send op16", `expected text, binary`},
		{"send text hello", `expected "text", two hexadecimal digits a byte, @file, N*item or N:item, got "hello"`},
		{"send text 123", "two hexadecimal digits a byte"},
		{`send text "a`, "expected a string as in Go"},
		{`send text "a"b`, "expected a space after the string"},
		{"send text @file", `expected a file "file"`},
		{"send text x*00", "expected a number before *"},
		{"send text 99999999*\"abcdef\"", "exceeds the 33554432 bytes"},
		{"send text 33554432*00 00", "exceeds the 33554432 bytes"},
		{"send text length=x", "expected a number in length=x"},
		{"expect", "expected what is to come"},
		{"expect text flip", "flip is for a frame that is sent"},
		{"expect text len16", "len16 is for a frame"},
		{"expect eof now", `expected nothing more, got "now"`},
		{"expect message", "expected the type of a frame"},
		{"expect header", "expected a name"},
		{"expect header A b*00", "the value: expected a number"},
		{"split", "expected one number"},
		{"split -1", "expected one number"},
		{"repeat x", "expected one number"},
		{"send raw\nrepeat 2\nsend raw", "test.txt:2: repeat: expected an end"},
		{"end", "expected repeat before it"},
		{"repeat 2\nconnection\nend", "expected the end of repeat first"},
		{"wait", "expected one duration"},
		{"wait -1s", "expected one duration"},
		{"role", "expected server or client"},
		{"role server\nrole client", "for a server and lines for a client"},
		{"status 403\nexpect status 403", "for a server and lines for a client"},
		{"flush now", "expected nothing more"},
		{"target", "expected one string"},
		{"head text", `got "text"`},
		{"handshake maybe", "expected nothing more"},
	} {
		_, err := curlewtest.ParseScript("test.txt", []byte(c.script))
		var se *curlewtest.ScriptError
		if !errors.As(err, &se) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: want an error that says %q, got %v", c.script, c.says, err)
		}
	}
}

func TestScriptRoles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		script         string
		server, client bool
	}{
		{"send text", true, true},
		{"role server", true, false},
		{"role client", false, true},
		{"status 403", true, false},
		{"expect status 403", false, true},
		{"head accept", true, false},
	} {
		if server, client := mustParse(t, c.script).Roles(); server != c.server || client != c.client {
			t.Errorf("%q is for server %v, client %v", c.script, server, client)
		}
	}
	a, _ := curlewtest.Pipe()
	if err := mustParse(t, "role client").Serve(t.Context(), a); err == nil || !strings.Contains(err.Error(), "for the other role") {
		t.Error(err)
	}
}

// request is a client's opening handshake whose answer has the Accept wanted.
const (
	request = "GET /chat?x=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nX-Two: a\r\nX-Two: b\r\n\r\n"
	accept   = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" // of the key in RFC 6455 section 1.3
	response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + "\r\n\r\n"
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
			t.Errorf("%s: want an error that says %q, got %v", c.script, c.says, err)
		}
	}
}

// A refusal is given whatever the request is.
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
			t.Errorf("%s: want an error that says %q, got %v", c.script, c.says, err)
		}
	}
}

func readHead(t *testing.T, c net.Conn) (head []byte) {
	for !strings.HasSuffix(string(head), "\r\n\r\n") {
		var b [1]byte
		if _, err := io.ReadFull(c, b[:]); err != nil {
			t.Errorf("reading a head: %v", err)
			return head
		}
		head = append(head, b[0])
	}
	return head
}

// sizesOf counts what each Write of a connection has.
type sizesOf struct {
	net.Conn
	sizes *[]int
}

func (c sizesOf) Write(p []byte) (int, error) {
	*c.sizes = append(*c.sizes, len(p))
	return c.Conn.Write(p)
}

// Sends are collected until something else happens.
func TestScriptWrites(t *testing.T) {
	t.Parallel()
	s := mustParse(t, `
handshake none
send raw 0102
send raw 03
flush
flush
send raw 04
expect raw "x"
split 2
send raw 0506070809
wait 1h
split 0
send raw 0a0b0c
`)
	bubble(t, 100, func(t *testing.T, a, b net.Conn) {
		var sizes []int
		start := time.Now()
		go mustWrite(t, a, "x")
		wantErr(t, s.Serve(t.Context(), sizesOf{b, &sizes}), nil)
		if got := fmt.Sprint(sizes); got != "[3 1 2 2 1 3]" {
			t.Errorf("writes of %s bytes", got)
		}
		if time.Since(start) != time.Hour {
			t.Errorf("waited %v", time.Since(start))
		}
	})
}

func TestScriptStall(t *testing.T) {
	t.Parallel()
	bubble(t, 100, func(t *testing.T, a, b net.Conn) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- mustParse(t, "handshake none\nsend raw \"x\"\nstall\nsend raw \"y\"").Serve(ctx, b) }()
		wantRead(t, a, "x")
		synctest.Wait()
		cancel()
		wantErr(t, <-done, nil)
		got, err := io.ReadAll(a)
		if len(got) > 0 || err != nil {
			t.Errorf("%q, %v behind the stall", got, err)
		}
	})
}

// The end of the context is an error where something was awaited.
func TestScriptContext(t *testing.T) {
	t.Parallel()
	for _, script := range []string{"expect request", "send text", "handshake none\nsend raw 200*00", "handshake none\nexpect eof"} {
		bubble(t, 100, func(t *testing.T, a, b net.Conn) {
			over := errors.New("over")
			ctx, cancel := context.WithCancelCause(t.Context())
			done := make(chan error, 1)
			go func() { done <- mustParse(t, script).Serve(ctx, b) }()
			synctest.Wait()
			cancel(over)
			err := <-done
			var se *curlewtest.ScriptError
			if !errors.As(err, &se) || !errors.Is(err, over) {
				t.Errorf("%s: %v", script, err)
			}
		})
	}
}

func TestScriptConnections(t *testing.T) {
	t.Parallel()
	s := mustParse(t, "handshake none\nsend raw \"1\"\nconnection\nhandshake none\nsend raw \"2\"")
	for i := range 4 {
		bubble(t, 100, func(t *testing.T, a, b net.Conn) {
			wantErr(t, s.Serve(t.Context(), b), nil)
			wantRead(t, a, fmt.Sprint(1+i%2))
		})
	}
}

// A session that a script's peer has by itself.
func TestScriptEcho(t *testing.T) {
	t.Parallel()
	bubble(t, 1000, func(t *testing.T, a, b net.Conn) {
		done := make(chan error, 2)
		go func() { done <- mustParse(t, "handshake none\nexpect ping\nsend pong\necho").Serve(t.Context(), a) }()
		go func() {
			done <- mustParse(t, `
handshake none
send ping
send text more "hel"
send cont "lo"
expect pong
expect message text "hello"
send ping "?"
expect pong "?"
send close 1000
expect close 1000
expect eof
`).Connect(t.Context(), b)
		}()
		wantErr(t, <-done, nil)
		wantErr(t, <-done, nil)
	})
}

// The example of the package comment, with the library at the other end, in
// both roles.
const documented = `
# The answer to a PING comes between fragments, RFC 6455 section 5.5.
send text more "hel"
send ping "here?"
expect pong "here?"
send cont "lo"
expect message text "hello"
send close 1000 "bye"
expect close 1000
expect eof
`

func TestScriptAgainstLibrary(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"ws", "wss", "unix"} {
		t.Run("server "+scheme, func(t *testing.T) {
			t.Parallel()
			s := curlewtest.NewScriptServer(t, scheme, documented)
			c, err := (&curlew.Client{Net: s.Net}).Dial(t.Context(), s.URL)
			if err != nil {
				t.Fatal(err)
			}
			wantErr(t, curlewtest.Echo(t.Context(), c), nil)
		})
		t.Run("client "+scheme, func(t *testing.T) {
			t.Parallel()
			s := curlewtest.NewEchoServer(t, scheme, nil)
			c, err := dialStream(t, s)
			if err != nil {
				t.Fatal(err)
			}
			wantErr(t, mustParse(t, documented).Connect(t.Context(), c), nil)
		})
	}
}

func TestScriptResets(t *testing.T) {
	t.Parallel()
	s := curlewtest.NewScriptServer(t, "ws", "handshake none\nexpect raw \"x\"\nreset")
	c, err := dialStream(t, s)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	mustWrite(t, c, "x")
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("want a reset, got %v", err)
	}
}

// drop says no goodbye over TLS, the end of a script does.
func TestScriptDropsTLS(t *testing.T) {
	t.Parallel()
	for script, goodbye := range map[string]bool{"drop": false, "": true} {
		s := curlewtest.NewScriptServer(t, "wss", "handshake none\nexpect raw \"x\"\n"+script)
		s.Net.TLS.MaxVersion = tls.VersionTLS12 // behind whose handshake nothing else comes
		c, err := dialStream(t, s)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		mustWrite(t, c, "x")
		rest, _ := io.ReadAll(c.(*tls.Conn).NetConn())
		if goodbye != (len(rest) > 0) {
			t.Errorf("%q: at the end came % x", script, rest)
		}
	}
}

// A script that tests the library's answers to refusals and redirects.
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

// A client that does not follow is an error of the test.
func TestScriptServerReports(t *testing.T) {
	t.Parallel()
	tb := &recorder{TB: t}
	tb.run(func() {
		s := curlewtest.NewScriptServer(tb, "ws", "handshake none\nexpect raw \"x\"")
		c, err := dialStream(t, s)
		if err != nil {
			t.Error(err)
			return
		}
		mustWrite(t, c, "y")
		io.Copy(io.Discard, c) // until the server has seen it, and ends the session
		c.Close()
		s.Close()
	})
	if !strings.Contains(tb.said(), `script:2: expect raw "x": expected 1 bytes, got 1, which differ from byte 0 on: "y"`) {
		t.Errorf("the server said %q", tb.said())
	}
}

// dialStream connects to a server without an opening handshake.
func dialStream(t testing.TB, s *curlewtest.Server) (net.Conn, error) {
	u, err := parseURL(s.URL)
	if err != nil {
		return nil, err
	}
	c, _, err := s.Net.Dial(t.Context(), u, "http/1.1")
	return c, err
}
