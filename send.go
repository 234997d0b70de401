package curlew

import (
	"context"

	"github.com/curlew-ws/curlew/internal/protocol"
	"github.com/curlew-ws/curlew/internal/wire"
)

// What is done in a turn of the send side: whole frames, frames in pieces, raw
// bytes, and what becomes of those that a deadline or a context cuts.

// send sends one whole frame.
func (s *sender) send(ctx context.Context, f Flags, p []byte, who caller) error {
	return s.sendFrom(ctx, f, p, who, false)
}

// sendFrom is send of p that may be overwritten if it is ours.
func (s *sender) sendFrom(ctx context.Context, f Flags, p []byte, who caller, ours bool) error {
	s.mu.Lock()
	if s.quiet(f, len(p)) && ended(ctx) == nil && !s.straight(p, ours) {
		return s.sendAlone(ctx, f, p)
	}
	return s.sendInTurn(ctx, f, p, who, ours)
}

// quiet reports whether a message of one frame can go out without a thought
// for anybody else. mu is held.
func (s *sender) quiet(f Flags, size int) bool {
	return (f == Text || f == Binary) && size <= s.size-wire.MaxHeaderLen && s.err == nil && s.line.first(0) && s.holder == nobody && !s.writer &&
		!s.enc.Message() && !s.enc.Closed() && !s.replies.Pending() && !s.waiting() && s.deflate == nil && s.trace == nil && !s.busy()
}

