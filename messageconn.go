package curlew

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/curlew-ws/curlew/internal/wire"
)

// MessageConn returns c as a byte stream, for protocols that want one. It
// begins where the session is, takes it over, and keeps the contract of
// [net.Conn]:
//
// Read gives the payload of data messages of both types, one behind the other,
// whatever their bounds; no byte is lost to a deadline. A CLOSE with a code of
// [CloseNormal], [CloseGoingAway] or none is [io.EOF], another a *CloseError.
//
// Write sends p as messages of type f, Text or Binary, of at most WriteBuffer
// and FragmentSize bytes each; for Text p is whole characters. It counts what it took: behind a deadline that passed within a
// message, the next Write goes on with that message. Until then no control
// frame goes out. Over TLS, and within a compressed message, such a deadline
// ends the connection.
//
// Close is the closing handshake with [CloseNormal], which makes the peer's
// end io.EOF: it ends calls in progress with [net.ErrClosed], sends CLOSE, and
// discards what comes until the peer's, for 5 seconds at most. If a Write was
// cut by its deadline or by Close, it drops the connection at once.
//
// Every error but io.EOF is a *net.OpError. A wrong f and raw mode, which has
// NetConn, are ErrUsage at the first call.
func (c *Conn) MessageConn(f Flags) net.Conn { return &messageConn{c: c, flags: f} }

// A messageConn is a byte stream over messages. reading and writing are held
// by one call each; closed keeps others from both, and from the deadlines, once
// Close was called.
type messageConn struct {
	c       *Conn
	flags   Flags
	reading sync.Mutex
	writing sync.Mutex
	open    bool // a Write was cut within a frame
	left    int  // bytes that the frame still takes
	closed  atomic.Bool
	limits  sync.Mutex // held while a deadline is set, and when closed is
}

func (m *messageConn) Read(p []byte) (int, error) {
	m.reading.Lock()
	defer m.reading.Unlock()
	if m.closed.Load() {
		return 0, m.fail("read", net.ErrClosed)
	}
	n, err := m.c.readStream(p)
	return n, m.fail("read", err)
}

// readStream reads what comes next of any data message.
func (c *Conn) readStream(p []byte) (int, error) {
	if err := c.lockReceive(context.Background(), byReader); err != nil {
		return 0, err
	}
	defer c.unlockReceive()
	c.messages.reader = nil
	for len(p) > 0 {
		n, _, err := c.readData(p)
		var peer *CloseError
		if errors.As(err, &peer) && peer.normal() {
			err = io.EOF
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, nil
}

func (m *messageConn) Write(p []byte) (n int, err error) {
	m.writing.Lock()
	defer m.writing.Unlock()
	for {
		k, err := m.write(p[n:])
		if n += k; err != nil || n == len(p) {
			return n, m.fail("write", err)
		}
	}
}

// write sends the beginning of p: the rest of the open message, or another.
func (m *messageConn) write(p []byte) (n int, err error) {
	switch {
	case m.closed.Load():
		return 0, net.ErrClosed
	case m.c.out.limit.passed():
		return 0, os.ErrDeadlineExceeded
	case m.open:
		p = p[:min(len(p), m.left)]
		err = m.c.SendPayload(p)
	case len(p) == 0:
		return 0, nil
	default:
		p = m.message(p)
		m.left = len(p)
		err = m.c.WriteMessage(context.Background(), m.flags, p)
	}
	n = len(p)
	var cut *SendError
	if errors.As(err, &cut) {
		n = cut.Sent
	} else if err != nil {
		return 0, err
	}
	m.left -= n
	m.open = m.left > 0 || err != nil
	return n, err
}

// message returns the beginning of p that is to be a message: what goes out in
// one write, may be compressed in memory, and cuts no character of a text.
func (m *messageConn) message(p []byte) []byte {
	n := m.c.out.frame(m.c.out.size - wire.MaxHeaderLen)
	if d := m.c.out.deflate; d != nil && d.max > 0 {
		n = int(min(int64(n), d.max))
	}
	if n >= len(p) {
		return p
	}
	for back := 0; m.flags&Text != 0 && back < min(n, utf8.UTFMax); back++ {
		if utf8.RuneStart(p[n-back]) {
			return p[:n-back]
		}
	}
	return p[:n]
}

// closeGrace is how long the peer has to answer CLOSE.
const closeGrace = 5 * time.Second

func (m *messageConn) Close() error {
	m.limits.Lock()
	again := m.closed.Swap(true)
	m.limits.Unlock()
	if again {
		return nil
	}
	if m.interrupt() {
		return m.c.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	return m.fail("close", m.c.Shutdown(ctx, CloseNormal, ""))
}

// interrupt ends the calls in progress, and reports whether one was a Write that
// this cut. Those that come later see that m is closed.
func (m *messageConn) interrupt() (cut bool) {
	m.c.SetReadDeadline(past)
	m.reading.Lock()
	defer m.reading.Unlock()
	if !m.writing.TryLock() {
		m.c.SetWriteDeadline(past)
		m.writing.Lock()
	}
	defer m.writing.Unlock()
	m.c.SetDeadline(time.Time{})
	return m.open
}

// fail makes err what a net.Conn returns. That a deadline cost the connection is a
// timeout to Write only, and until another one is set.
func (m *messageConn) fail(op string, err error) error {
	switch {
	case err == nil, err == io.EOF:
		return err
	case m.closed.Load() && op != "close":
		err = net.ErrClosed
	case isTimeout(err) && (m.c.out.failure() == nil || m.c.out.limit.passed()):
		err = os.ErrDeadlineExceeded // OpError does not look into others for Timeout
	}
	return &net.OpError{Op: op, Net: "websocket", Source: m.LocalAddr(), Addr: m.RemoteAddr(), Err: err}
}

func (m *messageConn) LocalAddr() net.Addr  { return m.c.LocalAddr() }
func (m *messageConn) RemoteAddr() net.Addr { return m.c.RemoteAddr() }

func (m *messageConn) SetDeadline(t time.Time) error      { return m.limit(m.c.SetDeadline, t) }
func (m *messageConn) SetReadDeadline(t time.Time) error  { return m.limit(m.c.SetReadDeadline, t) }
func (m *messageConn) SetWriteDeadline(t time.Time) error { return m.limit(m.c.SetWriteDeadline, t) }

func (m *messageConn) limit(set func(time.Time) error, t time.Time) error {
	m.limits.Lock()
	defer m.limits.Unlock()
	if m.closed.Load() {
		return m.fail("set", net.ErrClosed)
	}
	return set(t)
}
