package deflate

import (
	"cmp"
	"fmt"
	"sync"
)

// MaxWindowBits is the largest window of RFC 7692, 32 KiB, and the one meant
// when max_window_bits was not agreed. The smallest is 8.
const MaxWindowBits = 15

// DefaultLevel is the level that 0 means.
const DefaultLevel = 2

// A Deflater compresses messages, one after the other, piece by piece.
//
// With takeover it holds what it compressed last: up to 16 KiB, less with a
// smaller window. It also has an index of up to 32 KiB, which the garbage
// collector takes from a Deflater that is not used. Without takeover it holds
// both within a message only, and in between nothing. Not for use by several
// goroutines at once.
type Deflater struct {
	search   search
	bits     int
	takeover bool
	w        *window   // nil: no history
	index    *index    // nil between messages
	idle     sync.Pool // with takeover: the index between messages
	acc      uint64    // bits of the message that do not fill a byte
	n        uint      // number of bits in acc
}

// NewDeflater returns a Deflater. Level is 1 (fastest) to 9 (smallest); 0 is
// DefaultLevel. WindowBits is the agreed window, 8 to 15. Takeover says that
// messages may refer to earlier ones, i.e. that no_context_takeover was not
// agreed for this direction. Values out of range panic.
func NewDeflater(level, windowBits int, takeover bool) *Deflater {
	if level < 0 || level > 9 || windowBits < 8 || windowBits > MaxWindowBits {
		panic(fmt.Sprintf("deflate: level %d with a window of %d bits: want 0 to 9 and 8 to 15", level, windowBits))
	}
	return &Deflater{search: searches[cmp.Or(level, DefaultLevel)], bits: windowBits, takeover: takeover}
}

// Append compresses p, the next piece of a message, appends to dst what the
// compressor puts out, and returns the extended slice. Last says that p (which
// may be empty) ends the message: everything is then flushed, and the tail
// 00 00 ff ff removed. Until then less than 4 KiB of the message is held back,
// so dst grows by less than len(p) + 5 KiB. Append keeps neither slice. An
// empty message becomes the single byte 00 (RFC 7692 section 7.2.3.6).
func (z *Deflater) Append(dst, p []byte, last bool) []byte {
	z.begin()
	if !last && z.w.holds(p) {
		return dst
	}
	if len(p) > z.w.room(len(p)) {
		dst, _ = z.large(dst, p, last, true)
	} else {
		dst = z.compress(dst, p, last)
	}
	if last {
		z.end()
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
	defer z.end()
	if len(p) > z.w.room(len(p)) {
		return z.large(dst, p, true, false)
	}
	from := len(z.w.b)
	out := z.compress(dst, p, true)
	if len(out)-len(dst) < len(p) {
		return out, true
	}
	z.w.b, z.w.at = z.w.b[:from], from
	return dst, false
}

// compress puts out p and what was held back; all of it if flush.
func (z *Deflater) compress(dst, p []byte, flush bool) []byte {
	b := bitWriter{out: dst, acc: z.acc, n: z.n}
	z.search.compress(z.index, z.w, &b, p, flush)
	z.acc, z.n = b.acc, b.n
	return b.out
}

// large is compress for p that is longer than the window has room for. Unless
// always, it does nothing and reports false if that makes p not shorter.
func (z *Deflater) large(dst, p []byte, flush, always bool) ([]byte, bool) {
	l := borrowLarge(z.w)
	defer spareLarge.Put(l)
	b := bitWriter{out: dst, acc: z.acc, n: z.n}
	z.search.compress(&l.index, &l.window, &b, p, flush)
	if !always && len(b.out)-len(dst) >= len(p) {
		return dst, false
	}
	z.acc, z.n = b.acc, b.n
	if z.takeover || !flush {
		z.w.take(&l.window)
		z.index.rebuild(z.w)
	}
	return b.out, true
}

// compress appends to b the blocks of p and of what w holds back; all of it if
// flush, with the end of the message.
func (h search) compress(x *index, w *window, b *bitWriter, p []byte, flush bool) {
	if len(w.b)-w.at+len(p) < short {
		h = searches[6]
	}
	s := borrowScratch()
	s.quick = h.quick
	s.begin(w.at)
	for more := true; more; {
		p = w.fill(p, s, b)
		more = len(p) > 0
		h.tokens(x, w, s, b, flush && !more)
	}
	s.block(w, b)
	if flush {
		b.endMessage()
	}
	s.release()
}

// begin gets what a message needs, at its first piece.
func (z *Deflater) begin() {
	if z.index != nil {
		return
	}
	if z.takeover {
		z.resume()
		return
	}
	z.borrow()
}

// resume makes the Deflater go on where it was, with the index it had or a new
// one of the history.
func (z *Deflater) resume() {
	if z.w == nil {
		z.w = newWindow(z.bits)
	}
	var ok bool
	if z.index, ok = z.idle.Get().(*index); !ok {
		z.index = newIndex(z.bits)
		z.index.rebuild(z.w)
	}
}

// end lets go of what is not needed between messages.
func (z *Deflater) end() {
	if z.takeover {
		z.idle.Put(z.index)
	} else {
		windows[z.bits].Put(z.w)
		indexes[z.bits].Put(z.index)
		z.w = nil
	}
	z.index = nil
}

// What Deflaters without takeover use for a message, by window.
var windows, indexes [MaxWindowBits + 1]sync.Pool

// borrow gets an empty window and an index for one message.
func (z *Deflater) borrow() {
	var ok bool
	if z.w, ok = windows[z.bits].Get().(*window); !ok {
		z.w = newWindow(z.bits)
	}
	if z.index, ok = indexes[z.bits].Get().(*index); !ok {
		z.index = newIndex(z.bits)
	}
	z.w.clear()
	z.index.clear()
}
