//go:build !one || gobwas

package main

import (
	"bufio"
	"bytes"
	"compress/flate"
	"io"
	"net"
	"sync"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
	"github.com/gobwas/ws/wsutil"
)

func init() {
	dials["gobwas"] = dialGobwas
	dials["gobwas-batch"] = dialGobwasBatch
	dials["gobwas-inplace"] = dialGobwasInPlace
	dials["gobwas-util"] = dialGobwasUtil
}

// A gobwas uses the low-level interface: headers by ReadHeaderBuffer from a
// bufio.Reader, frames made in one buffer, one write each.
type gobwas struct {
	nothing
	witness
	net.Conn
	in     *bufio.Reader
	p      []byte
	header []byte
	out    bytes.Buffer
	mu     *sync.Mutex // for a crowd
}

func dialGobwas(c *cell) (session, error) {
	s, err := newGobwas(c)
	if err == nil && c.Workload.compressed() {
		return newGobwasDeflate(s), nil
	}
	return gobwasLow{s}, err
}

// A gobwasLow calls read directly, as a user would.
type gobwasLow struct{ *gobwas }

func newGobwas(c *cell) (*gobwas, error) {
	d := ws.Dialer{TLSConfig: clientTLS}
	if c.Workload.compressed() {
		d.Extensions = []httphead.Option{wsflate.Parameters{ServerNoContextTakeover: true, ClientNoContextTakeover: true}.Option()}
	}
	conn, early, _, err := d.Dial(background, c.url())
	if err != nil {
		return nil, err
	}
	s := &gobwas{witness: c.witness, Conn: conn, p: c.buffer(), header: make([]byte, ws.MaxHeaderSize)}
	from := io.Reader(conn)
	if early != nil {
		p, _ := early.Peek(early.Buffered()) // that much is buffered
		from = io.MultiReader(bytes.NewReader(bytes.Clone(p)), conn)
		ws.PutReader(early)
	}
	s.in = bufio.NewReaderSize(from, c.bufferLen())
	if c.Workload.Crowd > 1 {
		s.mu = new(sync.Mutex)
	}
	return s, nil
}

func (s gobwasLow) receive(m *meter) error {
	for {
		if err := s.read(); err != nil {
			return err
		}
		if m.tick() {
			return nil
		}
	}
}

func (s *gobwas) read() error {
	h, err := ws.ReadHeaderBuffer(s.in, s.header)
	if err == nil {
		err = ws.CheckHeader(h, ws.StateClientSide)
	}
	for left := h.Length; err == nil && left > 0; {
		var n int
		n, err = s.in.Read(s.p[:min(left, int64(len(s.p)))])
		s.saw(s.p[:n])
		left -= int64(n)
	}
	return err
}

// frame appends a frame to out.
func (s *gobwas) frame(h ws.Header, p []byte) error {
	h.Fin, h.Masked, h.Length, h.Mask = true, true, int64(len(p)), ws.NewMask()
	if err := ws.WriteHeaderBuffer(&s.out, h, s.header); err != nil {
		return err
	}
	start := s.out.Len()
	s.out.Write(p)
	ws.Cipher(s.out.Bytes()[start:], h.Mask, 0)
	return nil
}

// flush writes out.
func (s *gobwas) flush() error {
	_, err := s.Conn.Write(s.out.Bytes())
	s.out.Reset()
	return err
}

func (s *gobwas) write(p []byte) error {
	if s.mu != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	if err := s.frame(ws.Header{OpCode: ws.OpBinary}, p); err != nil {
		return err
	}
	return s.flush()
}

// A gobwasInPlace masks payloads in place, and writes header and payload
// with one system call.
type gobwasInPlace struct {
	*gobwas
	both, left net.Buffers // header and payload; what is still to be written
}

func dialGobwasInPlace(c *cell) (session, error) {
	s, err := newGobwas(c)
	return &gobwasInPlace{gobwas: s}, err
}

