package main

import (
	"runtime"
	"time"
)

// A snapshot is what the process has used up to a point in time. Counts that the
// system does not provide are zero.
type snapshot struct {
	wall           time.Time
	user, system   time.Duration
	mallocs, bytes uint64
	reads, writes  int64 // system calls
	read, written  int64 // bytes that they moved
}

// Processor time is read last before the work and first after it, so that reading
// the rest does not count.
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
