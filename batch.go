package curlew

import (
	"context"

	"github.com/curlew-ws/curlew/internal/protocol"
	"github.com/curlew-ws/curlew/internal/wire"
)

// A Batch holds the send side from [Conn.Cork] to Flush. It is for one
// goroutine.
type Batch struct {
	s    *sender
	err  error // of Cork
	open bool  // until Flush
}

// cork takes the send side for a batch.
func (s *sender) cork() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.await(context.Background(), true, s.tryCork)
	if err == nil {
		s.holder = inBatch
	}
	return err
}

// tryCork reports whether a batch may begin, by who has this number in line. One
// within a message passes the line, which waits for that message.
func (s *sender) tryCork(number uint64) (in bool, err error) {
	err = s.refusal()
	if s.raw {
		err = usage("raw mode has no frames; use Send")
	}
	if err == nil && s.holder == inFrame {
		err = ErrFrameOpen
	}
	return err == nil && s.holder == nobody && !s.writer && (s.enc.Message() || s.line.first(number)), err
}

// Send puts one whole frame into the batch, as [Conn.Send] sends one; what
// does not fit the buffer is written.
func (b *Batch) Send(f Flags, p []byte) error {
	if b.quiet(f, len(p)) {
		s := b.s
		s.queue.b = s.enc.Frame(s.queue.b, protocol.Flags(f), p, s.key(s.queue))
		return nil
	}
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	return b.send(f, p)
}

// quiet reports whether a data frame fits the queue and nothing changed that
// the batch must see first. Of the queue's bytes, and of the encoder but that
// it is closed, which only frames sent under mu change, the batch's goroutine
// has the only use: so it needs no mu.
func (b *Batch) quiet(f Flags, size int) bool {
	s := b.s
	return b.open && !s.news.Load() && !s.enc.Closed() && (f&^Cont == Text || f&^Cont == Binary) && s.deflate == nil && s.trace == nil &&
		s.queue != nil && size <= s.space()
}

func (b *Batch) send(f Flags, p []byte) error {
	s := b.s
	if err := b.check(); err != nil {
		return err
	}
	s.news.Store(false)
	if err := checkClose(f, p); err != nil {
		return err
	}
	if err := s.enter(context.Background(), f, int64(len(p)), byBatch); err != nil {
		return err
	}
	f, p, buf, err := b.deflated(f, p)
	if err != nil {
		return err
	}
	defer b.release(buf)
	if s.waiting() && !s.busy() && s.space() < wire.MaxHeaderLen+len(p) {
		if err := s.flush(context.Background()); err != nil {
			return b.fail(err)
		}
	}
	s.start(f, int64(len(p)))
	if len(p) <= s.space() {
		s.encode(p)
		return nil
	}
	if _, err := s.payload(context.Background(), p, false); err != nil {
		return b.fail(err)
	}
	return nil
}

// deflated returns what is to be sent for p, in buf if that is not nil.
func (b *Batch) deflated(f Flags, p []byte) (Flags, []byte, *buffer, error) {
	if !b.s.deflate.applies(f) {
		return f &^ Compressed, p, nil, nil
	}
	buf := borrow(b.s.size)
	f, out, err := b.s.compress(buf, f, p, byBatch)
	return f, out, buf, err
}

func (b *Batch) release(buf *buffer) {
	if buf != nil {
		giveBack(buf)
	}
}

// Flush writes what is in the batch and gives the send side back, also when it
// fails. It blocks as Send does.
func (b *Batch) Flush() error {
	s := b.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := b.check(); err != nil {
		return err
	}
	refusal := s.err // a Send may have been told
	for s.waiting() && !s.dead {
		var err error
		if s.busy() {
			err = s.wait(context.Background(), &s.limit)
		} else {
			err = s.flush(context.Background())
		}
		if err != nil {
			return b.fail(err)
		}
	}
	if s.waiting() {
		refusal = s.err
	}
	b.end()
	return refusal
}

// check says whether the batch still has the send side.
func (b *Batch) check() error {
	if b.err != nil {
		return b.err
	}
	if !b.open {
		return usage("the batch was flushed; begin another with Cork")
	}
	return nil
}

// end gives the send side back.
func (b *Batch) end() {
	b.open = false
	b.s.holder = nobody
	b.s.leave()
}

// fail ends the batch: what was in it and did not go out is lost, and with it
// the connection.
func (b *Batch) fail(err error) error {
	s := b.s
	if !s.dead {
		err = s.lose("part of a batch was not sent", err)
	}
	b.end()
	return err
}
