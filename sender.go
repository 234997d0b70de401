package curlew

import (
	"context"
	"fmt"
	"math/bits"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/curlew-ws/curlew/internal/protocol"
	"github.com/curlew-ws/curlew/internal/wire"
)

// A sender is the send side of a Conn: whole frames from any goroutine, one
// frame in pieces from one goroutine, and the replies that receiving calls for.
//
//	Send, SendPayload --encode--> queue --swap--> rest --write--> stream
//	Recv: reply -----> replies ------^                 one writer at a time
//
// Invariants:
//   - mu is never held during I/O. busy says that a goroutine writes.
//   - What is in queue goes out behind rest, in order, all of it or, after the
//     connection is lost, none.
//   - Between the frames of one holder nobody else encodes anything. While
//     somebody is busy only frames that fit whole are begun.
//   - A write ends under mu, unless nobody has asked whether one is in progress.
//   - If something waits and nobody is busy, the flusher runs (or the open
//     frame's owner will come back to it).
type sender struct {
	mu     sync.Mutex
	turn   *sync.Cond // any change below; nil until somebody waits for it
	asleep int        // how many do
	stream net.Conn
	limit  deadline
	trace  *Trace
	size   int             // of a buffer
	socket syscall.RawConn // of a stream that is nothing more, else nil

	enc     protocol.Encoder
	replies protocol.Replies

	queue *buffer // encoded frames; nil if none
	rest  []byte  // of held, being written or left by a write that timed out
	held  *buffer

	begun uint64        // counts the writes
	ended atomic.Uint64 // twice as many as ended, and 1 if somebody counts on the end of the next

	raw       bool        // no frames
	plain     bool        // a write that timed out may go on
	flushing  bool        // the flusher runs
	holder    holder      // has the send side to itself
	writer    bool        // NextWriter has the message
	linger    bool        // after the last frame: shut the send side, await the peer's end
	dead      bool        // nothing more is written; the stream is closed, or soon will be
	receiving bool        // a message method has the receive side
	news      atomic.Bool // something changed for the batch that is the holder
	dropped   atomic.Bool // drop was called, and err says why: for the receiver, which takes no lock

	progress uint64 // counts the times a message method gave the receive side back
	batch    *Batch // what cork returns; nil until it does
	pings    pings
	deflate  *deflater // nil without compression

	sent Meta        // of the open frame, for trace
	peer *CloseError // the peer's CLOSE
	err  error       // why nothing more may be sent
}

// A holder is what keeps others from the send side, beyond one call or within it.
type holder uint8

const (
	nobody  holder = iota
	inSend         // a frame that is being sent whole
	inFrame        // a frame that SendPayload completes
	inBatch        // from Cork to Flush
)

// A caller is who wants to send; what it must wait for depends on it.
type caller uint8

const (
	byChunk   caller = iota // Send, StartFrame
	byMessage               // WriteMessage, NextWriter, Ping, Shutdown
	byWriter                // the writer that NextWriter returned
	byBatch                 // Batch.Send
)

func (s *sender) init(stream net.Conn, server bool, o *AcceptOptions) {
	s.stream, s.trace = stream, o.Trace
	s.limit = deadline{stream: stream, writes: true}
	s.enc.Server, s.raw = server, o.RawMode
	s.size = o.WriteBuffer
	if s.size <= 0 {
		s.size = defaultBuffer
	}
	s.size = 1 << bits.Len(uint(max(s.size, minBuffer)-1))
	_, layered := stream.(interface{ NetConn() net.Conn }) // TLS: a write that timed out broke it
	s.plain = !layered
	switch socket := stream.(type) {
	case *net.TCPConn:
		s.socket, _ = socket.SyscallConn()
	case *net.UnixConn:
		s.socket, _ = socket.SyscallConn()
	}
}

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
	return (f == Text || f == Binary) && size <= s.size-wire.MaxHeaderLen && s.err == nil && s.holder == nobody && !s.writer &&
		!s.enc.Message() && !s.enc.Closed() && !s.replies.Pending() && !s.waiting() && s.deflate == nil && s.trace == nil && !s.busy()
}

// sendAlone is send when all is quiet. It takes mu over, and if it is quiet
// still when the frame is written, that is all.
func (s *sender) sendAlone(ctx context.Context, f Flags, p []byte) error {
	q := borrow(s.size)
	q.b = s.enc.Frame(q.b[:0], protocol.Flags(f), p, s.key(q))
	s.begun++
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
	if err = s.wrote(ctx, n, err); err != nil {
		err = s.cut(ctx, err, len(p), &s.enc, byMessage)
	}
	s.leave()
	return err
}

