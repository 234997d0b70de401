package protocol

import "unicode/utf8"

// A Validator checks that a text arriving in pieces is UTF-8, RFC 6455 section
// 8.1. It stops at the first byte that no valid text could have at that place.
// The zero value is at the start of a text.
//
// Between pieces it keeps the bytes of a rune that is not yet complete.
type Validator struct {
	pending [utf8.UTFMax]byte
	n       uint8 // bytes of pending
}

// Complete reports whether the text may end here: not inside a rune.
func (v *Validator) Complete() bool { return v.n == 0 }

// Feed checks p, the next piece of the text, and returns how many of its bytes
// are valid. If that is less than len(p), p[valid] is the first invalid byte, and
// v is in the state after the bytes before it.
func (v *Validator) Feed(p []byte) (valid int) {
	for i, b := range p {
		if v.n == 0 {
			return i + v.feedRunes(p[i:])
		}
		v.pending[v.n] = b
		v.n++
		if !utf8.FullRune(v.pending[:v.n]) {
			continue
		}
		if !utf8.Valid(v.pending[:v.n]) {
			v.n--
			return i
		}
		v.n = 0
	}
	return len(p)
}

// feedRunes is Feed for a p that starts at the start of a rune.
func (v *Validator) feedRunes(p []byte) (valid int) {
	start, valid := len(p)-splitRune(p), len(p)
	if !utf8.Valid(p[:start]) {
		start, valid = firstInvalid(p)
	}
	v.n = uint8(copy(v.pending[:], p[start:valid]))
	return valid
}

// splitRune returns how many bytes at the end of p begin an incomplete rune.
func splitRune(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if last := p[len(p)-n:]; utf8.RuneStart(last[0]) {
			if utf8.FullRune(last) {
				return 0
			}
			return n
		}
	}
	return 0
}

// firstInvalid returns the index of the first byte with which p, which is not
// valid, can no longer become valid. start is the index of the rune that this
// byte interrupts.
func firstInvalid(p []byte) (start, invalid int) {
	for {
		r, size := utf8.DecodeRune(p[start:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		start += size
	}
	for invalid = start; !utf8.FullRune(p[start : invalid+1]); invalid++ {
	}
	return start, invalid
}
