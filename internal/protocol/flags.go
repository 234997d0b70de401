// Package protocol is the state of a WebSocket session without its I/O: the
// Decoder reads frames from bytes that its caller received, the Encoder writes
// frames into bytes that its caller will send, and Replies is the one link
// between the two, the control frames that receiving obliges us to send.
//
// # Invariants
//
//   - The two halves share nothing. A Decoder belongs to the receiver, an
//     Encoder and Replies to whoever holds the send side.
//   - Nothing here blocks, reads a clock, or owns payload: payload is
//     looked at in the caller's memory and left there. Nothing is allocated
//     but errors and, under a flood of PINGs, the queue of replies.
//   - Whatever pieces the bytes arrive in, the frames, flags and payload
//     handed on, and the place of the first error, are the same.
//   - A Decoder that found an error returns that error for ever.
//
// The decoder looks at the receive buffer of its caller and says how much of
// it is spent:
//
//	        Header      Payload               Header
//	          |            |                    |
//	----------+------------+--------------------+-----
//	... spent | 2..14 B    | left bytes, pieces | next frame ...
//	----------+------------+--------------------+-----
//	                       ^ offset: position in the stream, for errors
package protocol

import "github.com/curlew-ws/curlew/internal/wire"

// Flags say what a frame is, with libcurl's bits.
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

	// Compressed marks a message that permessage-deflate wrote.
	Compressed Flags = 1 << 8
)

// Control are the flags of which one makes a frame a control frame.
const Control = Close | Ping | Pong

// Data are the flags of which one makes a frame part of a message.
const Data = Text | Binary

// flagsOf gives the flag of an opcode that starts something.
var flagsOf = [16]Flags{
	wire.OpText: Text, wire.OpBinary: Binary,
	wire.OpClose: Close, wire.OpPing: Ping, wire.OpPong: Pong,
}

// A Meta says what a chunk is. It is curlew.Meta in this package's terms.
type Meta struct {
	Flags     Flags
	Offset    int64 // of the chunk in its frame's payload
	BytesLeft int64 // of the frame behind the chunk
	Len       int   // of the chunk
}
