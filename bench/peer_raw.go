package main

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"
	"math/rand/v2"
	"net"
)

func init() {
	dials["rawtcp"] = dialRaw
	dials["rawtcp-parse"] = dialRawParse
	dials["rawtcp-copy"] = dialRawCopy
	dials["rawtcp-ready"] = dialRawReady
	dials["rawtcp-mask"] = dialRawMask
	dials["rawtcp-msg"] = dialRaw
}

// A raw session moves the bytes of the frames and does nothing else. It knows their
// size in advance. It sends prepared bytes, one message per write.
type raw struct {
	*net.TCPConn
	witness
	size   int
	header int    // its length, from the server
	early  []byte // received with the handshake
	p      []byte
	frame  []byte // to send
}

const rawRequest = " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

func dialRaw(c *cell) (session, error) { return newRaw(c) }

func newRaw(c *cell) (*raw, error) {
	conn, err := net.Dial("tcp", c.Host)
	if err != nil {
		return nil, err
	}
	size := c.Workload.Size
	r := &raw{TCPConn: conn.(*net.TCPConn), witness: c.witness, size: size, header: len(appendHeader(nil, binaryFrame, size)), p: c.buffer()}
	if c.Workload.Kind&(send|cork|echo) != 0 {
		r.frame = append(appendHeader(nil, binaryFrame, size), make([]byte, size)...)
	}
	if _, err := io.WriteString(conn, "GET "+c.path()+rawRequest); err != nil {
		return nil, err
	}
	buf := make([]byte, 512)
	for n := 0; ; {
		k, err := conn.Read(buf[n:])
		if err != nil {
			return nil, err
		}
		n += k
		if _, early, ok := bytes.Cut(buf[:n], []byte("\r\n\r\n")); ok {
			if len(early) > 0 {
				r.early = bytes.Clone(early)
			}
			return r, nil
		}
	}
}

func (r *raw) receive(m *meter) error {
	frame, rest, n := r.header+r.size, 0, len(r.early)
	for {
		rest += n
		n, rest = rest/frame, rest%frame
		if n > 0 && m.add(n) {
			return nil
		}
		var err error
		if n, err = r.Read(r.p); err != nil {
			return err
		}
		if rest == 0 && n > r.header {
			r.saw(r.p[r.header:n])
		}
	}
}

func (r *raw) write([]byte) error {
	_, err := r.Write(r.frame)
	return err
}

func (r *raw) read() error {
	for n := 0; n < len(r.frame); {
		k, err := r.Read(r.p)
		if err != nil {
			return err
		}
		n += k
	}
	return nil
}

// open reads the header of a message. The system moves its payload, by splice
// where available.
func (r *raw) open() (io.Reader, error) {
	for len(r.early) < r.header {
		n, err := r.Read(r.p[:r.header-len(r.early)])
		if err != nil {
			return nil, err
		}
		r.early = append(r.early, r.p[:n]...)
	}
	early := bytes.NewReader(r.early[r.header:])
	rest := &io.LimitedReader{R: r.TCPConn, N: int64(r.size - early.Len())}
	return rawPayload{io.MultiReader(early, rest), early, rest}, nil
}

type rawPayload struct {
	io.Reader
	early *bytes.Reader
	rest  *io.LimitedReader
}

func (p rawPayload) WriteTo(to io.Writer) (int64, error) {
	n, err := p.early.WriteTo(to)
	if err != nil {
		return n, err
	}
	k, err := io.Copy(to, p.rest)
	return n + k, err
}

// A rawCopy moves the payload by Read and Write.
type rawCopy struct{ *raw }

func dialRawCopy(c *cell) (session, error) {
	r, err := newRaw(c)
	return rawCopy{r}, err
}

func (r rawCopy) open() (io.Reader, error) {
	p, err := r.raw.open()
	return struct{ io.Reader }{p}, err
}

// A rawParse parses the frames in its buffer.
type rawParse struct{ *raw }

func dialRawParse(c *cell) (session, error) {
	r, err := newRaw(c)
	return rawParse{r}, err
}

func (r rawParse) receive(m *meter) error {
	buf := make([]byte, bufferLen)
	w := copy(buf, r.early)
	left := 0 // of a payload
	for at := 0; ; {
		for {
			if k := min(left, w-at); left > 0 {
				r.saw(buf[at : at+k])
				at, left = at+k, left-k
				if left > 0 {
					break
				}
				if m.tick() {
					return nil
				}
			}
			n, size := 0, 0
			if n, size = serverHeader(buf[at:w]); n == 0 {
				break
			}
			at, left = at+n, size
		}
		w, at = copy(buf, buf[at:w]), 0
		n, err := r.Read(buf[w:])
		if err != nil {
			return err
		}
		w += n
	}
}

// serverHeader parses an unmasked header; n is 0 if it is incomplete.
func serverHeader(b []byte) (n, size int) {
	switch {
	case len(b) < 2:
	case b[1] == 127 && len(b) >= 10:
		return 10, int(binary.BigEndian.Uint64(b[2:]))
	case b[1] == 126 && len(b) >= 4:
		return 4, int(binary.BigEndian.Uint16(b[2:]))
	case b[1] < 126:
		return 2, int(b[1])
	}
	return 0, 0
}

// A rawReady sends a buffer of prepared frames per write.
type rawReady struct{ *raw }

func dialRawReady(c *cell) (session, error) {
	r, err := newRaw(c)
	return rawReady{r}, err
}

func (r rawReady) send(m *meter) error {
	n := max(1, bufferLen/len(r.frame))
	many := bytes.Repeat(r.frame, n)
	for {
		if _, err := r.Write(many); err != nil {
			return err
		}
		if m.add(n) {
			return nil
		}
	}
}

// A rawMask encodes every frame, with a key of its own, into a buffer that it
// writes when it is full. It masks 8 bytes at a time.
type rawMask struct{ *raw }

func dialRawMask(c *cell) (session, error) {
	r, err := newRaw(c)
	return rawMask{r}, err
}

func (r rawMask) send(m *meter) error {
	out := make([]byte, 0, bufferLen)
	for {
		p := m.payload()
		if cap(out)-len(out) < headerLen+len(p) {
			if _, err := r.Write(out); err != nil {
				return err
			}
			out = out[:0]
		}
		key := rand.Uint32()
		start := len(out)
		out = appendHeader(out, binaryFrame, len(p))
		out[start+1] |= 0x80
		out = binary.LittleEndian.AppendUint32(out, key)
		for len(p) > 0 {
			n := min(len(p), cap(out)-len(out))
			at := len(out)
			out = out[:at+n]
			xor(out[at:], p[:n], key)
			key = bits.RotateLeft32(key, -8*(n&3))
			if p = p[n:]; len(p) > 0 {
				if _, err := r.Write(out); err != nil {
					return err
				}
				out = out[:0]
			}
		}
		if m.tick() {
			_, err := r.Write(out)
			return err
		}
	}
}

// xor masks src into dst.
func xor(dst, src []byte, key uint32) {
	k := uint64(key)<<32 | uint64(key)
	for len(src) >= 8 && len(dst) >= 8 {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^k)
		dst, src = dst[8:], src[8:]
	}
	for i := range src {
		dst[i] = src[i] ^ byte(key>>(8*(i&3)))
	}
}
