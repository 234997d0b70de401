package deflate

import "math/bits"

// A search is how hard a level looks for matches.
type search struct {
	tries int  // places looked at: 1, 2 or 4
	again int  // the same for the byte after a match
	lazy  int  // a match shorter than that is put off if a longer one begins at the next byte
	nice  int  // a match that long is good enough
	step  int  // of the places within a match, the index gets one in so many
	near  bool // of several matches of 8 bytes or more, the nearest will do
	quick bool // small blocks have the fixed codes
}

var searches = [...]search{
	1: {tries: 1, step: 8, near: true, quick: true},
	2: {tries: 2, again: 2, lazy: 6, step: 4, near: true},
	3: {tries: 2, again: 2, lazy: 8, nice: 32, step: 2},
	4: {tries: 4, again: 2, lazy: 8, nice: 32, step: 2},
	5: {tries: 4, again: 4, lazy: 16, nice: 32, step: 2},
	6: {tries: 4, again: 4, lazy: 16, nice: 32, step: 1},
	7: {tries: 4, again: 4, lazy: 32, nice: 64, step: 1},
	8: {tries: 4, again: 4, lazy: 128, nice: 128, step: 1},
	9: {tries: 4, again: 4, lazy: maxMatch, nice: maxMatch, step: 1},
}

// short is the length of messages for which the search is that of a high level:
// it takes little time, and much of them may be in those before.
const short = 512

// A finder makes tokens of a part of a window.
type finder struct {
	search
	index *index
	b     []byte // the window's, with the slack
	base  uint16
	reach int
	end   int // of what is to be compressed
	stop  int // where no more matches begin
}

// tokens makes tokens of what w holds back, of which it leaves, unless all, as
// much as a match may take, for that may go on in what follows.
func (h search) tokens(x *index, w *window, s *scratch, bw *bitWriter, all bool) {
	f := finder{search: h, index: x, b: w.b[:cap(w.b)], base: w.base, reach: w.reach, end: len(w.b)}
	f.stop = f.end - hashed + 1
	if !all {
		f.stop = f.end - maxMatch
	}
	x.span(f.b, f.base, max(0, w.at-hashed+1), min(w.at, f.stop)) // whose bytes were not all known
	for w.at < f.stop {
		w.at = f.run(s, w.at)
		if s.full() {
			s.block(w, bw)
		}
	}
	for all && w.at < f.end {
		s.literal(w.b[w.at])
		w.at++
	}
}

// run makes tokens of what is at i, until the stop or until s is full, and
// returns where it got.
func (f *finder) run(s *scratch, i int) int {
	misses := 0
	for i < f.stop && !s.full() {
		n, dist := f.best(i, f.tries)
		if n < minMatch {
			s.literal(f.b[i])
			i++
			if misses++; misses > 64 {
				i = f.pass(s, i, misses>>6)
			}
			continue
		}
		misses = 0
		at := i + 1
		for n < f.lazy && at < f.stop {
			longer, farther := f.best(at, f.again)
			at++
			if longer <= n {
				break
			}
			s.literal(f.b[i])
			i, n, dist = i+1, longer, farther
		}
		s.match(n, dist)
		i += n
		f.skip(at, min(i, f.stop))
	}
	return i
}

// pass makes literals of the next n bytes, for nothing was found for long, and
// returns what is behind them.
func (f *finder) pass(s *scratch, i, n int) int {
	next := min(i+n, f.stop)
	for ; i < next; i++ {
		s.literal(f.b[i])
	}
	return i
}

// skip puts the places in a match into the index.
func (f *finder) skip(at, end int) {
	x, b, step, base := f.index, f.b, f.step, f.base
	for ; at < end; at += step {
		x.add(load64(b, at), base+uint16(at))
	}
}

// best returns the longest match at i, of the nearest if there are several, and
// puts i into the index. The length may be less than minMatch. Up to eight bytes
// it compares without a branch: what is found is hard to predict.
func (f *finder) best(i, tries int) (length, dist int) {
	b, v := f.b, load64(f.b, i)
	place := f.base + uint16(i)
	before := f.index.add(v, place)
	reach := uint(min(i, f.reach))
	top := try(b, v, i, uint(place-uint16(before)), reach, 0)
	if tries > 1 {
		top = try(b, v, i, uint(place-uint16(before>>16)), reach, top)
	}
	if tries > 2 {
		top = try(b, v, i, uint(place-uint16(before>>32)), reach, top)
		top = try(b, v, i, uint(place-uint16(before>>48)), reach, top)
	}
	n := int(top >> 16)
	if n == 8 {
		if f.near {
			limit, d := min(maxMatch, f.end-i), int(^uint16(top))
			return min(8+matchLength(b[8:], i, i-d, limit-8), limit), d
		}
		return f.extend(i, before)
	}
	return min(n, f.end-i), int(^uint16(top))
}

// try returns top or, if more of v's bytes match at the distance d, how many and
// then, inverted, d.
func try(b []byte, v uint64, i int, d, reach, top uint) uint {
	if d-1 >= reach {
		return top
	}
	n := uint(bits.TrailingZeros64(load64(b, i-int(d))^v)) >> 3
	return max(top, n<<16|0xffff-d)
}

// extend is best where eight bytes match, of the places before.
func (f *finder) extend(i int, places uint64) (length, dist int) {
	b, v := f.b, load64(f.b, i)
	limit, reach := min(maxMatch, f.end-i), uint(min(i, f.reach))
	for {
		d := uint(f.base + uint16(i) - uint16(places))
		if d-1 < reach && load64(b, i-int(d)) == v {
			if n := 8 + matchLength(b[8:], i, i-int(d), limit-8); n > length {
				length, dist = n, int(d)
			}
		}
		if places >>= 16; places == 0 || length >= f.nice {
			return min(length, limit), dist
		}
	}
}
