package main

import (
	"fmt"
	"unicode/utf8"
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

// escape appends p to dst with control characters, but newlines and tabs,
// written as \x1b or \u009b, and so are those that turn the direction of text.
func escape(dst, p []byte) []byte {
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		switch {
		case r == utf8.RuneError && n == 1:
			dst = fmt.Appendf(dst, `\x%02x`, p[0])
		case r < 0x20 && r != '\n' && r != '\t' || r == 0x7f:
			dst = fmt.Appendf(dst, `\x%02x`, r)
		case 0x80 <= r && r < 0xa0, 0x202a <= r && r <= 0x202e, 0x2066 <= r && r <= 0x2069:
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = append(dst, p[:n]...)
		}
		p = p[n:]
	}
	return dst
}
