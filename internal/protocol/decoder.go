package protocol

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/curlew-ws/curlew/internal/wire"
)

// An Error is a breach of the protocol, or of a limit, by the peer.
type Error struct {
	Code   int   // the close code that reports it to the peer
	Offset int64 // position in the stream of the invalid header, CLOSE payload or byte of text
	Err    error
}

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// A Limit is the cause of an Error for what exceeds one of Limits.
type Limit struct {
	Name  string // the option that sets it
	Limit int64  // its value
	What  string // what is counted
}

func (e *Limit) Error() string {
	return fmt.Sprintf("%s exceeds %s (%d)", e.What, e.Name, e.Limit)
}

// Limits bound what a Decoder accepts. 0 is no limit.
type Limits struct {
	Frame     int64 // bytes of a frame's payload
	Message   int64 // bytes of a message's payload; a compressed one may be longer, see wireLimit
	Fragments int   // frames of a message
}

// A Decoder reads the peer's frames, one after another. The caller passes bytes
// to Header until it has read a header. Then it passes that frame's payload to
// Payload, in any pieces, until Left is 0 and the frame ends. The whole payload
// of a control frame goes to Control first.
type Decoder struct {
	Limits     Limits
	Server     bool // the peer is a client, whose frames are masked
	Compressed bool // permessage-deflate is agreed: RSV1 is allowed on a message's first frame
	NoUTF8     bool // text is not checked

	open    bool // between Header and the frame's end
	fin     bool
	check   bool      // the open frame's payload must be valid UTF-8
	text    Validator // of the open message
	key     uint32
	flags   Flags // of the open frame
	message Flags // type of the open message and Compressed, 0 if none is open
	length  int64 // of the open frame's payload
	left    int64 // of length, not yet received

	size      int64 // of the open message on the wire, up to and including the open frame
	fragments int

	offset int64 // position in the stream of the next byte
	err    error
}

// Open reports whether a frame is open: its header was read, its end was not.
func (d *Decoder) Open() bool { return d.open }

// Left returns how many bytes of the open frame's payload remain.
func (d *Decoder) Left() int64 { return d.left }

// Flags returns the flags of the open frame.
func (d *Decoder) Flags() Flags { return d.flags }

// Peek returns what Payload would return for a piece of no bytes.
func (d *Decoder) Peek() Meta {
	return Meta{Flags: d.flags, Offset: d.length - d.left, BytesLeft: d.left}
}

// Message returns the type of the open message, 0 if none is. A message is open
// from its first header to its end, also between its frames.
func (d *Decoder) Message() Flags { return d.message }

// Err returns the error that every further call returns, nil if there is none.
// After a chunk that Payload cut short it is the reason.
func (d *Decoder) Err() error { return d.err }

// Offset returns the position in the stream of the next byte.
func (d *Decoder) Offset() int64 { return d.offset }

// Header reads the next frame's header at the start of b and returns its
// length. The length is 0 if b ends inside the header. No frame may be open.
func (d *Decoder) Header(b []byte) (n int, err error) {
	if d.err != nil {
		return 0, d.err
	}
	h, n := wire.ParseHeader(b)
	if len(b) < 2 {
		return 0, nil
	}
	if err := d.checkStart(h); err != nil {
		return 0, d.fail(wire.CloseProtocolError, 0, err)
	}
	if n == 0 {
		return 0, nil
	}
	if h.Length < 0 || n != h.Len() {
		return 0, d.fail(wire.CloseProtocolError, 0, lengthError(h, n))
	}
	if h.Opcode.Control() {
		d.begin(flagsOf[h.Opcode], h)
		d.offset += int64(n)
		return n, nil
	}
	if err := d.beginData(h); err != nil {
		return 0, err
	}
	d.offset += int64(n)
	return n, nil
}