func (s *gobwasInPlace) write(p []byte) error {
	if s.mu != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	h := ws.Header{Fin: true, OpCode: ws.OpBinary, Masked: true, Mask: ws.NewMask(), Length: int64(len(p))}
	s.out.Reset()
	if err := ws.WriteHeaderBuffer(&s.out, h, s.header); err != nil {
		return err
	}
	ws.Cipher(p, h.Mask, 0)
	s.both = append(s.both[:0], s.out.Bytes(), p)
	s.left = s.both
	_, err := s.left.WriteTo(s.Conn)
	return err
}

// A gobwasBatch collects frames and writes them once it has 64 KiB. With this
// library that is up to the user.
type gobwasBatch struct{ *gobwas }

func dialGobwasBatch(c *cell) (session, error) {
	s, err := newGobwas(c)
	return gobwasBatch{s}, err
}

func (s gobwasBatch) send(m *meter) error {
	for s.out.Grow(bufferLen); ; {
		p := m.payload()
		if s.out.Len() > 0 && s.out.Available() < ws.MaxHeaderSize+len(p) {
			if err := s.flush(); err != nil {
				return err
			}
		}
		if err := s.frame(ws.Header{OpCode: ws.OpBinary}, p); err != nil {
			return err
		}
		if m.tick() {
			return s.flush()
		}
	}
}

// A gobwasDeflate compresses with wsflate, which has no context takeover.
type gobwasDeflate struct {
	*gobwas
	body io.LimitedReader // of the frame being received
	r    *wsflate.Reader
	made bytes.Buffer // of the frame being sent
	w    *wsflate.Writer
}

// resetter gives wsflate the Reset that it looks for. Without it, wsflate would make
// a new reader for every message.
type resetter struct{ io.Reader }

func (r resetter) Reset(from io.Reader) { r.Reader.(flate.Resetter).Reset(from, nil) }

func newGobwasDeflate(s *gobwas) *gobwasDeflate {
	d := &gobwasDeflate{gobwas: s}
	d.body.R = s.in
	d.r = wsflate.NewReader(nil, func(from io.Reader) wsflate.Decompressor { return resetter{flate.NewReader(from)} })
	d.w = wsflate.NewWriter(&d.made, func(to io.Writer) wsflate.Compressor {
		w, _ := flate.NewWriter(to, flate.BestSpeed) // the level is valid
		return w
	})
	return d
}

func (s *gobwasDeflate) read() error {
	h, err := ws.ReadHeaderBuffer(s.in, s.header)
	if err != nil {
		return err
	}
	s.body.N = h.Length
	s.r.Reset(&s.body)
	if err := drained(s.r, nil, s.p, s.witness); err != nil {
		return err
	}
	return drained(&s.body, nil, s.p, nil)
}

func (s *gobwasDeflate) write(p []byte) error {
	s.made.Reset()
	s.w.Reset(&s.made)
	if _, err := s.w.Write(p); err != nil {
		return err
	}
	if err := s.w.Flush(); err != nil {
		return err
	}
	if err := s.frame(ws.Header{OpCode: ws.OpText, Rsv: ws.Rsv(true, false, false)}, s.made.Bytes()); err != nil {
		return err
	}
	return s.flush()
}

// A gobwasUtil uses wsutil's Reader and Writer.
type gobwasUtil struct {
	*gobwas
	r *wsutil.Reader
	w *wsutil.Writer
}

func dialGobwasUtil(c *cell) (session, error) {
	s, err := newGobwas(c)
	if err != nil {
		return nil, err
	}
	r := &wsutil.Reader{Source: s.in, State: ws.StateClientSide}
	return &gobwasUtil{s, r, wsutil.NewWriterSize(s.Conn, ws.StateClientSide, ws.OpBinary, c.bufferLen())}, nil
}

func (s *gobwasUtil) read() error {
	_, err := s.r.NextFrame()
	return drained(s.r, err, s.p, s.witness)
}

func (s *gobwasUtil) write(p []byte) error {
	if s.mu != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	if _, err := s.w.Write(p); err != nil {
		return err
	}
	return s.w.Flush()
}

func (s *gobwasUtil) open() (io.Reader, error) {
	_, err := s.r.NextFrame()
	return s.r, err
}
