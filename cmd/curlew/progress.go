package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
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
		fmt.Fprintf(s.c.stderr, "\r%s", progressLine(s.tally.now(), total))
		select {
		case <-ticker.C:
		case <-ctx.Done():
			fmt.Fprintf(s.c.stderr, "\r%s\n", progressLine(s.tally.now(), total))
			return
		}
	}
}

// progressLine shows totals; of total bytes to be sent, if that is not 0, with a bar.
func progressLine(t totals, total int64) string {
	const width = 30
	var bar string
	sent := short(t.out.Payload)
	if total > 0 {
		done := min(1, float64(t.out.Payload)/float64(total))
		bar = fmt.Sprintf("[%-*s] %3.0f%%  ", width, strings.Repeat("#", int(done*width)), done*100)
		sent += " of " + short(total)
	}
	rate := float64(t.out.Payload+t.in.Payload) / max(time.Since(t.start).Seconds(), 0.001)
	return fmt.Sprintf("%s%s sent, %s received, %s/s   ", bar, sent, short(t.in.Payload), short(int64(rate)))
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
