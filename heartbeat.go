package curlew

import (
	"crypto/rand"
	"encoding/binary"
	"sync/atomic"
	"time"
)

// A heartbeat finds out that the peer is gone, from within the blocked
// receive or a try that finds nothing, with no timer and no goroutine: after
// interval without a byte a PING is queued, after timeout more without a byte
// the connection is given up. Bytes of ours that the peer takes are life, too.
// While nobody receives nothing happens. A nil heartbeat is none.
type heartbeat struct {
	interval, timeout time.Duration
	start             time.Time
	silence           atomic.Int64 // twice the nanoseconds from start to the last byte, or to the PING that followed it, which adds 1; a Multi reads it
	delays            int          // timeouts in a row after which that was no sign yet that the peer is gone
	next              time.Time    // when the blocked receive stops waiting
}

// grace is how long a receive that begins when a beat was due already looks
// for bytes that came meanwhile, or as long as its deadline lets it.
const grace = 10 * time.Millisecond

// maxDelays is how many timeouts of silence end a session whose PING is delayed.
const maxDelays = 4

// newHeartbeat returns nil if none is asked for.
func newHeartbeat(o *AcceptOptions) *heartbeat {
	if o.RawMode || o.PingInterval <= 0 {
		return nil
	}
	h := &heartbeat{interval: o.PingInterval, timeout: o.PongTimeout, start: time.Now()}
	if h.timeout <= 0 {
		h.timeout = h.interval
	}
	return h
}

// arm returns the next beat, at which the read that follows is to end; zero is
// never.
func (h *heartbeat) arm(limit *deadline) time.Time {
	if h == nil {
		return time.Time{}
	}
	h.next = h.beat()
	if soon := limit.soon(time.Now()); h.next.Before(soon) {
		h.next = soon
	}
	return h.next
}

// beat returns when the silence is long enough for a PING, or for giving up.
func (h *heartbeat) beat() time.Time {
	silence := h.silence.Load()
	last := h.start.Add(time.Duration(silence >> 1))
	if silence&1 != 0 {
		return last.Add(h.timeout)
	}
	return last.Add(h.interval)
}

// begins notes that the silence begins now, after a byte or after a PING.
func (h *heartbeat) begins(pinged bool) {
	silence := int64(time.Since(h.start)) << 1
	if pinged {
		silence |= 1
	}
	h.silence.Store(silence)
}

// alive notes that bytes came.
func (h *heartbeat) alive() {
	if h != nil {
		h.begins(false)
		h.delays = 0
	}
}

// due reports whether the time that arm set has come.
func (h *heartbeat) due() bool { return h != nil && !time.Now().Before(h.next) }

// overdue reports whether a beat has passed, to one who has looked just now and
// found no bytes.
func (h *heartbeat) overdue() bool { return h != nil && !time.Now().Before(h.beat()) }

// missed deals with a beat that passed without a byte.
func (r *receiver) missed() error {
	h := r.beat
	pinged := h.silence.Load()&1 != 0
	h.begins(true)
	if !pinged {
		h.delays = 0
		r.out.beat()
		return nil
	}
	switch r.out.progress() {
	case taken:
		h.delays = 0
		return nil
	case delayed:
		if h.delays++; h.delays < maxDelays {
			return nil
		}
	}
	r.err = ErrPongTimeout
	r.out.drop(ErrPongTimeout, 0)
	return r.err
}

// pings counts our own PINGs, whose payloads are a nonce and a number, so that
// their answers are known and not delivered.
type pings struct {
	nonce     uint32
	sent, got uint32
	seen      seen  // when progress was asked last
	begun     int64 // bytes of writes that began, since the first PING
}

// pingSize is the length of their payloads.
const pingSize = 8

// next returns the payload of a new PING. mu is held.
func (s *sender) nextPing() []byte {
	if s.pings == nil {
		var nonce [4]byte
		rand.Read(nonce[:]) // never fails
		s.pings = &pings{nonce: binary.BigEndian.Uint32(nonce[:])}
	}
	s.pings.sent++
	p := binary.BigEndian.AppendUint32(make([]byte, 0, pingSize), s.pings.nonce)
	return binary.BigEndian.AppendUint32(p, s.pings.sent)
}

// beat queues a PING of the heartbeat.
func (s *sender) beat() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies.Ping(s.nextPing())
	s.progressed()
	s.leave()
}

// pong reports whether a PONG's payload answers a PING of our own.
func (s *sender) pong(p []byte) bool {
	if len(p) != pingSize {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pings == nil {
		return false
	}
	n := binary.BigEndian.Uint32(p[4:])
	if binary.BigEndian.Uint32(p) != s.pings.nonce || n == 0 || n > s.pings.sent {
		return false
	}
	s.pings.got = max(s.pings.got, n)
	s.changed()
	return true
}
