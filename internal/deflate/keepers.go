package deflate

import (
	"runtime"
	"slices"
	"sync"
	"weak"
)

// keep is where Deflaters with takeover find a place.
var keep = keepers{max: max(16, 4*runtime.GOMAXPROCS(0))}

// A keepers is a bounded number of places: who has one keeps its compressor
// between messages. When none is free, whoever needs one takes that of the
// least recently used, or nearly so, with the compressor. Those in the middle
// of a message are left alone.
//
// The places are looked at in turn, and who used its compressor again since the
// last look is passed over once. A Deflater that is forgotten without Close, in the
// middle of a message perhaps, leaves its place to others.
type keepers struct {
	mu   sync.Mutex
	all  []weak.Pointer[past]
	max  int
	next int
}

// enter gives p a place, and the compressor that came with it, if any. It
// reports false if p is closed or all others are in the middle of a message.
func (k *keepers) enter(p *past) (c *compressor, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p.closed.Load() {
		return nil, false
	}
	if len(k.all) < k.max {
		k.all = append(k.all, weak.Make(p))
		return nil, true
	}
	for range 2 * len(k.all) {
		k.next = (k.next + 1) % len(k.all)
		other := k.all[k.next].Value()
		if other != nil {
			if other.used.Swap(false) {
				continue
			}
			if c = other.idle.Swap(nil); c == nil {
				continue
			}
		}
		k.all[k.next] = weak.Make(p)
		return c, true
	}
	return nil, false
}

// leave takes p's place from it, if it has one.
func (k *keepers) leave(p *past) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if i := slices.Index(k.all, weak.Make(p)); i >= 0 {
		k.all = slices.Delete(k.all, i, i+1)
	}
}
