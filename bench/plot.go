package main

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// palette lists the peers that the curves show, and their colours, which are
// visible on white and on black.
var palette = map[string]string{
	"curlew-next": "#e5432d", "curlew-recv": "#e5432d", "rawtcp": "#8b8b8b", "rawtcp-msg": "#8b8b8b",
	"gorilla": "#4c6ef5", "coder": "#a366d6", "gobwas": "#2ea04f", "gws": "#c98a00", "fasthttp": "#22b8cf", "xnet": "#a07c58", "libcurl": "#d65db1",
}

// plots returns the pictures for which something was measured.
func plots(all results) map[string]string {
	pictures := map[string]string{}
	if p := ratios(all); p != "" {
		pictures["ratios"] = p
	}
	cpu := func(r *result) float64 { return r.CPU }
	for name, c := range map[string]curve{
		"size-recv": {title: "Receiving: CPU per message", of: "size-recv-", x: "size of a message", tick: 16, label: sizeLabel, value: cpu, show: timeLabel},
		"size-send": {title: "Sending, a write for each message: CPU per message", of: "size-send-", x: "size of a message", tick: 16, label: sizeLabel, value: cpu, show: timeLabel},
		"connections": {title: "Messages of 125 bytes on many connections, 20,000 a second: CPU per message", of: "connections-",
			x: "connections", tick: 10, label: numberLabel, value: cpu, show: timeLabel},
		"connections-memory": {title: "Messages of 125 bytes on many connections, 20,000 a second: peak memory of the client", of: "connections-",
			x: "connections", tick: 10, label: numberLabel, value: func(r *result) float64 { return r.Peak }, show: sizeLabel, binary: true},
	} {
		if c.take(all); len(c.lines) > 0 {
			pictures[name] = c.svg()
		}
	}
	return pictures
}

// A curve shows how something grows, one line per peer: above the value itself,
// below its ratio to the floor.
type curve struct {
	title, of, x string  // of: the prefix of the workloads' names, before a number
	tick         float64 // the ratio of a mark of x to the previous one
	label, show  func(float64) string
	value        func(*result) float64
	binary       bool // values are bytes
	lines        []line
}

type line struct {
	peer string
	at   [][2]float64
}

func (l *line) floor() bool   { return peerNamed(l.peer).floor }
func (l *line) last() float64 { return l.at[len(l.at)-1][1] }

// runs cuts a line where it has no value and others have one.
func (l *line) runs(lines []line) (runs [][][2]float64) {
	all := map[float64]bool{}
	for _, other := range lines {
		for _, p := range other.at {
			all[p[0]] = true
		}
	}
	var run [][2]float64
	for _, x := range slices.Sorted(maps.Keys(all)) {
		i := slices.IndexFunc(l.at, func(p [2]float64) bool { return p[0] == x })
		if i >= 0 {
			run = append(run, l.at[i])
			continue
		}
		runs, run = append(runs, run), nil
	}
	return append(runs, run)
}

// take reads the medians of the workloads.
func (c *curve) take(all results) {
	for _, p := range peers {
		l := line{peer: p.name}
		byX := map[float64]results{}
		for _, r := range all {
			number, ok := strings.CutPrefix(r.Workload, c.of)
			if n, err := strconv.ParseFloat(number, 64); ok && err == nil && r.Peer == p.name && r.Failure == "" {
				byX[n] = append(byX[n], r)
			}
		}
		for n, same := range byX {
			m := same.median()
			if v := c.value(&m.result); v > 0 {
				l.at = append(l.at, [2]float64{n, v})
			}
		}
		slices.SortFunc(l.at, func(a, b [2]float64) int { return cmp.Compare(a[0], b[0]) })
		if len(l.at) > 0 {
			c.lines = append(c.lines, l)
		}
	}
	slices.SortFunc(c.lines, func(a, b line) int { return cmp.Compare(b.last(), a.last()) })
}

