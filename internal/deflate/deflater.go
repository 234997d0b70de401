package deflate

import (
	"cmp"
	"fmt"
	"sync/atomic"
)

// MaxWindowBits is the largest window of RFC 7692, 32 KiB, and the one meant
// when max_window_bits was not agreed. The smallest is 8.
const MaxWindowBits = 15

// DefaultLevel is the level that 0 means: as fast as 1, and 3 % smaller.
const DefaultLevel = 2

// A Deflater compresses messages, one after the other, piece by piece.
//
// Between messages it holds, with takeover, the last 8 KiB that it compressed,
// and perhaps a compressor, which others may take away; without, nothing. Within
// one it holds a compressor of 0.8 to 1.5 MB. Not for use by several goroutines
// at once, except Close.
type Deflater struct {
	level, windowBits int
	past              *past       // nil without takeover
	open              bool        // the current message has had at least one byte
	c                 *compressor // of the open message
	keep              bool        // c stays with past behind the message's end
}

// A past is what a Deflater keeps from one message to the next.
type past struct {
	history history
	idle    atomic.Pointer[compressor] // goes on where the last message ended; others may take it
	used    atomic.Bool                // again, since keepers last looked
	closed  atomic.Bool
}

// NewDeflater returns a Deflater. Level is 1 (fastest) to 9 (smallest); 0 is
// DefaultLevel. WindowBits is the agreed window, 8 to 15: below 15 the level
// does not count, for the compressor has only one for small windows. Takeover
// says that messages may refer to earlier ones, i.e. that no_context_takeover
// was not agreed for this direction. Values out of range panic.
//
// At levels 1 to 6 and with small windows the compressor forgets its history
// whenever a message shorter than 128 bytes passes: such messages are better
// sent uncompressed.
func NewDeflater(level, windowBits int, takeover bool) *Deflater {
	if level < 0 || level > 9 || windowBits < 8 || windowBits > MaxWindowBits {
		panic(fmt.Sprintf("deflate: level %d with a window of %d bits: want 0 to 9 and 8 to 15", level, windowBits))
	}
	z := &Deflater{level: cmp.Or(level, DefaultLevel), windowBits: windowBits}
	if takeover {
		z.past = &past{history: history{limit: min(maxHistory, 1<<windowBits)}}
	}
	return z
}

// Append compresses p, the next piece of a message, appends to dst what the
// compressor puts out, and returns the extended slice. Last says that p (which
// may be empty) ends the message: everything is then flushed, and the tail
// 00 00 ff ff removed. Until then the compressor may hold back up to 64 KiB of
// the message, so dst grows by less than len(p) + 68 KiB. Append keeps neither
// slice. An empty message becomes the single byte 00 (RFC 7692 section
// 7.2.3.6).
func (z *Deflater) Append(dst, p []byte, last bool) []byte {
	if !z.open && len(p) == 0 {
		if last {
			dst = append(dst, 0)
		}
		return dst
	}
	if !z.open {
		z.open = true
		z.begin()
	}
	dst = z.c.append(dst, p, last)
	if z.past != nil {
		z.past.history.add(p)
	}
	if last {
		z.open = false
		z.end()
	}
	return dst
}

// begin takes a compressor: the idle one, which goes on; or any other, with the
// history as its dictionary.
func (z *Deflater) begin() {
	if z.past == nil {
		z.c = borrowCompressor(z.level, z.windowBits)
		z.c.begin(nil)
		return
	}
	if z.c = z.past.idle.Swap(nil); z.c != nil {
		z.past.used.Store(true)
		return
	}
	if z.c, z.keep = keep.enter(z.past); !z.c.is(z.level, z.windowBits) {
		z.c.release()
		z.c = borrowCompressor(z.level, z.windowBits)
	}
	z.c.begin(&z.past.history)
}

// end lets go of the compressor.
func (z *Deflater) end() {
	c := z.c
	z.c = nil
	if !z.keep {
		c.release()
		return
	}
	z.past.idle.Store(c)
	if z.past.closed.Load() {
		z.past.idle.Swap(nil).release()
	}
}

// Close gives the compressor back; that of a message in progress goes back at
// its end, or is left to the garbage collector. Any goroutine may call it, any
// number of times, also during Append: what that compresses is valid still, but
// every message then borrows a compressor anew.
func (z *Deflater) Close() {
	if z.past == nil {
		return
	}
	z.past.closed.Store(true)
	keep.leave(z.past)
	z.past.idle.Swap(nil).release()
}
