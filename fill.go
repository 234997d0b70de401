package curlew

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/curlew-ws/curlew/internal/protocol"
)

// fill receives at least one byte, into direct if that is not nil, else behind
// what is unread. After the peer's CLOSE it awaits our own. While trying it
// returns ErrAgain instead of waiting.
func (r *receiver) fill(direct []byte) error {
	if r.closed {
		return r.awaitOurClose()
	}
	for {
		n, err := r.read(direct)
		if n == 0 {
			n, err = r.lastLook(direct, err)
		}
		if n > 0 {
			r.n = n
			r.beat.alive()
			if r.awaited {
				r.begins()
			}
			return nil
		}
		if err = r.readError(err); err != nil {
			return err
		}
	}
}

// early puts bytes that came behind the handshake in front of the stream.
func (r *receiver) early(p []byte) {
	if len(p) == 0 {
		return
	}
	if len(p) > r.in.size {
		r.in.size = len(p)
	}
	r.in.added(copy(r.in.room(), p))
	if r.out.trace != nil && r.out.trace.Bytes != nil {
		r.out.trace.Bytes(false, p)
	}
}

// straight returns how many of n bytes of the user's memory are to be received
// into at once, because the buffer cannot help: none of the frame is unread,
// and at least as much of it as the buffer takes is still to come. That the
// buffer has grown makes no difference: a copy costs more than reads that are smaller.
func (r *receiver) straight(n int) int {
	if !r.dec.Open() || r.dec.Flags()&(protocol.Control|protocol.Compressed) != 0 {
		return 0
	}
	if n = int(min(int64(n), r.dec.Left())); n < r.in.base {
		return 0
	}
	return n
}

// recvStraight receives into p, which lies within the open frame. The next
// header comes with no more than must be copied.
func (r *receiver) recvStraight(p []byte) (Meta, error) {
	r.in.size = r.in.base
	if err := r.fill(p); err != nil {
		return Meta{}, err
	}
	return r.chunk(p, p[:r.n])
}

// begins notes when the first bytes came.
func (r *receiver) begins() {
	r.response.began()
	r.awaited = false
}

func (r *receiver) awaitOurClose() error {
	switch {
	case !r.trying:
		r.out.awaitClose(r.ctx, &r.limit)
	case r.out.closeComes() && !r.limit.passed():
		return ErrAgain
	}
	if err := r.final(); err != nil {
		return err
	}
	if err := ended(r.ctx); err != nil {
		return err
	}
	return io.EOF
}

// read is one read of the stream, as context and heartbeat allow. A plain socket
// is tried before it is watched, unless the last read had to wait: what is there
// already costs no watch, and where every read waits no more are tried than must be.
func (r *receiver) read(direct []byte) (n int, err error) {
	if err := ended(r.ctx); err != nil {
		return 0, err
	}
	r.limit.renew()
	var stop func() bool
	for r.watched = !r.trying && (r.tryRead == nil || r.waited || !r.limited()); ; r.watched = true {
		if r.watched {
			r.limit.setOwn(r.patience())
			stop = r.limit.arm(r.ctx)
		}
		switch {
		case r.tryRead != nil:
			n, err = r.receivePlain(direct)
		case r.trying:
			n, err = r.tryLayered(direct)
		default:
			n, err = r.receive(direct)
		}
		if r.watched || r.trying || n > 0 || err != ErrAgain && !errors.Is(err, os.ErrDeadlineExceeded) {
			break
		} // nothing is there, or the deadline was set for the last wait
	}
	r.limit.disarm(stop)
	if n > 0 && r.out.trace != nil && r.out.trace.Bytes != nil {
		p := direct
		if p == nil {
			p = r.in.buf.b[r.in.w-n:]
		}
		r.out.trace.Bytes(false, p[:n])
	}
	return n, err
}

