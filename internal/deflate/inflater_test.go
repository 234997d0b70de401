package deflate

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// The examples of RFC 7692 section 7.2.3, and shapes its text allows.
var validMessages = []struct {
	name    string
	payload []byte
	want    string
}{
	{"7.2.3.1 fixed block", unhex("f2 48 cd c9 c9 07 00"), "Hello"},
	{"7.2.3.3 stored block", unhex("00 05 00 fa ff 48 65 6c 6c 6f 00"), "Hello"},
	{"7.2.3.4 final block", unhex("f3 48 cd c9 c9 07 00 00"), "Hello"},
	{"7.2.3.5 two blocks", unhex("f2 48 05 00 00 00 ff ff ca c9 c9 07 00"), "Hello"},
	{"7.2.3.6 empty message", unhex("00"), ""},
	{"no payload at all", nil, ""},
	{"final block that ends the payload", unhex("f3 48 cd c9 c9 07 00"), "Hello"},
	{"empty final block", unhex("01"), ""},
	{"several empty blocks", new(blocks).stored(0, "").stored(0, "").fixed(0).end().stored(1, "").payload(), ""},
	{"tail not taken off", unhex("f2 48 cd c9 c9 07 00 00 00 ff ff"), "Hello"},
	{"final, not final, final", new(blocks).fixed(1).literal('a').end().align().stored(0, "b").stored(1, "c").payload(), "abc"},
	{"two tails inside", new(blocks).stored(0, "x").stored(0, "").stored(0, "").fixed(0).literal('y').end().payload(), "xy"},
}

func TestValidMessages(t *testing.T) {
	t.Parallel()
	for _, c := range validMessages {
		t.Run(c.name, func(t *testing.T) {
			for _, takeover := range []bool{false, true} {
				z := NewInflater(15, takeover)
				defer z.Close()
				for range 3 { // each leaves the next alone
					for _, in := range []int{1, 2, 100} {
						for _, out := range []cut{every(1), every(2), every(100), nil} {
							sameBytes(t, mustInflate(t, z, c.payload, every(in), out), []byte(c.want))
						}
					}
				}
			}
		})
	}
}

func TestTakeover(t *testing.T) {
	t.Parallel()
	first, second := unhex("f2 48 cd c9 c9 07 00"), unhex("f2 00 11 00 00") // RFC 7692 section 7.2.3.2
	z := NewInflater(15, true)
	defer z.Close()
	mustInflate(t, z, first, every(9), nil)
	sameBytes(t, mustInflate(t, z, second, every(1), every(1)), []byte("Hello"))

	z = NewInflater(15, false)
	defer z.Close()
	mustInflate(t, z, first, every(9), nil)
	if _, err := inflateMessage(z, second, every(1), every(1)); !errors.As(err, new(*Error)) {
		t.Errorf("a reference to the message before, without takeover: %v, want *Error", err)
	}
}