// Whole is the fast path for the most frequent input: a whole message in one
// frame, without mask, compression or limits. If b begins with one of at most
// room bytes, Whole consumes it: its payload is b[from:to], its type flags.
// Otherwise to is 0, nothing is consumed, and Header must read b.
func (d *Decoder) Whole(b []byte, room int) (flags Flags, from, to int) {
	if len(b) < 4 || d.message != 0 || d.open || d.Server || d.err != nil || d.Limits != (Limits{}) {
		return 0, 0, 0
	}
	switch b[0] {
	case finBit | byte(wire.OpText):
		flags = Text
	case finBit | byte(wire.OpBinary):
		flags = Binary
	default:
		return 0, 0, 0
	}
	n := int(b[1])
	from = 2
	if n == 126 {
		n, from = int(b[2])<<8|int(b[3]), 4
	}
	to = from + n
	if b[1] > 126 || n < 126 && from == 4 || n > room || to > len(b) || flags == Text && !d.NoUTF8 && !utf8.Valid(b[from:to]) {
		return 0, 0, 0
	}
	d.offset += int64(to)
	return flags, from, to
}

const finBit = 0x80

// begin opens the frame with header h and flags f.
func (d *Decoder) begin(f Flags, h wire.Header) {
	d.flags, d.length, d.left = f, h.Length, h.Length
	d.key, d.fin, d.open, d.check = h.Key, h.Fin, true, false
}

// checkStart checks what the first two bytes of a header say, RFC 6455
// section 5.2. So an invalid frame is refused before its whole header arrives.
func (d *Decoder) checkStart(h wire.Header) error {
	if h.Masked != d.Server {
		if d.Server {
			return fmt.Errorf("expected a masked frame from a client, got %s without a mask", h.Opcode)
		}
		return fmt.Errorf("expected a frame without a mask from a server, got %s with one", h.Opcode)
	}
	if h.RSV != 0 && !(h.RSV == wire.RSV1 && d.Compressed && (h.Opcode == wire.OpText || h.Opcode == wire.OpBinary)) {
		return fmt.Errorf("expected reserved bits of 000, got %03b on %s", h.RSV>>4, h.Opcode)
	}
	if h.Opcode.Reserved() {
		return fmt.Errorf("expected an opcode of RFC 6455, got %d", int(h.Opcode))
	}
	if h.Opcode.Control() {
		return checkControl(h)
	}
	if h.Opcode == wire.OpCont && d.message == 0 {
		return errors.New("expected the start of a message, got a continuation frame with no message open")
	}
	if h.Opcode != wire.OpCont && d.message != 0 {
		return fmt.Errorf("expected a continuation of the open message, got %s", h.Opcode)
	}
	return nil
}

func checkControl(h wire.Header) error {
	if !h.Fin {
		return fmt.Errorf("expected a control frame in one piece, got a fragment of %s", h.Opcode)
	}
	if h.Length > wire.MaxControl {
		return fmt.Errorf("expected at most %d bytes in a control frame, got %s with more", wire.MaxControl, h.Opcode)
	}
	return nil
}

func lengthError(h wire.Header, n int) error {
	if h.Length < 0 {
		return fmt.Errorf("expected a frame shorter than 2^63 bytes, got one of %d", uint64(h.Length))
	}
	return fmt.Errorf("expected the length %d in its shortest form, got a header of %d bytes", h.Length, n)
}

// beginData opens the data frame with header h.
func (d *Decoder) beginData(h wire.Header) error {
	if d.message == 0 {
		d.message = flagsOf[h.Opcode]
		if h.RSV != 0 {
			d.message |= Compressed
		}
		d.size, d.fragments, d.text = 0, 0, Validator{}
	}
	if err := d.checkLimits(h); err != nil {
		return d.fail(wire.CloseTooBig, 0, err)
	}
	f := d.message
	if !h.Fin {
		f |= Cont
	}
	check := d.message == Text && !d.NoUTF8
	if check && h.Fin && h.Length == 0 && !d.text.Complete() {
		return d.fail(wire.CloseInvalidData, 0, errCutRune)
	}
	d.begin(f, h)
	d.check = check
	return nil
}

// checkLimits counts the data frame with header h, and checks the limits.
func (d *Decoder) checkLimits(h wire.Header) error {
	l := &d.Limits
	d.fragments++
	if l.Fragments > 0 && d.fragments > l.Fragments {
		return &Limit{"MaxFragments", int64(l.Fragments), "number of fragments"}
	}
	if l.Frame > 0 && h.Length > l.Frame {
		return &Limit{"MaxFrame", l.Frame, "frame length"}
	}
	if l.Message > 0 && h.Length > d.wireLimit(l.Message)-d.size {
		return &Limit{"MaxMessage", l.Message, "message length"}
	}
	d.size = min(d.size, 1<<63-1-h.Length) + h.Length
	return nil
}

