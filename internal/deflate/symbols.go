package deflate

import "encoding/binary"

// symbols decodes until a match that symbol leaves to its own step, or the
// end of the block.
func (s *stream) symbols() error {
	for s.step == symbols {
		s.fast()
		if err := s.symbol(); err != nil {
			return err
		}
	}
	return nil
}

// symbol decodes one literal, match or end of block.
func (s *stream) symbol() error {
	s.refill()
	e := s.lit.lookup(s.bits)
	n := e.count()
	switch {
	case e&invalid != 0:
		return s.corrupt("invalid length symbol")
	case n > s.n:
		return ErrMore
	case e&literal != 0:
		if s.room() == 0 {
			return errFull
		}
		s.win[s.w] = byte(e >> 16)
		s.w++
	case e&endBlock != 0:
		s.take(n)
		s.endOfBlock()
		return nil
	default:
		return s.beginMatch(e)
	}
	s.take(n)
	return nil
}

// beginMatch decodes the match whose length is e.
func (s *stream) beginMatch(e entry) error {
	n := e.count()
	d := s.dst.lookup(s.bits >> n)
	if d&invalid != 0 {
		return s.corrupt("invalid distance symbol")
	}
	if n+d.count() > s.n {
		return ErrMore
	}
	dist := d.value(s.bits >> n)
	if dist > s.reach || dist > s.w && !s.wrapped {
		return s.corrupt("distance beyond the window")
	}
	s.length, s.dist = e.value(s.bits), dist
	s.take(n + d.count())
	s.step = match
	return nil
}

func (s *stream) match() error {
	for s.length > 0 {
		room := s.room()
		if room == 0 {
			return errFull
		}
		n := min(s.length, room)
		from := s.w - s.dist
		if from < 0 { // the ring is larger than reach: no overlap here
			from += len(s.win)
			n = copy(s.win[s.w:s.w+n], s.win[from:])
		} else {
			copyMatch(s.win, s.w, from, n)
		}
		s.w += n
		s.length -= n
	}
	s.step = symbols
	return nil
}

// copyMatch copies n bytes inside win, from before w to w; a match longer than
// its distance repeats itself.
func copyMatch(win []byte, w, from, n int) {
	for end := w + n; w < end; {
		w += copy(win[w:end], win[from:w])
	}
}

// fast decodes symbols while input and window are far from their ends, and
// leaves to symbol whatever is not a literal or a match, valid and in reach.
// It takes input eight bytes at a time, and copies short matches so, which
// writes up to seven bytes too many: the ring is larger than reach by more.
func (s *stream) fast() {
	const margin = 1 + 258 // a literal and the longest match
	const matchBits = 15 + 5 + 15 + 13
	in, win := s.in, s.win
	b, n, w := s.bits, s.n, s.w
	lit, dst := s.lit, s.dst
	for len(in) >= 8 && w+margin <= len(win) {
		b |= binary.LittleEndian.Uint64(in) << (n & 63)
		in = in[(63-n)>>3:]
		n |= 56
		e := lit.lookup(b)
		if e&literal != 0 {
			b >>= e & countMask
			n -= e.count()
			win[w] = byte(e >> 16)
			w++
			if n < matchBits {
				continue
			}
			e = lit.lookup(b)
		}
		if e&literal != 0 {
			b >>= e & countMask
			n -= e.count()
			win[w] = byte(e >> 16)
			w++
			continue
		}
		if e&(endBlock|invalid) != 0 {
			break
		}
		k := e.count()
		d := dst.lookup(b >> k)
		dist := d.value(b >> k)
		from := w - dist
		if from < 0 {
			from += len(win)
			if !s.wrapped || from+margin > len(win) {
				break
			}
		}
		if d&invalid != 0 || dist > s.reach {
			break
		}
		length := e.value(b)
		k += d.count()
		b >>= k
		n -= k
		switch {
		case dist < length:
			copyMatch(win, w, from, length)
		case length > 64:
			copy(win[w:w+length], win[from:])
		default:
			for i := 0; i < length; i += 8 {
				binary.LittleEndian.PutUint64(win[w+i:], binary.LittleEndian.Uint64(win[from+i:]))
			}
		}
		w += length
	}
	s.in, s.w, s.n = in, w, n
	s.bits = b & (1<<n - 1)
}
