package deflate

import (
	"math/bits"
	"sync"
)

// A token is a literal, the byte itself; or a match: its distance less 1 in bits
// 0 to 14, its length less 3 in bits 15 to 22, and isMatch.
type token uint32

const (
	isMatch   token = 1 << 31
	endSymbol       = 256
	maxTokens       = 8 << 10
)

// A scratch is what one Append needs to make blocks of tokens.
type scratch struct {
	from   int // where in the window the block begins; negative if that is dropped
	n      int // tokens of the block
	quick  bool
	tokens [maxTokens + 2*maxMatch]token
	lit    alphabet
	dist   alphabet
	header header
	build  builder
}

var spareScratch = sync.Pool{New: func() any { return new(scratch) }}

func borrowScratch() *scratch { return spareScratch.Get().(*scratch) }

func (s *scratch) release() { spareScratch.Put(s) }

// begin begins a block with what is at from in the window.
func (s *scratch) begin(from int) {
	s.from, s.n = from, 0
	clear(s.lit.count[:])
	clear(s.dist.count[:])
}

// full reports whether the block should end. There is room yet for one match and
// all the literals before it.
func (s *scratch) full() bool { return s.n >= maxTokens }

func (s *scratch) literal(c byte) {
	s.tokens[s.n] = token(c)
	s.n++
	s.lit.count[c]++
}

func (s *scratch) match(length, dist int) {
	s.tokens[s.n] = isMatch | token(length-3)<<15 | token(dist-1)
	s.n++
	s.lit.count[lengths[length-3].symbol]++
	symbol, _ := distSymbol(uint32(dist - 1))
	s.dist.count[symbol]++
}

// A lengthInfo is the symbol of a match's length and the extra bits.
type lengthInfo struct {
	symbol uint16
	extra  uint8 // their number
	value  uint8
}

// lengths has the infos of 3 to 258.
var lengths = makeLengths()

func makeLengths() (t [256]lengthInfo) {
	for symbol := 257; symbol <= 285; symbol++ {
		e := literalSymbols[symbol]
		for v := range 1 << e.count() {
			if at := int(e>>16) - 3 + v; at < len(t) {
				t[at] = lengthInfo{uint16(symbol), uint8(e.count()), uint8(v)}
			}
		}
	}
	return t
}

// distSymbol returns the symbol of a distance less 1, and how many extra bits it
// has: the lowest ones.
func distSymbol(d uint32) (symbol uint32, extra uint) {
	if d < 4 {
		return d, 0
	}
	extra = uint(bits.Len32(d)) - 2
	return uint32(2*extra) + d>>extra, extra
}
