package curlewtest_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew/curlewtest"
)

// TestScriptSend checks what a server's script sends, and a client's unmasked.
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

// Each peer is the frames that a client sends, each expect what the script
// expects of them.
func TestScriptExpect(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		peer, expect, wrong string // wrong is part of the error, "" if there must be none
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
			t.Errorf("%s of %s: got the error %v, want %q in it", c.expect, c.peer, err, c.wrong)
		}
	}
}

// masked turns a server's frames into a client's. The masking key is zeros, so the
// payload is unchanged. It stops at an incomplete frame.
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

// A client's frames must be masked, a server's must not.
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
		{"send text 99999999*\"abcdef\"", "exceeds the maximum length of BYTES (33554432)"},
		{"send text 33554432*00 00", "exceeds the maximum length of BYTES (33554432)"},
		{"send text length=x", "expected a number in length=x"},
		{"expect", "expected what the script should receive"},
		{"expect text flip", "flip is only for a frame to be sent"},
		{"expect text len16", "len16 is only for a frame"},
		{"expect eof now", `expected nothing more, got "now"`},
		{"expect message", "expected the type of a frame"},
		{"expect header", "expected a name"},
		{"expect header A b*00", "the value: expected a number"},
		{"split", "expected one number"},
		{"split -1", "expected one number"},
		{"repeat x", "expected one number"},
		{"send raw\nrepeat 2\nsend raw", "test.txt:2: repeat: expected a matching end"},
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
			t.Errorf("%q: got the error %v, want %q in it", c.script, err, c.says)
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
