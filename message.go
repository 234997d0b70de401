package curlew

import (
	"bytes"
	"context"
	"io"
	"iter"
	"net"
	"slices"

	"github.com/curlew-ws/curlew/internal/protocol"
	"github.com/curlew-ws/curlew/internal/wire"
)

// The message methods stand on the chunk operations (recv, next, send) and the
// locks below, nothing else.

// defaultMaxMessage is how much ReadMessage takes if MaxMessage is 0.
const defaultMaxMessage = 64 << 20

// A Message is a whole data message, as Messages yields it.
type Message struct {
	Flags Flags  // Text or Binary, with Compressed if it came so
	Data  []byte // valid until the next turn of the loop
}

// messages is what the message methods keep between calls.
type messages struct {
	partial *[]byte        // the beginning of a message, which a ReadMessage left whose context ended; nil if there is none
	reader  *messageReader // of the last NextReader
}

// ReadMessage receives the next data message and appends it to dst; with
// cap(dst) large enough nothing is allocated. It answers PINGs, drops PONGs,
// and returns a [*CloseError] when the peer closes. A message longer than
// MaxMessage ends the session with a [*ProtocolError] that wraps a [LimitError].
//
// When ctx ends, or the read deadline passes, it returns nil and keeps what
// came: the next ReadMessage or Messages returns the whole message. Any
// goroutine may call it; each call gets one message.
func (c *Conn) ReadMessage(ctx context.Context, dst []byte) (Flags, []byte, error) {
	if err := c.lockReceive(ctx, byMessages); err != nil {
		return 0, nil, err
	}
	defer c.unlockReceive()
	if err := c.await(); err != nil {
		return 0, nil, c.closeError(err)
	}
	return c.resumeMessage(dst)
}

// resumeMessage is ReadMessage once something has arrived. If an earlier call
// kept the beginning of the message, it appends to that, in place.
func (c *Conn) resumeMessage(dst []byte) (Flags, []byte, error) {
	if c.messages.partial != nil {
		return c.continueMessage(dst)
	}
	base := len(dst)
	f, p, err := c.readMessage(dst, base)
	if err != nil {
		if c.got {
			partial := bytes.Clone(p[base:]) // dst is the caller's
			c.messages.partial = &partial
		}
		return 0, nil, err
	}
	c.got, c.kind = false, anyKind
	return f, p, nil
}

// continueMessage receives more of the message whose beginning is kept. It
// copies to dst only once the message is whole, so the cost of a message does
// not grow with the number of calls that it takes.
func (c *Conn) continueMessage(dst []byte) (Flags, []byte, error) {
	f, p, err := c.readMessage(*c.messages.partial, 0)
	if err != nil {
		*c.messages.partial = p
		return 0, nil, err
	}
	c.messages.partial, c.got, c.kind = nil, false, anyKind
	if cap(dst) == 0 {
		return f, p, nil
	}
	return f, append(dst, p...), nil
}

// readMessage appends the rest of a message to dst, of which what is behind
// base belongs to the message.
func (c *Conn) readMessage(dst []byte, base int) (Flags, []byte, error) {
	limit := c.longest()
	c.gathers = true
	for {
		grown, m, err := c.appendChunk(dst)
		if err != nil {
			return 0, dst, c.closeError(err)
		}
		if m.Flags&control != 0 {
			continue
		}
		dst = grown
		c.got, c.kind = true, byMessages
		if limit > 0 && max(m.BytesLeft, 0) > limit-int64(len(dst)-base) {
			return 0, dst, c.limitMessage(limit)
		}
		if m.MessageEnd() {
			return m.Flags, dst, nil
		}
	}
}

// longest returns how long a message may be that ReadMessage puts together; 0
// is no limit.
func (r *receiver) longest() int64 {
	if r.dec.Limits.Message == 0 && !r.endless {
		return defaultMaxMessage
	}
	return r.dec.Limits.Message
}

// await waits between frames for the next one, control frames that are answered
// not counted: on a stack less deep than where messages are put together, for
// here a connection spends its life.
func (c *Conn) await() error {
	if c.in.len() > 0 || c.dec.Open() || c.inflate.inside() {
		return nil
	}
	for {
		if ok, err := c.ready(); ok || err != nil {
			return err
		}
		if c.dec.Open() && c.dec.Flags()&protocol.Control == 0 {
			return nil
		}
		if err := c.fill(nil); err != nil {
			return err
		}
	}
}

// appendChunk appends the next chunk to dst: the rest of a large frame comes
// straight from the stream, into room that grows with what has come.
func (c *Conn) appendChunk(dst []byte) ([]byte, Meta, error) {
	if left := c.dec.Left(); c.in.len() == 0 && left >= int64(c.in.base) && !c.inflate.inside() {
		dst = slices.Grow(dst, int(min(left, max(int64(c.in.base), int64(len(dst))))))
		m, err := c.recv(dst[len(dst):cap(dst)])
		return dst[:len(dst)+m.Len], m, err
	}
	chunk, m, err := c.next()
	return append(dst, chunk...), m, err
}

// closeError is what message methods return for err: the peer's CLOSE as an
// error, also when Shutdown or Close dropped the connection behind it.
func (c *Conn) closeError(err error) error {
	if c.out.peer != nil && (err == io.EOF || err == net.ErrClosed) {
		return c.out.peer
	}
	return err
}