// sendInTurn is send at any time. It takes mu over.
func (s *sender) sendInTurn(ctx context.Context, f Flags, p []byte, who caller, ours bool) error {
	defer s.mu.Unlock()
	if err := s.enter(ctx, f, int64(len(p)), who); err != nil {
		return err
	}
	if s.deflate.applies(f) {
		return s.sendDeflated(ctx, f, p, who)
	}
	return s.whole(ctx, f&^Compressed, p, len(p), who, ours)
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
	if sent < len(p) {
		s.holder = nobody
	}
	if err != nil {
		if !s.enc.Open() {
			sent = size
		}
		err = s.cut(ctx, err, sent, before, who)
	}
	s.leave()
	return err
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
		return usage("the open frame takes %d more bytes, came %d; nothing was sent", s.enc.Left(), len(p))
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

// enter waits until who may start a frame of flags f, and checks that it may.
func (s *sender) enter(ctx context.Context, f Flags, size int64, who caller) error {
	for {
		if err := s.refused(ctx); err != nil {
			return err
		}
		if who == byChunk && s.holder == inFrame {
			return ErrFrameOpen
		}
		if s.free(f, who) {
			if err := s.enc.Check(protocol.Flags(f), size); err != nil {
				return usage("%v", err)
			}
			s.answer()
			if s.enc.Closed() {
				s.leave()
				continue
			}
			if !s.busy() || int64(s.space())-wire.MaxHeaderLen >= size {
				return nil
			}
		}
		if err := s.wait(ctx, &s.limit); err != nil {
			return err
		}
	}
}

// free reports whether who may start a frame of flags f when there is room.
func (s *sender) free(f Flags, who caller) bool {
	if s.holder != nobody && !(s.holder == inBatch && who == byBatch) {
		return false
	}
	if f&control == 0 && s.writer && who != byWriter {
		return false
	}
	return f&control != 0 || who != byMessage || !s.enc.Message()
}

// refused returns why nothing may be sent any more, or not with ctx.
func (s *sender) refused(ctx context.Context) error {
	if err := s.refusal(); err != nil {
		return err
	}
	return ended(ctx)
}

// refusal returns why nothing may be sent any more.
func (s *sender) refusal() error {
	switch {
	case s.err != nil:
		return s.err
	case s.closing() && s.peer != nil:
		return s.peer
	case s.closing():
		return ErrClosing
	}
	return nil
}

// closing reports whether our CLOSE was started, and not in pieces of which
// some are still to come.
func (s *sender) closing() bool { return s.enc.Closed() && s.holder != inFrame }

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
// be allowed to mask it there.
func (s *sender) straight(p []byte, ours bool) bool {
	return len(p) >= straightSize && (ours || s.enc.Server) && s.trace == nil
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

// pass writes p, or a piece of it that is masked and written while the
// processor has it at hand, from where it is. What was not written is then as
// it was before.
func (s *sender) pass(ctx context.Context, p []byte) (n int, err error) {
	if !s.enc.Server {
		p = p[:min(len(p), s.piece(int64(len(p))))]
	}
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
	case s.dead:
		return s.err
	case err == nil:
		return nil
	case !isTimeout(err):
		return s.broken(err)
	case s.plain:
		return &SendError{Sent: n, Err: err}
	}
	return s.lose(errLost(err))
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
	return s.lose(errCutMessage(cause))
}

func errCutMessage(cause error) error {
	return fmt.Errorf("curlew: part of a message was sent when its time was over, so the connection is lost: %w", cause)
}

// wait gives up mu until something changed, ctx ends or limit passes.
func (s *sender) wait(ctx context.Context, limit *deadline) error {
	if cause := ended(ctx); cause != nil {
		return cause
	}
	if limit.passed() {
		return fmt.Errorf("curlew: waiting for a turn or an answer: %w", os.ErrDeadlineExceeded)
	}
	if ctx != nil && ctx.Done() != nil {
		defer context.AfterFunc(ctx, s.wake)()
	}
	if t := limit.userTime(); !t.IsZero() {
		defer time.AfterFunc(time.Until(t), s.wake).Stop()
	}
	s.sleep()
	return nil
}

// sleep gives up mu until something changed.
func (s *sender) sleep() {
	if s.turn == nil {
		s.turn = sync.NewCond(&s.mu)
	}
	s.asleep++
	s.turn.Wait()
	s.asleep--
}

// changed tells those who wait, and the batch, that something did. mu is held.
func (s *sender) changed() {
	if s.asleep > 0 {
		s.turn.Broadcast()
	}
	if s.holder == inBatch {
		s.news.Store(true)
	}
}

// wake makes those in wait look again.
func (s *sender) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
}
