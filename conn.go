package curlew

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/curlew-ws/curlew/internal/handshake"
	"github.com/curlew-ws/curlew/internal/protocol"
	"github.com/curlew-ws/curlew/internal/socket"
)

// A Conn is a WebSocket session, made by [Client.Dial], [Accept] or [NewConn]:
// libcurl's easy handle after CURLOPT_CONNECT_ONLY = 2.
//
// Recv, TryRecv and Next are for one goroutine at a time. Sending is for any
// number of goroutines, at the same time as receiving. So are the message
// methods (ReadMessage, WriteMessage and so on), Ping and Shutdown.
type Conn struct {
	// It has 688 bytes. 696 fit the allocator's class of 704: two words more
	// would cost an idle connection 64.

	receiver
	out sender

	subprotocol string

	performer atomic.Uint64 // the goroutine in Perform, 0 if none is
	resumes   atomic.Uint32 // counts Resume
	roused    chan struct{} // Perform's: holds one token after rouse; changed with out.mu held
}

// NewConn makes a Conn of a stream whose opening handshake is over, or needs
// none: a test's, or one that another program made. Server says which role we
// have, RFC 6455 section 1.2. A nil o is the zero AcceptOptions; of it, only
// what concerns the session is used. It neither reads nor writes yet. The
// Conn owns s from here on.
func NewConn(s net.Conn, server bool, o *AcceptOptions) *Conn {
	if o == nil {
		o = &AcceptOptions{}
	}
	return newConn(s, server, o, nil, nil)
}

// newConn is NewConn where early holds bytes that came behind the handshake,
// which agreed on deflate, if that is not nil.
func newConn(s net.Conn, server bool, o *AcceptOptions, early []byte, deflate *handshake.Deflate) *Conn {
	if below, ok := s.(*socket.Conn); ok {
		s = below.Conn // there is no layer
	}
	c := &Conn{}
	c.out.init(s, server, o)
	c.receiver.init(s, server, o, &c.out)
	if deflate != nil {
		c.dec.Compressed = true
		c.inflate, c.out.deflate = newInflater(deflate, server), newDeflater(deflate, server, o)
	}
	c.plainFrames = !server && !c.raw && deflate == nil && o.Trace == nil
	c.receiver.early(early)
	return c
}

// NetConn returns the session's stream in raw mode, beginning with the bytes
// that came behind the opening handshake, and with a CloseWrite if the stream
// has one; outside raw mode it returns nil, since curlew has then read ahead. Use
// either the stream or the Conn's methods to receive, and close the Conn.
func (c *Conn) NetConn() net.Conn {
	if !c.raw {
		return nil
	}
	if c.in.len() == 0 {
		return c.receiver.limit.stream
	}
	s := &rawStream{Conn: c.receiver.limit.stream, in: &c.in}
	if half, ok := s.Conn.(halfCloser); ok {
		return &rawHalf{s, half}
	}
	return s
}

// A halfCloser is a stream of which one direction can end alone.
type halfCloser interface{ CloseWrite() error }

// A rawStream reads what is left in a Conn's buffer before the stream.
type rawStream struct {
	net.Conn
	in *inbox
}

// A rawHalf is a rawStream that is a halfCloser.
type rawHalf struct {
	*rawStream
	halfCloser
}

func (s *rawStream) Read(p []byte) (int, error) {
	if n := min(len(p), s.in.len()); n > 0 {
		return copy(p, s.in.take(n)), nil
	}
	s.in.release()
	return s.Conn.Read(p)
}

// Response returns the server's answer to the opening handshake, nil for a
// Conn that NewConn or Accept made. It is not to be changed.
func (c *Conn) Response() *Response {
	if c.response != nil {
		c.out.mu.Lock() // any goroutine may ask first
		defer c.out.mu.Unlock()
		c.response.unpack()
	}
	return c.response
}

// Subprotocol returns the subprotocol agreed on, "" if none, RFC 6455 section 1.9.
func (c *Conn) Subprotocol() string { return c.subprotocol }

// LocalAddr returns our address on the stream.
func (c *Conn) LocalAddr() net.Addr { return c.receiver.limit.stream.LocalAddr() }

// RemoteAddr returns the address that the stream leads to: the server's, or a
// proxy's.
func (c *Conn) RemoteAddr() net.Addr { return c.receiver.limit.stream.RemoteAddr() }

// SetDeadline sets both deadlines: see SetReadDeadline and SetWriteDeadline.
func (c *Conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline sets when receiving stops waiting, with an error that is
// [os.ErrDeadlineExceeded]; a zero t is never. It works on a call in progress.
// What is buffered still comes, and nothing is lost: the next receive goes on
// where this one stopped, in the middle of a header if need be. Any goroutine
// may call it.
func (c *Conn) SetReadDeadline(t time.Time) error {
	err := c.receiver.limit.setUser(t)
	c.out.wake()
	return err
}

// SetWriteDeadline sets when sending stops waiting; a zero t is never. It
// works on a call in progress. On plain streams a Send that stops so returns a
// [SendError], and the frame can be completed; over TLS, and for automatic
// replies, the connection is lost, and receiving ends with [io.ErrUnexpectedEOF].
// Any goroutine may call it.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	err := c.out.limit.setUser(t)
	c.out.wake()
	return err
}