var corruptMessages = []struct {
	name    string
	payload []byte
	reason  string
}{
	{"block type 3", unhex("06"), "reserved"},
	{"stored length", unhex("00 05 00 fa fe 48"), "complement"},
	{"distance before the start", new(blocks).fixed(0).literal('a').match(3, 2).end().payload(), "distance"},
	{"length symbol 286", new(blocks).fixed(0).code(0xc6, 8).end().payload(), "symbol"},
	{"length symbol 287", new(blocks).fixed(0).code(0xc7, 8).end().payload(), "symbol"},
	{"distance symbol 30", new(blocks).fixed(0).literal('a').code(1, 7).code(30, 5).end().payload(), "symbol"},
	{"287 literal codes", new(blocks).bits(4, 3).bits(30, 5).bits(0, 5).bits(0, 4).payload(), "codes"},
	{"31 distance codes", new(blocks).bits(4, 3).bits(0, 5).bits(30, 5).bits(0, 4).payload(), "codes"},
	{"no code length code", new(blocks).bits(4, 3).bits(0, 14).bits(0, 12).payload(), "code"},
	{"oversubscribed code lengths", new(blocks).bits(4, 3).bits(0, 14).bits(0o1111, 12).payload(), "code"},
	{"incomplete code lengths", new(blocks).bits(4, 3).bits(0, 14).bits(0o2200, 12).payload(), "code"},
	{"repeat of nothing", dynamic(1).code(1, 2).bits(0, 2).bits(0, 8).payload(), "repeat"},
	{"repeat beyond the end", dynamic(1).code(3, 2).bits(127, 7).code(3, 2).bits(127, 7).payload(), "repeat"},
	{"no end of block", zeros(dynamic(1).code(0, 2).code(0, 2), 256).payload(), "no code for the end"},
	{"oversubscribed literals", zeros(dynamic(1).code(0, 2).code(0, 2).code(0, 2), 253).code(0, 2).code(0, 2).payload(), "literal"},
	{"oversubscribed distances", zeros(dynamic(3), 256).code(0, 2).code(0, 2).code(0, 2).code(0, 2).payload(), "distance"},
	{"one distance code of two bits", oneOfTwoBits().payload(), "distance code"},
	{"unknown code length symbol", new(blocks).bits(4, 3).bits(0, 14).bits(0o0001, 12).bits(1, 1).payload(), "symbol"},
	{"payload ends in a stored block", unhex("00 05 00 fa ff 48 65"), "ends"},
	{"payload ends in a stored length", unhex("00 05"), "ends"},
	{"payload ends in a code", unhex("f2 48 cd c9"), "ends"},
	{"payload ends in a dynamic header", unhex("04"), "ends"},
	{"garbage behind the end", unhex("f2 48 cd c9 c9 07 00 00 00 ff ff fe"), ""},
}

// dynamic begins a block of 257 literal codes and so many distance codes. Its
// code length codes have two bits: 0 is length 1, 1 symbol 16, 2 symbol 17, 3
// symbol 18.
func dynamic(dists uint32) *blocks {
	w := new(blocks).bits(4, 3).bits(0, 5).bits(dists-1, 5).bits(14, 4)
	for _, n := range []uint32{2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2} {
		w.bits(n, 3)
	}
	return w
}

// zeros adds n code lengths of 0, 149 to 276 of them.
func zeros(w *blocks, n uint32) *blocks {
	return w.code(3, 2).bits(127, 7).code(3, 2).bits(n-138-11, 7)
}

// oneOfTwoBits begins a block of two literal codes, and of one distance code
// that has two bits, so that half of them are missing.
func oneOfTwoBits() *blocks {
	w := new(blocks).bits(4, 3).bits(0, 5).bits(0, 5).bits(14, 4)
	for _, n := range []uint32{0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2} {
		w.bits(n, 3) // code 0 is symbol 18, 10 length 1, 11 length 2
	}
	return w.code(2, 2).code(0, 1).bits(127, 7).code(0, 1).bits(255-138-11, 7).code(2, 2).code(3, 2)
}

func TestCorruptMessages(t *testing.T) {
	t.Parallel()
	for _, c := range corruptMessages {
		t.Run(c.name, func(t *testing.T) {
			for _, in := range []int{1, 100} {
				z := NewInflater(15, true)
				defer z.Close()
				_, err := inflateMessage(z, c.payload, every(in), every(7))
				var e *Error
				if !errors.As(err, &e) {
					t.Fatalf("got %v, want *Error", err)
				}
				if !strings.Contains(e.Reason, c.reason) || e.Offset < 0 || e.Offset > int64(len(c.payload))+4 {
					t.Errorf("got %+v, want %q at 0 to %d", *e, c.reason, len(c.payload))
				}
				if n, again := z.Read(make([]byte, 9)); n != 0 || again != err {
					t.Errorf("afterwards: %d, %v; want the same error", n, again)
				}
			}
		})
	}
}

