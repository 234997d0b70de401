package main

import "fmt"

// ratios draws, for each workload, the costs of curlew, its peers and the floor as
// ratios to the best peer's.
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
	const left, top, pitch = 150.0, 76.0, 24.0
	x := axis{from: left + 10, to: 690, low: 0.1, high: 32}
	bottom := top + pitch*float64(len(shown))
	c := newCanvas(860, bottom+48, "Cost in terms of the best other client (= 1); less is better")
	legend := 54.0
	c.dot(left+16, legend-4, 5.5, "ours", "curlew")
	c.text(left+28, legend, "start", "12", "text", "curlew, its cheapest method")
	c.dot(left+226, legend-4, 4, "other", "others")
	c.text(left+236, legend, "start", "12", "text", "other clients")
	c.line(left+346, legend-11, left+346, legend+3, 2.5, "floor")
	c.text(left+356, legend, "start", "12", "text", "plain TCP, the floor")
	for _, t := range []float64{0.1, 0.2, 0.5, 1, 2, 5, 10, 20} {
		colour := "grid"
		if t == 1 {
			colour = "one"
		}
		c.line(x.at(t), top-6, x.at(t), bottom, 1, colour)
		c.text(x.at(t), bottom+16, "middle", "11", "weak", fmt.Sprint(t))
	}
	c.text((x.from+x.to)/2, bottom+36, "middle", "11", "weak", "CPU per message; idle: memory per connection")
	for i, w := range shown {
		c.ratios(all.rows(&w), &w, x, top+pitch*(float64(i)+0.5))
	}
	return c.end()
}

// ratios draws one workload at y.
func (c *canvas) ratios(rows []row, w *workload, x axis, y float64) {
	c.text(x.from-20, y+4, "end", "12", "text", w.Name)
	at := func(r *row) float64 { return x.at(min(max(r.best, x.low), x.high)) }
	for _, r := range rows {
		tip := r.Peer + " " + ratio(r.best)
		switch {
		case r.Peer == w.Floor:
			fmt.Fprintf(c, `<g><title>%s</title>`, tip)
			c.line(at(&r), y-7, at(&r), y+7, 2.5, "floor")
			c.WriteString("</g>\n")
		case r.rival():
			c.dot(at(&r), y, 4, "other", tip)
		}
	}
	ours, rival := cheapest(rows, (*result).ours), cheapest(rows, (*result).rival)
	c.dot(at(ours), y, 5.5, "ours", ours.Peer+" "+ratio(ours.best))
	c.text(x.to+14, y+4, "start", "12", "ours", ratio(ours.best)+" x")
	c.text(x.to+60, y+4, "start", "12", "weak", rival.Peer)
}
