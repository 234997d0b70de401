package handshake

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// The limits of a head, interim responses included. They are libcurl's.
const (
	maxHead      = 300 << 10
	maxHeadLines = 5000
)

// headParser finds and checks the lines of a head in a buffer that grows from
// call to call. It keeps only offsets.
type headParser struct {
	start  int  // offset of the head
	next   int  // offset of the first unchecked line
	seen   int  // no line ends between next and seen
	lines  int  // number of lines checked
	unfold bool // folded lines are accepted, RFC 9112 section 5.2
	folded bool // there is a folded line
}

// advance checks the complete lines of b. begin checks the first line, also while
// it is incomplete. advance reports whether the empty line was reached.
func (p *headParser) advance(b []byte, begin func(line []byte, whole bool) error) (done bool, err error) {
	for {
		first := p.next == p.start
		line, whole, err := p.line(b)
		if first {
			if err := begin(line, whole); err != nil {
				return false, err
			}
		}
		if err != nil || !whole {
			return false, err
		}
		if len(line) == 0 {
			return true, nil
		}
		if !first {
			if err := p.checkLine(line); err != nil {
				return false, err
			}
		}
	}
}

// line returns the next line without its end, or the part of it that is there.
func (p *headParser) line(b []byte) (line []byte, whole bool, err error) {
	b = b[:min(len(b), maxHead)]
	i := bytes.IndexByte(b[p.seen:], '\n')
	if i < 0 {
		p.seen = len(b)
		if len(b) == maxHead {
			err = &LimitError{"bytes in a head", maxHead}
		}
		return b[p.next:], false, err
	}
	end := p.seen + i
	line = bytes.TrimSuffix(b[p.next:end], []byte("\r"))
	p.next, p.seen = end+1, end+1
	if p.lines++; p.lines > maxHeadLines {
		err = &LimitError{"lines in a head", maxHeadLines}
	}
	return line, true, err
}

// checkLine refuses what is not a field line (RFC 9112 section 5). The error shows
// nothing after the field's name.
func (p *headParser) checkLine(line []byte) error {
	where := func() string { return "line " + strconv.Itoa(p.lines) + " of the head" }
	if isBlank(line[0]) {
		if !p.unfold {
			return &SyntaxError{where(), "a field name, since folded lines are obsolete", "a space"}
		}
		p.folded = true
		return checkValue(line, where)
	}
	i := span(line, isTokenByte)
	if i == 0 || i == len(line) || line[i] != ':' {
		return &SyntaxError{where(), "a field name and a colon", quote(line[:min(i+1, len(line))])}
	}
	return checkValue(line[i+1:], func() string { return where() + ", field " + quote(line[:i]) })
}

func checkValue(value []byte, where func() string) error {
	if j := span(value, isValueByte); j < len(value) {
		return &SyntaxError{where(), "a printable value", fmt.Sprintf("byte %#02x", value[j])}
	}
	return nil
}

// text copies a checked head, unfolded, with canonical field names. It returns
// the whole head, its first line, and its fields. All strings share their memory.
func (p *headParser) text(b []byte) (all, first string, h http.Header) {
	b = b[p.start:p.next]
	if p.folded {
		b = unfolded(b)
	}
	all = canonical(b)
	first, rest, _ := strings.Cut(all, "\n")
	values := make([]string, strings.Count(rest, "\n")-1)
	h = make(http.Header, len(values))
	for i := range values {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		name, value, _ := strings.Cut(line, ":")
		values[i] = trimSpace(strings.TrimSuffix(value, "\r"))
		if old, ok := h[name]; ok {
			h[name] = append(old, values[i])
		} else {
			h[name] = values[i : i+1 : i+1]
		}
	}
	return all, strings.TrimSuffix(first, "\r"), h
}

// unfolded copies a head, with a space for each fold. Folded lines after the first
// line are left out, RFC 9112 section 2.2.
func unfolded(head []byte) []byte {
	start := bytes.IndexByte(head, '\n') + 1
	out := bytes.Clone(head[:start])
	for line := range bytes.Lines(head[start:]) {
		switch {
		case !isBlank(line[0]):
			out = append(out, line...)
		case len(out) > start:
			out = append(bytes.TrimRight(out, " \t\r\n"), ' ')
			out = append(out, bytes.TrimLeft(line, " \t")...)
		}
	}
	return out
}

// canonical copies a checked head, with the field names spelled as
// http.CanonicalHeaderKey does.
func canonical(head []byte) string {
	var room [512]byte
	b := append(room[:0], head...)
	for rest := b; ; {
		_, rest, _ = bytes.Cut(rest, []byte("\n"))
		colon := bytes.IndexByte(rest, ':')
		if colon < 0 {
			return string(b)
		}
		upper := true
		for i, c := range rest[:colon] {
			if upper && 'a' <= c && c <= 'z' {
				rest[i] -= 'a' - 'A'
			} else if !upper && 'A' <= c && c <= 'Z' {
				rest[i] += 'a' - 'A'
			}
			upper = c == '-'
		}
	}
}

// closes reports whether the sender of a message closes its connection after it (RFC 9112 section 9.3).
func closes(h http.Header, minor int) bool {
	options := h["Connection"]
	return hasElement(options, "close") || minor == 0 && !hasElement(options, "keep-alive")
}
