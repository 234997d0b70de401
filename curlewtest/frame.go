package curlewtest

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/curlew-ws/curlew/internal/wire"
)

// A frame is a frame of a script, to be sent or expected.
type frame struct {
	op      wire.Opcode
	more    bool // FIN is not set
	rsv     byte
	flip    bool   // wrongly masked
	form    int    // bytes of the length behind the seven bits: 2, 8, or 0 for the shortest
	length  uint64 // in place of the payload's, if claims
	claims  bool
	payload []byte
	given   bool // the payload, or with code the reason, was given
	code    int  // of a CLOSE; 0 if not given
}

// types are the words for opcodes.
var types = map[string]wire.Opcode{
	"cont": wire.OpCont, "text": wire.OpText, "binary": wire.OpBinary,
	"close": wire.OpClose, "ping": wire.OpPing, "pong": wire.OpPong,
}

// opcode reads a type.
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

// frame reads FRAME.
func (p *scriptParser) frame(words []string, sent bool) (f frame, err error) {
	if len(words) == 0 {
		return f, errors.New("expected the type of a frame")
	}
	if f.op, err = opcode(words[0]); err != nil {
		return f, err
	}
	words = words[1:]
	for len(words) > 0 {
		ok, err := f.modifier(words[0], sent)
		if err != nil {
			return f, err
		}
		if !ok {
			break
		}
		words = words[1:]
	}
	if f.op == wire.OpClose && len(words) > 0 {
		if n, err := strconv.ParseUint(words[0], 10, 16); err == nil {
			f.code, words = int(n), words[1:]
		}
	}
	f.given = len(words) > 0
	if f.payload, err = p.bytes(words); err == nil && sent {
		f.payload = slices.Concat(f.codeBytes(), f.payload)
	}
	return f, err
}

// modifier reads a modifier, and reports whether w is one.
func (f *frame) modifier(w string, sent bool) (bool, error) {
	switch w {
	case "more":
		f.more = true
		return true, nil
	case "rsv1", "rsv2", "rsv3":
		f.rsv |= wire.RSV1 >> (w[3] - '1')
		return true, nil
	}
	n, claims := strings.CutPrefix(w, "length=")
	var err error
	switch {
	case w == "flip":
		f.flip = true
	case w == "len16":
		f.form = 2
	case w == "len64":
		f.form = 8
	case claims:
		f.claims = true
		if f.length, err = strconv.ParseUint(n, 10, 64); err != nil {
			return false, fmt.Errorf("expected a number in %s", w)
		}
	default:
		return false, nil
	}
	if !sent {
		return false, fmt.Errorf("%s is for frames that are sent", w)
	}
	return true, nil
}

// codeBytes is the close code as it stands in a payload.
func (f *frame) codeBytes() []byte {
	if f.code == 0 || f.code == wire.CloseNoStatus {
		return nil
	}
	return binary.BigEndian.AppendUint16(nil, uint16(f.code))
}

// append appends the frame as it is sent.
func (f *frame) append(b []byte, masked bool, key uint32) []byte {
	masked = masked != f.flip
	first := byte(f.op) | f.rsv
	if !f.more {
		first |= 0x80
	}
	var bit byte
	if masked {
		bit = 0x80
	}
	n := uint64(len(f.payload))
	if f.claims {
		n = f.length
	}
	switch {
	case f.form == 8 || n > 0xFFFF:
		b = binary.BigEndian.AppendUint64(append(b, first, bit|127), n)
	case f.form == 2 || n > 125:
		b = binary.BigEndian.AppendUint16(append(b, first, bit|126), uint16(n))
	default:
		b = append(b, first, bit|byte(n))
	}
	if !masked {
		return append(b, f.payload...)
	}
	b = binary.LittleEndian.AppendUint32(b, key)
	start := len(b)
	b = append(b, f.payload...)
	wire.Mask(b[start:], b[start:], key)
	return b
}

// matchHeader says what is wrong with a header, in the words of scripts.
func (f *frame) matchHeader(h wire.Header) error {
	if h.Opcode != f.op || h.Fin == f.more || h.RSV != f.rsv {
		return errors.New("got another frame")
	}
	return nil
}

// matchPayload says what is wrong with a payload.
func (f *frame) matchPayload(got []byte) error {
	want := f.payload
	if f.code != 0 {
		code := f.codeBytes()
		if !bytes.HasPrefix(got, code) || f.code == wire.CloseNoStatus && len(got) > 0 {
			return errors.New("got another code")
		}
		got = got[len(code):]
	}
	if !f.given || bytes.Equal(got, want) {
		return nil
	}
	return differ(want, got)
}

// differ says where two different payloads begin to differ.
func differ(want, got []byte) error {
	n := 0
	for n < len(want) && n < len(got) && want[n] == got[n] {
		n++
	}
	return fmt.Errorf("expected %d bytes, got %d, which differ from byte %d on", len(want), len(got), n)
}

// describe shows a frame in the words of scripts.
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
	return strings.Join(append(words, show(payload)), " ")
}

// show shows bytes as a string or in hexadecimal, the beginning of them if
// they are many.
func show(b []byte) string {
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
