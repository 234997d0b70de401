package deflate

import (
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func load(name string) (m [][]byte) {
	b, _ := os.ReadFile("/tmp/w/zcmp/dump/" + name)
	for l := range strings.Lines(string(b)) {
		p, _ := hex.DecodeString(strings.TrimSpace(l))
		m = append(m, p)
	}
	return
}
func TestGrid(t *testing.T) {
	if os.Getenv("GRID") == "" {
		t.Skip()
	}
	names := []string{"json2K", "mix-json", "mix-text", "mix-records", "1M-text", "1M-json", "1M-go", "1M-elf", "short064", "short127"}
	if v := os.Getenv("NAMES"); v != "" {
		names = strings.Split(v, ",")
	}
	for _, g := range []search{
		{tries: 1, again: 0, lazy: 0, nice: 32, step: 4},
		{tries: 1, again: 0, lazy: 0, nice: 32, step: 1},
		{tries: 2, again: 0, lazy: 0, nice: 32, step: 1},
		{tries: 2, again: 1, lazy: 8, nice: 32, step: 1},
		{tries: 3, again: 2, lazy: 8, nice: 32, step: 1},
		{tries: 4, again: 1, lazy: 8, nice: 32, step: 1}, {tries: 4, again: 2, lazy: 8, nice: 32, step: 2}, {tries: 4, again: 2, lazy: 8, nice: 32, step: 3}, {tries: 3, again: 2, lazy: 8, nice: 32, step: 2},
		{tries: 4, again: 2, lazy: 6, nice: 32, step: 1},
		{tries: 4, again: 4, lazy: 16, nice: 64, step: 1},
	} {
		fmt.Printf("%+v\n", g)
		for _, n := range names {
			m := load(n)
			z := NewDeflater(1, 15, true)
			z.search = g
			var o []byte
			best, first := time.Hour, 0
			end := time.Now().Add(250 * time.Millisecond)
			for k := 0; k < 2 || time.Now().Before(end); k++ {
				s := time.Now()
				size := 0
				for _, p := range m {
					o = z.Append(o[:0], p, true)
					size += len(o)
				}
				best = min(best, time.Since(s))
				if first == 0 {
					first = size
				}
			}
			fmt.Printf("  %s %.2fus %.1f;", n, float64(best.Nanoseconds())/1e3/float64(len(m)), float64(first)/float64(len(m)))
		}
		fmt.Println()
	}
}
