package deflate

import (
	"bytes"
	stdflate "compress/flate"
	"io"
	"testing"
)

// canonical returns the codes of symbols whose lengths are given, RFC 1951
// section 3.2.2.
func canonical(lens []uint32) (codes []uint32) {
	codes = make([]uint32, len(lens))
	next := uint32(0)
	for n := uint32(1); n <= maxBits; n++ {
		for symbol, l := range lens {
			if l == n {
				codes[symbol] = next
				next++
			}
		}
		next <<= 1
	}
	return codes
}

// A literal and a match of the longest codes with the most extra bits take 63
// bits: with what there is at once, both, or the first only.
func TestLongestCodes(t *testing.T) {
	t.Parallel()
	// Codes of 1, 2, 3 … 14 bits, and two of 15: there are no longer ones.
	literals, dists := make([]uint32, 285), make([]uint32, 30)
	for n := range uint32(13) {
		literals[n], dists[n] = n+1, n+1
	}
	literals[256], dists[13] = 14, 14
	literals['a'], literals[284] = 15, 15 // a match of 227 and 5 bits more
	dists[28], dists[29] = 15, 15         // 24577 and 13 bits more

	history := randomBytes(newRand(31), 30_000)
	w := new(blocks).stored(0, string(history))
	w.bits(4, 3).bits(uint32(len(literals)-257), 5).bits(uint32(len(dists)-1), 5).bits(15, 4)
	for _, symbol := range lengthOrder {
		n := uint32(4)
		if symbol > 15 {
			n = 0
		}
		w.bits(n, 3)
	}
	for _, n := range append(bytesOf(literals), bytesOf(dists)...) {
		w.code(uint32(n), 4)
	}
	literal, distance := canonical(literals), canonical(dists)
	want := bytes.Clone(history)
	r := newRand(32)
	for range 300 {
		length, dist := r.IntN(31), r.IntN(8192)
		dist = min(dist, len(want)+1-24577)
		w.code(literal['a'], 15).code(literal[284], 15).bits(uint32(length), 5).code(distance[29], 15).bits(uint32(dist), 13)
		want = append(want, 'a')
		for range 227 + length {
			want = append(want, want[len(want)-24577-dist])
		}
		if r.IntN(3) == 0 { // other offsets within the bytes
			w.code(literal[2], 3)
			want = append(want, 2)
		}
	}
	payload := w.code(literal[256], 14).payload()
	z := NewInflater(15, true)
	defer z.Close()
	for _, in := range []cut{every(len(payload)), every(1), randomly(1, 40)} {
		sameBytes(t, mustInflate(t, z, payload, in, nil), want)
	}
	std, _ := io.ReadAll(stdflate.NewReader(bytes.NewReader(append(payload, tail...))))
	sameBytes(t, std, want)
}

func bytesOf(list []uint32) (out []byte) {
	for _, n := range list {
		out = append(out, byte(n))
	}
	return out
}
