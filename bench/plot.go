package main

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Plots are drawn as SVG by hand: axes with logarithms, lines, dots, text.

// palette says which peers the curves show, and in which colour.
var palette = map[string]string{
	"curlew-next": "#d6321c", "curlew-recv": "#d6321c", "rawtcp": "#888888", "rawtcp-msg": "#888888",
	"gorilla": "#2f6db3", "coder": "#8a4fb0", "gobwas": "#2b9348", "gws": "#c98a00", "fasthttp": "#33a1b8", "xnet": "#8c6d4f",
}

// plots returns those pictures for which something was measured.
func plots(all results) map[string]string {
	pictures := map[string]string{}
	if p := ratios(all); p != "" {
		pictures["ratios"] = p
	}
	for name, c := range map[string]curve{
		"size-recv":   {title: "Receiving: CPU per message", x: "bytes in a message", tick: 16, label: sizeLabel},
		"size-send":   {title: "Sending, one message at a time: CPU per message", x: "bytes in a message", tick: 16, label: sizeLabel},
		"connections": {title: "Echo of 125 bytes on many connections: CPU per message", x: "connections", tick: 10, label: func(n float64) string { return fmt.Sprint(n) }},
	} {
		if c.take(all, name+"-"); len(c.lines) > 0 {
			pictures[name] = c.svg()
		}
	}
	return pictures
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

// A canvas collects SVG.
type canvas struct {
	strings.Builder
	w, h float64
}

func newCanvas(w, h float64, title string) *canvas {
	c := &canvas{w: w, h: h}
	fmt.Fprintf(c, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="Helvetica, Arial, DejaVu Sans, sans-serif" font-size="12" fill="#222">`+"\n", w, h)
	fmt.Fprintf(c, `<rect width="%g" height="%g" fill="#fff"/>`+"\n", w, h)
	c.text(16, 24, "start", "15", "#222", title)
	return c
}

func (c *canvas) text(x, y float64, anchor, size, colour, s string) {
	fmt.Fprintf(c, `<text x="%.1f" y="%.1f" text-anchor="%s" font-size="%s" fill="%s">%s</text>`+"\n", x, y, anchor, size, colour, html.EscapeString(s))
}

func (c *canvas) line(x1, y1, x2, y2 float64, colour string) {
	fmt.Fprintf(c, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"/>`+"\n", x1, y1, x2, y2, colour)
}

func (c *canvas) dot(x, y, r float64, colour, tip string) {
	fmt.Fprintf(c, `<circle cx="%.1f" cy="%.1f" r="%g" fill="%s"><title>%s</title></circle>`+"\n", x, y, r, colour, html.EscapeString(tip))
}

func (c *canvas) end() string {
	c.WriteString("</svg>\n")
	return c.String()
}

// An axis maps values to places by their logarithm.
type axis struct{ from, to, low, high float64 }

func (a axis) at(v float64) float64 {
	return a.from + (a.to-a.from)*math.Log(v/a.low)/math.Log(a.high/a.low)
}

// ratios draws, for each workload, what curlew and its peers cost in terms of
// the best peer.
func ratios(all results) string {
	var shown []workload
	for _, w := range tables(&options{}) {
		if c := cheapest(all.rows(&w), (*result).ours); c != nil && c.best > 0 {
			shown = append(shown, w)
		}
	}
	if len(shown) == 0 {
		return ""
	}
	const left, top, pitch = 150.0, 66.0, 24.0
	x := axis{from: left, to: 790, low: 0.1, high: 32}
	bottom := top + pitch*float64(len(shown))
	c := newCanvas(860, bottom+34, "Cost of each workload in terms of the best other client: CPU, idle: memory; less is better")
	c.dot(left+6, 42, 5, palette["curlew-next"], "curlew")
	c.text(left+16, 46, "start", "12", "#222", "curlew, its cheapest method")
	c.dot(left+206, 42, 4, "#9db4cc", "others")
	c.text(left+216, 46, "start", "12", "#222", "other clients")
	for _, t := range []float64{0.1, 0.2, 0.5, 1, 2, 5, 10, 20} {
		colour := "#e4e4e4"
		if t == 1 {
			colour = "#666"
		}
		c.line(x.at(t), top-8, x.at(t), bottom, colour)
		c.text(x.at(t), bottom+16, "middle", "11", "#555", fmt.Sprint(t))
	}
	for i, w := range shown {
		y := top + pitch*(float64(i)+0.5)
		c.text(left-10, y+4, "end", "12", "#222", w.Name)
		rows := all.rows(&w)
		for _, r := range rows {
			if r.rival() {
				c.dot(x.at(min(max(r.best, x.low), x.high)), y, 4, "#9db4cc", r.Peer+" "+ratio(r.best))
			}
		}
		ours := cheapest(rows, (*result).ours)
		place := x.at(min(max(ours.best, x.low), x.high))
		c.dot(place, y, 5, palette["curlew-next"], ours.Peer+" "+ratio(ours.best))
		c.text(x.to+44, y+4, "end", "12", palette["curlew-next"], ratio(ours.best))
	}
	return c.end()
}

// A curve is how cost grows, one line a peer.
type curve struct {
	title, x string
	tick     float64 // the ratio of one mark of x to the next
	label    func(float64) string
	lines    []line
}

type line struct {
	peer string
	at   [][2]float64
}

// take takes the medians of the workloads whose names are prefix and a number.
func (c *curve) take(all results, prefix string) {
	for _, p := range peers {
		l := line{peer: p.name}
		byX := map[float64]results{}
		for _, r := range all {
			if n, err := strconv.ParseFloat(strings.TrimPrefix(r.Workload, prefix), 64); err == nil && r.Peer == p.name && r.Failure == "" {
				byX[n] = append(byX[n], r)
			}
		}
		for n, same := range byX {
			m := same.median()
			l.at = append(l.at, [2]float64{n, m.CPU})
		}
		slices.SortFunc(l.at, func(a, b [2]float64) int { return int(a[0] - b[0]) })
		if len(l.at) > 0 {
			c.lines = append(c.lines, l)
		}
	}
	slices.SortFunc(c.lines, func(a, b line) int { return int(b.at[0][1] - a.at[0][1]) })
}

// svg draws the curve.
func (c *curve) svg() string {
	x, y := axis{from: 80, to: 660, low: math.Inf(1)}, axis{from: 420, to: 50, low: math.Inf(1)}
	for _, l := range c.lines {
		for _, p := range l.at {
			x.low, x.high = min(x.low, p[0]), max(x.high, p[0])
			y.low, y.high = min(y.low, p[1]), max(y.high, p[1])
		}
	}
	y.low, y.high = math.Pow(10, math.Floor(math.Log10(y.low))), math.Pow(10, math.Ceil(math.Log10(y.high)))
	v := newCanvas(820, 480, c.title)
	steps := []float64{1}
	if y.high <= 100*y.low {
		steps = []float64{1, 2, 5}
	}
	for t := y.low; t <= y.high*1.01; t *= 10 {
		for _, step := range steps {
			if at := y.at(t * step); at >= y.to-1 {
				v.line(x.from, at, x.to, at, "#e4e4e4")
				v.text(x.from-8, at+4, "end", "11", "#555", timeLabel(t*step))
			}
		}
	}
	for t := x.low; t <= x.high*1.01; t *= c.tick {
		v.line(x.at(t), y.from, x.at(t), y.to, "#e4e4e4")
		v.text(x.at(t), y.from+18, "middle", "11", "#555", c.label(t))
	}
	v.text((x.from+x.to)/2, y.from+42, "middle", "12", "#222", c.x)
	for i, l := range c.lines {
		var points strings.Builder
		for _, p := range l.at {
			fmt.Fprintf(&points, "%.1f,%.1f ", x.at(p[0]), y.at(p[1]))
		}
		colour, width := palette[l.peer], "1.5"
		if strings.HasPrefix(l.peer, "curlew") {
			width = "3"
		}
		fmt.Fprintf(v, `<polyline points="%s" fill="none" stroke="%s" stroke-width="%s"/>`+"\n", strings.TrimSpace(points.String()), colour, width)
		place := 60 + 20*float64(i)
		v.line(x.to+20, place, x.to+44, place, colour)
		v.text(x.to+50, place+4, "start", "12", "#222", l.peer)
	}
	return v.end()
}