// Close drops the connection, unsent data included. It sends no CLOSE: that is
// [Conn.Shutdown]. It waits up to 100 ms for a CLOSE that is due, as the answer
// to the peer's or after a protocol error, to be written; and over TLS, to say
// goodbye. A Conn that is or was in a [Multi] does so after Close has returned,
// within a second. After the closing handshake our side of the stream ends at
// once, and what the peer still sends is read away for a second at most, after
// Close has returned. Calls in progress return [net.ErrClosed].
//
// Any goroutine may call it, any number of times. It returns nil. libcurl:
// curl_easy_cleanup.
func (c *Conn) Close() error {
	c.out.drop(net.ErrClosed, 100*time.Millisecond)
	c.rouse()
	if t := c.out.member.Load(); t != nil {
		t.shut()
	}
	c.freeInbox()
	return nil
}

// Send sends one whole frame: libcurl's curl_ws_send. The flags:
//
//	Text, Binary        a message of one frame, or the last frame of an open one
//	Text|Cont, ...      a fragment: more follow
//	Cont, 0             a fragment, or the last frame, of the open message
//	Close               the closing handshake's frame, with what AppendClose makes
//	Ping, Pong          a control frame of at most 125 bytes
//	Text|Compressed ... deflated, if that was agreed on and makes it shorter
//
// p is only read, and not kept. In raw mode f is 0 and p goes out as it is.
//
// It is not checked whether Text is UTF-8, and the same holds for SendPayload,
// batches and WriteMessage. A peer must end the session when it receives other
// bytes as text, RFC 6455 section 8.1. So check with [unicode/utf8.Valid] what
// comes from elsewhere before you pass it on as Text, or send it as Binary.
//
// Send returns when the frame is written, or is queued behind another
// goroutine's write in progress (at most WriteBuffer bytes are; then it
// waits); should writing it fail later, every later call returns that error.
// It blocks until the write deadline at most, then see [SendError].
//
// Any goroutine may call it; but while a message is sent in pieces, with Cont,
// data frames continue it, so that only one goroutine may send data. While a
// frame of StartFrame is open it returns ErrFrameOpen. After our CLOSE it
// returns ErrClosing, or the peer's *CloseError. A wrong flag or length is
// ErrUsage, and nothing is sent.
func (c *Conn) Send(f Flags, p []byte) error {
	if c.raw {
		return c.out.sendRaw(f, p)
	}
	return c.out.send(context.Background(), f, p, byChunk)
}

// SendInPlace is Send that may overwrite p, which saves copying it: a client
// masks a payload of 16 KiB or more where it is. When SendInPlace returns, p is
// the caller's again, with any content; but behind a [SendError] p[Sent:] is as
// it was, so that SendPayload goes on with it. A server does not mask, and so
// does not overwrite: there, and in raw mode, it does no more than Send. What
// is deflated, traced, or queued behind another goroutine's write is copied all
// the same.
func (c *Conn) SendInPlace(f Flags, p []byte) error {
	if c.raw {
		return c.out.sendRaw(f, p)
	}
	return c.out.sendFrom(context.Background(), f, p, byChunk, true)
}

// StartFrame begins a frame of size bytes, whose payload SendPayload brings:
// libcurl's curl_ws_start_frame, or curl_ws_send with CURLWS_OFFSET. Flags are
// those of Send but Compressed. Until the frame's last byte no other frame can
// go out, PONG and CLOSE included; Send returns ErrFrameOpen, the message
// methods wait. The header goes out with the first payload. Only the goroutine
// that sends data may call it.
func (c *Conn) StartFrame(f Flags, size int64) error {
	if c.raw {
		return usage("raw mode has no frames")
	}
	if f&Compressed != 0 {
		return usage("StartFrame takes no Compressed: the length of the deflated frame is not known; use Send or NextWriter")
	}
	return c.out.startFrame(f, size)
}

// SendPayload sends the next bytes of the frame that StartFrame began, or that
// a [SendError] left open. More than the frame still takes is ErrUsage: all of
// p is refused, and the frame stays open. It returns, and may fail, as Send does.
func (c *Conn) SendPayload(p []byte) error { return c.out.sendPayload(p, false) }

// Cork takes the send side for one goroutine, so that many small frames go out
// in few writes: frames given to the [Batch] are written when its buffer is
// full, and at Flush, which must follow. It waits for its turn until the write
// deadline; should that pass, or the connection be lost, the Batch's methods
// say so.
func (c *Conn) Cork() *Batch {
	err := c.out.cork() // inlined, this costs no memory where the Batch stays within a function
	return &Batch{s: &c.out, err: err, open: err == nil}
}

// Resume ends the pauses of both directions in Perform: libcurl's
// curl_easy_pause with CURLPAUSE_CONT. Any goroutine may call it; one made
// while a callback runs that then pauses is not lost.
func (c *Conn) Resume() {
	c.resumes.Add(1)
	c.rouse()
}

// rouse makes a paused Perform look again.
func (c *Conn) rouse() {
	c.out.mu.Lock()
	roused := c.roused
	c.out.mu.Unlock()
	select {
	case roused <- struct{}{}:
	default:
	}
}

// decoderOf returns the decoder of a session of role server.
func decoderOf(server bool, o *AcceptOptions) protocol.Decoder {
	return protocol.Decoder{
		Server: server,
		NoUTF8: o.NoUTF8Check,
		Limits: protocol.Limits{
			Frame:     max(o.MaxFrame, 0),
			Message:   max(o.MaxMessage, 0),
			Fragments: max(o.MaxFragments, 0),
		},
	}
}
