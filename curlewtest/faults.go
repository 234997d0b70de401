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

// Sizes returns the size of the next piece into which a stream is cut, one for
// each call. A size below 1 counts as 1. It must be safe for concurrent use.
type Sizes func() int

// Fixed returns the size n for every piece; Fixed(1) cuts at every byte.
func Fixed(n int) Sizes { return func() int { return n } }

// Random returns sizes from 1 to limit, the same ones for the same seed.
func Random(seed uint64, limit int) Sizes {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(seed, 0))
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		return 1 + r.IntN(max(limit, 1))
	}
}

// piece returns the beginning of p that the next size allows.
func (s Sizes) piece(p []byte) []byte { return p[:min(len(p), max(s(), 1))] }

// below is the connection a wrapper wraps.
type below struct{ net.Conn }

// CloseWrite passes on a half close, or returns errors.ErrUnsupported.
func (c below) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return opError("close", c, errors.ErrUnsupported)
}

// SplitReads returns c with every Read returning at most as many bytes as the
// next of sizes.
func SplitReads(c net.Conn, sizes Sizes) net.Conn { return &splitReads{below{c}, sizes} }

type splitReads struct {
	below
	sizes Sizes
}

func (c *splitReads) Read(p []byte) (int, error) { return c.Conn.Read(c.sizes.piece(p)) }

// SplitWrites returns c with every Write split into several, each of the next of
// sizes. All of it is still written, and concurrent Writes are not interleaved.
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
// short, as if its deadline had passed. The error is os.ErrDeadlineExceeded and
// the count is correct, so the caller may continue with the rest.
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
// failing at once with os.ErrDeadlineExceeded. Nothing is lost: the next Read
// continues.
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

// StallReads returns c with every Read after its first n bytes blocked. Release,
// the read deadline or Close ends that. Writes are not affected. Only one
// goroutine at a time may read. Release may be called from any goroutine, any
// number of times.
func StallReads(c net.Conn, n int64) (stalled net.Conn, release func()) {
	s := &stallReads{below: below{c}, gate: newHalf(1)}
	s.left.Store(max(n, 0))
	return s, func() { s.gate.closeWriter(io.EOF) }
}

// stallReads waits at a gate: a half to which nothing is ever written. The gate
// handles deadlines and Close, and ending it is the release.
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

// CutReads returns c with the connection cut once n bytes have been read. The
// next Read closes c, so the peer sees the end of the connection. That Read and
// all later ones return err. With io.EOF the peer seems to have closed, with
// syscall.ECONNRESET to have reset the connection. From then on Writes return err
// too, or io.ErrClosedPipe for io.EOF. Only one goroutine at a time may read.
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

// CutWrites returns c with the connection cut once n bytes have been written.
// The Write that exceeds n writes the bytes left, then closes c, so the peer
// reads n bytes and then the end. It returns the correct count and err. From then
// on all Writes and Reads return err. Only one goroutine at a time may write.
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

// cutConn is a connection that can be cut from inside. That closes the connection
// below. Until the user closes it too, calls that fail for this reason return the
// cause of the cut instead of net.ErrClosed.
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

// failure returns the cause of the cut for a call that failed with err. It is nil
// if nothing was cut, or the user has called Close.
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

// allow hides the error of setting a deadline on a cut connection: a deadline
// may be set on a broken socket, too.
func (c *cutConn) allow(err error) error {
	if c.failure(err) != nil {
		return nil
	}
	return err
}

func (c *cutConn) SetDeadline(t time.Time) error      { return c.allow(c.Conn.SetDeadline(t)) }
func (c *cutConn) SetReadDeadline(t time.Time) error  { return c.allow(c.Conn.SetReadDeadline(t)) }
func (c *cutConn) SetWriteDeadline(t time.Time) error { return c.allow(c.Conn.SetWriteDeadline(t)) }