// Messages yields the data messages that come, until the session ends: with an
// error, or silently where Perform returns nil. Data is valid until the next
// turn of the loop. Leaving the loop loses nothing.
func (c *Conn) Messages(ctx context.Context) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		var buf []byte
		for {
			f, p, err := c.ReadMessage(ctx, buf[:0])
			if err != nil {
				if end, ok := err.(*CloseError); !ok || !end.normal() {
					yield(Message{}, err)
				}
				return
			}
			if !yield(Message{Flags: f, Data: p}, nil) {
				return
			}
			buf = p
		}
	}
}

// WriteMessage sends p as one message, of one frame unless FragmentSize says
// otherwise. f is Text or Binary. It is not checked whether Text is UTF-8: if it
// is not, the peer ends the session.
//
// It may be called from any goroutine, and waits for messages and frames that
// others send in pieces. ctx, or the write deadline, ends the waiting; once
// part of the message is on the stream, the end of ctx ends the connection, and
// the error says so. As Send does, it returns when p is written or queued.
func (c *Conn) WriteMessage(ctx context.Context, f Flags, p []byte) error {
	if err := c.checkMessage(f); err != nil {
		return err
	}
	if c.out.deflate.wants(len(p)) {
		f |= Compressed
	}
	if n := int(c.out.fragment); n > 0 && len(p) > n {
		return c.writeFragments(ctx, f, p, n)
	}
	return c.out.send(ctx, f, p, byMessage)
}

// writeFragments is WriteMessage in frames of n bytes.
func (c *Conn) writeFragments(ctx context.Context, f Flags, p []byte, n int) error {
	err := c.out.beginMessage(ctx)
	if err != nil {
		return err
	}
	for ; err == nil && len(p) > n; p = p[n:] {
		err = c.out.send(ctx, f|Cont, p[:n], byWriter)
	}
	if err == nil {
		err = c.out.send(ctx, f, p, byWriter)
	}
	return c.out.endMessage(err)
}

func (c *Conn) checkMessage(f Flags) error {
	if c.raw {
		return usage("raw mode has no messages")
	}
	if t := f &^ Compressed; t != Text && t != Binary {
		return usage("a message is Text or Binary, got flags %#x", uint32(f))
	}
	return nil
}

// NextWriter begins a message whose length is not known: the writer sends a
// fragment whenever its buffer of WriteBuffer bytes, or FragmentSize, is full,
// and the last one when it is closed, which must happen. Until then other
// messages wait; control frames do not. Text is not checked: see Send. The writer
// is for one goroutine. If ctx ends when part of the message is sent, or a write
// times out, the connection is lost.
func (c *Conn) NextWriter(ctx context.Context, f Flags) (io.WriteCloser, error) {
	if err := c.checkMessage(f); err != nil {
		return nil, err
	}
	if err := c.out.beginMessage(ctx); err != nil {
		return nil, err
	}
	w := &messageWriter{c: c, ctx: ctx, flags: f, buf: borrow(c.out.size)}
	w.room = c.out.frame(len(w.buf.b) - wire.MaxHeaderLen)
	return w, nil
}

// frame is how long a frame of a message method may be that has n bytes.
func (s *sender) frame(n int) int {
	if s.fragment > 0 {
		return min(n, int(s.fragment))
	}
	return n
}

// beginMessage takes the message lock. A frame that is being sent whole, and may
// be compressed still, may begin a message.
func (s *sender) beginMessage(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.await(ctx, true, func(number uint64) (bool, error) {
		err := s.refused(ctx)
		return err == nil && s.holder != inBatch && s.holder != inSend && !s.writer && !s.enc.Message() && s.line.first(number), err
	})
	s.writer = s.writer || err == nil
	return err
}

// endMessage gives the message lock back. A message that err cut short, when
// part of it was sent, ends the connection, unless the session is closing.
func (s *sender) endMessage(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writer = false
	if err != nil && s.err == nil && s.enc.Message() && !s.enc.Closed() {
		err = s.lose(cutMessage, err)
	}
	s.changed()
	return err
}

// A messageWriter keeps room for the header in front, so that a full buffer
// and its header are one piece in the sender's buffer.
type messageWriter struct {
	c     *Conn
	ctx   context.Context
	flags Flags
	buf   *buffer
	room  int  // of buf, for a fragment
	n     int  // bytes in buf
	begun bool // a fragment was sent
	err   error
}

func (w *messageWriter) Write(p []byte) (written int, err error) {
	for w.err == nil && len(p) > 0 {
		room := w.buf.b[w.n:w.room]
		if len(room) == 0 {
			w.send(w.flags | Cont)
			continue
		}
		n := copy(room, p)
		w.n += n
		written += n
		p = p[n:]
	}
	return written, w.err
}

// send sends what is in the buffer as a fragment.
func (w *messageWriter) send(f Flags) {
	if !w.begun && w.c.out.deflate.begins(w.n) {
		f |= Compressed
	}
	w.begun = true
	if err := w.c.out.sendFrom(w.ctx, f, w.buf.b[:w.n], byWriter, true); err != nil {
		w.end(err)
	}
	w.n = 0
}

// end gives everything back; err is what later calls return.
func (w *messageWriter) end(err error) error {
	if w.buf != nil {
		giveBack(w.buf)
		w.buf = nil
		err = w.c.out.endMessage(err)
	}
	w.err = err
	if err == nil {
		w.err = errWriterClosed
	}
	return err
}

var errWriterClosed = usage("the writer is closed")

// Close sends the last fragment.
func (w *messageWriter) Close() error {
	if w.err != nil {
		if w.err == errWriterClosed {
			return nil
		}
		return w.err
	}
	if w.send(w.flags); w.err != nil {
		return w.err
	}
	return w.end(nil)
}
