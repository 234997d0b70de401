package main

import (
	"bufio"
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestEditor: what keys make of the text.
func TestEditor(t *testing.T) {
	t.Parallel()
	old := []string{"first", "second one", "two\nlines", "third"}
	for _, test := range []struct{ name, keys, want string }{
		{"typing", "hello\r", "hello"},
		{"nothing", "\r", ""},
		{"in the middle", "helo\x1b[Dl\r", "hello"},
		{"application cursor keys", "ac\x1bODb\x1bOC\x1bOFd\x1bOH_\r", "_abcd"},
		{"home and end", "b\x01a\x05c\r", "abc"},
		{"deleting", "abc\x7f\x1b[D\x1b[3~d\r", "ad"},
		{"deleting nothing", "\x7f\x1b[3~\x17\x15\x0ba\r", "a"},
		{"wide characters", "日本\x1b[D\x7f語\r", "語本"},
		{"characters of many", "a👨‍👩‍👧b\x1b[D\x7f\r", "ab"},
		{"a flag and an accent", "🇩🇪e\u0301\x7f\x1b[Dx\r", "x🇩🇪"},
		{"words", "one two three\x1bb\x1bbX\x1bfY\r", "one XtwoY three"},
		{"killing a word", "one two\x17three\r", "one three"},
		{"killing and yanking", "one two\x1bb\x0b\x01\x19 \r", "two one "},
		{"killing to the left", "one two\x1bb\x15\r", "two"},
		{"ends of lines", "one\\\rtwo\nthree\x1b\rfour\r", "one\ntwo\nthree\nfour"},
		{"a backslash inside", "a\\b\x1b[D\r", `a\b`},
		{"moving between lines", "abc\nd\x1b[AX\x1b[B\x1b[BY\r", "aXbc\ndY"},
		{"a paste", "\x1b[200~a\rb\r\nc\td\x1b[201~\r", "a\nb\nc\td"},
		{"a paste in the middle, with an empty line", "ad\x1b[D\x1b[200~b\n\nc\x1b[201~\r", "ab\n\ncd"},
		{"commands are no text", "a\x00\x1b[99~\x1bz\x1b[Zb\xff\r", "ab"},
		{"history", "\x1b[A\r", "third"},
		{"history, of many lines", "\x1b[A\x1b[A\x1b[A\x1b[A\r", "second one"},
		{"history and back", "draft\x1b[A\x1b[B\r", "draft"},
		{"history has an end", strings.Repeat("\x1b[A", 20) + "\r", "first"},
		{"search", "\x12on\r", "second one"},
		{"search again", "\x12i\x12\x12\r", "first"},
		{"search, fewer letters", "\x12ox\x7fn\r", "second one"},
		{"search for what is typed", "sec\x12\r", "second one"},
		{"search given up", "draft\x12zz\x07\r", "draft"},
		{"search, then edit", "\x12sec\x05!\r", "second one!"},
		{"completion", "/clo\t1000\r", "/close 1000"},
	} {
		e := newEditor(strings.NewReader(test.keys), io.Discard, &history{lines: old})
		e.complete = completeCommand
		if got, err := e.readLine(); got != test.want || err != nil {
			t.Errorf("%s: expected %q, came %q, %v", test.name, test.want, got, err)
		}
	}
	for keys, rest := range map[string]string{"\x03more": "more", "typed\x03": "", "\x04more": "more", "a\x7f\x04": ""} {
		e := newEditor(strings.NewReader(keys), io.Discard, &history{})
		if _, err := e.readLine(); err != io.EOF {
			t.Errorf("%q: expected io.EOF, came %v", keys, err)
		}
		if got, _ := io.ReadAll(e.in); string(got) != rest {
			t.Errorf("%q: expected %q to be left, came %q", keys, rest, got)
		}
	}
}

// FuzzReadKey: any bytes are keys, none is lost but those that are no UTF-8.
func FuzzReadKey(f *testing.F) {
	f.Add([]byte("a\x1b[A\x1bOP\x1b\x1b[200~é\xff\x1b["))
	f.Fuzz(func(t *testing.T, p []byte) {
		in, got := bufio.NewReader(bytes.NewReader(p)), ""
		for {
			key, err := readKey(in)
			got += key
			if err != nil {
				break
			}
		}
		if utf8.Valid(p) && got != string(p) && !strings.Contains(string(p), "\x1b[") && !strings.Contains(string(p), "\x1bO") {
			t.Errorf("%q was read as %q", p, got)
		}
	})
}

// TestEditorScreen: after any keys, and whatever is written meanwhile, the
// terminal shows what was written, the text below it with the cursor where it
// is, and the status.
func TestEditorScreen(t *testing.T) {
	t.Parallel()
	keys := []string{"a", "word ", "日", "👨‍👩‍👧", "e\u0301", "\t", "\n", "\x7f", "\x1b[D", "\x1b[D", "\x1b[C", "\x1b[A", "\x1b[B", "\x01", "\x05", "\x17", "\r", "\x12", "\x07", "\x19"}
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		columns, rows := 10+random.IntN(30), 3+random.IntN(10)
		glass := newGlass(columns, rows)
		e := newEditor(strings.NewReader(""), glass, &history{})
		e.status = func(int) string { return "status" }
		e.resize(columns, rows)
		var above []string
		for range 60 {
			if random.IntN(4) == 0 {
				e.Write([]byte("news\n"))
				above = append(above, "news")
			} else if text, end := e.press(keys[random.IntN(len(keys))]); end == enter {
				shown, _, _ := e.layout(prompt, line{text, 0})
				for _, r := range shown {
					above = append(above, r.text)
				}
			}
			if !utf8.ValidString(e.text) || e.at > len(e.text) {
				t.Fatalf("seed %d: the text is %q, the cursor at %d", seed, e.text, e.at)
			}
			e.check(t, glass, above)
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
	}
}

// check compares what the glass shows with what it is to show.
func (e *editor) check(t *testing.T, glass *glass, above []string) {
	head := prompt
	if e.search != nil {
		head = "search \"" + e.search.text + "\": "
	}
	text, y, x := e.layout(head, e.line)
	room := e.rows - 1
	first := max(0, y-room+1)
	want := append([]string(nil), above...)
	for _, r := range text[first:min(len(text), first+room)] {
		want = append(want, r.text)
	}
	want = append(want, "status")
	cursor := len(above) + y - first
	if over := len(want) - e.rows; over > 0 {
		want, cursor = want[over:], cursor-over
	}
	for i := range want {
		want[i] = strings.TrimRight(want[i], " ")
	}
	got := glass.lines()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("expected\n%s\nshown\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
	}
	if len(got) == len(want) && (glass.y-glass.top() != cursor || glass.x != x) {
		t.Errorf("expected the cursor in row %d, column %d, is in row %d, column %d of\n%s", cursor, x, glass.y, glass.x, strings.Join(got, "\n"))
	}
}
