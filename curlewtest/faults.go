package curlewtest

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Sizes gives the sizes of the pieces a stream is cut into, one a call; a
// size below 1 counts as 1. It must be safe for concurrent use.
type Sizes func() int

// Fixed gives size n again and again; Fixed(1) cuts at every byte.
func Fixed(n int) Sizes { return func() int { return n } }

// Random gives sizes from 1 to limit, the same ones for the same seed.
func Random(seed uint64, limit int) Sizes {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(seed, 0))
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		return 1 + r.IntN(max(limit, 1))
	}
}

// piece is the beginning of p that the next size allows.
func (s Sizes) piece(p []byte) []byte { return p[:min(len(p), max(s(), 1))] }

// below is the connection a wrapper wraps.
type below struct{ net.Conn }

// CloseWrite passes on a half close, or gives errors.ErrUnsupported.
func (c below) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return opError("close", c, errors.ErrUnsupported)
}

// SplitReads returns c with every Read giving at most the next of sizes.
func SplitReads(c net.Conn, sizes Sizes) net.Conn { return &splitReads{below{c}, sizes} }

type splitReads struct {
	below
	sizes Sizes
}

func (c *splitReads) Read(p []byte) (int, error) { return c.Conn.Read(c.sizes.piece(p)) }

// SplitWrites returns c with every Write made as many, of the next of sizes
// each. The whole is still written, and concurrent Writes do not mingle.
func SplitWrites(c net.Conn, sizes Sizes) net.Conn {
	return &splitWrites{below{c}, sizes, make(chan struct{}, 1)}
}

type splitWrites struct {
	below
	sizes Sizes
	turn  chan struct{} // a mutex that a synctest bubble can wait on
}

func (c *splitWrites) Write(p []byte) (n int, err error) {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	for {
		k, err := c.Conn.Write(c.sizes.piece(p[n:]))
		n += k
		if err != nil || n == len(p) {
			return n, err
		}
	}
}

// ShortWrites returns c with every Write longer than the next of sizes cut
// short, as if its deadline had passed: the error is os.ErrDeadlineExceeded,
// the count is true, and the caller may go on with the rest.
func ShortWrites(c net.Conn, sizes Sizes) net.Conn { return &shortWrites{below{c}, sizes} }

type shortWrites struct {
	below
	sizes Sizes
}

func (c *shortWrites) Write(p []byte) (int, error) {
	piece := c.sizes.piece(p)
	n, err := c.Conn.Write(piece)
	if err == nil && n < len(p) {
		err = opError("write", c, os.ErrDeadlineExceeded)
	}
	return n, err
}

// TimeoutReads returns c with every other Read, the first one included,
// failing at once with os.ErrDeadlineExceeded. Nothing is lost: the Read
// after it goes on.
func TimeoutReads(c net.Conn) net.Conn { return &timeoutReads{below: below{c}} }

type timeoutReads struct {
	below
	calls atomic.Int64
}

func (c *timeoutReads) Read(p []byte) (int, error) {
	if c.calls.Add(1)%2 == 1 {
		return 0, opError("read", c, os.ErrDeadlineExceeded)
	}
	return c.Conn.Read(p)
}

// StallReads returns c with every Read behind its first n bytes blocked until
// release is called, the read deadline passes or the connection is closed.
// Writes go on. Reads must come from one goroutine at a time; release may be
// called from anywhere, any number of times.
func StallReads(c net.Conn, n int64) (stalled net.Conn, release func()) {
	s := &stallReads{below: below{c}, gate: newHalf(1)}
	s.left.Store(max(n, 0))
	return s, func() { s.gate.closeWriter(io.EOF) }
}

// stallReads waits at a gate: a half that nothing is ever written to, which
// knows deadlines and Close, and whose end is the release.
type stallReads struct {
	below
	left atomic.Int64
	gate *half
}

func (c *stallReads) Read(p []byte) (int, error) {
	left := c.left.Load()
	if len(p) > 0 && left == 0 {
		if _, err := c.gate.read(p); err != io.EOF {
			return 0, opError("read", c, err)
		}
		return c.Conn.Read(p)
	}
	n, err := c.Conn.Read(p[:min(int64(len(p)), left)])
	c.left.Add(-int64(n))
	return n, err
}

