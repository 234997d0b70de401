package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// progressPause is the time between two looks of -#.
const progressPause = 200 * time.Millisecond

// showProgress is -#: a line on standard error with what has passed, written
// over and over until ctx ends. Done is closed when it is written for the last
// time.
func (s *session) showProgress(ctx context.Context, done chan<- struct{}) {
	defer close(done)
	if !s.c.progress || s.console != nil {
		return
	}
	total := s.c.inputSize()
	ticker := time.NewTicker(progressPause)
	defer ticker.Stop()
	for {
		s.c.stderr.draw("\r" + s.progressLine(total))
		select {
		case <-ticker.C:
		case <-ctx.Done():
			s.c.stderr.draw("\r" + s.progressLine(total) + "\n")
			return
		}
	}
}

func (s *session) progressLine(total int64) string {
	now := s.tally.now()
	return progressLine(now, time.Since(now.start), total, s.c.columns())
}

// columns is how wide a line on standard error may be.
func (c *config) columns() int {
	if columns, _, err := term.GetSize(int(c.std.err.Fd())); err == nil {
		return columns
	}
	return 80
}

// progressLine shows totals; of total bytes to be sent, if that is not 0, with a
// bar where there is room. It is always as long, so as to cover the one before,
// and shorter than columns, so that the terminal does not begin a new line.
func progressLine(t totals, took time.Duration, total int64, columns int) string {
	const widest, narrowest = 30, 5
	var bar string
	rate := float64(t.out.Payload+t.in.Payload) / max(took.Seconds(), 0.001)
	text := fmt.Sprintf("%s sent, %s received, %s/s", short(t.out.Payload), short(t.in.Payload), short(int64(rate)))
	if total > 0 {
		done := min(1, float64(t.out.Payload)/float64(total))
		text = fmt.Sprintf("%3.0f%%  %s of %s", done*100, short(t.out.Payload), short(total)) + strings.TrimPrefix(text, short(t.out.Payload))
		if width := min(widest, columns-len("[] ")-len("100%  1000M of 1000M sent, 1000M received, 1000M/s")-1); width >= narrowest {
			bar = fmt.Sprintf("[%-*s] ", width, strings.Repeat("#", int(done*float64(width))))
		}
	}
	width := max(columns-1, 0)
	return fmt.Sprintf("%-*.*s", min(width, 79), width, bar+text)
}

// short is a number of bytes in three or four digits.
func short(n int64) string {
	value := float64(n)
	for _, unit := range []string{"", "k", "M", "G"} {
		if value < 1000 {
			return strings.TrimSuffix(fmt.Sprintf("%.3g", value), ".") + unit
		}
		value /= 1024
	}
	return fmt.Sprintf("%.0fT", value)
}

// inputSize is how many bytes are to be sent, 0 if that is not known.
func (c *config) inputSize() int64 {
	var total int64
	for _, o := range c.input() {
		total += int64(len(o.data))
		if o.file == "" {
			continue
		}
		info, err := os.Stat(o.file)
		if err != nil || !info.Mode().IsRegular() {
			return 0
		}
		total += info.Size()
	}
	return total
}
