// Package protocol is the state of a WebSocket session without its I/O. The
// Decoder reads frames from bytes that its caller has received. The Encoder
// writes frames into bytes that its caller will send. Replies, the control
// frames that receiving obliges us to send, are the only link between the two.
//
// # Invariants
//
//   - The two halves share nothing. A Decoder belongs to the receive side, an
//     Encoder and Replies to the send side.
//   - Nothing here blocks, reads a clock, or owns payload. Payload stays in the
//     caller's memory. The only allocations are errors and, under a flood of
//     PINGs, the queue of replies.
//   - The frames, flags and payload returned, and the offset of the first
//     error, do not depend on the pieces in which the bytes arrive.
//   - After its first error a Decoder returns only that error.
//
// The decoder reads the receive buffer of its caller and returns how much of it
// is spent:
//
//	        Header      Payload               Header
//	          |            |                    |
//	----------+------------+--------------------+-----
//	... spent | 2..14 B    | left bytes, pieces | next frame ...
//	----------+------------+--------------------+-----
//	                       ^ offset: position in the stream, for errors
package protocol

import "github.com/curlew-ws/curlew/internal/wire"

// Flags say what a frame is. The bits are libcurl's.
type Flags uint32

// The bits of Flags, as CURLWS_TEXT and so on.
const (
	Text Flags = 1 << iota
	Binary
	Cont // more fragments of this message follow
	Close
	Ping
	_ // CURLWS_OFFSET, which StartFrame replaces
	Pong

	// Compressed marks a message compressed by permessage-deflate.
	Compressed Flags = 1 << 8
)

// Control is the set of flags that mark a control frame.
const Control = Close | Ping | Pong

// Data is the set of flags that mark a frame of a message.
const Data = Text | Binary

// flagsOf maps an opcode to its flag; continuation has none.
var flagsOf = [16]Flags{
	wire.OpText: Text, wire.OpBinary: Binary,
	wire.OpClose: Close, wire.OpPing: Ping, wire.OpPong: Pong,
}

// A Meta says what a chunk is. It is curlew.Meta in this package's terms.
type Meta struct {
	Flags     Flags
	Offset    int64 // of the chunk in its frame's payload
	BytesLeft int64 // of the frame's payload after the chunk
	Len       int   // of the chunk
}
