package deflate

import "sync"

// A codes is what a block with dynamic codes needs, 6 KiB that go back to a
// pool at the end of the message.
type codes struct {
	lens     [maxLiteral + maxDist]byte
	lit, dst code // dst serves for the code length code first
}

var spareCodes = sync.Pool{New: func() any { return new(codes) }}

// release gives c, which may be nil, to whoever comes next.
func (c *codes) release() {
	if c != nil {
		spareCodes.Put(c)
	}
}

// The steps through the header of a block with dynamic codes, RFC 1951 section
// 3.2.7.

func (s *stream) codeCounts() error {
	if !s.need(14) {
		return ErrMore
	}
	s.literals, s.dists, s.order = 257+s.take(5), 1+s.take(5), 4+s.take(4)
	if s.literals > maxLiteral {
		return s.corrupt("more than 286 literal and length codes")
	}
	if s.dists > maxDist {
		return s.corrupt("more than 30 distance codes")
	}
	s.at = 0
	if s.own == nil {
		s.own = spareCodes.Get().(*codes)
	}
	clear(s.own.lens[:])
	s.step = codeLengthCode
	return nil
}

// lengthOrder is the order of the code length codes in RFC 1951 section 3.2.7.
var lengthOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

func (s *stream) codeLengthCode() error {
	for ; s.at < s.order; s.at++ {
		if !s.need(3) {
			return ErrMore
		}
		s.own.lens[lengthOrder[s.at]] = byte(s.take(3))
	}
	if !s.own.dst.build(s.own.lens[:19], lengthSymbols[:]) {
		return s.corrupt("code length code over-subscribed or incomplete")
	}
	s.at = 0
	s.step = codeLengths
	return nil
}

func (s *stream) codeLengths() error {
	total := s.literals + s.dists
	for s.at < total {
		s.need(7 + 7) // at most; what there is may do
		e := s.own.dst.lookup(s.bits)
		if e&invalid != 0 {
			return s.corrupt("invalid code length symbol")
		}
		sym, n := int(e>>16), e.count()
		if sym < 16 {
			if n > s.n {
				return ErrMore
			}
			s.take(n)
			s.own.lens[s.at] = byte(sym)
			s.at++
			continue
		}
		if err := s.repeat(sym, n); err != nil {
			return err
		}
	}
	return s.buildCodes()
}

// repeat fills in a run of code lengths: symbol 16 repeats the last one, 17
// and 18 are runs of zeros. The symbol's code has n bits.
func (s *stream) repeat(sym int, n uint) error {
	extra, times, value := uint(2), 3, byte(0)
	switch sym {
	case 17:
		extra = 3
	case 18:
		extra, times = 7, 11
	}
	if n+extra > s.n {
		return ErrMore
	}
	if sym == 16 {
		if s.at == 0 {
			return s.corrupt("repeat of a code length before the first")
		}
		value = s.own.lens[s.at-1]
	}
	s.take(n)
	times += s.take(extra)
	if s.at+times > s.literals+s.dists {
		return s.corrupt("repeat of a code length beyond the last")
	}
	for range times {
		s.own.lens[s.at] = value
		s.at++
	}
	return nil
}

func (s *stream) buildCodes() error {
	lit, dst := s.own.lens[:s.literals], s.own.lens[s.literals:s.literals+s.dists]
	if lit[256] == 0 {
		return s.corrupt("no code for the end of the block")
	}
	if !s.own.lit.build(lit, literalSymbols[:]) {
		return s.corrupt("literal and length code over-subscribed or incomplete")
	}
	if !s.own.dst.build(dst, distSymbols[:]) {
		return s.corrupt("distance code over-subscribed or incomplete")
	}
	s.lit, s.dst = &s.own.lit, &s.own.dst
	s.step = symbols
	return nil
}
