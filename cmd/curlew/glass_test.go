package main

import (
	"strings"

	"github.com/rivo/uniseg"
)

// A glass is a terminal that understands what the editor writes.
type glass struct {
	columns, y, x int
	cells         [][]string        // of a wide character the second is ""
	styles        map[[2]int]string // of row and column, what the last control "m" said
	style         string
	rows          int
}

func newGlass(columns, rows int) *glass {
	return &glass{columns: columns, rows: rows, styles: map[[2]int]string{}}
}

// top is the first row in sight.
func (g *glass) top() int { return max(0, len(g.cells)-g.rows) }

// lines are the rows in sight, without blanks at their ends.
func (g *glass) lines() []string {
	var lines []string
	for _, r := range g.cells[g.top():] {
		lines = append(lines, strings.TrimRight(strings.Join(r, ""), " "))
	}
	return lines
}

func (g *glass) Write(p []byte) (int, error) {
	rest, state := string(p), -1
	for rest != "" {
		if strings.HasPrefix(rest, "\x1b[") {
			end := 2 + strings.IndexFunc(rest[2:], func(r rune) bool { return r >= '@' })
			g.control(rest[2:end], rest[end])
			rest, state = rest[end+1:], -1
			continue
		}
		var cluster string
		var width int
		cluster, rest, width, state = uniseg.FirstGraphemeClusterInString(rest, state)
		g.put(cluster, width)
	}
	return len(p), nil
}

// row is the one that the cursor is in.
func (g *glass) row() []string {
	for len(g.cells) <= g.y {
		g.cells = append(g.cells, nil)
	}
	return g.cells[g.y]
}

func (g *glass) put(cluster string, width int) {
	if cluster == "\r" || cluster == "\r\n" {
		g.x = 0
	}
	if strings.HasSuffix(cluster, "\n") {
		g.y++
		g.row()
	}
	if cluster == "\r" || strings.HasSuffix(cluster, "\n") {
		return
	}
	if g.x+width > g.columns {
		g.x, g.y = 0, g.y+1
	}
	r := g.row()
	for len(r) < g.x+width {
		r = append(r, " ")
	}
	r[g.x], g.styles[[2]int{g.y, g.x}] = cluster, g.style
	for i := 1; i < width; i++ {
		r[g.x+i] = ""
	}
	g.cells[g.y] = r
	g.x += width
}

func (g *glass) control(args string, final byte) {
	n := 0
	for _, digit := range strings.TrimPrefix(args, "?") {
		n = 10*n + int(digit-'0')
	}
	switch final {
	case 'm':
		g.style = args
	case 'A':
		g.y = max(g.top(), g.y-n)
	case 'C':
		g.x = min(g.columns-1, g.x+n)
	case 'J':
		g.row()
		g.cells = append(g.cells[:g.y], g.cells[g.y][:min(g.x, len(g.cells[g.y]))])
	}
}
