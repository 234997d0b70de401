package curlewtest

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// PipeBuffer is how many bytes Pipe holds in each direction.
const PipeBuffer = 64 << 10

// Pipe returns the two ends of an in-memory connection that behaves like a TCP
// connection. It is PipeSize(PipeBuffer).
func Pipe() (client, server net.Conn) { return PipeSize(PipeBuffer) }

// PipeSize returns the two ends of an in-memory connection that holds up to
// size bytes in each direction. A size below 1 counts as 1. A Write that fits
// returns at once, so both ends may write at the same time.
//
// Both ends are safe for concurrent use, and concurrent Writes are not
// interleaved. A deadline set by another goroutine wakes a blocked call, and the
// zero time clears it. A Read that times out loses nothing. A Write that times
// out, or is cut short by Close, reports how many bytes the peer can still read.
//
// Close wakes the blocked calls of both ends. Calls on the closed end return
// net.ErrClosed. The peer reads what is buffered, then gets io.EOF; its writes
// return io.ErrClosedPipe. Both ends have CloseWrite() error, which ends one
// direction only.
func PipeSize(size int) (client, server net.Conn) {
	up, down := newHalf(size), newHalf(size)
	return &pipeConn{"client", "server", down, up}, &pipeConn{"server", "client", up, down}
}

// pipeConn is one end: it reads from one half and writes to the other.
type pipeConn struct {
	local, remote pipeAddr
	in, out       *half
}

type pipeAddr string

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return string(a) }

func (c *pipeConn) LocalAddr() net.Addr  { return c.local }
func (c *pipeConn) RemoteAddr() net.Addr { return c.remote }

func (c *pipeConn) Read(p []byte) (int, error) {
	n, err := c.in.read(p)
	return n, opError("read", c, err)
}

func (c *pipeConn) Write(p []byte) (int, error) {
	n, err := c.out.write(p)
	return n, opError("write", c, err)
}

func (c *pipeConn) Close() error {
	err := c.in.closeReader()
	c.out.closeWriter(net.ErrClosed)
	return opError("close", c, err)
}

func (c *pipeConn) CloseWrite() error {
	return opError("close", c, c.out.closeWriter(io.ErrClosedPipe))
}

func (c *pipeConn) SetDeadline(t time.Time) error {
	c.SetWriteDeadline(t)
	return c.SetReadDeadline(t)
}

func (c *pipeConn) SetReadDeadline(t time.Time) error {
	return opError("set", c, c.in.setReadDeadline(t))
}

func (c *pipeConn) SetWriteDeadline(t time.Time) error {
	return opError("set", c, c.out.setWriteDeadline(t))
}

// opError adds to err the connection on which a call failed, as package net
// does. It returns nil and io.EOF unchanged.
func opError(op string, c net.Conn, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	local := c.LocalAddr()
	return &net.OpError{Op: op, Net: local.Network(), Source: local, Addr: c.RemoteAddr(), Err: err}
}

// half is one direction: a ring buffer and the state that its reader and writer
// wait for. Every change is made under mu and announced by changed, so a waiter
// only has to check the fields again.
type half struct {
	mu      sync.Mutex
	changed *sync.Cond

	ring     []byte
	start, n int // n buffered bytes, beginning at start

	readErr error // why no Read can succeed from now on, or nil
	endErr  error // why no Write can succeed from now on, or nil
	writing bool  // a Write has the turn

	readBy, writeBy deadline
}

func newHalf(size int) *half {
	h := &half{ring: make([]byte, max(size, 1))}
	h.changed = sync.NewCond(&h.mu)
	h.readBy.wake, h.writeBy.wake = h.wake, h.wake
	return h
}

func (h *half) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.readErr != nil:
			return 0, h.readErr
		case len(p) == 0:
			return 0, nil
		case h.readBy.passed():
			return 0, os.ErrDeadlineExceeded
		case h.n > 0:
			h.changed.Broadcast()
			return h.take(p), nil
		case h.endErr != nil:
			return 0, io.EOF
		}
		h.changed.Wait()
	}
}

func (h *half) write(p []byte) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.writing && h.writeErr() == nil {
		h.changed.Wait()
	}
	if err := h.writeErr(); err != nil {
		return 0, err
	}
	h.writing = true
	defer func() { h.writing = false; h.changed.Broadcast() }()
	for {
		n += h.put(p[n:])
		if n == len(p) {
			return n, nil
		}
		h.changed.Broadcast()
		h.changed.Wait()
		if err := h.writeErr(); err != nil {
			return n, err
		}
	}
}

// writeErr returns why a Write cannot continue now, or nil.
func (h *half) writeErr() error {
	switch {
	case h.endErr == nil && h.writeBy.passed():
		return os.ErrDeadlineExceeded
	case h.endErr == nil && h.readErr != nil:
		return io.ErrClosedPipe
	}
	return h.endErr
}

// wake is called by a timer. It takes the lock, because otherwise it could fall
// between a waiter's last check and its Wait.
func (h *half) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changed.Broadcast()
}

// take moves buffered bytes to p and returns their number.
func (h *half) take(p []byte) (n int) {
	for h.n > 0 && n < len(p) {
		k := copy(p[n:], h.ring[h.start:min(h.start+h.n, len(h.ring))])
		h.start = (h.start + k) % len(h.ring)
		h.n -= k
		n += k
	}
	return n
}

// put buffers as many bytes of p as there is room for and returns their number.
func (h *half) put(p []byte) (n int) {
	for h.n < len(h.ring) && n < len(p) {
		end := (h.start + h.n) % len(h.ring)
		k := copy(h.ring[end:min(end+len(h.ring)-h.n, len(h.ring))], p[n:])
		h.n += k
		n += k
	}
	return n
}

// closeReader ends the reading side and drops what is buffered.
func (h *half) closeReader() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer h.changed.Broadcast()
	err := h.readErr
	h.readErr, h.n = net.ErrClosed, 0
	h.readBy.set(time.Time{})
	return err
}

// closeWriter ends the writing side; later Writes return why.
func (h *half) closeWriter(why error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer h.changed.Broadcast()
	if h.endErr == net.ErrClosed {
		return h.endErr
	}
	h.endErr = why
	h.writeBy.set(time.Time{})
	return nil
}

func (h *half) setReadDeadline(t time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.readErr != nil {
		return h.readErr
	}
	h.readBy.set(t)
	h.changed.Broadcast()
	return nil
}

func (h *half) setWriteDeadline(t time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.endErr == net.ErrClosed {
		return h.endErr
	}
	h.writeBy.set(t)
	h.changed.Broadcast()
	return nil
}

// deadline is a point in time and the timer that wakes the waiters then.
// Whether it has passed depends on the time alone, so a timer that fires late,
// or for a replaced deadline, does no harm.
type deadline struct {
	at    time.Time // zero: none
	timer *time.Timer
	wake  func()
}

func (d *deadline) set(t time.Time) {
	if d.timer != nil {
		d.timer.Stop()
	}
	d.at, d.timer = time.Time{}, nil
	if t.IsZero() {
		return
	}
	left := time.Until(t)
	d.at = time.Now().Add(left) // on the monotonic clock, as the timer
	if left > 0 {
		d.timer = time.AfterFunc(left, d.wake)
	}
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }
