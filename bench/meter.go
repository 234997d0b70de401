package main

import (
	"sync"
	"time"
)

// A gauge measures the work of one client, reported by any number of meters:
//
//	start -> warming --warm--> measuring --limit or max--> finished
type gauge struct {
	warm, limit time.Duration
	least       int64 // minimum messages for each of the two
	max         int64 // messages to measure, in place of limit; 0: none

	mu            sync.Mutex
	state         state
	begun         time.Time // when this state began
	before, after snapshot
	messages      int64 // in this state
	onStart       func()
	onEnd         func()
}

type state uint8

const (
	warming state = iota
	measuring
	finished
)

// start begins the warm-up, or without one the measurement.
func (g *gauge) start() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.begun = time.Now()
	if g.warm == 0 {
		g.measure()
	}
}

func (g *gauge) measure() {
	g.state, g.messages = measuring, 0
	g.onStart()
	g.before = snapshotBefore()
	g.begun = time.Now()
}

// count adds n messages completed at now, and returns the state of the work.
func (g *gauge) count(n int64, now time.Time) state {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state == finished {
		return finished
	}
	g.messages += n
	switch {
	case g.state == warming && now.Sub(g.begun) >= g.warm && g.messages >= g.least:
		g.measure()
	case g.state == measuring && g.done(now):
		g.after = snapshotAfter()
		g.state = finished
		g.onEnd()
	}
	return g.state
}

func (g *gauge) done(now time.Time) bool {
	if g.max > 0 {
		return g.messages >= g.max
	}
	return now.Sub(g.begun) >= g.limit && g.messages >= g.least
}

// A meter counts the messages of one goroutine. It looks at the clock once per
// batch, and lengthens the batch until that is rare.
type meter struct {
	g        *gauge
	left     int64 // of the batch; negative if more arrived
	batch    int64
	began    time.Time // when the batch began
	state    state     // of the gauge when the batch began
	payloads [][]byte  // to send, in turn
	next     int
	lap      time.Time
	laps     []time.Duration // of round trips, as many as it has capacity for
}

func (g *gauge) meter(payloads [][]byte, laps int) *meter {
	return &meter{g: g, left: 1, batch: 1, payloads: payloads, laps: make([]time.Duration, 0, laps)}
}

// tick counts one message and reports whether the work is finished.
func (m *meter) tick() bool {
	m.left--
	return m.left <= 0 && m.over()
}

// add counts n messages.
func (m *meter) add(n int) bool {
	m.left -= int64(n)
	return m.left <= 0 && m.over()
}

// over ends a batch and reports whether the work is finished.
func (m *meter) over() bool {
	now, n := time.Now(), m.batch-m.left
	if m.g.max == 0 && now.Sub(m.began) < time.Millisecond {
		m.batch *= 2
	}
	m.state = m.g.count(n, now)
	m.left, m.began = m.batch, now
	return m.state == finished
}

// payload returns the next payload to send.
func (m *meter) payload() []byte {
	p := m.payloads[m.next]
	if m.next++; m.next == len(m.payloads) {
		m.next = 0
	}
	return p
}

// ping begins a round trip; pong ends it and counts the message.
func (m *meter) ping() { m.lap = time.Now() }

func (m *meter) pong() bool {
	if m.state == measuring && len(m.laps) < cap(m.laps) {
		m.laps = append(m.laps, time.Since(m.lap))
	}
	return m.tick()
}
