package conformance

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"time"

	"github.com/curlew-ws/curlew/internal/protocol"
	"github.com/curlew-ws/curlew/internal/wire"
)

// Options control how cases are played. The zero value works.
type Options struct {
	// Timeout limits how long to wait for an event, and how long a write may take.
	// Large cases get ten times as long. 0 means 5 seconds.
	Timeout time.Duration
	// Pause is how long to wait in the few cases that must let time pass; 0 only
	// yields.
	Pause time.Duration
	// Yield is called between pieces of a write; nil is runtime.Gosched.
	Yield func()
	// FullSize plays the large cases (sections 9, 12 and 13) in full. Otherwise
	// payloads over 64 KiB in section 9 are divided by 16, down to 64 KiB.
	// Repetitions then end once 16 KiB have been sent, but not before the second,
	// and at the latest at the hundredth.
	FullSize bool
	// Subprotocol is offered to servers, if not empty.
	Subprotocol string
}

// Limits to which large cases are reduced.
const (
	smallSize   = 64 << 10
	smallFactor = 16
	smallTotal  = 16 << 10
	smallFewest = 2
	smallMost   = 100
)

func (o *Options) yield() {
	if o.Yield != nil {
		o.Yield()
	} else {
		runtime.Gosched()
	}
}

// Connect plays c as the client of a server at the other end of conn, opening
// handshake included. The request is for u. Connect blocks until the case is
// over or ctx ends, and closes conn.
func (c *Case) Connect(ctx context.Context, conn net.Conn, u *url.URL, o Options) Result {
	in := bufio.NewReaderSize(conn, bufferSize)
	return c.play(ctx, conn, in, false, o, func(p *player) error { return p.openClient(u, in) })
}

// Serve plays c as the server of a client at the other end of conn, opening
// handshake included. It blocks until the case is over or ctx ends, and closes
// conn.
func (c *Case) Serve(ctx context.Context, conn net.Conn, o Options) Result {
	in := bufio.NewReaderSize(conn, bufferSize)
	return c.play(ctx, conn, in, true, o, func(p *player) error {
		r, err := http.ReadRequest(in)
		if err != nil {
			return fmt.Errorf("expected the request of an opening handshake: %w", err)
		}
		return p.openServer(r)
	})
}

// bufferSize is how many bytes are read at once.
const bufferSize = 64 << 10

// A player plays one case on one connection.
//
//	steps -> owe, frame -> out -> flush -> conn -> source -> events -> next -> steps
//
// What has been sent and must be echoed is owed. A failed write does not fail the
// case: what counts is what the peer sends.
type player struct {
	c      *Case
	o      Options
	ctx    context.Context
	conn   net.Conn
	server bool // we are the server
	limit  time.Duration

	events chan event
	back   *event // to be returned by next again
	last   *event // the end of the stream, returned again and again

	out        []byte
	split      int
	broken     bool   // a write failed
	key        uint32 // of the frame in out, rotated for its next byte
	closed     bool   // we sent CLOSE
	compressor *compressor

	owed []event
	open *event // the message that we send in fragments

	turn int    // the current turn of repeat
	sent int    // bytes of payload sent
	lax  string // what made a peer lax that passed the rest
}

// play opens the session and plays c's steps. in reads from conn.
func (c *Case) play(ctx context.Context, conn net.Conn, in *bufio.Reader, server bool, o Options, open func(*player) error) Result {
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	p := &player{c: c, o: o, ctx: ctx, conn: conn, server: server, limit: o.Timeout, events: make(chan event, 64)}
	if c.large {
		p.limit *= 10
	}
	start := time.Now()
	conn.SetDeadline(start.Add(p.limit))
	err := open(p)
	conn.SetDeadline(time.Time{})
	if err == nil {
		err = p.session(in)
	}
	if err == nil && p.lax != "" {
		err = lax(p.lax)
	}
	return result(c, err, time.Since(start))
}