// sendAlone is send when all is quiet. It takes mu over, and if it is quiet
// still when the frame is written, that is all.
func (s *sender) sendAlone(ctx context.Context, f Flags, p []byte) error {
	q := borrow(s.size)
	q.b = s.enc.Frame(q.b[:0], protocol.Flags(f), p, s.key(q))
	s.begin(len(q.b))
	s.mu.Unlock()
	n, err := s.put(ctx, q.b)
	if n == len(q.b) && err == nil && s.endUnseen() {
		giveBack(q)
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held, s.rest, s.sent = q, q.b, Meta{Flags: f}
	s.end(q.b[:n])
	if err = s.wrote(ctx, n, err); err != nil && !s.leftTo(ctx, err) {
		err = s.cut(ctx, err, len(p), &s.enc, byMessage)
	} else {
		err = nil
	}
	s.leave()
	return err
}

// sendInTurn is send at any time. It takes mu over.
func (s *sender) sendInTurn(ctx context.Context, f Flags, p []byte, who caller, ours bool) error {
	defer s.mu.Unlock()
	if err := checkClose(f, p); err != nil {
		return err
	}
	if err := s.enter(ctx, f, int64(len(p)), who); err != nil {
		return err
	}
	if s.deflate.applies(f) {
		return s.sendDeflated(ctx, f, p, who, ours)
	}
	return s.whole(ctx, f&^Compressed, p, len(p), who, ours)
}

// checkClose says whether p may be the payload of a frame of flags f as far as
// CLOSE goes: RFC 6455 section 7.4 says which codes an endpoint may send, 5.5.1
// that the reason is UTF-8.
func checkClose(f Flags, p []byte) error {
	if f != Close || len(p) > wire.MaxControl { // enter refuses the latter
		return nil
	}
	if _, _, err := wire.ParseClose(p); err != nil {
		return usage("CLOSE: %v", err)
	}
	return nil
}

// whole sends one whole frame, which enter has let in. Size is the length of
// its payload to the user.
func (s *sender) whole(ctx context.Context, f Flags, p []byte, size int, who caller, ours bool) error {
	var before *protocol.Encoder
	if e := s.enc; !s.busy() && !s.waiting() {
		before = &e
	}
	s.start(f, int64(len(p)))
	s.holder = inSend
	sent, err := s.payload(ctx, p, ours)
	switch {
	case sent < len(p):
		s.holder = nobody
	case before != nil: // our frame is done, and the encoder may be another's by now
		before = &s.enc
	}
	switch {
	case err == nil:
	case sent == len(p) && s.leftTo(ctx, err):
		err = nil
	case sent == len(p):
		err = s.cut(ctx, err, size, before, who)
	default:
		err = s.cut(ctx, err, sent, before, who)
	}
	s.leave()
	return err
}

// leftTo reports whether a frame of which all is encoded, whose writing err
// ended, is left to somebody who has taken the side meanwhile, and writes it in
// front of his own: it is queued, then.
func (s *sender) leftTo(ctx context.Context, err error) bool {
	return s.holder != nobody && !s.dead && isTimeout(err) && ended(ctx) == nil
}

// start encodes the header of a frame that enter has let in.
func (s *sender) start(f Flags, size int64) {
	s.sent = Meta{Flags: f, BytesLeft: size}
	q := s.open(size)
	q.b = s.enc.Start(q.b, protocol.Flags(f), size, s.key(q))
}

// key draws the key of a frame in q, if there is to be one.
func (s *sender) key(q *buffer) uint32 {
	if s.enc.Server {
		return 0
	}
	return q.keys.Next()
}

// startFrame is StartFrame.
func (s *sender) startFrame(f Flags, size int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.enter(context.Background(), f, size, byChunk); err != nil {
		return err
	}
	if s.deflate != nil && s.deflate.open && f&control == 0 {
		return usage("the open message is compressed; go on with Send")
	}
	s.start(f, size)
	s.holder = inFrame
	if size > 0 {
		return nil
	}
	return s.proceed(nil, false)
}

// sendPayload is SendPayload of p that may be overwritten if it is ours.
func (s *sender) sendPayload(p []byte, ours bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refusal(); err != nil {
		return err
	}
	if s.holder != inFrame {
		return usage("no frame is open; begin one with StartFrame")
	}
	if int64(len(p)) > s.enc.Left() {
		return usage("the open frame takes %d more bytes, got %d; nothing was sent", s.enc.Left(), len(p))
	}
	return s.proceed(p, ours)
}

// proceed sends p as payload of the frame that SendPayload completes.
func (s *sender) proceed(p []byte, ours bool) error {
	sent, err := s.payload(context.Background(), p, ours)
	switch {
	case err != nil:
		err = s.cut(context.Background(), err, sent, nil, byChunk)
	case !s.enc.Open():
		s.holder = nobody
	}
	s.leave()
	return err
}

// payload encodes and writes p as the next bytes of the open frame. It returns
// once p is written, or is queued behind another's write in progress. Once all
// of a whole frame is encoded, others may queue theirs behind it.
func (s *sender) payload(ctx context.Context, p []byte, ours bool) (sent int, err error) {
	for first := true; ; first = false {
		if s.straight(p, ours) && s.passes(ctx) {
			n, err := s.pass(ctx, p)
			p, sent = p[n:], sent+n
			if len(p) == 0 && s.holder == inSend {
				s.holder = nobody
			}
			if len(p) == 0 || err != nil {
				return sent, err
			}
			continue
		}
		n := min(len(p), s.space())
		if n > 0 || first && len(p) == 0 {
			s.encode(p[:n])
			p, sent = p[n:], sent+n
			if len(p) == 0 && s.holder == inSend {
				s.holder = nobody
			}
		}
		switch {
		case s.dead:
			return sent, s.err
		case s.busy() && len(p) == 0, !s.waiting():
			return sent, nil
		case s.busy():
			err = s.wait(ctx, &s.limit)
		default:
			behind := len(s.rest) > 0
			if err = s.flush(ctx); err == nil && len(p) == 0 && !behind {
				return sent, nil
			}
		}
		if err != nil {
			return sent, err
		}
	}
}

// straightSize is from which length on it is cheaper to write a payload from
// where it is than to copy it.
const straightSize = 16 << 10

// straight reports whether p is to be written from where it is: a client must
// be allowed to mask it there, and its end must not be needed any more after a
// timeout, as that of a deflated payload is.
func (s *sender) straight(p []byte, ours bool) bool {
	return len(p) >= straightSize && (ours || s.enc.Server) && s.sent.Flags&Compressed == 0 && s.trace == nil
}

// passes reports whether the next write can take bytes that are not in the
// queue: nothing is written or waits, or but the queue, and the system takes
// both at once.
func (s *sender) passes(ctx context.Context) bool {
	if s.busy() || s.dead || len(s.rest) > 0 {
		return false
	}
	return s.queue == nil || s.socket != nil && (ctx == nil || ctx.Done() == nil)
}

// pass writes a piece of p from where it is. What of it was not written is
// then as it was before.
func (s *sender) pass(ctx context.Context, p []byte) (n int, err error) {
	p = p[:min(len(p), s.piece(int64(len(p))))]
	s.enc.InPlace(p)
	n, err = s.flushWith(ctx, p)
	s.enc.Undo(p[n:])
	return n, err
}

// sendRaw is Send in raw mode.
func (s *sender) sendRaw(f Flags, p []byte) error {
	if f != 0 {
		return usage("raw mode sends bytes, so the flags must be 0")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.busy() && s.err == nil {
		if err := s.wait(context.Background(), &s.limit); err != nil {
			return err
		}
	}
	if s.err != nil {
		return s.err
	}
	n, err := s.write(context.Background(), p, nil)
	switch {
	case err == nil:
		return nil
	case s.dead:
		return s.err
	case !isTimeout(err):
		return s.broken(err)
	case s.plain:
		return &SendError{Sent: n, Err: err}
	}
	return s.lose("sending failed", err)
}

// cut decides what becomes of a frame whose sender stops after sent bytes
// because of err: it is left open, it was never begun, or the connection is
// lost with it. Before is the encoder as it was, if nothing was queued then: so
// if rest has not lost a byte and has more than sent, it has the header.
func (s *sender) cut(ctx context.Context, err error, sent int, before *protocol.Encoder, who caller) error {
	cause := ended(ctx)
	if s.dead || cause == nil && !isTimeout(err) {
		return err
	}
	deflated := s.sent.Flags&Compressed != 0 // nobody but us has the rest of it
	if cause == nil && who != byWriter && !(deflated && s.enc.Open()) {
		s.holder = inFrame
		return &SendError{Sent: sent, Err: err}
	}
	if before != nil && !deflated && who != byWriter && s.held != nil && len(s.rest) == len(s.held.b) && len(s.rest) > sent {
		giveBack(s.held)
		s.held, s.rest = nil, nil
		if s.enc.Open() {
			s.enc = *before
		}
		return cause
	}
	if cause == nil {
		cause = err
	}
	return s.lose(cutMessage, cause)
}

const cutMessage = "part of a message was sent when its time was over"
