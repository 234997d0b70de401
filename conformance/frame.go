package conformance

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/curlew-ws/curlew/internal/protocol"
	"github.com/curlew-ws/curlew/internal/wire"
)

// A frame is what a case sends or expects: one frame or, with cut, a message.
type frame struct {
	header   wire.Header // without Length, Key and Masked
	length   uint64      // what the header says, if it is not what the payload has
	form     int         // bytes of the length, 2 or 8; 0: as few as it needs
	flip     bool        // masked if it must not be, and the other way round
	cut      int         // bytes in a frame; 0 is no limit
	deflated bool
	payload  items
}

// items are the pieces of a payload.
type items []item

// An item is size bytes of pattern, again and again, or of a data set.
type item struct {
	pattern []byte
	size    int
	set     string
}

// opcodes are the types of frames by their names.
var opcodes = map[string]wire.Opcode{
	"cont": wire.OpCont, "text": wire.OpText, "binary": wire.OpBinary,
	"close": wire.OpClose, "ping": wire.OpPing, "pong": wire.OpPong,
}

// parseFrame reads FRAME.
func parseFrame(words []string) (f frame, err error) {
	if len(words) == 0 {
		return f, errors.New("expected a frame")
	}
	if f.header.Opcode, err = parseOpcode(words[0]); err != nil {
		return f, err
	}
	f.header.Fin = true
	words = words[1:]
	for len(words) > 0 && f.modifier(words[0]) {
		words = words[1:]
	}
	if f.header.Opcode == wire.OpClose && len(words) > 0 {
		if code, err := strconv.ParseUint(words[0], 10, 16); err == nil {
			f.payload = items{{pattern: []byte{byte(code >> 8), byte(code)}, size: 2}}
			words = words[1:]
		}
	}
	rest, err := parseItems(words)
	f.payload = append(f.payload, rest...)
	return f, err
}

func parseOpcode(name string) (wire.Opcode, error) {
	if op, ok := opcodes[name]; ok {
		return op, nil
	}
	if digits, ok := strings.CutPrefix(name, "op"); ok {
		if n, err := strconv.ParseUint(digits, 10, 4); err == nil {
			return wire.Opcode(n), nil
		}
	}
	return 0, fmt.Errorf("expected the type of a frame, got %q", name)
}

// modifier takes a word that is a modifier.
func (f *frame) modifier(word string) (ok bool) {
	var err error
	cut, isCut := strings.CutPrefix(word, "cut=")
	length, isLength := strings.CutPrefix(word, "length=")
	switch {
	case word == "more":
		f.header.Fin = false
	case word == "rsv1":
		f.header.RSV |= wire.RSV1
	case word == "rsv2":
		f.header.RSV |= wire.RSV2
	case word == "rsv3":
		f.header.RSV |= wire.RSV3
	case word == "flip":
		f.flip = true
	case word == "len16":
		f.form = 2
	case word == "len64":
		f.form = 8
	case word == "deflated":
		f.deflated = true
	case isCut:
		f.cut, err = strconv.Atoi(cut)
	case isLength:
		f.length, err = strconv.ParseUint(length, 10, 64)
	default:
		return false
	}
	return err == nil
}

// appendHeader appends h with its length in form bytes.
func appendHeader(dst []byte, h wire.Header, form int) []byte {
	length := uint64(h.Length)
	if form > 0 {
		h.Length = 0
	}
	n := len(dst)
	dst = h.Append(dst)
	var field [8]byte
	binary.BigEndian.PutUint64(field[:], length)
	switch form {
	case 2:
		dst[n+1] |= 126
	case 8:
		dst[n+1] |= 127
	}
	return slices.Insert(dst, n+2, field[8-form:]...)
}

// parseItems reads BYTES.
func parseItems(words []string) (all items, err error) {
	for _, w := range words {
		i, err := parseItem(w)
		if err != nil {
			return nil, err
		}
		all = append(all, i)
	}
	return all, nil
}

func parseItem(w string) (i item, err error) {
	if w[0] == '"' {
		s, err := strconv.Unquote(w)
		return item{pattern: []byte(s), size: len(s)}, err
	}
	if size, set, ok := strings.Cut(w, "@"); ok {
		i.set = set
		if _, ok := sets[set]; !ok {
			return i, fmt.Errorf("expected the name of a data set, got %q", set)
		}
		i.size, err = number([]string{size})
		return i, err
	}
	size, rest, ok := strings.Cut(w, ":")
	if ok {
		if i, err = parseItem(rest); err == nil && len(i.pattern) > 0 {
			i.size, err = number([]string{size})
		}
		return i, err
	}
	i.pattern, err = hex.DecodeString(w)
	if err != nil {
		return i, fmt.Errorf(`expected "text", two hexadecimal digits a byte, N:item or N@set, got %q`, w)
	}
	i.size = len(i.pattern)
	return i, nil
}

// splitWords splits a line at spaces outside quotes.
func splitWords(line string) (words []string, err error) {
	for line = strings.TrimLeft(line, " "); line != ""; line = strings.TrimLeft(line, " ") {
		n := 0
		for n < len(line) && line[n] != ' ' {
			if line[n] != '"' {
				n++
				continue
			}
			quoted, err := strconv.QuotedPrefix(line[n:])
			if err != nil {
				return nil, fmt.Errorf("expected a string as in Go, got %s", line[n:])
			}
			n += len(quoted)
		}
		words, line = append(words, line[:n]), line[n:]
	}
	return words, nil
}

// bytes makes the payload. The windows into data sets are those of turn; scale
// says how long an item of a size is to be.
func (all items) bytes(turn int, scale func(int) int) []byte {
	var b []byte
	for _, i := range all {
		if i.set != "" {
			b = append(b, sets[i.set]().window(turn, i.size)...)
			continue
		}
		end := len(b) + scale(i.size)
		for len(b) < end {
			b = append(b, i.pattern[:min(len(i.pattern), end-len(b))]...)
		}
	}
	return b
}

// event is what the peer's echo of f is.
func (f frame) event(payload []byte) event {
	e := event{data: payload}
	switch f.header.Opcode {
	case wire.OpText:
		e.flags = protocol.Text
	case wire.OpBinary:
		e.flags = protocol.Binary
	case wire.OpPing, wire.OpPong:
		e.flags = protocol.Pong
	}
	return e
}
