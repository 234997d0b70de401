package main

import (
	"context"
	"fmt"
	"time"
)

// A pace keeps one direction to so many bytes a second. It is for one goroutine.
type pace struct {
	rate  int64 // 0: any
	start time.Time
	n     int64 // bytes since start
}

// spend waits until n more bytes are due. Time that was not used is not saved up.
func (p *pace) spend(ctx context.Context, n int) {
	if p.rate == 0 {
		return
	}
	due := time.Duration(float64(p.n) / float64(p.rate) * float64(time.Second))
	if time.Since(p.start) > due {
		p.start, p.n, due = time.Now(), 0, 0
	}
	p.n += int64(n)
	due = time.Duration(float64(p.n) / float64(p.rate) * float64(time.Second))
	select {
	case <-time.After(time.Until(p.start.Add(due))):
	case <-ctx.Done():
	}
}

// watchSpeed interrupts the session when, for --speed-time, fewer bytes pass
// than --speed-limit allows.
func (s *session) watchSpeed(ctx context.Context) {
	if s.c.speedLimit == 0 {
		return
	}
	ticker := time.NewTicker(s.c.speedTime)
	defer ticker.Stop()
	for before := int64(0); ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		t := s.tally.now()
		now := t.in.Wire + t.out.Wire
		if float64(now-before) < float64(s.c.speedLimit)*s.c.speedTime.Seconds() {
			s.wait.interrupt(&failure{codeTimeout, fmt.Errorf("slower than --speed-limit allows, which is %d bytes a second, for %v", s.c.speedLimit, s.c.speedTime)}, 0)
			return
		}
		before = now
	}
}
