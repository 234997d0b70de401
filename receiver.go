package curlew

import (
	"context"
	"io"
	"math"
	"net"
	"syscall"

	"github.com/curlew-ws/curlew/internal/protocol"
	"github.com/curlew-ws/curlew/internal/socket"
	"github.com/curlew-ws/curlew/internal/wire"
)

// A receiver is the receive side of a Conn. It belongs to the goroutine that
// receives, takes no lock, and never writes: what has to be answered goes to
// the sender's queue.
//
//	stream --fill--> in --ready--> Header, Control --take--> Payload --> user
//
// Invariants:
//   - ready never blocks, fill never decodes. What fill adds survives any
//     error: the next fill goes on behind it.
//   - fill is called only when nothing is unread but part of a header or of a
//     control frame.
//   - A control frame is looked at once, when all of it is unread.
type receiver struct {
	out   *sender // which has Trace
	dec   protocol.Decoder
	in    inbox
	limit deadline
	ctx   context.Context // of the message method in progress; nil if none
	err   error           // final, once set

	raw, noAutoPong, noAutoClose bool
	plainFrames                  bool // whole may be used
	endless                      bool // no message is too long, not even for ReadMessage
	trying                       bool // TryRecv is in progress
	kind                         kind // of the method that began the message in progress
	gathered                     bool // the open control frame was looked at
	closed                       bool // the peer's CLOSE was handed on: nothing follows
	awaited                      bool // the first frame behind response has not come yet
	filled                       bool // the last read got all that it had room for: more may be there
	got                          bool // a ReadMessage has the beginning of a message, or one left it in messages.partial
	watched                      bool // the read in progress is, by heartbeat and context
	waited                       bool // the last one of a plain socket did
	gathers                      bool // ReadMessage is putting a message together
	viewed                       bool // a chunk that Next returned may be in use

	tryRead  func(fd uintptr) bool // waits for a plain socket without holding a buffer; nil: another stream
	room     []byte                // where tryRead reads; nil once it has found nothing
	n        int                   // what it got
	errno    syscall.Errno         // what it failed with; 0 is nothing
	layers   *layers               // of a stream that is no plain socket
	response *Response             // of the opening handshake; nil if we made none
	beat     *heartbeat
	messages messages
	inflate  *inflater // nil without compression
	lock     recvLock
	steps    uint32 // that the try in progress may still take
	mine     uint32 // what lock says while a chunk method keeps it; notMine while none does
}

// layers are what a stream needs that may be more than a socket.
type layers struct {
	first [64]byte     // where it waits without holding a buffer
	below *socket.Conn // by which it can be tried; or nil
}

// A kind is a family of receive methods: within a message they do not mix.
type kind uint8

const (
	anyKind kind = iota
	byChunks
	byMessages
	byReader
)

func (r *receiver) init(s net.Conn, server bool, o *AcceptOptions, out *sender) {
	size := o.ReadBuffer
	if size <= 0 {
		size = defaultBuffer
	}
	size = max(size, minBuffer)
	r.out, r.endless, r.mine = out, o.MaxMessage < 0, notMine
	r.dec = decoderOf(server, o)
	r.in = inbox{size: size, base: size}
	r.limit.stream = s
	out.reads = &r.limit
	r.raw, r.noAutoPong, r.noAutoClose = o.RawMode, o.NoAutoPong, o.NoAutoClose
	r.beat = newHeartbeat(o)
	if r.plainWait(); r.tryRead == nil {
		r.layers = &layers{below: socket.Bottom(s)}
	}
}

// Recv receives the next chunk into p: libcurl's curl_ws_recv. The chunk is
// p[:m.Len]; m says which part of which frame it is. It waits for at least one
// byte, then takes what is there of one frame, never of two. A frame without
// payload is a chunk of no bytes. With len(p) == 0 it waits for a chunk,
// takes nothing, and says what is to come.
//
// PINGs are answered, not delivered, unless NoAutoPong; PONGs are delivered,
// but for those that answer curlew's own PINGs; CLOSE is answered, unless
// NoAutoClose, and delivered. After it, once the answer is sent or the read
// deadline has passed, Recv returns [io.EOF]. A stream that ends without CLOSE
// is [io.ErrUnexpectedEOF], a breach of the protocol a [*ProtocolError], a
// passed deadline [os.ErrDeadlineExceeded], after which receiving may go on.
func (c *Conn) Recv(p []byte) (Meta, error) {
	if m, ok := c.shortRecv(p); ok {
		return m, nil
	}
	if err := c.awaitChunk(); err != nil {
		return Meta{}, err
	}
	return c.recvChunk(p)
}

