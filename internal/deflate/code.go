package deflate

import (
	"bytes"
	"math/bits"
	"sync"
)

const (
	rootBits   = 9  // codes up to this length are one table lookup
	maxBits    = 15 // the longest code of RFC 1951
	maxLiteral = 286
	maxDist    = 30
	maxCodes   = 288 // with the two symbols that only the fixed code has
)

// An entry is what a code stands for: in bits 0 to 5 how many bits it takes,
// extra bits included; in bits 8 to 11 how many of these are the code; from
// bit 16 a value: the byte, or what the extra bits are added to. A symbol's
// entry has the code's length still to be added to both counts.
type entry uint32

const (
	countMask entry = 1<<6 - 1
	literal   entry = 1 << 12 // value is a byte
	endBlock  entry = 1 << 13
	invalid   entry = 1 << 14
	longer    entry = 1 << 15 // the code has more than rootBits bits
)

// count returns the number of bits that e takes.
func (e entry) count() uint { return uint(e & countMask) }

// value returns e's value, its extra bits taken from b, which begins with the
// code.
func (e entry) value(b uint64) int {
	extra := b & (1<<e.count() - 1) >> (e >> 8 & 15)
	return int(uint64(e>>16) + extra)
}

// withCode returns a symbol's entry for a code of n bits.
func (e entry) withCode(n int) entry { return e + entry(n)*0x101 }

// The symbols of RFC 1951 section 3.2.5, and those of the code lengths.
var (
	literalSymbols = makeLiteralSymbols()
	distSymbols    = makeDistSymbols()
	lengthSymbols  = makeLengthSymbols()
)

func makeLiteralSymbols() (t [maxCodes]entry) {
	for c := range 256 {
		t[c] = literal | entry(c)<<16
	}
	t[256] = endBlock
	base := entry(3)
	for i := range 28 {
		extra := entry(max(0, i/4-1))
		t[257+i] = base<<16 | extra
		base += 1 << extra
	}
	t[285] = 258 << 16
	t[286], t[287] = invalid, invalid
	return t
}

func makeDistSymbols() (t [32]entry) {
	base := entry(1)
	for i := range maxDist {
		extra := entry(max(0, i/2-1))
		t[i] = base<<16 | extra
		base += 1 << extra
	}
	t[30], t[31] = invalid, invalid
	return t
}

func makeLengthSymbols() (t [19]entry) {
	for i := range t {
		t[i] = entry(i) << 16
	}
	return t
}

// fixedLengths returns the code lengths of RFC 1951 section 3.2.6.
func fixedLengths() []byte {
	lens := make([]byte, maxCodes)
	for i := range lens {
		lens[i] = 8
		switch {
		case i >= 280:
		case i >= 256:
			lens[i] = 7
		case i >= 144:
			lens[i] = 9
		}
	}
	return lens
}

// fixedCodes are those of RFC 1951 section 3.2.6.
var fixedCodes = sync.OnceValue(func() *[2]code {
	c := new([2]code)
	c[0].build(fixedLengths(), literalSymbols[:])
	c[1].build(bytes.Repeat([]byte{5}, 32), distSymbols[:])
	return c
})

// A code decodes a canonical prefix code. Root is indexed by the next bits of
// input, the first lowest. Longer codes are found by value: sorted has the
// symbols in the order of their codes; limit[n] is the end of the codes of up
// to n bits, as 15-bit numbers; delta[n] leads from a code of n bits to its
// place in sorted.
type code struct {
	root    [1 << rootBits]entry
	symbols []entry
	sorted  [maxCodes]uint16
	limit   [maxBits + 1]int32
	delta   [maxBits + 1]int32
}

// build makes c the code whose symbol i has lens[i] bits, 0 for none. It
// reports whether there is such a code: complete, empty, or of one bit for one
// symbol.
func (c *code) build(lens []byte, symbols []entry) bool {
	var list [maxCodes]uint16
	used := usedSymbols(&list, lens)
	var count, at [maxBits + 1]int32
	for _, i := range used {
		count[lens[i]&15]++
	}
	place, end := int32(0), int32(0)
	for n := 1; n <= maxBits; n++ {
		at[n] = place
		c.delta[n] = place - end>>(maxBits-n)
		place += count[n]
		end += count[n] << (maxBits - n)
		c.limit[n] = end
	}
	single := len(used) == 1 && end == 1<<(maxBits-1)
	if end != 1<<maxBits && len(used) > 0 && !single {
		return false
	}
	for _, i := range used {
		n := lens[i] & 15
		c.sorted[at[n]] = i
		at[n]++
	}
	c.symbols = symbols
	c.fill(&count)
	return true
}

// usedSymbols lists in list the symbols that have a code.
func usedSymbols(list *[maxCodes]uint16, lens []byte) []uint16 {
	k := 0
	for i, n := range lens {
		list[k] = uint16(i)
		if n != 0 {
			k++
		}
	}
	return list[:k]
}

// fill makes the root table: for each length the table of the length before
// twice, then the codes of that length in order; rev is the next free code,
// reversed.
func (c *code) fill(count *[maxBits + 1]int32) {
	rev, size := uint(0), uint(1)
	place := int32(0)
	for n := 1; n <= rootBits; n++ {
		copy(c.root[size:], c.root[:size])
		size *= 2
		for range count[n] {
			c.root[rev&(1<<rootBits-1)] = c.symbols[c.sorted[place]].withCode(n)
			place++
			rev = nextReversed(rev, size)
		}
	}
	rest := longer
	if c.limit[maxBits] != 1<<maxBits {
		rest = invalid
	}
	for range (1<<maxBits - c.limit[rootBits]) >> (maxBits - rootBits) {
		c.root[rev] = rest
		rev = nextReversed(rev, size)
	}
}

// nextReversed counts up by one in a number below size whose bits are
// reversed. The last one stays.
func nextReversed(rev, size uint) uint {
	bit := uint(1) << bits.Len(rev^(size-1)) >> 1 // the highest 0
	return rev&(bit-1) | bit
}

// lookup returns the entry of the code that b begins with.
func (c *code) lookup(b uint64) entry {
	if e := c.root[b&(1<<rootBits-1)]; e&longer == 0 {
		return e
	}
	return c.long(b)
}

// long is lookup for the codes that root does not hold; not inlined, so that
// lookup can be.
//
//go:noinline
func (c *code) long(b uint64) entry {
	v := int32(bits.Reverse16(uint16(b)) >> 1)
	n := rootBits + 1
	for v >= c.limit[n] {
		n++
	}
	return c.symbols[c.sorted[v>>(maxBits-n)+c.delta[n]]].withCode(n)
}
