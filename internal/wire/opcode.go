// Package wire holds the pure functions of RFC 6455's framing: the header of a
// frame, masking, and the payload of a CLOSE frame. It looks at one frame at a
// time and keeps no state. Which frames may follow each other is decided in
// package protocol.
//
// The verbs are the same for every part of a frame: Parse reads it from the
// start of a byte slice, Append writes it to the end of one, and Len returns its
// length.
//
//	 0               1               2               3
//	+-+-+-+-+-------+-+-------------+-------------------------------+
//	|F|R|R|R|opcode |M| length (7)  | length (16, or 64)            |
//	|I|S|S|S|  (4)  |A|             | if the 7 bits say 126, or 127 |
//	|N|V|V|V|       |S|             |                               |
//	| |1|2|3|       |K|             | key (32) if MASK is set       |
//	+-+-+-+-+-------+-+-------------+-------------------------------+
package wire

import "strconv"

// Opcode is the type of a frame, RFC 6455 section 5.2.
type Opcode byte

// The opcodes that RFC 6455 defines.
const (
	OpCont   Opcode = 0x0
	OpText   Opcode = 0x1
	OpBinary Opcode = 0x2
	OpClose  Opcode = 0x8
	OpPing   Opcode = 0x9
	OpPong   Opcode = 0xA
)

// Control reports whether o has the control bit, section 5.5.
func (o Opcode) Control() bool { return o&0x8 != 0 }

// Reserved reports whether o is reserved: RFC 6455 does not define it, section 5.2.
func (o Opcode) Reserved() bool { return o&0x7 > 2 }

func (o Opcode) String() string {
	switch o {
	case OpCont:
		return "CONT"
	case OpText:
		return "TEXT"
	case OpBinary:
		return "BINARY"
	case OpClose:
		return "CLOSE"
	case OpPing:
		return "PING"
	case OpPong:
		return "PONG"
	}
	return "opcode " + strconv.Itoa(int(o))
}
