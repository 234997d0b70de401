package protocol

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/curlew-ws/curlew/internal/wire"
)

// An Encoder writes our frames. For each of them the caller uses Check to learn
// whether it may be started, Start to write its header, and Payload to write its
// payload in any pieces.
type Encoder struct {
	left    int64 // of the open frame's payload, not yet written
	key     uint32
	Server  bool // frames are sent without a mask
	open    bool // a frame's payload is not complete
	message bool // a fragmented message is open
	closed  bool // our CLOSE was started
}

// Open reports whether a frame is open.
func (e *Encoder) Open() bool { return e.open }

// Left returns how many bytes of the open frame's payload remain to be written.
func (e *Encoder) Left() int64 { return e.left }

// Message reports whether a fragmented message is open.
func (e *Encoder) Message() bool { return e.message }

// Closed reports whether our CLOSE was started: no frame may follow it.
func (e *Encoder) Closed() bool { return e.closed }

// opcode returns the opcode for flags f as in libcurl's table. Inside a message
// the type does not matter: any data type, or none, continues the message.
func (e *Encoder) opcode(f Flags) (wire.Opcode, bool) {
	switch f &^ (Cont | Compressed) {
	case Text, Binary:
		if e.message {
			return wire.OpCont, true
		}
		if f&Text != 0 {
			return wire.OpText, true
		}
		return wire.OpBinary, true
	case 0:
		return wire.OpCont, e.message && f&Compressed == 0
	case Close:
		return wire.OpClose, f == Close
	case Ping:
		return wire.OpPing, f == Ping
	case Pong:
		return wire.OpPong, f == Pong
	}
	return 0, false
}

// Check returns why a frame with flags f and size bytes of payload may not be
// started now, or nil if it may.
func (e *Encoder) Check(f Flags, size int64) error {
	op, ok := e.opcode(f)
	if !ok {
		return e.flagsError(f)
	}
	if size < 0 {
		return fmt.Errorf("expected a frame length of 0 or more, got %d", size)
	}
	if op.Control() && size > wire.MaxControl {
		return fmt.Errorf("expected at most %d bytes in a %s frame, got %d", wire.MaxControl, op, size)
	}
	return nil
}

func (e *Encoder) flagsError(f Flags) error {
	switch {
	case f&Control != 0 && f&Cont != 0:
		return fmt.Errorf("expected a control frame without Cont, got flags %#x", uint32(f))
	case f&^Cont == 0:
		return fmt.Errorf("expected Text or Binary, since no message is open to continue; got flags %#x", uint32(f))
	}
	return fmt.Errorf("expected one of Text, Binary, Close, Ping, Pong, and Cont with the first two; got flags %#x", uint32(f))
}

// Start appends the header of a frame with flags f and size bytes of payload,
// which Check has accepted. The frame is open until size bytes are written; a
// frame without payload is never open. A server does not use key.
func (e *Encoder) Start(dst []byte, f Flags, size int64, key uint32) []byte {
	op, _ := e.opcode(f)
	h := wire.Header{Opcode: op, Fin: f&Cont == 0, Length: size, Masked: !e.Server}
	if f&Compressed != 0 && op != wire.OpCont {
		h.RSV = wire.RSV1
	}
	if h.Masked {
		h.Key, e.key = key, key
	}
	switch {
	case op == wire.OpClose:
		e.closed = true
	case !op.Control():
		e.message = !h.Fin
	}
	e.left, e.open = size, size > 0
	return h.Append(dst)
}

// Payload appends p, the next bytes of the open frame's payload, masked in the
// same pass. p has at most Left bytes.
func (e *Encoder) Payload(dst, p []byte) []byte {
	n := len(dst)
	e.left -= int64(len(p))
	e.open = e.left > 0
	if e.Server {
		return append(dst, p...)
	}
	if cap(dst)-n < len(p) {
		dst = append(dst, p...)
	}
	dst = dst[:n+len(p)]
	e.key = wire.Mask(dst[n:], p, e.key)
	return dst
}

// InPlace is Payload for a p that is masked where it is, and sent from there.
func (e *Encoder) InPlace(p []byte) {
	e.left -= int64(len(p))
	e.open = e.left > 0
	if !e.Server {
		e.key = wire.Mask(p, p, e.key)
	}
}

// Undo reverts InPlace for p, the end of what was masked last.
func (e *Encoder) Undo(p []byte) {
	e.left += int64(len(p))
	e.open = e.left > 0
	if !e.Server {
		e.key = bits.RotateLeft32(e.key, 8*(len(p)&3))
		wire.Mask(p, p, e.key)
	}
}

// Frame appends a whole frame with payload p.
func (e *Encoder) Frame(dst []byte, f Flags, p []byte, key uint32) []byte {
	return e.Payload(e.Start(dst, f, int64(len(p)), key), p)
}

// Keys draws masking keys: four unpredictable bytes per frame, RFC 6455 section
// 5.3, read from the system's random source in blocks.
type Keys struct {
	block [256]byte
	left  int
}

// Next returns a new key.
func (k *Keys) Next() uint32 {
	if k.left == 0 {
		rand.Read(k.block[:]) // never fails
		k.left = len(k.block)
	}
	k.left -= 4
	return binary.LittleEndian.Uint32(k.block[k.left:])
}
