package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/rivo/uniseg"
)

// A screen is the part of the terminal that the editor draws on, from the row
// where its text begins to the bottom.
//
// Invariant: the cursor of the terminal is where the cursor of the text is, y
// rows below that beginning; widths are those of the rows from there to the
// cursor.
type screen struct {
	out           io.Writer
	columns, rows int
	y             int
	widths        []int
	styled        bool
}

// clearing are the bytes that clear the screen.
func (s *screen) clearing() string {
	b := "\r"
	if s.y > 0 {
		b += fmt.Sprintf("\x1b[%dA", s.y)
	}
	return b + "\x1b[J"
}

// clear leaves nothing on the screen.
func (s *screen) clear() {
	io.WriteString(s.out, s.clearing())
	s.y, s.widths = 0, nil
}

// wipe clears all of the terminal.
func (s *screen) wipe() {
	io.WriteString(s.out, "\x1b[H\x1b[2J")
	s.y, s.widths = 0, nil
}

// draw shows the editor as it is.
func (s *screen) draw(e *editor) { s.above(e, nil) }

// above writes p above the editor, which it draws anew.
func (s *screen) above(e *editor, p []byte) error {
	text, y, x, widths := s.render(e)
	_, err := io.WriteString(s.out, s.clearing()+string(p)+text)
	s.y, s.widths = y, append(widths[:y:y], x)
	return err
}

// keep leaves the text on the terminal, and the screen begins below it.
func (s *screen) keep(e *editor) {
	rows, _, _ := s.layout(prompt, line{e.text, 0})
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(r.text + "\r\n")
	}
	io.WriteString(s.out, s.clearing()+b.String())
	s.y, s.widths = 0, nil
}

// reflow takes note of a new size: terminals break longer rows, so that the
// cursor is further below.
func (s *screen) reflow(columns, rows int) {
	s.columns, s.rows = max(columns, 2), max(rows, 1)
	y := 0
	for i, width := range s.widths {
		if i < len(s.widths)-1 {
			y += max(width-1, 0)/s.columns + 1
		} else {
			y += width / s.columns
		}
	}
	s.y = y
}

// render is what shows the editor from where it begins, and puts the cursor in
// row y and column x.
func (s *screen) render(e *editor) (text string, y, x int, widths []int) {
	head := prompt
	if e.search != nil {
		head = `search "` + e.search.text + `": `
	}
	rows, y, x := s.layout(head, e.line)
	status := ""
	if s.rows > 2 {
		status = s.statusRow(e)
	}
	room := max(1, s.rows-strings.Count(status, "\n"))
	first := max(0, y-room+1)
	rows, y = rows[first:min(len(rows), first+room)], y-first

	var b strings.Builder
	for i, r := range rows {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(r.text)
		widths = append(widths, r.width)
	}
	b.WriteString(status)
	if up := len(rows) - 1 + strings.Count(status, "\n") - y; up > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", up)
	}
	b.WriteString("\r")
	if x > 0 {
		fmt.Fprintf(&b, "\x1b[%dC", x)
	}
	return b.String(), y, x, widths
}

// statusRow is the status line with its beginning, "" if there is none.
func (s *screen) statusRow(e *editor) string {
	text := e.status(s.columns - 1)
	switch {
	case text == "":
		return ""
	case s.styled:
		return "\r\n\x1b[7m" + text + "\x1b[0m"
	}
	return "\r\n" + text
}

// A row is a part of the text as wide as the terminal, or less.
type row struct {
	text  string
	width int
}

// layout breaks a text with head in front of it into rows. The cursor is in row
// y and column x.
func (s *screen) layout(head string, l line) (rows []row, y, x int) {
	rest, at, state := head+l.text, 0, -1
	cursor := len(head) + l.at
	var now row
	next := func() { rows, now = append(rows, now), row{} }
	for rest != "" {
		var cluster string
		var width int
		cluster, rest, width, state = uniseg.FirstGraphemeClusterInString(rest, state)
		shown := cluster
		if cluster < " " || cluster == "\x7f" || width == 0 {
			shown, width = visible(cluster)
		}
		if now.width+width > s.columns {
			next()
		}
		if at == cursor {
			y, x = len(rows), now.width
		}
		at += len(cluster)
		if cluster == "\n" {
			next()
			continue
		}
		now.text, now.width = now.text+shown, now.width+width
	}
	if at == cursor {
		if now.width == s.columns {
			next()
		}
		y, x = len(rows), now.width
	}
	next()
	return rows, y, min(x, s.columns-1)
}

// visible is how a character is shown that has no width of its own.
func visible(cluster string) (string, int) {
	switch cluster {
	case "\n":
		return "", 0
	case "\t":
		return "    ", 4
	}
	text := string(escape(nil, []byte(cluster)))
	return text, uniseg.StringWidth(text)
}
