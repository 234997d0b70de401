package protocol

import "unicode/utf8"

// A Validator checks that a text arriving in pieces is UTF-8, RFC 6455 section
// 8.1, and fails at the first byte that no valid text could have there. The
// zero value is at the start of a text.
//
// Between pieces it keeps the bytes of a rune that is not complete yet.
type Validator struct {
	pending [utf8.UTFMax]byte
	n       int // bytes of pending
}

// Complete reports whether the text may end here.
func (v *Validator) Complete() bool { return v.n == 0 }

// Feed takes the text's next piece and returns how many of its bytes are good.
// If that is fewer than len(p), p[good] is the first bad byte.
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
			return i
		}
		v.n = 0
	}
	return len(p)
}

// feed is Feed where p starts at a rune.
func (v *Validator) feed(p []byte) (good int) {
	cut := len(p) - splitRune(p)
	if !utf8.Valid(p[:cut]) {
		return firstBad(p)
	}
	v.n = copy(v.pending[:], p[cut:])
	return len(p)
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

// firstBad returns the index of the first byte at which p, which is not valid,
// can no longer become valid.
func firstBad(p []byte) int {
	i := 0
	for i < len(p) {
		r, size := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		i += size
	}
	n := 1
	for i+n < len(p) && !utf8.FullRune(p[i:i+n]) {
		n++
	}
	return i + n - 1
}
