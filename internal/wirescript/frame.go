package wirescript

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/curlew-ws/curlew/internal/wire"
)

// A Frame is a FRAME of a script, to be sent or expected.
type Frame struct {
	Opcode   wire.Opcode
	More     bool // FIN is not set
	RSV      byte
	Flip     bool   // masked if it must not be, and unmasked if it must
	Form     int    // bytes of the extended length, 2 or 8; 0 for the shortest form
	Claims   bool   // the header has Length, not the payload's length
	Length   uint64 // used if Claims
	Cut      int    // bytes in each frame of a message; 0 means one frame
	Deflated bool   // the message is compressed
	Code     int    // of a CLOSE; NoCode if none was given
	Given    bool   // a payload, or a reason after Code, was given
	Payload  Items  // not including Code
}

// NoCode is the Code of a frame for which no close code was given.
const NoCode = -1

// types are the words for opcodes.
var types = map[string]wire.Opcode{
	"cont": wire.OpCont, "text": wire.OpText, "binary": wire.OpBinary,
	"close": wire.OpClose, "ping": wire.OpPing, "pong": wire.OpPong,
}

// opcode parses a type.
func opcode(w string) (wire.Opcode, error) {
	if op, ok := types[w]; ok {
		return op, nil
	}
	if n, ok := strings.CutPrefix(w, "op"); ok {
		if op, err := strconv.ParseUint(n, 10, 4); err == nil {
			return wire.Opcode(op), nil
		}
	}
	return 0, fmt.Errorf("expected text, binary, cont, close, ping, pong or op3 to op15, got %q", w)
}

// Frame parses FRAME. Some modifiers are only for a frame to be sent.
func (g *Grammar) Frame(words []string, sent bool) (f Frame, err error) {
	if len(words) == 0 {
		return f, errors.New("expected the type of a frame")
	}
	if f.Opcode, err = opcode(words[0]); err != nil {
		return f, err
	}
	words = words[1:]
	for len(words) > 0 {
		ok, err := f.modifier(words[0], sent, g.Messages)
		if err != nil {
			return f, err
		}
		if !ok {
			break
		}
		words = words[1:]
	}
	f.Code = NoCode
	if f.Opcode == wire.OpClose && len(words) > 0 {
		if n, err := strconv.ParseUint(words[0], 10, 16); err == nil {
			f.Code, words = int(n), words[1:]
		}
	}
	f.Given = len(words) > 0
	f.Payload, err = g.Items(words)
	return f, err
}

// modifier parses a modifier, and reports whether w is one.
func (f *Frame) modifier(w string, sent, messages bool) (ok bool, err error) {
	switch w {
	case "more":
		f.More = true
		return true, nil
	case "rsv1", "rsv2", "rsv3":
		f.RSV |= wire.RSV1 >> (w[3] - '1')
		return true, nil
	}
	name, value, _ := strings.Cut(w, "=")
	switch {
	case w == "flip":
		f.Flip = true
	case w == "len16":
		f.Form = 2
	case w == "len64":
		f.Form = 8
	case w == "deflated" && messages:
		f.Deflated = true
	case name == "cut" && messages:
		f.Cut, err = Number([]string{value})
	case name == "length":
		f.Claims = true
		f.Length, err = strconv.ParseUint(value, 10, 64)
	default:
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("expected a number in %s", w)
	}
	if !sent {
		return false, fmt.Errorf("%s is only for a frame to be sent", w)
	}
	return true, nil
}

// CodeBytes returns the close code as it stands in a payload, or nothing if none was given.
func (f *Frame) CodeBytes() []byte {
	if f.Code == NoCode {
		return nil
	}
	return binary.BigEndian.AppendUint16(nil, uint16(f.Code))
}

// Header returns the header of a frame with n bytes of payload. The mask and its key are not set.
func (f *Frame) Header(n int) wire.Header {
	return wire.Header{Opcode: f.Opcode, Fin: !f.More, RSV: f.RSV, Length: int64(n)}
}