// relative returns the lines as ratios to the floor's.
func (c *curve) relative() (lines []line) {
	i := slices.IndexFunc(c.lines, func(l line) bool { return l.floor() })
	if i < 0 {
		return nil
	}
	floor := map[float64]float64{}
	for _, p := range c.lines[i].at {
		floor[p[0]] = p[1]
	}
	for _, l := range c.lines {
		r := line{peer: l.peer}
		for _, p := range l.at {
			if floor[p[0]] > 0 {
				r.at = append(r.at, [2]float64{p[0], p[1] / floor[p[0]]})
			}
		}
		if len(r.at) > 0 {
			lines = append(lines, r)
		}
	}
	return lines
}

// svg draws the curve.
func (c *curve) svg() string {
	const height = 300
	v, top := newCanvas(860, 2*height+170, c.title), 58.0
	unit := 1.0
	if c.binary {
		unit = 1 << 20
	}
	v.panel(c, c.lines, top, top+height, func(y float64) string { return c.show(y) }, unit)
	top += height + 58
	if lines := c.relative(); lines != nil {
		v.text(16, top-14, "start", "13", "text", "The same in terms of plain TCP, the floor")
		v.panel(c, lines, top, top+height, numberLabel, 1)
	}
	v.text(405, top+height+38, "middle", "12", "text", c.x)
	return v.end()
}

// panel draws lines between two heights. Marks are round multiples of unit.
func (v *canvas) panel(c *curve, lines []line, top, bottom float64, show func(float64) string, unit float64) {
	x, y := axis{from: 80, to: 730, low: math.Inf(1)}, axis{from: bottom, to: top, low: math.Inf(1)}
	for _, l := range lines {
		for _, p := range l.at {
			x.include(p[0])
			y.include(p[1] / unit)
		}
	}
	for _, t := range y.round() {
		v.line(x.from, y.at(t), x.to, y.at(t), 1, "grid")
		v.text(x.from-8, y.at(t)+4, "end", "11", "weak", show(t*unit))
	}
	if x.high == x.low {
		x.high *= c.tick
	}
	for t := x.low; t < x.high*0.99; t *= c.tick {
		v.mark(x.at(t), top, bottom, c.label(t))
	}
	v.mark(x.to, top, bottom, c.label(x.high))
	for _, l := range lines {
		width := 1.6
		if strings.HasPrefix(l.peer, "curlew") {
			width = 3
		}
		for _, run := range l.runs(lines) {
			for i, p := range run {
				run[i] = [2]float64{x.at(p[0]), y.at(p[1] / unit)}
			}
			v.path(run, width, palette[l.peer], l.floor())
		}
	}
	v.names(lines, func(l line) float64 { return y.at(l.last() / unit) }, x.to, top, bottom)
}

// mark draws a mark of the x axis.
func (v *canvas) mark(x, top, bottom float64, label string) {
	v.line(x, bottom, x, top, 1, "grid")
	v.text(x, bottom+18, "middle", "11", "weak", label)
}

// names labels the lines next to their ends at x, without overlaps.
func (v *canvas) names(lines []line, end func(line) float64, x, top, bottom float64) {
	const pitch = 17
	sorted := slices.SortedFunc(slices.Values(lines), func(a, b line) int { return cmp.Compare(end(a), end(b)) })
	places := make([]float64, len(sorted))
	for i, l := range sorted {
		if places[i] = max(end(l), top); i > 0 {
			places[i] = max(places[i], places[i-1]+pitch)
		}
	}
	below := bottom
	for i := len(places) - 1; i >= 0; i-- {
		places[i] = min(places[i], below)
		below = places[i] - pitch
	}
	for i, l := range sorted {
		v.line(x+4, end(l), x+22, places[i], 1, palette[l.peer])
		v.text(x+27, places[i]+4, "start", "12", palette[l.peer], l.peer)
	}
}
