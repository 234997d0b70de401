package protocol

import (
	"math"
	"unicode/utf8"

	"github.com/curlew-ws/curlew/internal/wire"
)

// begun holds the proper prefixes of every rune's encoding.
var begun = func() map[string]bool {
	all := map[string]bool{}
	for r := range rune(utf8.MaxRune + 1) {
		if utf8.ValidRune(r) {
			for s := string(r); len(s) > 1; all[s] = true {
				s = s[:len(s)-1]
			}
		}
	}
	return all
}()

// goodText returns how many bytes of p are a prefix of some valid text, and
// whether the text may end there.
func goodText(p []byte) (good int, complete bool) {
	for good < len(p) {
		r, n := utf8.DecodeRune(p[good:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		good += n
	}
	end := good
	for end < len(p) && begun[string(p[good:end+1])] {
		end++
	}
	return end, end == good
}

// A seen frame is what a stream has of one frame.
type seen struct {
	fin, masked bool
	rsv, op     byte
	seven       byte   // the first seven bits of the length
	header      int    // length of the header, 0 if the stream ends inside it
	length      uint64 // of the payload
	payload     []byte // as much of it as the stream has
}

func see(b []byte) seen {
	f := seen{fin: b[0]>>7 == 1, rsv: b[0] >> 4 & 7, op: b[0] & 15, masked: b[1]>>7 == 1, seven: b[1] & 127}
	lengthEnd := map[byte]int{126: 4, 127: 10}[f.seven]
	if lengthEnd == 0 {
		lengthEnd, f.length = 2, uint64(f.seven)
	}
	end := lengthEnd
	if f.masked {
		end += 4
	}
	if len(b) < end {
		return f
	}
	f.header = end
	for _, c := range b[2:lengthEnd] {
		f.length = f.length<<8 | uint64(c)
	}
	for i := end; i < len(b) && uint64(i-end) < f.length; i++ {
		c := b[i]
		if f.masked {
			c ^= b[lengthEnd+(i-end)%4]
		}
		f.payload = append(f.payload, c)
	}
	return f
}

func (f seen) control() bool { return f.op >= 8 }
func (f seen) whole() bool   { return f.header > 0 && uint64(len(f.payload)) == f.length }

// startFault reports whether the first two bytes are wrong for d's peer, inside
// a message or not.
func (f seen) startFault(d Decoder, inside bool) bool {
	switch f.op {
	case 0:
		return f.masked != d.Server || f.rsv != 0 || !inside
	case 1, 2:
		return f.masked != d.Server || f.rsv != 0 && !(f.rsv == 4 && d.Compressed) || inside
	case 8, 9, 10:
		return f.masked != d.Server || f.rsv != 0 || !f.fin || f.seven > 125
	}
	return true
}

func (f seen) lengthFault() bool {
	return f.length > math.MaxInt64 || f.seven == 126 && f.length < 126 || f.seven == 127 && f.length < 65536
}

// closeFault returns the code that answers an invalid CLOSE, or 0.
func (f seen) closeFault() int {
	if f.op != 8 || len(f.payload) == 0 {
		return 0
	}
	if len(f.payload) == 1 || !wire.ValidCloseCode(int(f.payload[0])<<8|int(f.payload[1])) {
		return 1002
	}
	if !utf8.Valid(f.payload[2:]) {
		return 1007
	}
	return 0
}

// textFault returns how many bytes of payload are valid after text, and whether
// the next byte, or the end of the message after them, is not.
func textFault(text, payload []byte, last bool) (good int, bad bool) {
	all := append(text[:len(text):len(text)], payload...)
	n, complete := goodText(all)
	if n < len(all) {
		return n - len(text), true
	}
	if last && !complete {
		return max(0, len(payload)-1), true
	}
	return len(payload), false
}

func exceeded(l Limits, fragments, length, size uint64) bool {
	return l.Fragments > 0 && fragments > uint64(l.Fragments) || l.Frame > 0 && length > uint64(l.Frame) ||
		l.Message > 0 && size > uint64(l.Message)
}

// reference does what a Decoder with d's settings does, but with the whole
// stream at once. It returns the frames, and the error's code and offset.
func reference(d Decoder, stream []byte) (out []frame, code, offset int) {
	var message Flags
	var text []byte
	var count, size uint64
	for pos := 0; len(stream)-pos >= 2; {
		f := see(stream[pos:])
		if f.startFault(d, message != 0) || f.header > 0 && f.lengthFault() {
			return out, 1002, pos
		}
		if f.header == 0 || f.control() && !f.whole() {
			break
		}
		head, start := pos, pos+f.header
		pos = start + len(f.payload)
		if f.control() {
			if code := f.closeFault(); code != 0 {
				return out, code, start
			}
			out = append(out, frame{map[byte]Flags{8: Close, 9: Ping, 10: Pong}[f.op], f.payload, true})
			continue
		}
		if message == 0 {
			message, text, count, size = Flags(f.op)|Flags(f.rsv)<<6, nil, 0, 0
		}
		count, size = count+1, min(size, math.MaxInt64)+f.length
		limits := d.Limits
		if message&Compressed != 0 {
			limits.Message = 0
		}
		if exceeded(limits, count, f.length, size) {
			return out, 1009, head
		}
		good, bad := len(f.payload), false
		if message == Text && !d.NoUTF8 {
			good, bad = textFault(text, f.payload, f.fin && f.whole())
			text = append(text, f.payload...)
		}
		flags := message
		if !f.fin {
			flags |= Cont
		}
		if good > 0 || f.length == 0 && !bad {
			out = append(out, frame{flags, f.payload[:good], f.whole() && !bad})
		}
		if bad && f.length == 0 {
			return out, 1007, head
		}
		if bad {
			return out, 1007, start + good
		}
		if f.fin {
			message = 0
		}
	}
	return out, 0, 0
}
