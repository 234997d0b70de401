package deflate

// A header is that of a block with dynamic codes, RFC 1951 section 3.2.7: the
// code lengths, in a code of their own.
type header struct {
	size        int // in bits
	lits, dists int // how many code lengths there are
	order       int // how many lengths of the code of lengths
	n           int
	symbols     [maxLiteral + maxDist]uint16 // with the extra bits from bit 5
	code        alphabet
	lens        [maxLiteral + maxDist]uint8
}

// build builds the codes of s, and the header that tells them.
func (h *header) build(s *scratch) {
	h.lits = s.build.build(&s.lit, maxLiteral, maxBits)
	h.dists = s.build.build(&s.dist, maxDist, maxBits)
	n := copy(h.lens[:], s.lit.lens[:h.lits])
	n += copy(h.lens[n:], s.dist.lens[:h.dists])
	clear(h.code.count[:19])
	h.n = 0
	for i := 0; i < n; {
		i += h.run(h.lens[i:n])
	}
	s.build.build(&h.code, 19, 7)
	h.order = 19
	for h.order > 4 && h.code.lens[lengthOrder[h.order-1]] == 0 {
		h.order--
	}
	c := &h.code
	h.size = 3 + 14 + 3*h.order + c.size + 2*int(c.count[16]) + 3*int(c.count[17]) + 7*int(c.count[18])
}

// run adds the symbol of the lengths that lens begins with, and returns how many
// it is for.
func (h *header) run(lens []uint8) int {
	n := 1
	for n < len(lens) && n < 138 && lens[n] == lens[0] {
		n++
	}
	switch l := lens[0]; {
	case l == 0 && n >= 11:
		h.add(18, n-11)
		return n
	case l == 0 && n >= 3:
		h.add(17, n-3)
		return n
	case l != 0 && n >= 4:
		n = min(n, 7)
		h.add(uint16(l), 0)
		h.add(16, n-4)
		return n
	}
	h.add(uint16(lens[0]), 0)
	return 1
}

func (h *header) add(symbol uint16, extra int) {
	h.symbols[h.n] = symbol | uint16(extra)<<5
	h.n++
	h.code.count[symbol]++
}

// write writes the header.
func (h *header) write(b *bitWriter) {
	b.bits(uint64(h.lits-257), 5)
	b.bits(uint64(h.dists-1), 5)
	b.bits(uint64(h.order-4), 4)
	for _, symbol := range lengthOrder[:h.order] {
		b.bits(uint64(h.code.lens[symbol]), 3)
	}
	for _, v := range h.symbols[:h.n] {
		c := h.code.codes[v&31]
		b.bits(c.bits(), c.len())
		switch v & 31 {
		case 16:
			b.bits(uint64(v>>5), 2)
		case 17:
			b.bits(uint64(v>>5), 3)
		case 18:
			b.bits(uint64(v>>5), 7)
		}
	}
}
