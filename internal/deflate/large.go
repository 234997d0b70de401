package deflate

import "sync"

// A large is a window and an index for one long message: they reach farther than
// those that a Deflater keeps.
type large struct {
	window window
	index  index
}

var spareLarge = sync.Pool{New: func() any {
	return &large{
		window: window{b: make([]byte, 0, 64<<10+slack), keep: 32 << 10, piece: 32 << 10, limit: 64 << 10},
		index:  index{shift: 64 - 13, places: make([]uint64, 1<<13)},
	}
}}

// borrowLarge returns a large one that has w's history.
func borrowLarge(w *window) *large {
	l := spareLarge.Get().(*large)
	l.window.reach = w.reach
	l.window.take(w)
	l.index.rebuild(&l.window)
	return l
}
