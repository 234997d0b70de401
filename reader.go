package curlew

import (
	"context"
	"io"
)

// NextReader waits for the next data message and returns a reader of its
// payload, which streams in constant memory and ends with [io.EOF]. What was
// not read of the last message is discarded. The reader is for one goroutine;
// it is valid until the next NextReader, and its reads end with ctx, for good. One
// that ended by the read deadline lost nothing: the next goes on.
//
// The reader is an [io.WriterTo], which io.Copy uses. It writes from curlew's
// memory; large frames that are not masked, compressed or checked as text go from
// a TCP or unix socket to an *os.File, *net.TCPConn or *net.UnixConn without
// coming into this process, where the system can (Linux), unless Trace wants to
// see them. The writer must not receive from the Conn. Its error is returned as a
// [SinkError]: what it did not take comes with the next Read or WriteTo.
func (c *Conn) NextReader(ctx context.Context) (Flags, io.Reader, error) {
	if err := c.lockReceive(ctx, byReader); err != nil {
		return 0, nil, err
	}
	defer c.unlockReceive()
	if r := c.messages.reader; r != nil && r.done {
		c.kind = anyKind // what it kept goes with it
	}
	c.messages.reader = nil
	for c.kind == byReader {
		_, m, err := c.next()
		if err != nil {
			return 0, nil, c.closeError(err)
		}
		if m.MessageEnd() {
			c.kind = anyKind
		}
	}
	for {
		m, err := c.recv(nil)
		if err != nil {
			return 0, nil, c.closeError(err)
		}
		if m.Flags&control == 0 {
			c.kind = byReader
			r := &messageReader{c: c, ctx: ctx}
			c.messages.reader = r
			return m.Flags &^ Cont, r, nil
		}
		if _, _, err := c.next(); err != nil {
			return 0, nil, c.closeError(err)
		}
	}
}

// A messageReader is what NextReader returns.
//
//	stream --recv--> p                                 Read
//	stream --next--> in -----> w --what is left--> kept    WriteTo
//	stream ------> splicer --> w --what is left--> kept
type messageReader struct {
	c    *Conn
	ctx  context.Context
	kept []byte // received, and not taken by WriteTo's writer
	done bool   // nothing of the message is to come, but what is kept
}

// begin takes the receive side for one step.
func (r *messageReader) begin() error {
	if err := r.c.lockReceive(r.ctx, byReader); err != nil {
		return err
	}
	if r.c.messages.reader != r {
		r.c.unlockReceive()
		return usage("this reader ended when NextReader was called again")
	}
	return nil
}

// took notes that a chunk of the message was received, or a control frame, and
// reports whether it was the last.
func (c *Conn) took(m Meta) (end bool) {
	if m.Flags&control != 0 {
		return false
	}
	c.kind = byReader
	if end = m.MessageEnd(); end {
		c.kind = anyKind
	}
	return end
}

// keep notes what the writer did not take. Until it is read the message goes on.
func (r *messageReader) keep(p []byte) {
	r.kept = p
	if r.done {
		r.c.kind = anyKind
		if len(p) > 0 {
			r.c.kind = byReader
		}
	}
}

// ended reports whether everything was read.
func (r *messageReader) ended() bool { return r.done && len(r.kept) == 0 }

func (r *messageReader) Read(p []byte) (int, error) {
	if r.ended() {
		return 0, io.EOF
	}
	if err := r.begin(); err != nil {
		return 0, err
	}
	defer r.c.unlockReceive()
	if len(p) == 0 {
		return 0, nil
	}
	if n := copy(p, r.kept); n > 0 {
		r.keep(r.kept[n:])
		return n, nil
	}
	for !r.done {
		n, end, err := r.c.readData(p)
		if r.done = end; n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.EOF
}

// readData receives one chunk; n is 0 if it is empty, or of a control frame.
func (c *Conn) readData(p []byte) (n int, end bool, err error) {
	m, err := c.recv(p)
	if err != nil {
		return 0, false, c.closeError(err)
	}
	if m.Flags&control != 0 {
		return 0, false, nil
	}
	return m.Len, c.took(m), nil
}

// WriteTo writes what is left of the message to w. See NextReader.
func (r *messageReader) WriteTo(w io.Writer) (written int64, err error) {
	s := newSplicer(&r.c.receiver, w)
	defer s.close()
	for !r.ended() {
		n, err := r.writeSome(w, s)
		if written += int64(n); err != nil {
			return written, err
		}
	}
	return written, nil
}

// writeSome writes what is kept, or else the next chunk.
func (r *messageReader) writeSome(w io.Writer, s *splicer) (n int, err error) {
	if err := r.begin(); err != nil {
		return 0, err
	}
	defer r.c.unlockReceive()
	if len(r.kept) > 0 {
		return r.put(w, r.kept)
	}
	if s.fits() {
		m, left, err := s.move()
		if err != nil {
			return 0, r.c.closeError(err)
		}
		r.done = r.c.took(m)
		r.keep(left)
		return m.Len - len(left), nil
	}
	p, m, err := r.c.next()
	if err != nil {
		return 0, r.c.closeError(err)
	}
	if m.Flags&control != 0 {
		return 0, nil
	}
	r.done = r.c.took(m)
	return r.put(w, p)
}

// put gives p to w, and keeps what w does not take.
func (r *messageReader) put(w io.Writer, p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err = w.Write(p)
	if n < 0 || n > len(p) {
		n, err = 0, usage("the writer says that it took %d bytes of %d", n, len(p))
	}
	if n < len(p) && err == nil {
		err = io.ErrShortWrite
	}
	r.keep(append([]byte(nil), p[n:]...))
	if err != nil {
		err = &SinkError{err}
	}
	return n, err
}
