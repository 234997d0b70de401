package main

import (
	"bufio"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/curlew-ws/curlew"
)

// An output writes messages as they come, each with a newline behind it. On a
// terminal control characters are escaped, and binary messages left out.
type output struct {
	w        *bufio.Writer
	notes    io.Writer // where it says what is left out
	terminal bool
	rest     []byte // of a character cut by the end of a chunk
	warned   bool
}

func newOutput(c *config) *output {
	return &output{w: bufio.NewWriterSize(c.std.out, 64<<10), notes: c.std.err, terminal: term.IsTerminal(int(c.std.out.Fd()))}
}

// chunk writes a chunk of a data message.
func (o *output) chunk(p []byte, m curlew.Meta) error {
	switch {
	case o.terminal && m.Flags&curlew.Binary != 0:
		return o.leaveOut()
	case o.terminal:
		p = o.escape(p, m.MessageEnd())
	}
	o.w.Write(p)
	if m.MessageEnd() {
		o.w.WriteByte('\n')
	}
	return o.w.Flush()
}

func (o *output) leaveOut() error {
	if !o.warned {
		fmt.Fprintln(o.notes, "curlew: binary messages are not shown on a terminal; redirect the output to see them")
	}
	o.warned = true
	return nil
}

// escape makes p harmless to a terminal. The beginning of a character that p
// ends with is kept for the next chunk.
func (o *output) escape(p []byte, last bool) []byte {
	p = append(o.rest, p...)
	keep := len(p)
	if !last {
		keep = whole(p)
	}
	o.rest = append([]byte(nil), p[keep:]...)
	return escape(nil, p[:keep])
}

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
// written as \x1b or \u009b.
func escape(dst, p []byte) []byte {
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		switch {
		case r == utf8.RuneError && n == 1:
			dst = fmt.Appendf(dst, `\x%02x`, p[0])
		case r < 0x20 && r != '\n' && r != '\t' || r == 0x7f:
			dst = fmt.Appendf(dst, `\x%02x`, r)
		case 0x80 <= r && r < 0xa0:
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = append(dst, p[:n]...)
		}
		p = p[n:]
	}
	return dst
}
