package curlew

import (
	"context"

	"github.com/curlew-ws/curlew/internal/wire"
)

// The send side's queue: what is encoded and not written yet.
//
//	queue:  | frame | frame | header, part of a payload |  free  |
//	rest:   | what a write has not taken of the queue before     |

// encode puts p, which fits, into queue as payload of the open frame.
func (s *sender) encode(p []byte) {
	if len(p) > 0 {
		q := s.open(s.enc.Left())
		q.b = s.enc.Payload(q.b, p)
	}
	if s.trace == nil || s.trace.Chunk == nil || s.sent.Flags&Compressed != 0 || len(p) == 0 && s.sent.Offset+s.sent.BytesLeft > 0 {
		return
	}
	s.sent.Len = len(p)
	s.sent.BytesLeft -= int64(len(p))
	s.trace.Chunk(true, p, s.sent)
	s.sent.Offset += int64(len(p))
}

// answer encodes the waiting replies that fit. Nobody's frame may be open.
func (s *sender) answer() {
	for s.replies.Pending() {
		f, p := s.replies.Next()
		if s.enc.Closed() {
			s.replies.Drop()
			return
		}
		if s.space() < wire.MaxHeaderLen+len(p) {
			return
		}
		s.start(Flags(f), int64(len(p)))
		s.encode(p)
		s.replies.Pop()
	}
}

// open returns queue with its memory, for the next left bytes of a frame.
func (s *sender) open(left int64) *buffer {
	if s.queue == nil {
		s.queue = borrow(s.piece(left))
		s.queue.b = s.queue.b[:0]
	}
	return s.queue
}

// piece returns how much is written at once of a frame of which left bytes are
// to come: of a large one more, since each write wakes the peer, but not more
// than the processor has at hand still after masking it, nor so much that a
// slow peer seems to take nothing.
func (s *sender) piece(left int64) int {
	if s.size == defaultBuffer && left >= largeBuffer {
		return largeBuffer
	}
	return s.size
}

// space returns how many bytes queue still takes, besides the header of one
// more frame, for which there is always room.
func (s *sender) space() int {
	if s.queue == nil {
		return s.piece(s.enc.Left()) - wire.MaxHeaderLen
	}
	return max(cap(s.queue.b)-len(s.queue.b)-wire.MaxHeaderLen, 0)
}

// waiting reports whether encoded bytes wait to be written.
func (s *sender) waiting() bool { return s.queue != nil || len(s.rest) > 0 }

// flush writes rest or, if there is none, queue. Nobody may be busy. An error
// is final unless it is a timeout, which leaves in rest what was not written.
func (s *sender) flush(ctx context.Context) error {
	_, err := s.flushWith(ctx, nil)
	return err
}

// flushWith is flush that writes p, which is not in the queue, behind that. It
// returns how much of p is written.
func (s *sender) flushWith(ctx context.Context, p []byte) (n int, err error) {
	if len(s.rest) == 0 && s.queue != nil {
		s.held, s.rest, s.queue = s.queue, s.queue.b, nil
	}
	n, err = s.write(ctx, s.rest, p)
	k := min(n, len(s.rest))
	return n - k, s.wrote(ctx, k, err)
}

// wrote deals with the end of a write, which took n bytes of rest.
func (s *sender) wrote(ctx context.Context, n int, err error) error {
	if s.rest = s.rest[n:]; len(s.rest) == 0 && s.held != nil {
		giveBack(s.held)
		s.held, s.rest = nil, nil
	}
	switch {
	case err == nil: // also if the connection was closed meanwhile
		return nil
	case s.dead:
		return s.err
	case !isTimeout(err):
		return s.broken(err)
	case s.plain:
		return err
	}
	if cause := ended(ctx); cause != nil {
		err = cause
	}
	return s.lose("sending failed", err)
}

// write writes p, and also behind it if there is that, in one call. It gives up
// mu meanwhile.
func (s *sender) write(ctx context.Context, p, also []byte) (n int, err error) {
	s.begin(len(p) + len(also))
	s.mu.Unlock()
	switch {
	case len(also) == 0:
		n, err = s.put(ctx, p)
	case len(p) == 0:
		n, err = s.put(ctx, also)
	default:
		n, err = s.putBoth(p, also)
	}
	s.mu.Lock()
	s.end(p[:min(n, len(p))])
	return n, err
}

// begin notes that a write of n bytes begins. mu is held.
func (s *sender) begin(n int) {
	s.begun++
	if s.pings != nil {
		s.pings.begun += int64(n)
	}
}

// putBoth writes held's bytes p and then q in one call of the system.
func (s *sender) putBoth(p, q []byte) (n int, err error) {
	h := s.held
	h.both = [2][]byte{p, q}
	h.list = h.both[:]
	n64, err := h.list.WriteTo(s.limit.stream)
	h.both = [2][]byte{}
	return int(n64), err
}

// put is the stream's Write, ended by ctx as well. A context is watched only
// where a write waits, as far as that can be known beforehand.
func (s *sender) put(ctx context.Context, p []byte) (n int, err error) {
	if ctx == nil || ctx.Done() == nil {
		return s.limit.stream.Write(p)
	}
	if n, err = s.attempt(p); n == len(p) || err != nil {
		return n, err
	}
	stop := s.limit.arm(ctx)
	k, err := s.limit.stream.Write(p[n:])
	s.limit.disarm(stop)
	return n + k, err
}

// busy reports whether somebody writes, who then takes mu behind that, so that
// it can be counted on. mu is held.
func (s *sender) busy() bool {
	e := s.ended.Load()
	return e>>1 != s.begun && (e&1 != 0 || s.ended.CompareAndSwap(e, e|1))
}

// endUnseen ends the write in progress without mu, if nobody asked for it.
func (s *sender) endUnseen() bool {
	e := s.ended.Load()
	return e&1 == 0 && s.ended.CompareAndSwap(e, e+2)
}

// end ends the write in progress, which took p. mu is held.
func (s *sender) end(p []byte) {
	s.ended.Store(s.begun << 1)
	if s.trace != nil && s.trace.Bytes != nil && len(p) > 0 {
		s.trace.Bytes(true, p)
	}
	s.changed()
}