// AppendHeader appends h as f is to be sent: with the length that f claims, in the form that f
// demands.
func (f *Frame) AppendHeader(b []byte, h wire.Header) []byte {
	n := uint64(h.Length)
	if f.Claims {
		n = f.Length
	}
	first, mask := byte(h.Opcode)|h.RSV, byte(0)
	if h.Fin {
		first |= 0x80
	}
	if h.Masked {
		mask = 0x80
	}
	switch {
	case f.Form == 8 || n > 0xFFFF:
		b = binary.BigEndian.AppendUint64(append(b, first, mask|127), n)
	case f.Form == 2 || n > 125:
		b = binary.BigEndian.AppendUint16(append(b, first, mask|126), uint16(n))
	default:
		b = append(b, first, mask|byte(n))
	}
	if !h.Masked {
		return b
	}
	return binary.LittleEndian.AppendUint32(b, h.Key)
}

// append appends the whole frame as it is sent.
func (f *Frame) append(b []byte, masked bool, key uint32) []byte {
	payload := append(f.CodeBytes(), f.Payload.Bytes(nil, nil)...)
	h := f.Header(len(payload))
	h.Masked, h.Key = masked != f.Flip, key
	b = f.AppendHeader(b, h)
	start := len(b)
	b = append(b, payload...)
	if h.Masked {
		wire.Mask(b[start:], b[start:], key)
	}
	return b
}

// matchHeader returns how a header differs from f's, or nil.
func (f *Frame) matchHeader(h wire.Header) error {
	if h.Opcode != f.Opcode || h.Fin == f.More || h.RSV != f.RSV {
		return errors.New("got another frame")
	}
	return nil
}

// matchPayload returns how a payload differs from f's, or nil. The code 1005 stands for an empty payload,
// RFC 6455 section 7.1.5.
func (f *Frame) matchPayload(got []byte) error {
	switch {
	case f.Code == wire.CloseNoStatus && len(got) > 0:
		return errors.New("got another code")
	case f.Code != NoCode && f.Code != wire.CloseNoStatus:
		code := f.CodeBytes()
		if !bytes.HasPrefix(got, code) {
			return errors.New("got another code")
		}
		got = got[len(code):]
	}
	want := f.Payload.Bytes(nil, nil)
	if !f.Given || bytes.Equal(got, want) {
		return nil
	}
	return Differ(want, got)
}

// Differ returns an error with the place where two different payloads begin to differ.
func Differ(want, got []byte) error {
	n := 0
	for n < len(want) && n < len(got) && want[n] == got[n] {
		n++
	}
	return fmt.Errorf("expected %d bytes, got %d, which differ from byte %d on", len(want), len(got), n)
}

// describe formats a frame in the words of scripts.
func describe(h wire.Header, payload []byte) string {
	name := fmt.Sprintf("op%d", h.Opcode)
	for word, op := range types {
		if op == h.Opcode {
			name = word
		}
	}
	words := []string{name}
	if !h.Fin {
		words = append(words, "more")
	}
	for i := range 3 {
		if h.RSV&(wire.RSV1>>i) != 0 {
			words = append(words, fmt.Sprint("rsv", i+1))
		}
	}
	if len(payload) >= 2 && h.Opcode == wire.OpClose {
		words = append(words, strconv.Itoa(int(binary.BigEndian.Uint16(payload))))
		payload = payload[2:]
	}
	return strings.Join(append(words, Show(payload)), " ")
}

// Show formats bytes as a string or in hexadecimal, and only the beginning if there are many.
func Show(b []byte) string {
	const most = 40
	cut, rest := b, ""
	if len(b) > most {
		cut, rest = b[:most], fmt.Sprintf(" and so on, %d bytes", len(b))
	}
	if s := strings.ToValidUTF8(string(cut), ""); utf8.Valid(b) && strings.IndexFunc(s, unicode.IsControl) < 0 {
		return strconv.Quote(s) + rest
	}
	return hex.EncodeToString(cut) + rest
}