func (c *stallReads) Close() error {
	c.gate.closeReader()
	return c.Conn.Close()
}

func (c *stallReads) SetDeadline(t time.Time) error {
	c.gate.setReadDeadline(t)
	return c.Conn.SetDeadline(t)
}

func (c *stallReads) SetReadDeadline(t time.Time) error {
	c.gate.setReadDeadline(t)
	return c.Conn.SetReadDeadline(t)
}

// CutReads returns c with the connection cut once n bytes have been read: the
// next Read closes c, so that the peer sees the end of the connection, and
// gives err, as every later Read does. With err io.EOF the peer seems to have
// closed, with syscall.ECONNRESET to have reset. From then on Writes give err
// too, or io.ErrClosedPipe for io.EOF. Reads must come from one goroutine at
// a time.
func CutReads(c net.Conn, n int64, err error) net.Conn {
	r := &cutReads{cutConn: cutConn{below: below{c}}, err: err}
	r.left.Store(max(n, 0))
	return r
}

type cutReads struct {
	cutConn
	err  error
	left atomic.Int64
}

func (c *cutReads) Read(p []byte) (int, error) {
	left := c.left.Load()
	if len(p) > 0 && left == 0 {
		c.cut(c.err)
	}
	n, err := c.cutConn.Read(p[:min(int64(len(p)), left)])
	c.left.Add(-int64(n))
	return n, err
}

// CutWrites returns c with the connection cut once n bytes have been written:
// the Write that goes beyond them writes what is left, closes c, so that the
// peer reads n bytes and then the end, and gives the true count and err, as
// every later Write does. From then on Reads give err too. Concurrent Writes
// must not be used.
func CutWrites(c net.Conn, n int64, err error) net.Conn {
	w := &cutWrites{cutConn: cutConn{below: below{c}}, err: err}
	w.left.Store(max(n, 0))
	return w
}

type cutWrites struct {
	cutConn
	err  error
	left atomic.Int64
}

func (c *cutWrites) Write(p []byte) (int, error) {
	left := c.left.Load()
	n, err := c.cutConn.Write(p[:min(int64(len(p)), left)])
	c.left.Add(-int64(n))
	if err != nil || n == len(p) {
		return n, err
	}
	c.cut(c.err)
	_, err = c.cutConn.Write(p[n:])
	return n, err
}

// cutConn is a connection that can be cut from inside: the connection below
// is closed, and until the user closes too, what fails for that reason gives
// the cause of the cut instead of net.ErrClosed.
type cutConn struct {
	below
	cause  atomic.Pointer[error]
	closed atomic.Bool // the user called Close
}

func (c *cutConn) cut(cause error) {
	if c.cause.CompareAndSwap(nil, &cause) {
		c.Conn.Close()
	}
}

// failure is the cause of the cut if there was one and it is news to the
// user, for a call that gave err.
func (c *cutConn) failure(err error) error {
	cause := c.cause.Load()
	if err == nil || cause == nil || c.closed.Load() {
		return nil
	}
	return *cause
}

func (c *cutConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if cause := c.failure(err); cause != nil {
		err = opError("read", c, cause)
	}
	return n, err
}

func (c *cutConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	switch cause := c.failure(err); cause {
	case nil:
	case io.EOF:
		err = opError("write", c, io.ErrClosedPipe)
	default:
		err = opError("write", c, cause)
	}
	return n, err
}

func (c *cutConn) Close() error {
	if c.closed.Swap(true) || c.cause.Load() == nil {
		return c.Conn.Close()
	}
	return nil
}

// A deadline may be set on a broken socket, so on a cut connection too.
func (c *cutConn) allow(err error) error {
	if c.failure(err) != nil {
		return nil
	}
	return err
}

func (c *cutConn) SetDeadline(t time.Time) error      { return c.allow(c.Conn.SetDeadline(t)) }
func (c *cutConn) SetReadDeadline(t time.Time) error  { return c.allow(c.Conn.SetReadDeadline(t)) }
func (c *cutConn) SetWriteDeadline(t time.Time) error { return c.allow(c.Conn.SetWriteDeadline(t)) }