// Whatever the cuts: the same bytes, also when messages of all kinds follow
// each other in one history.
func TestSplit(t *testing.T) {
	t.Parallel()
	r := newRand(7)
	var payloads, wants [][]byte
	d := NewDeflater(6, 15, true)
	for _, name := range []string{"json", "zeros", "random", "runs", "skewed", "json"} {
		for _, size := range []int{0, 1, 5, 300, 5000} {
			p := corpora[name](r, size)
			wants = append(wants, p)
			payloads = append(payloads, deflateMessage(d, p, every(1+r.IntN(2000))))
		}
	}
	cuts := map[string]cut{"1": every(1), "3": every(3), "100": every(100), "all": every(1 << 20), "random": randomly(3, 50)}
	for inName, in := range cuts {
		for outName, out := range map[string]cut{"1": cuts["1"], "3": cuts["3"], "all": cuts["all"], "random": cuts["random"], "view": nil} {
			t.Run(inName+" in, "+outName+" out", func(t *testing.T) {
				z := NewInflater(15, true)
				defer z.Close()
				for i, p := range payloads {
					sameBytes(t, mustInflate(t, z, p, in, out), wants[i])
				}
			})
		}
	}
}

func TestReadOfNothing(t *testing.T) {
	t.Parallel()
	z := NewInflater(15, true)
	defer z.Close()
	if n, err := z.Read(nil); n != 0 || err != ErrMore {
		t.Fatalf("before any input: %d, %v; want ErrMore", n, err)
	}
	z.Feed(validMessages[0].payload, true)
	for range 2 {
		if n, err := z.Read(nil); n != 0 || err != nil {
			t.Fatalf("bytes wait: %d, %v; want 0, nil", n, err)
		}
	}
	dst := make([]byte, 5)
	if n, err := z.Read(dst); n != 5 || err != io.EOF || string(dst) != "Hello" {
		t.Fatalf("got %d, %v, %q; want the end with the last byte", n, err, dst)
	}
	if n, err := z.Read(dst); n != 0 || err != ErrMore {
		t.Fatalf("before the next message: %d, %v; want ErrMore", n, err)
	}
	z.Feed([]byte{0}, true)
	if n, err := z.Read(nil); n != 0 || err != nil {
		t.Fatalf("the end waits: %d, %v; want 0, nil", n, err)
	}
	if n, err := z.Read(dst); n != 0 || err != io.EOF {
		t.Fatalf("an empty message: %d, %v; want io.EOF", n, err)
	}
}

// 16 MiB of zeros inside 16 KiB: nothing grows.
func TestBomb(t *testing.T) {
	const size = 16 << 20
	d := NewDeflater(9, 15, false)
	var payload []byte
	zeros := make([]byte, 1<<16)
	for n := 0; n < size; n += len(zeros) {
		payload = d.Append(payload, zeros, n+len(zeros) == size)
	}
	z := NewInflater(15, true)
	defer z.Close()
	total, views := 0, 0
	allocated := bytesAllocated(func() {
		z.Feed(payload, true)
		for {
			v, err := z.Next()
			total += len(v)
			views++
			if len(bytes.Trim(v, "\x00")) > 0 {
				t.Fatal("not zeros")
			}
			if err != nil {
				if err != io.EOF {
					t.Fatal(err)
				}
				return
			}
		}
	})
	if total != size {
		t.Errorf("inflated %d bytes, want %d", total, size)
	}
	if ratio := size / len(payload); ratio < 500 {
		t.Errorf("the bomb expands %d times only", ratio)
	}
	if allocated > 256<<10 {
		t.Errorf("allocated %d bytes", allocated)
	}
}