// wireLimit returns how long the open message may be on the wire if its content
// may have limit bytes.
func (d *Decoder) wireLimit(limit int64) int64 {
	if d.message&Compressed == 0 {
		return limit
	}
	return min(limit, 1<<62) + limit/8 + 1024 // no useful compression adds more
}

// Exceeds reports whether the open message, up to and including the open
// frame, is longer on the wire than a message with limit bytes of content may be.
func (d *Decoder) Exceeds(limit int64) bool { return d.size > d.wireLimit(limit) }

var errCutRune = errors.New("expected a text message in UTF-8, got one that ends inside a character")

// Payload copies src, the next bytes of the open frame's payload and nothing
// after it, to dst, unmasked. dst may be src. It returns what they are. If text
// stops being UTF-8, the chunk ends before the first invalid byte, and the next
// call and Err return the error. If its first byte is invalid, Payload returns
// the error at once.
func (d *Decoder) Payload(dst, src []byte) (m Meta, err error) {
	if d.err != nil {
		return Meta{}, d.err
	}
	n := len(src)
	if d.key != 0 {
		d.key = wire.Mask(dst, src, d.key)
	} else {
		copy(dst, src)
	}
	if d.check {
		if n, err = d.validate(dst[:n]); n == 0 && err != nil {
			return Meta{}, err
		}
	}
	return d.Pass(n), nil
}

// Plain reports whether the decoder need not see the open frame's payload:
// there is nothing to unmask, check or inflate, and Pass may be called.
func (d *Decoder) Plain() bool {
	return d.open && d.err == nil && d.key == 0 && !d.check && d.flags&(Control|Compressed) == 0
}

// Pass is Payload for n bytes that the decoder does not see.
func (d *Decoder) Pass(n int) Meta {
	m := Meta{Flags: d.flags, Offset: d.length - d.left, Len: n}
	d.left -= int64(n)
	m.BytesLeft = d.left
	d.offset += int64(n)
	if d.left == 0 {
		d.end()
	}
	return m
}

// validate checks that p continues the open text message, and returns how many
// of its bytes are valid. If a message ends inside a rune, its last byte is not.
func (d *Decoder) validate(p []byte) (valid int, err error) {
	valid = d.text.Feed(p)
	if valid < len(p) {
		return valid, d.fail(wire.CloseInvalidData, valid, fmt.Errorf("expected text in UTF-8, got the byte %#02x", p[valid]))
	}
	if d.fin && d.left == int64(len(p)) && !d.text.Complete() {
		valid = max(0, len(p)-1)
		return valid, d.fail(wire.CloseInvalidData, valid, errCutRune)
	}
	return valid, nil
}

// end closes the open frame, and with its last frame the message.
func (d *Decoder) end() {
	d.open = false
	if d.fin && d.flags&Control == 0 {
		d.message = 0
	}
}

// Control unmasks p, the whole payload of the open control frame, in place. It
// checks the payload of a CLOSE. The frame stays open: the caller passes the
// payload to Payload, or ends the frame with Skip.
func (d *Decoder) Control(p []byte) error {
	if d.err != nil {
		return d.err
	}
	if d.key != 0 {
		wire.Mask(p, p, d.key)
		d.key = 0
	}
	if d.flags != Close {
		return nil
	}
	if _, _, err := wire.ParseClose(p); err != nil {
		code := wire.CloseProtocolError
		if errors.Is(err, wire.ErrCloseReason) {
			code = wire.CloseInvalidData
		}
		return d.fail(code, 0, err)
	}
	return nil
}

// Skip ends the open control frame, whose whole payload the caller has dropped.
// There is no Skip for data: what is dropped of it must go through Payload, for
// text is still checked.
func (d *Decoder) Skip() {
	d.offset += d.left
	d.left = 0
	d.end()
}

// Fail makes every further call return err, to be reported to the peer as code.
func (d *Decoder) Fail(code int, err error) error { return d.fail(code, 0, err) }

func (d *Decoder) fail(code, skip int, err error) error {
	d.err = &Error{Code: code, Offset: d.offset + int64(skip), Err: err}
	return d.err
}
