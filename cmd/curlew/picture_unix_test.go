//go:build unix

package main

import (
	"fmt"
	"html"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
)

// TestPicture draws docs/console.svg from a session in a terminal, and fails if
// the one that is there is another; CURLEW_PICTURE=write writes it.
func TestPicture(t *testing.T) {
	t.Parallel()
	url, got, say := listener(t)
	s := onScreen(t, t.TempDir(), "--pretty", url)
	var all strings.Builder
	see := func(pattern string) {
		t.Helper()
		all.WriteString(s.see(pattern))
	}
	see(`open  0 sent  0 received.*\x1b\[0m`)
	s.type_(`{"subscribe":"weather"}` + "\r")
	hear(t, got, curlew.Text, `{"subscribe":"weather"}`)
	see(`open  1 sent  0 received.*\x1b\[0m`)
	say <- `{"place":"Zürich","degrees":[21.5,22]}`
	see(`open  1 sent  1 received(?s:.*)}(?s:.*)open  1 sent  1 received.*\x1b\[0m`)
	s.type_("/ping\r")
	see(`PONG after(?s:.*)open  1 sent  1 received  RTT \d.*\x1b\[0m`)
	s.type_("more\\\rlines of one mess")
	see(`> more\r\nlines of one mess`)
	say <- `news while you type`
	see(`news while you type(?s:.*)> more\r\nlines of one mess(?s:.*)open  1 sent  2 received.*\x1b\[0m\x1b\[\d*A\r\x1b\[\d*C`)
	s.type_(keyCtrlC)
	s.ends(0)

	glass := newGlass(80, 24)
	glass.Write([]byte(all.String()))
	picture := []byte(glass.svg("curlew wss://example.com/feed --pretty"))
	const file = "../../docs/console.svg"
	if os.Getenv("CURLEW_PICTURE") == "write" {
		if err := os.WriteFile(file, picture, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || string(want) != string(picture) {
		t.Errorf("%s is stale: CURLEW_PICTURE=write go test -run Picture writes it; %v", file, err)
	}
}

// svg is a picture of the glass behind the command line that began it.
func (g *glass) svg(command string) string {
	const cell, height, margin = 8.4, 19, 16
	width, lines := float64(g.columns)*cell+2*margin, len(g.cells)+1
	var b strings.Builder
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%d\" font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\">\n", width, lines*height+2*margin)
	fmt.Fprintf(&b, "<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"#1b1f27\"/>\n")
	text := func(row int, column float64, fill, text string) {
		fmt.Fprintf(&b, "<text x=\"%.1f\" y=\"%d\" fill=\"%s\" xml:space=\"preserve\">%s</text>\n", margin+column*cell, margin+row*height+14, fill, html.EscapeString(text))
	}
	text(0, 0, "#7f8794", "$ "+command)
	port, rtt := regexp.MustCompile(`127\.0\.0\.1:\d+`), regexp.MustCompile(`[\d.]+(µs|ms|s)\b`)
	for y, r := range g.cells {
		style := g.styles[[2]int{y, 0}]
		line := strings.TrimRight(strings.Join(r, ""), " ")
		line = rtt.ReplaceAllString(port.ReplaceAllString(line, "example.com:443"), "21.4ms")
		fill := map[string]string{"36": "#63c5c0", "2": "#7f8794", "7": "#1b1f27"}[style]
		if fill == "" {
			fill = "#e6e9ef"
		}
		if style == "7" {
			fmt.Fprintf(&b, "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#c9ced8\"/>\n", margin, margin+(y+1)*height, float64(len(line))*cell, height)
		}
		text(y+1, 0, fill, line)
	}
	fmt.Fprintf(&b, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#e6e9ef\"/>\n</svg>\n", margin+float64(g.x)*cell, margin+(g.y+1)*height, cell, height)
	return b.String()
}
