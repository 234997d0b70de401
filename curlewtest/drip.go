package curlewtest

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A drip is a connection whose Reads, once start has been called, get only as
// many bytes as let allows, and wait for more. Only one goroutine at a time may
// read. Reads wait at a gate that holds one byte for each byte allowed.
type drip struct {
	below
	gate *half
	on   atomic.Bool
}

func newDrip(c net.Conn) *drip { return &drip{below: below{c}, gate: newHalf(1 << 20)} }

func (d *drip) start()    { d.on.Store(true) }
func (d *drip) let(n int) { d.gate.write(make([]byte, n)) }
func (d *drip) stop()     { d.gate.closeWriter(io.EOF) }

func (d *drip) Read(p []byte) (int, error) {
	if !d.on.Load() || len(p) == 0 {
		return d.Conn.Read(p)
	}
	allowed, err := d.gate.read(make([]byte, len(p)))
	if err == io.EOF {
		return d.Conn.Read(p)
	}
	if err != nil {
		return 0, opError("read", d, err)
	}
	n, err := d.Conn.Read(p[:allowed])
	d.let(allowed - n)
	return n, err
}

func (d *drip) Close() error {
	d.gate.closeReader()
	return d.Conn.Close()
}

func (d *drip) SetDeadline(t time.Time) error {
	d.gate.setReadDeadline(t)
	return d.Conn.SetDeadline(t)
}

func (d *drip) SetReadDeadline(t time.Time) error {
	d.gate.setReadDeadline(t)
	return d.Conn.SetReadDeadline(t)
}

// A halt is a connection that stops at one of its calls, counted over both
// directions: it calls atStop, and the call then waits until a deadline passes,
// Close is called or over is closed.
type halt struct {
	below
	left   *atomic.Int64
	over   <-chan struct{}
	atStop func()
	gate   *half
	once   sync.Once
	closed chan struct{}
}

func newHalt(c net.Conn, left *atomic.Int64, over <-chan struct{}, atStop func()) *halt {
	return &halt{below: below{c}, left: left, over: over, atStop: atStop, gate: newHalf(1), closed: make(chan struct{})}
}

// stop waits if this call is the one to stop at.
func (h *halt) stop(op string) error {
	if h.left.Add(-1) != 0 {
		return nil
	}
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-h.over:
			h.Close()
		case <-stop:
		}
	}()
	h.atStop()
	_, err := h.gate.read(make([]byte, 1))
	return opError(op, h, err)
}

func (h *halt) Read(p []byte) (int, error) {
	if err := h.stop("read"); err != nil {
		return 0, err
	}
	return h.Conn.Read(p)
}

func (h *halt) Write(p []byte) (int, error) {
	if err := h.stop("write"); err != nil {
		return 0, err
	}
	return h.Conn.Write(p)
}

func (h *halt) Close() error {
	h.once.Do(func() { close(h.closed) })
	h.gate.closeReader()
	return h.Conn.Close()
}

func (h *halt) SetDeadline(t time.Time) error {
	h.gate.setReadDeadline(t)
	return h.Conn.SetDeadline(t)
}

func (h *halt) SetReadDeadline(t time.Time) error {
	h.gate.setReadDeadline(t)
	return h.Conn.SetReadDeadline(t)
}

func (h *halt) SetWriteDeadline(t time.Time) error {
	h.gate.setReadDeadline(t)
	return h.Conn.SetWriteDeadline(t)
}
