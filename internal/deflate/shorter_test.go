package deflate

import (
	"bytes"
	"fmt"
	"testing"
)

// What does not get shorter is not sent compressed, and what comes behind it
// refers to nothing of it: the peer has not seen it.
func TestAppendShorter(t *testing.T) {
	for level := 1; level <= 9; level++ {
		for _, bits := range []int{8, 12, 15} {
			for _, takeover := range []bool{false, true} {
				t.Run(fmt.Sprint(level, bits, takeover), func(t *testing.T) {
					d, z := NewDeflater(level, bits, takeover), NewInflater(bits, takeover)
					defer z.Close()
					r := newRand(uint64(level))
					noise := randomBytes(r, 3000)
					sent := 0
					for _, p := range [][]byte{nil, {0}, noise[:16], noise[:300], jsonBytes(r, 2000), noise[:300], noise, noise, jsonBytes(r, 60), jsonBytes(r, 127), jsonBytes(r, 1000), noise[:300]} {
						if shorter(t, d, z, p) {
							sent++
						}
					}
					if sent < 2 {
						t.Errorf("%d messages got shorter, want those of JSON", sent)
					}
				})
			}
		}
	}
}

// shorter sends p from d to z, if it gets shorter.
func shorter(t *testing.T, d *Deflater, z *Inflater, p []byte) bool {
	t.Helper()
	before := []byte("before")
	out, ok := d.AppendShorter(before, p)
	out, kept := bytes.CutPrefix(out, before)
	switch {
	case !kept || ok && len(out) >= len(p) || !ok && len(out) > 0:
		t.Fatalf("of %d bytes came %d behind %v, %v", len(p), len(out), kept, ok)
	case ok:
		sameBytes(t, mustInflate(t, z, out, every(1<<20), nil), p)
	}
	return ok
}

func TestAppendShorterAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	d := NewDeflater(0, MaxWindowBits, true)
	noise, text := randomBytes(newRand(1), 2000), jsonMessages(1)[0]
	room := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() {
		d.AppendShorter(room, noise)
		d.AppendShorter(room, text)
	}); n > 0 {
		t.Errorf("%v allocations a message", n)
	}
}

// FuzzShorter sends messages of three kinds in any order, whole or in pieces, to
// one inflater, whose history must be the deflater's whatever was not sent.
func FuzzShorter(f *testing.F) {
	f.Add([]byte("0123456789abcdef"), uint8(0), uint8(15), uint64(2))
	f.Add(jsonMessages(1)[0], uint8(9), uint8(8), uint64(4))
	f.Add(randomBytes(newRand(1), 700), uint8(1), uint8(12), uint64(6))
	f.Fuzz(func(t *testing.T, p []byte, level, bits uint8, seed uint64) {
		level, bits = level%10, 8+bits%8
		takeover := seed%4 != 1
		d, z := NewDeflater(int(level), int(bits), takeover), NewInflater(int(bits), takeover)
		defer z.Close()
		r := newRand(seed)
		noise := randomBytes(r, 1+len(p))
		for range 12 {
			if r.IntN(4) == 0 {
				d.idle.Get() // as the garbage collector does
			}
			from := r.IntN(len(p) + 1)
			switch r.IntN(4) {
			case 0:
				shorter(t, d, z, noise[from:])
			case 1:
				shorter(t, d, z, p[from:])
			case 2:
				shorter(t, d, z, append(bytes.Clone(noise[from:]), p...))
			default:
				payload := deflateMessage(d, p[from:], randomly(seed, 1+len(p)))
				sameBytes(t, mustInflate(t, z, payload, every(1<<20), nil), p[from:])
			}
		}
	})
}
