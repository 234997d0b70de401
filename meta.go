package curlew

import (
	"github.com/curlew-ws/curlew/internal/protocol"
	"github.com/curlew-ws/curlew/internal/wire"
)

// Flags say what a frame is. The bits are those of libcurl's CURLWS_TEXT,
// CURLWS_BINARY, CURLWS_CONT, CURLWS_CLOSE, CURLWS_PING and CURLWS_PONG.
//
// Received, exactly one of Text, Binary, Close, Ping and Pong is set; every
// fragment of a message repeats the message's type. Sent, see [Conn.Send].
type Flags uint32

// The bits of Flags.
const (
	Text   Flags = 1 << iota // a text message, RFC 6455 section 5.6: UTF-8
	Binary                   // a binary message
	Cont                     // with Text or Binary: more fragments of the message follow this frame
	Close                    // a CLOSE frame, section 5.5.1
	Ping                     // a PING frame, section 5.5.2
	_                        // CURLWS_OFFSET: use Conn.StartFrame
	Pong                     // a PONG frame, section 5.5.3
)

// Compressed marks what permessage-deflate (RFC 7692) wrote. Received: the
// chunk was inflated. Sent with [Conn.Send]: deflate this message, if the
// extension was negotiated; the deflated message is built in memory. A message
// of one frame that does not get shorter goes out uncompressed, and comes without
// the flag. StartFrame refuses it. libcurl has no such flag.
const Compressed Flags = 1 << 8

const (
	control = Close | Ping | Pong
	data    = Text | Binary
)

// Meta describes one chunk: a part of one frame's payload, never of two. It is
// libcurl's struct curl_ws_frame.
//
// Uncompressed, Offset+Len+BytesLeft is the length of the frame's payload. A
// compressed message counts as one frame of inflated bytes, whose length is not
// known before its end: all chunks but the last have Cont set and a BytesLeft
// of -1, and an end that was not known in time comes as an empty last chunk.
type Meta struct {
	Flags     Flags // of the frame
	Offset    int64 // where in the frame's payload the chunk begins
	BytesLeft int64 // how many bytes of the frame's payload follow it
	Len       int   // how many bytes it has
}

// FrameEnd reports whether the chunk is the last of its frame.
func (m Meta) FrameEnd() bool { return m.BytesLeft == 0 }

// MessageEnd reports whether the chunk is the last of its message. It is false
// for chunks of control frames, which may come between a message's fragments.
func (m Meta) MessageEnd() bool { return m.BytesLeft == 0 && m.Flags&(control|Cont) == 0 }

func metaOf(m protocol.Meta) Meta {
	return Meta{Flags: Flags(m.Flags), Offset: m.Offset, BytesLeft: m.BytesLeft, Len: m.Len}
}

// Close codes by the names of RFC 6455 section 7.4.1 and its registry.
// CloseNoStatus stands for a CLOSE without a code, CloseAbnormal for none at
// all; these two and CloseTLS are never sent.
const (
	CloseNormal          = wire.CloseNormal          // 1000
	CloseGoingAway       = wire.CloseGoingAway       // 1001
	CloseProtocolError   = wire.CloseProtocolError   // 1002
	CloseUnsupportedData = wire.CloseUnsupportedData // 1003
	CloseNoStatus        = wire.CloseNoStatus        // 1005
	CloseAbnormal        = wire.CloseAbnormal        // 1006
	CloseInvalidData     = wire.CloseInvalidData     // 1007
	ClosePolicy          = wire.ClosePolicy          // 1008
	CloseTooBig          = wire.CloseTooBig          // 1009
	CloseMandatoryExt    = wire.CloseMandatoryExt    // 1010
	CloseInternal        = wire.CloseInternal        // 1011
	CloseServiceRestart  = wire.CloseServiceRestart  // 1012
	CloseTryAgain        = wire.CloseTryAgain        // 1013
	CloseBadGateway      = wire.CloseBadGateway      // 1014
	CloseTLS             = wire.CloseTLS             // 1015
)

// AppendClose appends the payload of a CLOSE frame to dst, for Send(Close, p)
// of those who answer CLOSE themselves (NoAutoClose): two bytes of code and the
// reason, which is cut, at a character, to the 123 bytes that fit. A code of
// [CloseNoStatus] gives no payload. RFC 6455 section 5.5.1.
func AppendClose(dst []byte, code int, reason string) []byte {
	return wire.AppendClose(dst, code, reason)
}

// ParseClose reads the payload of a CLOSE frame. An empty payload is
// [CloseNoStatus]. It fails for a payload of one byte, for a code that may not
// be sent, and for a reason that is not UTF-8; a CLOSE chunk that curlew
// delivers whole never fails.
func ParseClose(p []byte) (code int, reason string, err error) { return wire.ParseClose(p) }
