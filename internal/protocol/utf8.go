package protocol

import "unicode/utf8"

// A Validator checks that a text arriving in pieces is UTF-8, RFC 6455 section
// 8.1, and stops at the first byte that no valid text could have there. The
// zero value is at the start of a text.
//
// Between pieces it keeps the bytes of a rune that is not complete yet.
type Validator struct {
	pending [utf8.UTFMax]byte
	n       uint8 // bytes of pending
}

// Complete reports whether the text may end here.
func (v *Validator) Complete() bool { return v.n == 0 }

// Feed takes the text's next piece and returns how many of its bytes are good.
// If that is fewer than len(p), p[good] is the first bad byte, and the text is
// as if it had not come.
func (v *Validator) Feed(p []byte) (good int) {
	for i, b := range p {
		if v.n == 0 {
			return i + v.feed(p[i:])
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

// feed is Feed where p starts at a rune.
func (v *Validator) feed(p []byte) (good int) {
	start, good := len(p)-splitRune(p), len(p)
	if !utf8.Valid(p[:start]) {
		start, good = firstBad(p)
	}
	v.n = uint8(copy(v.pending[:], p[start:good]))
	return good
}

// splitRune returns how many bytes at the end of p begin a rune that needs more.
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

// firstBad returns where p, which is not valid, has the first byte with which
// it can no longer become valid, and where the rune begins that it breaks off.
func firstBad(p []byte) (start, bad int) {
	for {
		r, size := utf8.DecodeRune(p[start:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		start += size
	}
	for bad = start; !utf8.FullRune(p[start : bad+1]); bad++ {
	}
	return start, bad
}
