package deflate

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// The types of blocks, RFC 1951 section 3.2.3.
const (
	storedBlock  = 0
	fixedBlock   = 1
	dynamicBlock = 2
)

// The fixed codes, RFC 1951 section 3.2.6.
var fixedLit, fixedDist = makeFixed()

func makeFixed() (lit, dist alphabet) {
	var t builder
	copy(lit.lens[:], fixedLengths())
	copy(dist.lens[:], bytes.Repeat([]byte{5}, 32))
	for i := range maxCodes {
		t.used[i] = uint32(i)
	}
	lit.assign(t.used[:], &depths{7: 24, 8: 152, 9: 112})
	dist.assign(t.used[:32], &depths{5: 32})
	return lit, dist
}

// smallBlock is how many bits a block takes at most with the fixed codes for
// which no others are built: their header alone takes about as much.
const smallBlock = 300

// manyTokens is how many are not put out with the fixed codes.
const manyTokens = 200

// quickTokens is from how many tokens on codes are built where it is to be quick.
const quickTokens = 1024

// block puts out the tokens as the shortest block there is, and begins the next.
func (s *scratch) block(w *window, b *bitWriter) {
	if s.n == 0 {
		return
	}
	s.lit.count[endSymbol]++
	extra := s.extraBits()
	fixed, dynamic := math.MaxInt, math.MaxInt
	if s.n < manyTokens || s.quick && s.n < quickTokens {
		fixed = s.fixedSize() + extra
	}
	if fixed > smallBlock && (s.n >= quickTokens || !s.quick) {
		s.header.build(s)
		dynamic = s.header.size + s.lit.size + s.dist.size + extra
	}
	stored := 8*(w.at-s.from) + 32
	switch {
	case s.from >= 0 && stored <= min(fixed, dynamic):
		b.stored(w.b[s.from:w.at])
	case dynamic < fixed:
		b.room(dynamic)
		b.bits(dynamicBlock<<1, 3)
		s.header.write(b)
		b.tokens(s.tokens[:s.n], &s.lit, &s.dist)
	default:
		b.room(fixed)
		b.bits(fixedBlock<<1, 3)
		b.tokens(s.tokens[:s.n], &fixedLit, &fixedDist)
	}
	s.begin(w.at)
}

// short reports whether the block, of so many bytes, need not be stored even if as
// much as a piece of literals is added: with the fixed codes, a token takes at most
// 31 bits, and a literal 9.
func (s *scratch) short(bytes int) bool { return bytes >= 2<<10 && 8*s.n <= bytes }

// fixedSize returns how many bits the tokens take with the fixed codes.
func (s *scratch) fixedSize() (bits int) {
	for i, n := range s.lit.count[:maxLiteral] {
		bits += int(n) * int(fixedLit.lens[i])
	}
	for _, n := range s.dist.count[:maxDist] {
		bits += int(n) * 5
	}
	return bits
}

// extraBits returns how many extra bits the matches have.
func (s *scratch) extraBits() (bits int) {
	for i, n := range s.lit.count[257:maxLiteral] {
		bits += int(n) * int(literalSymbols[257+i].count())
	}
	for i, n := range s.dist.count[:maxDist] {
		bits += int(n) * int(distSymbols[i].count())
	}
	return bits
}

// A bitWriter appends bits to out, the first lowest.
type bitWriter struct {
	out []byte
	acc uint64
	n   uint // bits in acc
}

// room makes out large enough for so many bits, and eight bytes more.
func (b *bitWriter) room(bits int) { b.out = slices.Grow(b.out, bits/8+32) }

// bits appends the n low bits of v, at most 32, for which there must be room.
func (b *bitWriter) bits(v uint64, n uint) {
	b.acc |= v << (b.n & 63)
	b.n += n
	if b.n >= 32 {
		b.out = binary.LittleEndian.AppendUint32(b.out, uint32(b.acc))
		b.acc >>= 32
		b.n -= 32
	}
}

// bytes appends the bits as whole bytes, the last filled with zeros.
func (b *bitWriter) bytes() {
	for b.n > 0 {
		b.out = append(b.out, byte(b.acc))
		b.acc >>= 8
		b.n -= min(b.n, 8)
	}
}

// stored appends a stored block.
func (b *bitWriter) stored(p []byte) {
	b.room(8 * len(p))
	b.bits(storedBlock, 3)
	b.bytes()
	b.out = binary.LittleEndian.AppendUint16(b.out, uint16(len(p)))
	b.out = binary.LittleEndian.AppendUint16(b.out, ^uint16(len(p)))
	b.out = append(b.out, p...)
}

// endMessage appends an empty stored block without its length, the tail.
func (b *bitWriter) endMessage() {
	b.bits(storedBlock, 3)
	b.bytes()
}

// tokens appends the tokens and the end of their block.
func (b *bitWriter) tokens(tokens []token, lit, dist *alphabet) {
	out, acc, n := b.out[:cap(b.out)], b.acc, b.n
	at := len(b.out)
	for _, t := range tokens {
		if n >= 16 { // what is left has room for the longest match, of 48 bits
			binary.LittleEndian.PutUint64(out[at:], acc)
			at += int(n >> 3)
			acc >>= n & 56
			n &= 7
		}
		if t < isMatch {
			c := lit.codes[t&255]
			acc |= c.bits() << (n & 63)
			n += c.len()
			continue
		}
		l := lengths[t>>15&255]
		c := lit.codes[l.symbol]
		acc |= (c.bits() | uint64(l.value)<<(c.len()&63)) << (n & 63)
		n += c.len() + uint(l.extra)
		d := uint32(t & (1<<15 - 1))
		symbol, extra := distSymbol(d)
		c = dist.codes[symbol]
		acc |= (c.bits() | uint64(d&(1<<extra-1))<<(c.len()&63)) << (n & 63)
		n += c.len() + extra
	}
	b.out, b.acc, b.n = out[:at], acc, n
	for b.n >= 8 {
		b.out = append(b.out, byte(b.acc))
		b.acc >>= 8
		b.n -= 8
	}
	c := lit.codes[endSymbol]
	b.bits(c.bits(), c.len())
}
