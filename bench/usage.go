package main

import (
	"runtime"
	"time"
)

// A snapshot is what the process has used up to a moment. Counts that the
// system does not give are zero.
type snapshot struct {
	wall           time.Time
	user, system   time.Duration
	mallocs, bytes uint64
	reads, writes  int64 // system calls
	read, written  int64 // bytes that they moved
}

// The processor's time is taken last before the work and first after it, so
// that taking the rest is no part of it.
func snapshotBefore() (s snapshot) {
	s.counts()
	s.times()
	return s
}

func snapshotAfter() (s snapshot) {
	s.times()
	s.counts()
	return s
}

func (s *snapshot) counts() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s.mallocs, s.bytes = m.Mallocs, m.TotalAlloc
	s.reads, s.writes, s.read, s.written = ioCounts()
}

func (s *snapshot) times() {
	s.wall = time.Now()
	s.user, s.system = cpuTimes()
}
