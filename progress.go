package curlew

// A progress is what became of our bytes since it was asked for last, to one who
// hears nothing from the peer.
type progress uint8

const (
	stopped progress = iota // none was taken, or none was there to be taken
	delayed                 // nor was any, but that need not be the peer's fault, or is no sign that it is gone
	taken                   // the peer took some
)

// seen is what was seen of our bytes at one time.
type seen struct {
	backlog
	writes  uint64 // as many had ended
	writing bool   // one was in progress
	begun   int64  // bytes of all writes that had begun
}

// A backlog is what a stream has that the peer has not taken, as far as the
// system tells.
type backlog struct {
	known bool
	bytes int64 // of ours, and those that the system needs for them
	there bool  // the peer's system answers, and has no room
}

// progress reports what became of our bytes since it, or beat, was called last.
// They are delayed if the PING waits behind a frame or batch of ours with which
// nobody goes on, or if the peer's system says that it has no room.
func (s *sender) progress() progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.progressed():
		return taken
	case s.replies.Pending() && !s.busy(), s.pings.seen.there:
		return delayed
	}
	return stopped
}

// progressed reports whether the peer has taken bytes of ours that were under
// way when this was called last. Where the system does not tell how many are,
// that is so if a write has ended, and one was in progress then or is now, or the
// PING waits. mu is held.
func (s *sender) progressed() bool {
	before := s.pings.seen
	now := seen{backlogOf(bottom(s.limit.stream)), s.ended.Load() >> 1, s.busy(), s.pings.begun}
	s.pings.seen = now
	moved := now.writes != before.writes
	switch {
	case !now.known:
		return moved && (before.writing || now.writing || s.replies.Pending())
	case before.writing && (moved || now.bytes != before.bytes):
		return true // it waited for room, and there was some
	}
	return before.bytes > 0 && now.begun-now.bytes > before.begun-before.bytes
}
