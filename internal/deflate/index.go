package deflate

import (
	"encoding/binary"
	"math/bits"
)

// minMatch is the shortest match that is looked for, and the number of bytes
// that are hashed; maxMatch is the longest of RFC 1951.
const (
	minMatch = 4
	maxMatch = 258
)

// An index finds places by the four bytes there: for each hash the last four,
// the newest in the low bits.
type index struct {
	shift  uint8
	places []uint64
}

func newIndex(windowBits int) *index {
	n := min(max(windowBits-2, 7), 12)
	return &index{shift: uint8(32 - n), places: make([]uint64, 1<<n)}
}

func (x *index) clear() { clear(x.places) }

func load32(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[i:]) }
func load64(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i:]) }

func hash(v uint32) uint32 { return v * 0x9e3779b1 }

// add adds a place where the bytes v are, and returns those of before.
func (x *index) add(v uint32, place uint16) uint64 {
	at := &x.places[hash(v)>>(x.shift&31)]
	before := *at
	*at = before<<16 | uint64(place)
	return before
}

// span adds the places from i to before end.
func (x *index) span(b []byte, base uint16, i, end int) {
	for ; i < end; i++ {
		x.add(load32(b, i), base+uint16(i))
	}
}

// rebuild makes x the index of w's history, of which it can hold so much.
func (x *index) rebuild(w *window) {
	x.clear()
	b := w.b[:cap(w.b)]
	x.span(b, w.base, max(0, w.at-4*len(x.places)), w.at-minMatch+1)
}

// matchLength returns how many bytes at i are the same as those at j, at most
// limit. Up to 7 bytes behind limit are read.
func matchLength(b []byte, i, j, limit int) int {
	for n := 0; n < limit; n += 8 {
		if x := load64(b, i+n) ^ load64(b, j+n); x != 0 {
			return min(n+bits.TrailingZeros64(x)/8, limit)
		}
	}
	return limit
}
