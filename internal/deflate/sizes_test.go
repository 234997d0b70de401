package deflate

import (
	"bytes"
	stdflate "compress/flate"
	"fmt"
	"io"
	"testing"
)

// shortMessages are of JSON, one much like the other.
func shortMessages(n int) (all [][]byte) {
	r := newRand(uint64(n))
	for i := range 300 {
		m := fmt.Appendf(nil, `{"id":%d,"v":%02d}`, 1000+i, r.IntN(100))
		switch n {
		case 64:
			m = fmt.Appendf(nil, `{"type":"tick","id":%d,"price":%.2f,"side":"buy","time":%d}`, 100_000+i, 100+r.Float64()*800, 1_700_000_000+i*3)
		case 127:
			m = fmt.Appendf(nil, `{"type":"update","id":%d,"user":"user-%d","price":%.2f,"side":"buy","time":"2031-05-%02dT%02d:%02d:%02dZ","tags":["a%d","b%d"]}`,
				100_000+i, 100+r.IntN(400), 100+r.Float64()*800, 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(10), 10+r.IntN(80))
		}
		all = append(all, m)
	}
	return all
}

// What the messages of a session take on the wire, in bytes per message. The
// table holds what was measured, a little more for what may change.
func TestSizes(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget the index")
	}
	one := func(name string) [][]byte { return [][]byte{corpora[name](newRand(3), 1<<20)} }
	for _, c := range []struct {
		name     string
		messages [][]byte
		level    int
		most     int // of all
	}{
		{"16 B", shortMessages(16), 0, 2659}, {"64 B", shortMessages(64), 0, 5080}, {"127 B", shortMessages(127), 0, 9630},
		{"2 KiB of JSON", jsonMessages(200), 0, 91284}, {"2 KiB of JSON", jsonMessages(200), 1, 123494}, {"2 KiB of JSON", jsonMessages(200), 6, 86249},
		{"text", one("text"), 0, 452518}, {"json", one("json"), 0, 216266}, {"records", one("records"), 0, 428660},
		{"text", one("text"), 6, 433332}, {"json", one("json"), 6, 203088}, {"records", one("records"), 6, 415304},
	} {
		z := NewDeflater(c.level, MaxWindowBits, true)
		size := 0
		for _, p := range c.messages {
			size += len(z.Append(nil, p, true))
		}
		t.Logf("{%q, level %d}: %d", c.name, c.level, size)
		if size > c.most {
			t.Errorf("%s at level %d: %d bytes, expected at most %d", c.name, c.level, size, c.most)
		}
	}
}

// FuzzDeflate: what the Deflater makes is one stream for compress/flate and, with
// no distance beyond the agreed window, for the Inflater; whatever the cuts, and
// whether the index is lost or not.
func FuzzDeflate(f *testing.F) {
	for bits := range uint8(8) {
		f.Add(jsonMessages(1)[0], bits, bits, uint64(bits))
		f.Add(farBytes(newRand(uint64(bits)), 30_000), bits, bits, uint64(bits))
	}
	f.Add([]byte{}, uint8(0), uint8(0), uint64(1))
	f.Add(make([]byte, 70_000), uint8(1), uint8(7), uint64(2))
	f.Fuzz(func(t *testing.T, p []byte, level, bits uint8, seed uint64) {
		bits = 8 + bits%8
		d, z := NewDeflater(int(level%10), int(bits), true), NewInflater(int(bits), true)
		r := newRand(seed)
		var stream, all []byte
		for range 6 {
			if r.IntN(4) == 0 {
				d.idle.Get() // as the garbage collector does
			}
			message := bytes.Repeat(p[r.IntN(len(p)+1):], 1+r.IntN(2))
			payload := deflateMessage(d, message, randomly(r.Uint64(), 2+r.IntN(1+len(message))))
			sameBytes(t, mustInflate(t, z, payload, every(1<<20), nil), message)
			stream, all = append(append(stream, payload...), tail...), append(all, message...)
		}
		got, _ := io.ReadAll(stdflate.NewReader(bytes.NewReader(stream)))
		sameBytes(t, got, all)
	})
}

