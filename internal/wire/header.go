package wire

import "encoding/binary"

const (
	// MaxHeaderLen is the length of the longest header: one with a 64-bit length and a key.
	MaxHeaderLen = 14
	// MaxControl is the longest payload of a control frame, RFC 6455 section 5.5.
	MaxControl = 125
)

// Bits of a header's first two bytes.
const (
	finBit  = 0x80
	rsvBits = 0x70
	opBits  = 0x0F
	maskBit = 0x80
)

// The reserved bits, as Header.RSV holds them.
const (
	RSV1 byte = 0x40
	RSV2 byte = 0x20
	RSV3 byte = 0x10
)

// A Header is the header of one frame.
type Header struct {
	Length int64  // bytes of payload; negative if the header says 2^63 or more
	Key    uint32 // the masking key, its first byte the lowest; see Mask
	Opcode Opcode
	RSV    byte // RSV1, RSV2, RSV3, at their positions in the header's first byte
	Fin    bool
	Masked bool
}

// ParseHeader reads the header at the start of b and returns its length n.
// If b ends inside the header, n is 0 and h holds only what the first two bytes
// say, Length being their seven bits. If b has fewer than two, h is zero.
func ParseHeader(b []byte) (h Header, n int) {
	if len(b) < 2 {
		return Header{}, 0
	}
	h.Fin = b[0]&finBit != 0
	h.RSV = b[0] & rsvBits
	h.Opcode = Opcode(b[0] & opBits)
	h.Masked = b[1]&maskBit != 0
	h.Length = int64(b[1] &^ maskBit)
	n = 2
	switch h.Length {
	case 126:
		if len(b) < 4 {
			return h, 0
		}
		h.Length = int64(binary.BigEndian.Uint16(b[2:]))
		n = 4
	case 127:
		if len(b) < 10 {
			return h, 0
		}
		h.Length = int64(binary.BigEndian.Uint64(b[2:]))
		n = 10
	}
	if h.Masked {
		if len(b) < n+4 {
			h.Length = int64(b[1] &^ maskBit)
			return h, 0
		}
		h.Key = binary.LittleEndian.Uint32(b[n:])
		n += 4
	}
	return h, n
}

// Len returns the length of h in its shortest form, the only one that section 5.2 allows.
func (h Header) Len() int {
	n := 2
	switch {
	case h.Length > 0xFFFF:
		n = 10
	case h.Length > 125:
		n = 4
	}
	if h.Masked {
		n += 4
	}
	return n
}

// Append appends h to dst in its shortest form.
func (h Header) Append(dst []byte) []byte {
	first := byte(h.Opcode) | h.RSV
	if h.Fin {
		first |= finBit
	}
	var mask byte
	if h.Masked {
		mask = maskBit
	}
	switch {
	case h.Length > 0xFFFF:
		dst = append(dst, first, mask|127)
		dst = binary.BigEndian.AppendUint64(dst, uint64(h.Length))
	case h.Length > 125:
		dst = append(dst, first, mask|126, byte(h.Length>>8), byte(h.Length))
	default:
		dst = append(dst, first, mask|byte(h.Length))
	}
	if h.Masked {
		dst = binary.LittleEndian.AppendUint32(dst, h.Key)
	}
	return dst
}