// lastLook tries once more what a wait did not get if its time was over at a beat,
// before silence is concluded from that: who was stopped for a while, or had no
// processor, finds the time over and bytes there. So it does after a write failed.
func (r *receiver) lastLook(direct []byte, late error) (int, error) {
	silent := r.limit.silent()
	if !r.watched || !isTimeout(late) || !r.beat.due() && !silent || r.tryRead == nil && r.layers.below == nil {
		return 0, late
	}
	own := r.limit.ownTime()
	r.limit.setOwn(time.Time{}) // which has passed
	r.trying = true
	n, err := r.read(direct)
	r.trying = false
	if err == ErrAgain {
		r.limit.setOwn(own)
		if silent {
			r.limit.setLast(past)
		}
		return 0, late
	}
	return n, err
}

// limited reports whether there is something to watch a read for.
func (r *receiver) limited() bool {
	return r.beat != nil || r.ctx != nil && r.ctx.Done() != nil
}

// patience returns when the read that follows stops waiting of its own accord:
// at the next beat, and soon if it holds a buffer that may have nothing to hold.
func (r *receiver) patience() time.Time {
	t := r.beat.arm(&r.limit)
	if r.filled {
		if soon := time.Now().Add(grace); t.IsZero() || soon.Before(t) {
			return soon
		}
	}
	return t
}

// receive reads a stream that is no plain socket once, and blocks with no
// buffer held if nothing is unread.
func (r *receiver) receive(direct []byte) (n int, err error) {
	switch {
	case direct != nil:
		r.in.idle()
		r.filled = false
		return r.limit.stream.Read(direct)
	case r.in.len() > 0 || r.filled:
		if !r.filled {
			r.in.idle()
		}
		room := r.in.room()
		n, err = r.limit.stream.Read(room)
		r.filled = n == len(room)
	default:
		r.in.idle()
		if n, err = r.limit.stream.Read(r.layers.first[:]); n > 0 {
			copy(r.in.room(), r.layers.first[:n])
		}
		r.filled = n == len(r.layers.first)
	}
	if n > 0 {
		r.in.added(n)
	}
	return n, err
}

// readError says what a read without bytes means; nil: read again.
func (r *receiver) readError(err error) error {
	switch {
	case err == nil:
		return nil
	case err == ErrAgain:
		return r.again()
	case ended(r.ctx) != nil:
		return ended(r.ctx)
	}
	sending := r.out.failure()
	if sending != nil && (r.out.dropped.Load() || closedByUs(err) || isTimeout(err) && r.lastMoment()) {
		r.err = lost(sending)
		return r.err
	}
	if isTimeout(err) {
		if !r.trying && r.beat.due() {
			if err := r.missed(); err != nil {
				return err
			}
		}
		if r.limit.ownPassed() && !r.limit.passed() {
			return nil
		}
		return fmt.Errorf("curlew: receiving: %w", err)
	}
	r.err = r.streamEnd(err)
	if sending != nil && r.err != io.EOF {
		r.err = fmt.Errorf("%w; before, %w", r.err, sending)
	}
	if !r.raw {
		r.out.streamEnded(r.err)
	}
	return r.err
}

// lastMoment reports whether a read that timed out was the last one, where nothing
// can be sent any more.
func (r *receiver) lastMoment() bool {
	_, hurried := r.limit.hurried()
	return !hurried || r.limit.silent()
}

// closedByUs reports whether a read failed because this end of the stream was
// closed; that of net.Pipe then gives io.ErrClosedPipe.
func closedByUs(err error) bool {
	return errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe)
}

// streamEnd says what the end of the stream means, which the peer made.
func (r *receiver) streamEnd(err error) error {
	at := r.dec.Offset() + int64(r.in.len())
	switch {
	case r.raw && errors.Is(err, io.EOF):
		return io.EOF
	case errors.Is(err, io.EOF):
		return fmt.Errorf("curlew: the stream ended without a CLOSE frame, at byte %d: %w", at, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("curlew: the stream broke at byte %d, without a CLOSE frame: %w: %w", at, io.ErrUnexpectedEOF, err)
}