func TestInflateAllocs(t *testing.T) {
	for _, takeover := range []bool{true, false} {
		if raceEnabled && !takeover {
			continue // the race detector makes sync.Pool forget at random
		}
		z := NewInflater(15, takeover)
		defer z.Close()
		payload := NewDeflater(0, 15, false).Append(nil, jsonMessages(1)[0], true)
		dst := make([]byte, 4096)
		read := func() {
			z.Feed(payload, true)
			if n, err := io.ReadFull(z, dst[:2048]); n != 2048 {
				t.Fatal(err)
			}
			if z.open {
				if n, err := z.Read(dst); n != 0 || err != io.EOF {
					t.Fatalf("at the end: %d, %v", n, err)
				}
			}
		}
		for range 50 {
			read() // the window grows to its full size
		}
		if n := testing.AllocsPerRun(100, read); n != 0 {
			t.Errorf("takeover %t: %v allocations per message, want 0", takeover, n)
		}
		if held := z.s != nil; held != takeover {
			t.Errorf("takeover %t: state held between messages: %t", takeover, held)
		}
	}
}

// What an Inflater holds, by how much has passed through it.
func TestInflaterMemory(t *testing.T) {
	random := NewDeflater(0, 15, false).Append(nil, randomBytes(newRand(1), 100_000), true)
	for _, c := range []struct {
		bits    int
		payload []byte
		window  int
	}{
		{15, unhex("f2 48 cd c9 c9 07 00"), 4096},
		{15, random, 40960},
		{12, random, 5120},
		{8, random, 4096},
	} {
		z := NewInflater(c.bits, true)
		z.s = newStream(c.bits) // not one from the pool
		mustInflate(t, z, c.payload, every(1<<20), nil)
		if n := len(z.s.win); n != c.window {
			t.Errorf("%d bits, %d bytes: window of %d bytes, want %d", c.bits, len(c.payload), n, c.window)
		}
	}
	if n := reflect.TypeFor[stream]().Size(); n > 256 {
		t.Errorf("a stream takes %d bytes beside its window, want at most 256", n)
	}
}

// A view outlives the end of its message, until Release or the next call.
func TestViewAtTheEnd(t *testing.T) {
	t.Parallel()
	z := NewInflater(15, false)
	defer z.Close()
	z.Feed(validMessages[0].payload, true)
	v, err := z.Next()
	if string(v) != "Hello" || err != io.EOF {
		t.Fatalf("got %q, %v; want the end with the view", v, err)
	}
	other := NewInflater(15, false)
	defer other.Close()
	other.Feed(unhex("00 05 00 fa ff 58 58 58 58 58 00"), true)
	if w, _ := other.Next(); string(w) != "XXXXX" || string(v) != "Hello" {
		t.Errorf("views %q and %q; want XXXXX and Hello", w, v)
	}
	z.Release()
	if z.s != nil {
		t.Error("still held after Release")
	}
	z.Release()
	sameBytes(t, mustInflate(t, z, validMessages[0].payload, every(1), nil), []byte("Hello"))
}

func TestWindowOutOfRange(t *testing.T) {
	t.Parallel()
	for _, bits := range []int{7, 16} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("window of %d bits: accepted", bits)
				}
			}()
			NewInflater(bits, true)
		}()
	}
}

func TestFeedTooEarly(t *testing.T) {
	t.Parallel()
	for _, last := range []bool{true, false} {
		z := NewInflater(15, true)
		z.Feed([]byte("x"), last)
		func() {
			defer func() {
				if recover() == nil {
					t.Error("fed bytes were lost silently")
				}
			}()
			z.Feed([]byte("y"), true)
		}()
	}
}

func TestCloseInTheMiddle(t *testing.T) {
	t.Parallel()
	z := NewInflater(15, true)
	z.Feed(unhex("f2 48 cd"), false)
	if _, err := z.Next(); err != nil {
		t.Fatal(err)
	}
	z.Close()
	z.Close()
	if n, err := z.Read(make([]byte, 1)); n != 0 || err != ErrMore {
		t.Errorf("after Close: %d, %v; want ErrMore", n, err)
	}
}

