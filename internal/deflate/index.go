package deflate

import (
	"encoding/binary"
	"math/bits"
)

// minMatch is the shortest match that is used, maxMatch the longest of RFC 1951.
// The index finds those of hashed bytes, and by chance shorter ones.
const (
	minMatch = 4
	hashed   = 5
	maxMatch = 258
)

// An index finds places by the bytes there: for each hash the last four, the
// newest in the low bits.
type index struct {
	shift  uint8
	places []uint64
}

func newIndex(windowBits int) *index {
	n := min(max(windowBits-2, 7), 12)
	return &index{shift: uint8(64 - n), places: make([]uint64, 1<<n)}
}

func (x *index) clear() { clear(x.places) }

func load64(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i:]) }

func hash(v uint64) uint64 { return v << 24 * 0x9e3779b185ebca87 }

// add adds a place where the bytes v are, of which it uses the first five, and returns those of before.
func (x *index) add(v uint64, place uint16) uint64 {
	at := &x.places[hash(v)>>(x.shift&63)]
	before := *at
	*at = before<<16 | uint64(place)
	return before
}

// span adds the places from i to before end.
func (x *index) span(b []byte, base uint16, i, end int) {
	for ; i < end; i++ {
		x.add(load64(b, i), base+uint16(i))
	}
}

// rebuild makes x the index of w's history, of which it can hold so much.
func (x *index) rebuild(w *window) {
	x.clear()
	b := w.b[:cap(w.b)]
	x.span(b, w.base, max(0, w.at-4*len(x.places)), w.at-hashed+1)
}

// matchLength returns how many bytes at i are the same as those at j, at most
// limit, if that is not negative. Up to 7 bytes behind limit are read.
func matchLength(b []byte, i, j, limit int) int {
	for n := 0; n < limit; n += 8 {
		if x := load64(b, i+n) ^ load64(b, j+n); x != 0 {
			return min(n+bits.TrailingZeros64(x)/8, limit)
		}
	}
	return limit
}
