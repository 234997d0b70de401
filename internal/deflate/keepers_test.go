package deflate

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
	"weak"
)

// rob takes d's compressor away, as others do who need one.
func rob(d *Deflater) bool {
	keep.leave(&d.past)
	c := d.past.idle.Swap(nil)
	c.release()
	return c != nil
}

// A stream in which the compressor changes between any two messages is one
// valid stream, with every level and window.
func TestRobbed(t *testing.T) {
	t.Parallel()
	for i := range 9 + 7 {
		level, bits := 1+i, MaxWindowBits
		if i >= 9 {
			level, bits = 0, i-1
		}
		t.Run(fmt.Sprintf("level %d window %d", level, bits), func(t *testing.T) {
			r := newRand(uint64(i))
			d, z := NewDeflater(level, bits, true), NewInflater(bits, true)
			defer d.Close()
			defer z.Close()
			robbed := 0
			for range 5 {
				for _, name := range []string{"far", "json", "random", "runs", "zeros"} {
					if r.IntN(2) == 0 && rob(d) {
						robbed++
					}
					p := corpora[name](r, []int{0, 1, 100, 300, 3000, 9000, 20_000}[r.IntN(7)])
					payload := deflateMessage(d, p, randomly(r.Uint64(), 1+len(p)))
					sameBytes(t, mustInflate(t, z, payload, every(1<<20), nil), p)
				}
			}
			if robbed < 3 {
				t.Errorf("only %d compressors were there to be taken", robbed)
			}
		})
	}
}

// A long message may be robbed between its pieces, too; without takeover
// nothing is kept behind its end.
func TestRobbedWithin(t *testing.T) {
	t.Parallel()
	for i, takeover := range []bool{true, false} {
		r := newRand(uint64(i))
		d, z := NewDeflater(0, MaxWindowBits, takeover), NewInflater(MaxWindowBits, takeover)
		defer d.Close()
		defer z.Close()
		robbed := 0
		for range 30 {
			p := jsonBytes(r, r.IntN(300_000))
			var payload []byte
			for q := p; ; {
				n := min(len(q), r.IntN(2*maxHeld))
				last := n == len(q) && r.IntN(2) == 0
				payload = d.Append(payload, q[:n], last)
				if last {
					break
				}
				q = q[n:]
				if r.IntN(3) == 0 && rob(d) {
					robbed++
				}
				if d.c != nil && d.held >= maxHeld {
					t.Fatalf("%d bytes are held back", d.held)
				}
			}
			sameBytes(t, mustInflate(t, z, payload, every(1<<20), nil), p)
			if !takeover && (d.past.idle.Load() != nil || d.past.history.ring != nil || d.c != nil || d.keep) {
				t.Fatal("without takeover something is kept")
			}
		}
		if robbed < 20 {
			t.Errorf("takeover %t: only %d compressors were there to be taken", takeover, robbed)
		}
	}
}

// What a robbed Deflater makes refers to the messages before.
func TestRobbedRemembers(t *testing.T) {
	t.Parallel()
	d := NewDeflater(0, MaxWindowBits, true)
	defer d.Close()
	p := randomBytes(newRand(1), 4000)
	first := len(d.Append(nil, p, true))
	if !rob(d) {
		t.Fatal("no compressor is kept")
	}
	if again := len(d.Append(nil, p, true)); again > first/20 {
		t.Errorf("the same %d bytes take %d and then %d", len(p), first, again)
	}
}

// crowd makes n Deflaters with the Inflaters of their peers.
type pair struct {
	d *Deflater
	z *Inflater
}

func crowd(t *testing.T, n int) []pair {
	all := make([]pair, n)
	for i := range all {
		all[i] = pair{NewDeflater(i%10, MaxWindowBits-i%4, true), NewInflater(MaxWindowBits-i%4, true)}
		t.Cleanup(all[i].d.Close)
		t.Cleanup(all[i].z.Close)
	}
	return all
}

// pass sends p from one end to the other.
func (c pair) pass(t *testing.T, p []byte) {
	sameBytes(t, mustInflate(t, c.z, deflateMessage(c.d, p, every(700)), every(1<<20), nil), p)
}

// Many that compress at the same time rob each other, and nobody notices.
func TestCrowd(t *testing.T) {
	t.Parallel()
	all := crowd(t, 4*keep.max)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			r := newRand(uint64(i))
			mine := all[i*len(all)/8 : (i+1)*len(all)/8]
			for range 100 {
				mine[r.IntN(len(mine))].pass(t, jsonBytes(r, 100+r.IntN(3000)))
			}
		})
	}
	wg.Wait()
	if n := kept(all); n > keep.max {
		t.Errorf("%d compressors are kept, want at most %d", n, keep.max)
	}
}

func kept(all []pair) (n int) {
	for _, c := range all {
		if c.d.past.idle.Load() != nil {
			n++
		}
	}
	return n
}