// A Deflater whose index is gone refers to the messages before all the same.
func TestLostIndexRemembers(t *testing.T) {
	t.Parallel()
	d := NewDeflater(0, MaxWindowBits, true)
	p := randomBytes(newRand(1), 3000)
	first := len(d.Append(nil, p, true))
	d.idle.Get()
	if again := len(d.Append(nil, p, true)); again > first/20 {
		t.Errorf("the same %d bytes take %d and then %d", len(p), first, again)
	}
}

// Noise costs five bytes a block at most.
func TestNoiseIsStored(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 100, 5000, 16 << 10, 1 << 20} {
		d := NewDeflater(0, MaxWindowBits, true)
		got := len(d.Append(nil, randomBytes(newRand(1), n), true))
		if most := n + 6 + 5*(n/maxTokens+n/(32<<10)); got > most {
			t.Errorf("%d bytes of noise became %d, expected at most %d", n, got, most)
		}
	}
}

// A message of any length that did not get shorter leaves the history as it was.
func TestNotShorterKeepsHistory(t *testing.T) {
	t.Parallel()
	r := newRand(2)
	d, z := NewDeflater(0, MaxWindowBits, true), NewInflater(MaxWindowBits, true)
	p := jsonBytes(r, 3000)
	shorter(t, d, z, p)
	for _, n := range []int{1, 100, 5000, 13_000, 100_000} {
		if shorter(t, d, z, randomBytes(r, n)) {
			t.Fatal("noise got shorter")
		}
		out, _ := d.AppendShorter(nil, p)
		if len(out) > 60 {
			t.Errorf("behind %d bytes of noise, what came before takes %d bytes again", n, len(out))
		}
		sameBytes(t, mustInflate(t, z, out, every(1<<20), nil), p)
	}
}

// Codes are never longer than their limit, complete, and no worse than they must
// be: frequencies that double make the longest.
func TestCodesAreBounded(t *testing.T) {
	t.Parallel()
	var b builder
	for n := 1; n <= 40; n++ {
		for _, limit := range []int{7, 15} {
			a := new(alphabet)
			for i := range n {
				a.count[3*i] = 1 << min(i, 22)
			}
			used := b.build(a, maxLiteral, limit)
			sum := 0
			for i, l := range a.lens {
				if int(l) > limit || l > 0 && i >= used || a.count[i] > 0 && l == 0 {
					t.Fatalf("symbol %d of %d has a code of %d bits, limit %d", i, n, l, limit)
				}
				if l > 0 {
					sum += 1 << (limit - int(l))
				}
			}
			if n > 1 && sum != 1<<limit {
				t.Fatalf("%d symbols have a code that is not complete: %d of %d", n, sum, 1<<limit)
			}
		}
	}
}

// What many Deflaters with takeover hold: 48 KiB when they have just sent, and
// their history alone when they have not for two collections.
func TestDeflaterMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector's own memory counts as well; run without -race")
	}
	const crowd = 500
	m := jsonMessages(20)
	all := make([]*Deflater, crowd)
	before := heapNow()
	busy := bytesAllocated(func() {
		for i := range all {
			all[i] = NewDeflater(0, MaxWindowBits, true)
			for _, p := range m {
				all[i].AppendShorter(make([]byte, 0, 1024), p)
			}
		}
	})
	t.Logf("%d bytes were allocated for each", busy/crowd)
	if each := (heapNow() - before) / crowd; each > 16<<10+4<<10 {
		t.Errorf("an idle Deflater holds %d bytes, expected at most 20 KiB", each)
	}
	z := all[0]
	z.begin()
	if n := cap(z.w.b) + 8*len(z.index.places); n > 48<<10+slack {
		t.Errorf("a Deflater that sends has %d bytes, expected at most 48 KiB", n)
	}
	for _, z := range all {
		sameBytes(t, z.w.b, all[0].w.b)
	}
}
