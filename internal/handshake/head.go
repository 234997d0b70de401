package handshake

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// The limits of a head, interim responses included; they are libcurl's.
const (
	maxHead      = 300 << 10
	maxHeadLines = 5000
)

// headParser finds and checks the lines of a head in a buffer that grows from call to call. It keeps offsets only.
type headParser struct {
	start int // where the head begins
	next  int // where the first line that is not checked begins
	seen  int // no line ends between next and here
	lines int // lines checked
}

// advance checks the lines that are complete, and of the first line also what there is of it: begin checks it, whole or not.
// It reports whether the empty line was reached.
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

// line takes a line, without its end, or shows the part of it that is there.
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

// checkLine refuses what is not a field line (RFC 9112 section 5). The error shows nothing behind the name.
func (p *headParser) checkLine(line []byte) error {
	where := func() string { return "line " + strconv.Itoa(p.lines) + " of the head" }
	i := span(line, isTokenByte)
	if i == 0 && (line[0] == ' ' || line[0] == '\t') {
		return &SyntaxError{where(), "a field name, folded lines being obsolete", "a space"}
	}
	if i == 0 || i == len(line) || line[i] != ':' {
		return &SyntaxError{where(), "a field name and a colon", quote(line[:min(i+1, len(line))])}
	}
	value := line[i+1:]
	if j := span(value, isValueByte); j < len(value) {
		return &SyntaxError{where() + ", field " + quote(line[:i]), "a printable value", fmt.Sprintf("byte %#02x", value[j])}
	}
	return nil
}

// text copies a checked head, the names of its fields made canonical: all of it, its first line, its fields. All strings share one
// piece of memory.
func (p *headParser) text(b []byte) (all, first string, h http.Header) {
	b = b[p.start:p.next]
	lines := bytes.Count(b, []byte("\n"))
	var t textBuilder
	t.Grow(len(b))
	h = make(http.Header, lines-2)
	values := make([]string, lines-2)
	first = strings.TrimRight(t.addLine(&b), "\r\n")
	for i := range values {
		colon := bytes.IndexByte(b, ':')
		key := t.addName(b[:colon])
		b = b[colon:]
		values[i] = strings.Trim(t.addLine(&b)[1:], " \t\r\n")
		if old, ok := h[key]; ok {
			h[key] = append(old, values[i])
		} else {
			h[key] = values[i : i+1 : i+1]
		}
	}
	t.addLine(&b)
	return t.String(), first, h
}

// textBuilder collects strings in one piece of memory.
type textBuilder struct{ strings.Builder }

// addLine adds the first line of b, with its end, and takes it off b.
func (t *textBuilder) addLine(b *[]byte) string {
	n, end := t.Len(), bytes.IndexByte(*b, '\n')+1
	t.Write((*b)[:end])
	*b = (*b)[end:]
	return t.String()[n:]
}

// addName adds a field name the way http.CanonicalHeaderKey spells it.
func (t *textBuilder) addName(b []byte) string {
	n := t.Len()
	upper := true
	for _, c := range b {
		if upper && 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		} else if !upper && 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		t.WriteByte(c)
		upper = c == '-'
	}
	return t.String()[n:]
}

// bodyLength reads the length of a message's body from its fields (RFC 9112 section 6.3): -1 if they do not say, or if it is chunked.
func bodyLength(h http.Header, minor int) (n int64, chunked bool, err error) {
	codings, lengths := h["Transfer-Encoding"], h["Content-Length"]
	if len(codings) > 0 {
		if len(codings) > 1 || !strings.EqualFold(codings[0], "chunked") || minor == 0 || len(lengths) > 0 {
			return 0, false, &SyntaxError{"field Transfer-Encoding", "chunked alone, in HTTP/1.1, without Content-Length", quoteAll(codings)}
		}
		return -1, true, nil
	}
	if len(lengths) == 0 {
		return -1, false, nil
	}
	v, err := strconv.ParseUint(lengths[0], 10, 63)
	for _, other := range lengths[1:] {
		if other != lengths[0] {
			err = strconv.ErrSyntax
		}
	}
	if err != nil {
		return 0, false, &SyntaxError{"field Content-Length", "one number", quoteAll(lengths)}
	}
	return int64(v), false, nil
}

// closes reports whether the sender of a message closes its connection after it (RFC 9112 section 9.3).
func closes(h http.Header, minor int) bool {
	options := h["Connection"]
	return hasElement(options, "close") || minor == 0 && !hasElement(options, "keep-alive")
}