// Next is Recv without a copy: the chunk is in the Conn's own memory, valid
// until the next receive.
func (c *Conn) Next() (chunk []byte, m Meta, err error) {
	if chunk, m, ok := c.shortNext(); ok {
		return chunk, m, nil
	}
	if err := c.awaitChunk(); err != nil {
		return nil, Meta{}, err
	}
	return c.nextChunk()
}

// midMessage returns k within a message of which something was handed on.
func (r *receiver) midMessage(k kind) kind {
	if r.dec.Message() == 0 && !r.inflate.inside() {
		return anyKind
	}
	return k
}

// begin checks that methods of kind k may receive now.
func (c *Conn) begin(k kind) error {
	if err := c.performing(); err != nil {
		return err
	}
	if c.kind == k || c.kind == anyKind {
		return nil
	}
	if err := c.final(); err != nil {
		return err
	}
	return usage("a message is in progress that another kind of method began to receive")
}

// final returns why nothing is received any more, nil if something may be.
func (r *receiver) final() error {
	if r.err == nil && r.out.dropped.Load() {
		r.err = lost(r.out.err)
	}
	return r.err
}

func (c *Conn) performing() error {
	if c.performer.Load() != 0 {
		return usage("Perform receives; nothing else may while it runs")
	}
	return nil
}

// whole takes the next message if all of it is there, in one frame that needs
// nothing done and fits in room bytes: the short way past ready and view.
func (r *receiver) whole(room int) (p []byte, m Meta, ok bool) {
	if !r.plainFrames || r.err != nil || r.closed || r.out.dropped.Load() {
		return nil, Meta{}, false
	}
	b := r.in.unread()
	flags, from, to := r.dec.Whole(b, room)
	if to == 0 {
		return nil, Meta{}, false
	}
	r.in.r += to
	return b[from:to:to], Meta{Flags: Flags(flags), Len: to - from}, true
}

// recv is Recv for all kinds.
func (r *receiver) recv(p []byte) (Meta, error) {
	if len(p) > 0 {
		if chunk, m, ok := r.whole(len(p)); ok {
			copy(p, chunk)
			return m, nil
		}
	}
	for {
		ok, err := r.ready()
		if err != nil {
			return Meta{}, err
		}
		if ok {
			break
		}
		if n := r.straight(len(p)); n > 0 {
			return r.recvStraight(p[:n])
		}
		if err := r.fill(nil); err != nil {
			return Meta{}, err
		}
	}
	if len(p) == 0 {
		return r.peek(), nil
	}
	if r.inflate.ready() {
		view, m := r.takeInflated(len(p))
		copy(p, view)
		return m, nil
	}
	n := min(len(p), r.available())
	return r.chunk(p, r.in.take(n))
}

// next is Next for all kinds.
func (r *receiver) next() ([]byte, Meta, error) {
	if chunk, m, ok := r.whole(math.MaxInt); ok {
		return chunk, m, nil
	}
	for {
		ok, err := r.ready()
		if err != nil {
			return nil, Meta{}, err
		}
		if ok {
			return r.view()
		}
		if err := r.fill(nil); err != nil {
			return nil, Meta{}, err
		}
	}
}

// view takes the chunk that is ready, in place.
func (r *receiver) view() ([]byte, Meta, error) {
	if r.inflate.ready() {
		view, m := r.takeInflated(len(r.inflate.view))
		return view, m, nil
	}
	b := r.in.take(r.available())
	m, err := r.chunk(b, b)
	return b[:m.Len:m.Len], m, err // appending to it must not touch what is unread
}