// session plays the steps after the handshake.
func (p *player) session(in *bufio.Reader) error {
	src := &source{in: in, dec: protocol.Decoder{Server: p.server}, anyCode: p.c.anyCloseReply()}
	if p.compressor != nil {
		p.compressor.level = usualLevel
		if p.o.FullSize {
			p.compressor.level = fastestLevel
		}
		src.dec.Compressed = true
		src.inflater = p.compressor.inflater()
		defer src.inflater.Close()
	}
	over, read := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(read)
		p.read(src, over)
	}()
	defer func() {
		p.conn.Close()
		close(over)
		<-read
	}()
	return p.run(p.c.steps)
}

// read passes on events until the stream ends, or nobody takes them any more.
func (p *player) read(src *source, over chan struct{}) {
	for {
		e := src.next()
		select {
		case p.events <- e:
		case <-over:
			return
		}
		if e.err != nil {
			return
		}
	}
}

// next flushes and waits for an event.
func (p *player) next() event {
	if e := p.back; e != nil {
		p.back = nil
		return *e
	}
	p.flush()
	if p.last != nil {
		return *p.last
	}
	timer := time.NewTimer(p.limit)
	defer timer.Stop()
	var e event
	select {
	case e = <-p.events:
	case <-timer.C:
		return event{err: fmt.Errorf("nothing for %v", p.limit), silent: true}
	case <-p.ctx.Done():
	}
	if p.ctx.Err() != nil { // ctx ended the stream, not the peer
		e = event{err: context.Cause(p.ctx)}
	}
	if e.err != nil {
		p.last = &e
	}
	return e
}

// owe records what a frame with this payload makes the peer send.
func (p *player) owe(f frame, data []byte) {
	switch f.Opcode {
	case wire.OpPing:
		p.owed = append(p.owed, f.event(data))
		return
	case wire.OpText, wire.OpBinary:
		e := f.event(data)
		p.open = &e
	case wire.OpCont:
		if p.open == nil {
			return
		}
		p.open.data = append(p.open.data, data...)
	default:
		return
	}
	if !f.More {
		p.owed = append(p.owed, *p.open)
		p.open = nil
	}
}

// frame appends a frame to out, with a header modified as f demands.
func (p *player) frame(h wire.Header, data []byte, f frame) {
	h.Length, h.Masked = int64(len(data)), p.server == f.Flip
	if h.Masked {
		h.Key = rand.Uint32()
	}
	if h.Opcode == wire.OpClose {
		p.closed = true
	}
	p.key = h.Key
	p.out = f.AppendHeader(p.out, h)
	p.payload(data)
	if p.split == byFrame {
		p.flush()
		p.o.yield()
	}
}

// payload appends the next bytes of the last frame to out.
func (p *player) payload(data []byte) {
	n := len(p.out)
	p.out = append(p.out, data...)
	p.key = wire.Mask(p.out[n:], p.out[n:], p.key)
}

// close appends CLOSE 1000 to out, unless one was sent.
func (p *player) close() {
	if !p.closed {
		p.frame(wire.Header{Opcode: wire.OpClose, Fin: true}, wire.AppendClose(nil, wire.CloseNormal, ""), frame{})
	}
}

// flush writes out, in pieces of the size that split set.
func (p *player) flush() {
	out, size := p.out, p.split
	p.out = p.out[:0]
	if len(out) == 0 {
		return
	}
	if size <= 0 {
		size = len(out)
	}
	p.conn.SetWriteDeadline(time.Now().Add(p.limit))
	for len(out) > 0 && !p.broken {
		n := min(size, len(out))
		_, err := p.conn.Write(out[:n])
		p.broken = err != nil
		if out = out[n:]; len(out) > 0 {
			p.o.yield()
		}
	}
}

// scale reduces the size of a payload in the ordinary run.
func (p *player) scale(size int) int {
	if !p.c.large || p.o.FullSize || size <= smallSize {
		return size
	}
	return max(smallSize, size/smallFactor)
}

// enough reports whether the ordinary run has had enough repetitions.
func (p *player) enough() bool {
	if !p.c.large || p.o.FullSize || p.turn < smallFewest {
		return false
	}
	return p.turn >= smallMost || p.sent >= smallTotal
}

// closeWrite ends our direction of the stream, or the stream.
func closeWrite(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	} else {
		c.Close()
	}
}
