package deflate

import (
	"fmt"
	"runtime"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	type config struct {
		level, bits int
		takeover    bool
	}
	var configs []config
	for level := range 10 {
		configs = append(configs, config{level, 15, level%2 == 0})
	}
	for bits := 8; bits < 15; bits++ {
		configs = append(configs, config{0, bits, true}, config{0, bits, false})
	}
	for i, c := range configs {
		t.Run(fmt.Sprintf("level %d window %d takeover %t", c.level, c.bits, c.takeover), func(t *testing.T) {
			r := newRand(uint64(i))
			d, z := NewDeflater(c.level, c.bits, c.takeover), NewInflater(c.bits, c.takeover)
			defer z.Close()
			for name, draw := range corpora {
				for _, size := range []int{0, 1, 50, 130, 2048, 33_000} {
					p := draw(r, size)
					payload := deflateMessage(d, p, randomly(uint64(size), 2+size))
					got, err := inflateMessage(z, payload, randomly(1, 3000), randomly(2, 9000))
					if err != nil {
						t.Fatalf("%s of %d bytes: %v", name, size, err)
					}
					sameBytes(t, got, p)
				}
			}
		})
	}
}

func TestEmptyMessage(t *testing.T) {
	t.Parallel()
	for _, takeover := range []bool{false, true} {
		d := NewDeflater(0, 15, takeover)
		for _, p := range []string{"", "something", "", ""} {
			out := d.Append([]byte("before"), nil, false)
			out = d.Append(out, []byte(p), false)
			out = d.Append(out, nil, true)
			if p == "" {
				sameBytes(t, out, []byte("before\x00")) // RFC 7692 section 7.2.3.6
			}
		}
	}
}

// What is held back, and so how much one call may put out, does not grow with
// the message.
func TestOutputComesInTime(t *testing.T) {
	t.Parallel()
	for _, level := range []int{1, 6, 9} {
		d := NewDeflater(level, 15, true)
		r := newRand(5)
		in, out := 0, 0
		for i := range 400 {
			p := randomBytes(r, 1+r.IntN(5000))
			n := len(d.Append(nil, p, i == 399))
			if n >= len(p)+20<<10 {
				t.Fatalf("level %d: %d bytes out for %d in", level, n, len(p))
			}
			in, out = in+len(p), out+n
			if in-out > 20<<10 {
				t.Fatalf("level %d: %d bytes of random data held back", level, in-out)
			}
		}
	}
}

func TestLevelsAndWindowsOutOfRange(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]int{{-1, 15}, {10, 15}, {1, 7}, {1, 16}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("level %d, window %d: accepted", c[0], c[1])
				}
			}()
			NewDeflater(c[0], c[1], true)
		}()
	}
}

func TestDeflateAllocs(t *testing.T) {
	for _, takeover := range []bool{true, false} {
		if raceEnabled && !takeover {
			continue // the race detector makes sync.Pool forget at random
		}
		d := NewDeflater(0, 15, takeover)
		m := jsonMessages(1)[0]
		out := d.Append(nil, m, true)
		if n := testing.AllocsPerRun(100, func() { out = d.Append(out[:0], m, true) }); n != 0 {
			t.Errorf("takeover %t: %v allocations per message, want 0", takeover, n)
		}
	}
}

// bytesAllocated returns what f allocates in total.
func bytesAllocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// collect collects garbage, pools included.
func collect() {
	for range 3 {
		runtime.GC()
	}
}

// heapNow is the memory in use once there is nothing left to collect.
func heapNow() int64 {
	collect()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
