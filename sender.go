package curlew

import (
	"context"
	"fmt"
	"math"
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
	line   *line      // those of them who have a data frame, in order; nil until there are some
	limit  deadline   // of the stream's writes
	reads  *deadline  // of its reads
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

	raw      bool        // no frames
	plain    bool        // a write that timed out may go on
	flushing bool        // the flusher runs
	holder   holder      // has the send side to itself
	writer   bool        // NextWriter has the message
	leaving  leaving     // how the stream ends
	crowded  bool        // the Conn is, or was, in a Multi
	dead     bool        // nothing more is written; the stream is closed, or soon will be
	news     atomic.Bool // something changed for the batch that is the holder
	dropped  atomic.Bool // drop was called, and err says why: for the receiver, which takes no lock

	asleep   int32  // how many wait for turn
	fragment uint32 // the longest frame of message methods; 0 is no limit

	member  atomic.Pointer[member] // of a Multi, or nil
	pings   *pings                 // nil until one of our own is sent
	deflate *deflater              // nil without compression

	closeAnswer *closeAnswer // of the peer's CLOSE; nil before, or if ours was out

	sent Meta        // of the open frame, for trace
	peer *CloseError // the peer's CLOSE, from its header on; the goroutine that receives sets it, and reads it without mu
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

// A leaving is how the stream comes to its end, after our last frame.
type leaving uint8

const (
	atOnce    leaving = iota // when drop, or die, closes it
	awaited                  // the receiver reads until the peer ends its side; drop ends that
	lingering                // our side is shut, and a goroutine closes it once the peer has ended its own
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
	s.trace = o.Trace
	s.limit = deadline{stream: stream, writes: true}
	s.enc.Server, s.raw = server, o.RawMode
	s.fragment = uint32(min(max(o.FragmentSize, 0), math.MaxInt32))
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

// enter waits until who may start a frame of flags f, and checks that it may.
func (s *sender) enter(ctx context.Context, f Flags, size int64, who caller) error {
	return s.await(ctx, f&control == 0 && (who == byMessage || who == byChunk), func(number uint64) (bool, error) {
		return s.tryEnter(ctx, f, size, who, number)
	})
}

// tryEnter is enter if that need not wait. It is called by who has this number
// in line, 0 for none.
func (s *sender) tryEnter(ctx context.Context, f Flags, size int64, who caller, number uint64) (in bool, err error) {
	for {
		if err := s.refused(ctx); err != nil {
			return false, err
		}
		if who == byChunk && s.holder == inFrame {
			return false, ErrFrameOpen
		}
		if !s.free(f, who) || s.inLine(f, who) && !s.line.first(number) {
			return false, nil
		}
		if err := s.enc.Check(protocol.Flags(f), size); err != nil {
			return false, usage("%v", err)
		}
		s.answer()
		if !s.enc.Closed() {
			return !s.busy() || int64(s.space())-wire.MaxHeaderLen >= size, nil
		}
		s.leave()
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

// await waits until try, which gets the caller's number in line, 0 for none,
// says that it is in, or fails. Lines says whether the caller may stand in line.
func (s *sender) await(ctx context.Context, lines bool, try func(number uint64) (in bool, err error)) error {
	number, since := uint64(0), s.begun
	for {
		in, err := try(number)
		if !in && err == nil {
			if lines && s.begun-since >= maxOvertaken {
				if s.line == nil {
					s.line = new(line)
				}
				number = s.line.join(number)
			}
			err = s.wait(ctx, &s.limit)
		}
		if in || err != nil {
			if number > 0 {
				s.line.leave(number)
				s.changed()
			}
			return err
		}
	}
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
	if s.peer != nil {
		s.tell()
	}
}

// wake makes those in wait look again.
func (s *sender) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
}