// A distance of the agreed window is good, one more is not, wherever in the
// ring the match lies.
func TestWindowLimit(t *testing.T) {
	t.Parallel()
	for bits := 8; bits <= 15; bits++ {
		window := 1 << bits
		r := newRand(uint64(bits))
		z := NewInflater(bits, true)
		var history []byte
		for range 40 {
			p := randomBytes(r, window+r.IntN(window+window/4))
			history = append(history, p...)
			from := len(history) - window
			want := append(p, history[from:from+10]...)
			want = append(want, history[from+10:from+13]...)
			history = append(history, history[from:from+13]...)

			w := new(blocks)
			for q := p; len(q) > 0; q = q[min(len(q), 60_000):] {
				w.stored(0, string(q[:min(len(q), 60_000)]))
			}
			w.fixed(0).match(10, window).match(3, window)
			// What follows keeps fast in business.
			for range 20 {
				w.literal('x')
				want, history = append(want, 'x'), append(history, 'x')
			}
			payload := w.end().payload()
			sameBytes(t, mustInflate(t, z, payload, every(len(payload)), nil), want)
		}
		if bits < 15 { // no code for a larger distance
			checkTooFar(t, z, window+1)
		}
	}
}

// checkTooFar gives z a match that reaches too far, in the middle of a message
// and at its end.
func checkTooFar(t *testing.T, z *Inflater, dist int) {
	t.Helper()
	w := new(blocks).fixed(0)
	for range 30 {
		w.literal('x')
	}
	w.match(3, dist+30)
	for range 30 {
		w.literal('y')
	}
	_, err := inflateMessage(z, w.end().payload(), every(1<<20), nil)
	if e := new(Error); !errors.As(err, &e) || !strings.Contains(e.Reason, "distance") {
		t.Errorf("a distance of %d: %v, want *Error", dist, err)
	}
}

func TestDistanceBeforeTheFirstByte(t *testing.T) {
	t.Parallel()
	for _, dist := range []int{1, 2, 1000, 3000} {
		checkTooFar(t, NewInflater(15, true), dist)
	}
}

// Blocks of all kinds in any order, with known content.
func TestRandomBlocks(t *testing.T) {
	t.Parallel()
	r := newRand(31)
	for bits := 8; bits <= 15; bits++ {
		z := NewInflater(bits, true)
		var all []byte
		for i := range 150 {
			w, from := new(blocks), len(all)
			for range r.IntN(12) {
				all = addBlock(r, w, all, 1<<bits)
			}
			in, out := every(1<<20), cut(nil)
			if i%2 == 0 {
				in, out = randomly(uint64(i), 70), randomly(uint64(i), 1000)
			}
			sameBytes(t, mustInflate(t, z, w.payload(), in, out), all[from:])
		}
	}
}

// addBlock adds a block to w, and what it stands for to all.
func addBlock(r *rand.Rand, w *blocks, all []byte, window int) []byte {
	final := r.Uint32N(2)
	if r.IntN(2) == 0 {
		p := randomBytes(r, r.IntN(60))
		w.stored(final, string(p))
		return append(all, p...)
	}
	w.fixed(final)
	for range r.IntN(60) {
		if r.IntN(2) == 0 || len(all) == 0 {
			c := byte(r.IntN(144))
			w.literal(c)
			all = append(all, c)
			continue
		}
		length, dist := 3+r.IntN(8), 1+r.IntN(min(len(all), window))
		w.match(length, dist)
		for range length {
			all = append(all, all[len(all)-dist])
		}
	}
	w.end()
	if final == 1 {
		w.align()
	}
	return all
}

// History crosses final blocks too: only a message's end can drop it.
func TestHistoryAcrossFinalBlock(t *testing.T) {
	t.Parallel()
	z := NewInflater(15, false)
	defer z.Close()
	payload := new(blocks).fixed(1).literal('a').literal('b').end().align().fixed(0).match(4, 2).end().payload()
	for _, in := range []int{1, 100} {
		sameBytes(t, mustInflate(t, z, payload, every(in), nil), []byte("ababab"))
	}
}
