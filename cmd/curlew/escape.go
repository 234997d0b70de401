package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"golang.org/x/term"
)

// whole is the length of p without a character that is cut by its end.
func whole(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if b := p[len(p)-n]; utf8.RuneStart(b) {
			if !utf8.FullRune(p[len(p)-n:]) {
				return len(p) - n
			}
			break
		}
	}
	return len(p)
}

// escape appends p to dst with what a terminal would act on, but newlines and
// tabs, written as \x1b or \u009b: control characters, those that turn the
// direction of text, and those that end a line without being seen. It is what
// all text from outside goes through on its way to a terminal.
func escape(dst, p []byte) []byte {
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		switch {
		case r == utf8.RuneError && n == 1:
			dst = fmt.Appendf(dst, `\x%02x`, p[0])
		case r == '\r' && len(p) > 1 && p[1] == '\n': // a newline
		case r < 0x20 && r != '\n' && r != '\t' || r == 0x7f:
			dst = fmt.Appendf(dst, `\x%02x`, r)
		case misleads(r):
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = append(dst, p[:n]...)
		}
		p = p[n:]
	}
	return dst
}

// misleads reports whether r is a control character beyond ASCII, or makes text
// look like another.
func misleads(r rune) bool {
	switch {
	case 0x80 <= r && r < 0xa0, 0x200e <= r && r <= 0x200f, 0x2028 <= r && r <= 0x202e, 0x2066 <= r && r <= 0x206f, r == 0x061c, r == 0xfeff:
		return true
	case 0xfff9 <= r && r <= 0xfffb:
		return true
	}
	return false
}

// A guard passes on what a terminal may be given: all that is written to it is
// escaped. It is for one goroutine at a time.
type guard struct {
	w    io.Writer
	rest []byte // the beginning of a character, or a return, which the next write ends
}

// guarded is f, if it is a terminal with a guard.
func guarded(f *os.File) io.Writer {
	if term.IsTerminal(int(f.Fd())) {
		return &guard{w: f}
	}
	return f
}

func (g *guard) Write(p []byte) (int, error) {
	text := append(g.rest, p...)
	n := whole(text)
	if n == len(text) && bytes.HasSuffix(text, []byte("\r")) {
		n--
	}
	_, err := g.w.Write(escape(nil, text[:n]))
	g.rest = append([]byte(nil), text[n:]...)
	return len(p), err
}
