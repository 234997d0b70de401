package curlew

import (
	"context"
	"time"

	"github.com/curlew-ws/curlew/internal/wire"
)

// leave starts the flusher if something is left to do. Every call that changed
// the send side ends with it.
func (s *sender) leave() {
	if !s.flushing && s.due() {
		s.flushing = true
		go s.flusher()
	}
	s.changed()
}

// due reports whether the flusher has, or will have, something to do.
func (s *sender) due() bool {
	if s.dead || s.busy() || s.holder == inFrame && len(s.rest) > 0 {
		return false
	}
	return s.waiting() && s.holder != inBatch || s.replies.Pending()
}

// flusher is the library's one goroutine on the send side, alive while
// something waits: it writes what others queued, and the replies.
func (s *sender) flusher() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.dead && (s.busy() || s.due()) {
		if !s.busy() && s.holder == nobody {
			s.answer()
		}
		switch {
		case !s.busy() && !s.due(): // answer dropped what may not follow our CLOSE
		case s.busy() || !s.waiting() || s.holder == inBatch:
			s.sleep()
		default:
			if err := s.flush(context.Background()); err != nil && !s.dead {
				s.lose("sending a reply or a queued frame failed", err)
			}
		}
	}
	if s.leaving == lingering && !s.dead {
		s.mu.Unlock()
		drain(s.limit.stream)
		s.mu.Lock()
		s.die()
	}
	s.flushing = false
	if s.closeDone() {
		s.closeAnswer.end()
	}
	s.changed()
}

// lastSecond is how long a stream goes on after a breach of the protocol, or
// when it takes nothing more.
const lastSecond = time.Second

// reply queues a control frame that receiving calls for.
func (s *sender) reply(f Flags, p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch f {
	case Pong:
		s.replies.Pong(p)
	case Ping:
		s.replies.Ping(p)
	case Close:
		s.replies.Close(p)
	}
	s.leave()
}

// closed notes the peer's CLOSE, and queues the answer to it, which has
// closeTime from now on.
func (s *sender) closed(peer *CloseError, answer bool) {
	s.mu.Lock()
	s.peer = peer
	if !s.closeDone() {
		s.closeAnswer = newCloseAnswer(s, !answer)
	}
	s.changed()
	s.mu.Unlock()
	if answer {
		s.reply(Close, wire.AppendClose(nil, peer.Code, ""))
	}
}

// awaitClose waits until our CLOSE is on the stream, ctx ends or limit passes.
func (s *sender) awaitClose(ctx context.Context, limit *deadline) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.closeDone() {
		if err := s.wait(ctx, limit); err != nil {
			return err
		}
	}
	return nil
}

// closeDone reports whether our CLOSE is on the stream, or never will be. mu is held.
func (s *sender) closeDone() bool {
	return s.dead || s.closing() && !s.busy() && !s.waiting()
}

// closeComes reports whether our CLOSE, which is due, is still to go out.
func (s *sender) closeComes() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.closeDone()
}

// fail ends the session because the peer broke the protocol: CLOSE with code
// goes out, unless a frame of ours is open, and the stream ends within a second.
func (s *sender) fail(err *ProtocolError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	if s.holder == inFrame || s.dead {
		s.die()
		return
	}
	s.replies.Close(wire.AppendClose(nil, err.Code, ""))
	s.leaving = lingering
	time.AfterFunc(lastSecond, s.sever)
	if !s.flushing {
		s.flushing = true
		go s.flusher()
	}
	s.changed()
}

// failure returns why nothing can be written any more, nil if something can.
func (s *sender) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return s.err
	}
	return nil
}

// broken is lose for a stream whose Write failed: what the peer sent before it
// went away may still be received, until nothing comes for a moment. mu is held.
func (s *sender) broken(err error) error {
	s.mark(&lostError{"sending failed", err, err})
	s.deaden()
	s.leaving = atOnce // no reset can undo what did not get out
	s.reads.hurry()
	if s.member.Load() != nil {
		time.AfterFunc(lastSecond, s.tell)
	}
	return s.err
}

// lose closes the stream because of cause, which what says more of, and returns
// the error of the call that it ended. mu is held.
func (s *sender) lose(what string, cause error) error {
	before := lostBefore(what, cause)
	s.mark(before)
	s.die()
	if s.err == before && before.found == nil {
		return &lostError{what, cause, cause}
	}
	return s.err
}

// mark makes err the reason why nothing more may be sent, if there is none yet.
func (s *sender) mark(err error) {
	if s.err == nil {
		s.err = err
	}
}

// die closes the stream and drops all that waits. mu is held.
func (s *sender) die() {
	s.deaden()
	s.sever()
}

// sever closes the stream, and tells the Multi, which does not see that.
func (s *sender) sever() {
	cutOff(s.limit.stream)
	s.tell()
}

// deaden drops all that waits, and lets nothing more be written. mu is held.
func (s *sender) deaden() {
	s.dead = true
	s.closeAnswer.end()
	s.replies.Drop()
	s.changed()
}