// available returns how many unread bytes belong to the chunk that is ready.
func (r *receiver) available() int {
	if r.raw {
		return r.in.len()
	}
	return int(min(int64(r.in.len()), r.dec.Left()))
}

// peek says what is ready without taking it.
func (r *receiver) peek() Meta {
	if r.raw {
		return Meta{}
	}
	if r.inflate.ready() {
		return r.inflate.peek()
	}
	return metaOf(r.dec.Peek())
}

// chunk decodes src, the next bytes of the stream, into dst.
func (r *receiver) chunk(dst, src []byte) (Meta, error) {
	if r.raw {
		return Meta{Len: copy(dst, src)}, nil
	}
	pm, err := r.dec.Payload(dst, src)
	if err != nil {
		return Meta{}, r.fail(err)
	}
	r.fail(r.dec.Err()) // text that went bad is refused at once; what came before it is handed on
	m := metaOf(pm)
	if r.out.trace != nil && r.out.trace.Chunk != nil {
		r.out.trace.Chunk(false, dst[:m.Len], m)
	}
	if m.Flags&Close != 0 && m.BytesLeft == 0 {
		r.closed = true
	}
	return m, nil
}

// ready decodes what is unread until a chunk can be taken; false means that
// more bytes are needed. It swallows what is answered automatically.
func (r *receiver) ready() (bool, error) {
	if err := r.final(); err != nil {
		return false, err
	}
	switch {
	case r.closed && r.noAutoClose:
		return false, io.EOF
	case r.closed:
		return false, nil
	case r.raw:
		return r.in.len() > 0, nil
	}
	r.inflate.rest()
	for {
		if r.inflate.ready() {
			return true, nil
		}
		if r.trying && r.spend() {
			return false, errSpent
		}
		if r.inflate.inside() && !r.inflate.hungry {
			if err := r.inflateMore(); err != nil {
				return false, err
			}
			continue
		}
		if !r.dec.Open() {
			n, err := r.dec.Header(r.in.unread())
			if n == 0 {
				return false, r.fail(err)
			}
			r.in.r += n
			r.gathered = false
		}
		if r.dec.Flags()&protocol.Control == 0 || r.gathered {
			ok := r.in.len() > 0 || r.dec.Left() == 0
			if !ok || r.dec.Flags()&protocol.Compressed == 0 {
				return ok, nil
			}
			if err := r.feed(); err != nil {
				return false, err
			}
			continue
		}
		if int64(r.in.len()) < r.dec.Left() {
			return false, nil
		}
		if deliver, err := r.control(); deliver || err != nil {
			return deliver, err
		}
	}
}

// control looks at a control frame whose payload is all there, and reports
// whether it is for the user.
func (r *receiver) control() (deliver bool, err error) {
	p := r.in.unread()[:r.dec.Left()]
	if err := r.dec.Control(p); err != nil {
		return false, r.fail(err)
	}
	r.gathered = true
	switch f := Flags(r.dec.Flags()); f {
	case Ping:
		if r.noAutoPong {
			return true, nil
		}
		r.out.reply(Pong, p)
	case Pong:
		if !r.out.pong(p) {
			return true, nil
		}
	case Close:
		code, reason, _ := wire.ParseClose(p)
		r.out.closed(&CloseError{Code: code, Reason: reason}, !r.noAutoClose)
		return true, nil
	}
	if r.out.trace != nil && r.out.trace.Chunk != nil {
		r.out.trace.Chunk(false, p, Meta{Flags: Flags(r.dec.Flags()), Len: len(p)})
	}
	r.in.r += len(p)
	r.dec.Skip()
	return false, nil
}

// fail ends receiving because of an error of the decoder, if err is one.
func (r *receiver) fail(err error) error {
	if err == nil {
		return nil
	}
	pe := protocolError(err)
	r.err = pe
	r.out.fail(pe)
	return pe
}

// limitMessage ends receiving because a message is longer than its limit.
func (r *receiver) limitMessage(limit int64) error {
	return r.fail(r.dec.Fail(CloseTooBig, &LimitError{Name: "MaxMessage", Limit: limit}))
}
