package wirescript

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/curlew-ws/curlew/internal/protocol"
	"github.com/curlew-ws/curlew/internal/wire"
)

// past is a deadline that has passed on any clock.
var past = time.Unix(1, 0)

// A player follows a script on one connection.
type player struct {
	script    *Script
	ctx, soft context.Context // the end of soft ends only lines that expect nothing
	conn      net.Conn
	server    bool

	head   head           // our head
	req    *http.Request  // the other side's head, for a server's player
	resp   *http.Response // the other side's head, for a client's player
	key    string         // Sec-WebSocket-Key that a client sent
	opened bool           // the stream carries frames, or at least no more heads of ours

	buf   [16 << 10]byte
	in    []byte // received and not yet handled
	out   []byte // to be written
	split int
	keys  protocol.Keys
}

// send collects bytes to be written by flush.
func (p *player) send(b []byte) error {
	err := p.open()
	p.out = append(p.out, b...)
	return err
}

func (p *player) sendFrame(f Frame) error {
	err := p.open()
	p.out = f.append(p.out, !p.server, p.keys.Next())
	return err
}

// flush writes what has been collected.
func (p *player) flush() error {
	b := p.out
	p.out = p.out[:0]
	for len(b) > 0 {
		n := len(b)
		if p.split > 0 {
			n = min(n, p.split)
		}
		if _, err := p.conn.Write(b[:n]); err != nil {
			return fmt.Errorf("writing: %w", err)
		}
		b = b[n:]
	}
	return nil
}

// fill reads until in has n bytes.
func (p *player) fill(n int) error {
	for len(p.in) < n {
		got, err := p.conn.Read(p.buf[:])
		p.in = append(p.in, p.buf[:got]...)
		if err != nil && len(p.in) < n {
			return cutShort(err, p.in)
		}
	}
	return nil
}

// cutShort reports that the stream ended, or broke, after got.
func cutShort(err error, got []byte) error {
	what := "got nothing more"
	if len(got) > 0 {
		what = "got only the bytes " + Show(got)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// take takes n bytes from in, after fill.
func (p *player) take(n int) []byte {
	b := p.in[:n:n]
	p.in = p.in[n:]
	return b
}

// ready makes the handshake and writes what has been collected, before the script
// expects something.
func (p *player) ready() error {
	if err := p.open(); err != nil {
		return err
	}
	return p.flush()
}

// receive receives a frame and checks the rules that hold for every frame.
func (p *player) receive() (h wire.Header, payload []byte, err error) {
	n := 0
	for need := 2; n == 0; need = len(p.in) + 1 {
		if err := p.fill(need); err != nil {
			return h, nil, err
		}
		h, n = wire.ParseHeader(p.in)
	}
	switch {
	case h.Masked != p.server:
		return h, nil, fmt.Errorf("got a frame wrongly masked or not: header % x", p.in[:n])
	case h.Length < 0 || h.Length > MaxBytes:
		return h, nil, fmt.Errorf("got a frame of %d bytes", uint64(h.Length))
	case n != h.Len():
		return h, nil, fmt.Errorf("got a length that is not in its shortest form: header % x", p.in[:n])
	}
	p.take(n)
	if err := p.fill(int(h.Length)); err != nil {
		return h, nil, fmt.Errorf("within %s: %w", describe(h, p.in), err)
	}
	payload = p.take(int(h.Length))
	if h.Masked {
		wire.Mask(payload, payload, h.Key)
	}
	return h, payload, nil
}

func (p *player) expectFrame(f Frame) error {
	if err := p.ready(); err != nil {
		return err
	}
	h, payload, err := p.receive()
	if err != nil {
		return err
	}
	if err = f.matchHeader(h); err == nil {
		err = f.matchPayload(payload)
	}
	return withFrame(err, h, payload)
}

// withFrame adds the frame received to the error about it.
func withFrame(err error, h wire.Header, payload []byte) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %s", err, describe(h, payload))
}

func (p *player) expectMessage(f Frame) error {
	if err := p.ready(); err != nil {
		return err
	}
	var message []byte
	next := f
	for {
		h, payload, err := p.receive()
		if err != nil {
			return err
		}
		next.More = !h.Fin
		if err := next.matchHeader(h); err != nil {
			return withFrame(err, h, payload)
		}
		message = append(message, payload...)
		if h.Fin {
			return withFrame(f.matchPayload(message), h, message)
		}
		next.Opcode, next.RSV = wire.OpCont, 0
	}
}

func (p *player) expectRaw(want []byte) error {
	if err := p.ready(); err != nil {
		return err
	}
	if err := p.fill(len(want)); err != nil {
		return err
	}
	if got := p.take(len(want)); !bytes.Equal(got, want) {
		return fmt.Errorf("%w: %s", Differ(want, got), Show(got))
	}
	return nil
}

func (p *player) expectEOF() error {
	if err := p.ready(); err != nil {
		return err
	}
	switch err := p.fill(1); {
	case err == nil:
		return fmt.Errorf("got the bytes %s", Show(p.in))
	case p.ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed):
		return err
	}
	return nil
}

// echo hands the stream to a session until its end.
func (p *player) echo() error {
	if err := p.ready(); err != nil {
		return err
	}
	if err := p.script.Echo(p.soft, &prefixed{p.conn, p.in}, p.server); err != nil && p.soft.Err() == nil {
		return err
	}
	return errOver
}

// prefixed is a connection of which some bytes have already been read.
type prefixed struct {
	net.Conn
	in []byte
}

// CloseWrite passes on a half close.
func (c *prefixed) CloseWrite() error { return closeWrite(c.Conn) }

// closeWrite ends the sending direction of c, if c can.
func closeWrite(c net.Conn) error {
	half, ok := c.(interface{ CloseWrite() error })
	if !ok {
		return fmt.Errorf("%T cannot close one direction: %w", c, errors.ErrUnsupported)
	}
	return half.CloseWrite()
}

func (c *prefixed) Read(b []byte) (int, error) {
	if len(c.in) == 0 {
		return c.Conn.Read(b)
	}
	n := copy(b, c.in)
	c.in = c.in[n:]
	return n, nil
}

func (p *player) wait(d time.Duration) error {
	if err := p.flush(); err != nil {
		return err
	}
	select {
	case <-time.After(d):
		return nil
	case <-p.soft.Done():
		return errOver
	}
}

func (p *player) stall() error {
	if err := p.flush(); err != nil {
		return err
	}
	<-p.soft.Done()
	return errOver
}

func (p *player) drop() error {
	if err := p.flush(); err != nil {
		return err
	}
	bottom(p.conn).Close()
	return errOver
}

func (p *player) reset() error {
	if err := p.flush(); err != nil {
		return err
	}
	if tcp, ok := bottom(p.conn).(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	return p.drop()
}

func (p *player) halfClose() error {
	if err := p.flush(); err != nil {
		return err
	}
	p.opened = true
	return closeWrite(p.conn)
}

// bottom returns the connection at the bottom of c, below TLS.
func bottom(c net.Conn) net.Conn {
	for {
		layer, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return c
		}
		c = layer.NetConn()
	}
}
