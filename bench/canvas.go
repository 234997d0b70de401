package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// Plots are drawn as SVG by hand: logarithmic axes, lines, dots, text. They have a
// background of their own, dark if the reader prefers dark.

const style = `<style>
.ground{fill:#fff}.text{fill:#1f2328}.weak{fill:#59636e}.grid{stroke:#e4e6ea}.one{stroke:#59636e}.other{fill:#9db4cc}.floor{stroke:#8b8b8b}.ours{fill:#d6321c}
@media (prefers-color-scheme:dark){.ground{fill:#0d1117}.text{fill:#e6edf3}.weak{fill:#9198a1}.grid{stroke:#2a313a}.one{stroke:#9198a1}.other{fill:#5c7795}.ours{fill:#ff6a54}}
</style>
`

// A canvas collects SVG. Colours are classes of the style, or begin with #.
type canvas struct{ strings.Builder }

func newCanvas(w, h float64, title string) *canvas {
	c := new(canvas)
	fmt.Fprintf(c, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="Helvetica, Arial, DejaVu Sans, sans-serif" font-size="12">`+"\n%s", w, h, style)
	fmt.Fprintf(c, `<rect width="%g" height="%g" rx="6" class="ground"/>`+"\n", w, h)
	c.text(16, 26, "start", "15", "text", title)
	return c
}

// paint returns the attribute that fills or strokes in a colour.
func (c *canvas) paint(how, colour string) string {
	if strings.HasPrefix(colour, "#") {
		return fmt.Sprintf(`%s="%s"`, how, colour)
	}
	return fmt.Sprintf(`class="%s"`, colour)
}

func (c *canvas) text(x, y float64, anchor, size, colour, s string) {
	fmt.Fprintf(c, `<text x="%.1f" y="%.1f" text-anchor="%s" font-size="%s" %s>%s</text>`+"\n", x, y, anchor, size, c.paint("fill", colour), html.EscapeString(s))
}

func (c *canvas) line(x1, y1, x2, y2, width float64, colour string) {
	fmt.Fprintf(c, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke-width="%g" %s/>`+"\n", x1, y1, x2, y2, width, c.paint("stroke", colour))
}

func (c *canvas) dot(x, y, r float64, colour, tip string) {
	fmt.Fprintf(c, `<circle cx="%.1f" cy="%.1f" r="%g" %s><title>%s</title></circle>`+"\n", x, y, r, c.paint("fill", colour), html.EscapeString(tip))
}

// path draws a line through points, dashed for a floor.
func (c *canvas) path(places [][2]float64, width float64, colour string, dashed bool) {
	var points strings.Builder
	for _, p := range places {
		fmt.Fprintf(&points, "%.1f,%.1f ", p[0], p[1])
	}
	dash := ""
	if dashed {
		dash = ` stroke-dasharray="5 4"`
	}
	fmt.Fprintf(c, `<polyline points="%s" fill="none" stroke-width="%g" stroke-linejoin="round"%s stroke="%s"/>`+"\n", strings.TrimSpace(points.String()), width, dash, colour)
}

func (c *canvas) end() string {
	c.WriteString("</svg>\n")
	return c.String()
}

// An axis maps values to positions by their logarithm.
type axis struct{ from, to, low, high float64 }

func (a axis) at(v float64) float64 {
	return a.from + (a.to-a.from)*math.Log(v/a.low)/math.Log(a.high/a.low)
}

// include extends the axis's range to v.
func (a *axis) include(v float64) { a.low, a.high = min(a.low, v), max(a.high, v) }

// round widens the range to marks, and returns these: 1, 2 and 5 of each power
// of ten or, if those are too many, only the powers.
func (a *axis) round() (marks []float64) {
	steps := []float64{1, 2, 5}
	if a.high/a.low > 200 {
		steps = []float64{1}
	}
	a.low, a.high = a.low*1.001, a.high*0.999
	for t := math.Pow(10, math.Floor(math.Log10(a.low))); ; t *= 10 {
		for _, step := range steps {
			mark := t * step
			if mark <= a.low {
				marks = marks[:0]
			}
			marks = append(marks, mark)
			if mark >= a.high {
				a.low, a.high = marks[0], mark
				return marks
			}
		}
	}
}

func timeLabel(ns float64) string {
	switch {
	case ns >= 1e9:
		return fmt.Sprintf("%g s", ns/1e9)
	case ns >= 1e6:
		return fmt.Sprintf("%g ms", ns/1e6)
	case ns >= 1e3:
		return fmt.Sprintf("%g µs", ns/1e3)
	}
	return fmt.Sprintf("%g ns", ns)
}

func sizeLabel(n float64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%g MiB", n/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%g KiB", n/(1<<10))
	}
	return fmt.Sprintf("%g B", n)
}

func numberLabel(n float64) string {
	if n >= 1000 {
		return fmt.Sprintf("%.0f,%03d", math.Floor(n/1000), int(n)%1000)
	}
	return fmt.Sprint(n)
}
