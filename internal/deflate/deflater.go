package deflate

import (
	"cmp"
	"fmt"
	"sync/atomic"
)

// MaxWindowBits is the largest window of RFC 7692, 32 KiB, and the one meant
// when max_window_bits was not agreed. The smallest is 8.
const MaxWindowBits = 15

// DefaultLevel is the level that 0 means. It takes up to 6 % more time than 1,
// and 1 to 4 % fewer bytes.
const DefaultLevel = 2

// maxHeld is how much of a message a compressor may hold back, waiting for more,
// before it is flushed. Flushing JSON or text every 16 KiB costs 0.5 %.
const maxHeld = 16 << 10

// A Deflater compresses messages, one after the other, piece by piece.
//
// With takeover it holds the last 8 KiB that it compressed; without, only within
// a message. Where less than 16 KiB of a message are held back, waiting for
// more, it holds a compressor of 0.8 to 1.5 MB; else it may still have one, which
// others may take away. Not for use by several goroutines at once, except Close.
type Deflater struct {
	level, windowBits int
	takeover          bool
	past              past
	open              bool        // the current message has had at least one byte
	held              int         // bytes of it that c may hold back
	c                 *compressor // nil: all is flushed
	keep              bool        // once all is flushed c stays with past
}

// A past is what a Deflater keeps when all is flushed.
type past struct {
	history history
	idle    atomic.Pointer[compressor] // goes on behind history; others may take it
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
// whenever a message shorter than 128 bytes passes, which does not get shorter.
func NewDeflater(level, windowBits int, takeover bool) *Deflater {
	if level < 0 || level > 9 || windowBits < 8 || windowBits > MaxWindowBits {
		panic(fmt.Sprintf("deflate: level %d with a window of %d bits: want 0 to 9 and 8 to 15", level, windowBits))
	}
	return &Deflater{
		level: cmp.Or(level, DefaultLevel), windowBits: windowBits, takeover: takeover,
		past: past{history: history{limit: min(maxHistory, 1<<windowBits)}},
	}
}

// Append compresses p, the next piece of a message, appends to dst what the
// compressor puts out, and returns the extended slice. Last says that p (which
// may be empty) ends the message: everything is then flushed, and the tail
// 00 00 ff ff removed. Until then less than 16 KiB of the message is held back,
// so dst grows by less than len(p) + 20 KiB. Append keeps neither slice. An
// empty message becomes the single byte 00 (RFC 7692 section 7.2.3.6).
func (z *Deflater) Append(dst, p []byte, last bool) []byte {
	switch {
	case z.c != nil || len(p) > 0:
		dst = z.compress(dst, p, last)
	case last:
		dst = append(dst, 0)
	}
	z.open = !last && (z.open || len(p) > 0)
	if last && !z.takeover {
		z.forget()
	}
	return dst
}

// AppendShorter is Append of p, a whole message, if that makes it shorter, and
// reports true. Else p is better sent as it is: dst comes back as it was, and no
// later message refers to p. No message may be open.
func (z *Deflater) AppendShorter(dst, p []byte) ([]byte, bool) {
	if len(p) == 0 {
		return dst, false
	}
	z.begin()
	out := cutTail(z.c.append(dst, p, true), len(dst))
	shorter := len(out)-len(dst) < len(p)
	switch {
	case !shorter:
		z.c.astray, out = true, dst
	case z.takeover:
		z.past.history.add(p)
	}
	z.end()
	if !z.takeover {
		z.forget()
	}
	return out, shorter
}

func (z *Deflater) compress(dst, p []byte, last bool) []byte {
	if z.c == nil {
		z.begin()
	}
	from := len(dst)
	z.held += len(p)
	flush := last || z.held >= maxHeld
	dst = z.c.append(dst, p, flush)
	if last {
		dst = cutTail(dst, from)
	}
	if z.takeover || !last {
		z.past.history.add(p)
	}
	if flush {
		z.held = 0
		z.end()
	}
	return dst
}

// begin takes a compressor: the idle one, which goes on; or any other, or one
// that went astray, with the history as its dictionary.
func (z *Deflater) begin() {
	if !z.takeover && !z.open {
		z.c, z.keep = borrowCompressor(z.level, z.windowBits), false
		z.c.begin(nil)
		return
	}
	if z.c = z.past.idle.Swap(nil); z.c != nil {
		z.past.used.Store(true)
		if z.c.astray {
			z.c.begin(&z.past.history)
		}
		return
	}
	if z.c, z.keep = keep.enter(&z.past); !z.c.is(z.level, z.windowBits) {
		z.c.release()
		z.c = borrowCompressor(z.level, z.windowBits)
	}
	z.c.begin(&z.past.history)
}

// end lets go of the compressor, which has flushed all.
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

// forget drops what the next message may not refer to.
func (z *Deflater) forget() {
	z.past.history.clear()
	if z.keep {
		z.keep = false
		z.past.leave()
	}
}

// Close gives back the compressor, unless it holds back a part of a message:
// then that goes back when it is flushed, or is left to the garbage collector.
// Any goroutine may call it, any number of times, also during Append: what that
// compresses is valid still, but a compressor is borrowed each time.
func (z *Deflater) Close() {
	z.past.closed.Store(true)
	z.past.leave()
}

// leave gives back the place and what is idle.
func (p *past) leave() {
	keep.leave(p)
	p.idle.Swap(nil).release()
}