// Those who find no place borrow for each message; those in the middle of one
// are not robbed.
func TestNoPlace(t *testing.T) {
	was := keep.max
	defer func() { keep.max = was }()
	keep = keepers{max: 3}
	all := crowd(t, 8)
	m := jsonMessages(3)
	var payloads [8][]byte
	for i, c := range all {
		payloads[i] = c.d.Append(nil, m[0], false)
	}
	if n := len(keep.all); n != 3 {
		t.Fatalf("%d have a place, want 3", n)
	}
	for i, c := range all {
		payload := c.d.Append(payloads[i], m[1], true)
		sameBytes(t, mustInflate(t, c.z, payload, every(1<<20), nil), append(bytes.Clone(m[0]), m[1]...))
	}
	if n := kept(all); n != 3 {
		t.Errorf("%d compressors are kept, want 3", n)
	}
	for _, c := range all {
		c.pass(t, m[2])
	}
}

// Whoever is at work between others' messages keeps its compressor.
func TestBusyKeeps(t *testing.T) {
	was := keep.max
	defer func() { keep.max = was }()
	keep = keepers{max: 4}
	all := crowd(t, 41)
	m := jsonMessages(1)[0]
	busy := all[0]
	busy.pass(t, m)
	for _, other := range all[1:] {
		other.pass(t, m)
		if busy.d.past.idle.Load() == nil {
			t.Fatal("robbed though it was used last but one")
		}
		busy.pass(t, m)
	}
}

// Close gives the place and the compressor back, and an Append that it comes
// upon ends well; afterwards nothing is kept.
func TestCloseBesideAppend(t *testing.T) {
	m := jsonMessages(1)[0]
	for range 100 {
		c := pair{NewDeflater(0, MaxWindowBits, true), NewInflater(MaxWindowBits, true)}
		var wg sync.WaitGroup
		wg.Go(c.d.Close)
		wg.Go(func() { c.pass(t, m) })
		wg.Wait()
		c.pass(t, m)
		keep.mu.Lock()
		for _, p := range keep.all {
			if p.Value() == &c.d.past {
				t.Error("closed, it has a place")
			}
		}
		keep.mu.Unlock()
		if c.d.past.idle.Load() != nil {
			t.Fatal("closed, it keeps a compressor")
		}
		c.d.Close()
		c.z.Close()
	}
}

// A Deflater that was closed is not held by anybody.
func TestClosedIsGarbage(t *testing.T) {
	d := NewDeflater(0, MaxWindowBits, true)
	d.Append(nil, jsonMessages(1)[0], true)
	p := weak.Make(d)
	d.Close()
	d = nil
	collect()
	if p.Value() != nil {
		t.Error("still held")
	}
}

// The last bytes of all that was added, whatever the pieces.
func TestHistory(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 256, 1000, maxHistory} {
		r := newRand(uint64(limit))
		h := history{limit: limit}
		var all []byte
		for range 500 {
			p := randomBytes(r, r.IntN(1+[]int{3, limit / 4, limit, 2 * limit}[r.IntN(4)]))
			h.add(p)
			all = append(all, p...)
			sameBytes(t, h.append([]byte("x")), append([]byte("x"), all[max(0, len(all)-limit):]...))
			if cap(h.ring) > limit {
				t.Fatalf("%d bytes are kept, want at most %d", cap(h.ring), limit)
			}
		}
	}
}

// What many Deflaters with takeover hold between messages: a history each, and
// a bounded number of compressors.
func TestDeflaterMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector's own memory counts as well; run without -race")
	}
	const crowd = 2000
	m := jsonMessages(10)
	all := make([]*Deflater, crowd)
	before := heapNow()
	for i := range all {
		all[i] = NewDeflater(0, MaxWindowBits, true)
		defer all[i].Close()
		for _, p := range m {
			all[i].Append(nil, p, true)
		}
	}
	held := heapNow() - before
	compressors := int64(keep.max) * 1_500_000
	if each := (held - compressors) / crowd; each > maxHistory+600 {
		t.Errorf("%d Deflaters hold %d bytes, %d compressors included: %d each, want at most 8 KiB and 600 bytes", crowd, held, keep.max, each)
	}
	t.Logf("%d Deflaters hold %d bytes, up to %d compressors included", crowd, held, keep.max)
}

// A Deflater that is forgotten within a message, without Close, keeps neither its
// compressor nor its place from others.
func TestForgottenLeaves(t *testing.T) {
	was := keep.max
	defer func() { keep.max = was }()
	keep = keepers{max: 2}
	m := jsonMessages(1)[0]
	var forgotten []weak.Pointer[Deflater]
	for range 2 {
		d := NewDeflater(0, MaxWindowBits, true)
		d.Append(nil, m, false)
		forgotten = append(forgotten, weak.Make(d))
	}
	collect()
	for _, p := range forgotten {
		if p.Value() != nil {
			t.Error("still held")
		}
	}
	for _, c := range crowd(t, 3) {
		c.pass(t, m)
		if c.d.past.idle.Load() == nil {
			t.Error("no place is free")
		}
	}
}
