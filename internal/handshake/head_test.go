package handshake

import (
	"errors"
	"strings"
	"testing"
)

// TestFailsFast checks that invalid input is refused at the first byte that shows it.
func TestFailsFast(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ good, bad string }{
		{"", "h"}, {"HTTP/", "2"}, {"HTTP/1.1", "\r"}, {"HTTP/1.1 1", "x"}, {"HTTP/1.1 ", "0"},
		{"HTTP/1.1 101X", "\n"}, {"HTTP/1.1 101 \r\nno colon\r", "\n"}, {"HTTP/1.1 100 \r\n\r\n", "\r"},
	} {
		var p ResponseParser
		if resp, _, err := p.Parse([]byte(c.good)); resp != nil || err != nil {
			t.Errorf("%q: %v, %v, want to need more", c.good, resp, err)
		}
		if _, _, err := p.Parse([]byte(c.good + c.bad)); err == nil {
			t.Errorf("%q: no error", c.good+c.bad)
		}
	}
}

func TestHeadLimits(t *testing.T) {
	t.Parallel()
	field := func(n int) string { return "X: " + strings.Repeat("a", n-len("X: \r\n")) + "\r\n" }
	const first, interim = "HTTP/1.1 101 X\r\n", "HTTP/1.1 100 C\r\n\r\n"
	for _, c := range []struct {
		name, raw string
		over      bool
	}{
		{"most bytes", first + field(maxHead-len(first)-2) + "\r\n", false},
		{"a byte too many", first + field(maxHead-len(first)-1) + "\r\n", true},
		{"endless line", first + strings.Repeat("a", maxHead), true},
		{"endless status line", "HTTP/1.1 101 " + strings.Repeat("a", maxHead), true},
		{"most lines", first + strings.Repeat("X:\r\n", maxHeadLines-2) + "\r\n", false},
		{"a line too many", first + strings.Repeat("X:\r\n", maxHeadLines-1) + "\r\n", true},
		{"interim responses count", strings.Repeat(interim, maxHeadLines/2-1) + first + "X:\r\n\r\n", true},
		{"endless interim responses", strings.Repeat(interim, maxHeadLines), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			resp, n, err := new(ResponseParser).Parse([]byte(c.raw))
			if c.over != errors.As(err, new(*LimitError)) || c.over != (resp == nil) || !c.over && n != len(c.raw) {
				t.Errorf("%v, %d of %d, %v", resp != nil, n, len(c.raw), err)
			}
			parse, step := responses(t), 1+len(c.raw)/1000
			var v verdict
			for i := 0; v.msg == nil && v.kind == nil && i < len(c.raw)+step; i += step {
				v = parse([]byte(c.raw)[:min(i, len(c.raw))])
			}
			if c.over != (v.kind != nil) || c.over != (v.msg == nil) {
				t.Errorf("in pieces: %v, %v", v.msg != nil, v.kind)
			}
		})
	}
}
