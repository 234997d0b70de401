package deflate

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/klauspost/compress/flate"
)

// MaxWindowBits is the largest window of RFC 7692, 32 KiB, and the one meant
// when max_window_bits was not agreed. The smallest is 8.
const MaxWindowBits = 15

// tail is what RFC 7692 section 7.2.1 takes off the end of every message.
var tail = []byte{0x00, 0x00, 0xff, 0xff}

// A Deflater compresses messages, one after the other, piece by piece.
//
// It holds a compressor of 0.8 to 1.4 MB. With takeover that is kept from the
// first non-empty message until Close; without, it comes from a pool at a
// message's first byte and goes back at its end, so that an idle Deflater
// holds nothing. Not for use by several goroutines at once, Close included.
type Deflater struct {
	level, windowBits int
	takeover          bool
	c                 *compressor // nil: nothing held
	open              bool        // the current message has had at least one byte
}

// NewDeflater returns a Deflater. Level is 1 (fastest) to 9 (smallest); 0 is
// the default, 1. WindowBits is the agreed window, 8 to 15: below 15 the level
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
	return &Deflater{level: max(level, 1), windowBits: windowBits, takeover: takeover}
}

// Append compresses p, the next piece of a message, appends to dst what the
// compressor puts out, and returns the extended slice. Last says that p (which
// may be empty) ends the message: everything is then flushed, and the tail
// 00 00 ff ff removed. Until then the compressor may hold back up to 64 KiB of
// the message, so dst grows by less than len(p) + 68 KiB. Append keeps neither
// slice. An empty message becomes the single byte 00 (RFC 7692 section
// 7.2.3.6).
func (z *Deflater) Append(dst, p []byte, last bool) []byte {
	z.open = z.open || len(p) > 0
	switch {
	case z.open:
		dst = z.compress(dst, p, last)
	case last:
		dst = append(dst, 0)
	}
	if last {
		z.open = false
	}
	return dst
}

func (z *Deflater) compress(dst, p []byte, last bool) []byte {
	if z.c == nil {
		z.c = borrowCompressor(z.level, z.windowBits)
	}
	dst = z.c.append(dst, p, last)
	if last && !z.takeover {
		z.Close()
	}
	return dst
}

// Close gives the compressor back. The message in progress and, with takeover,
// the history are lost: the peer could not inflate what is compressed
// afterwards. Close may be called any number of times.
func (z *Deflater) Close() {
	if z.c != nil {
		z.c.release()
		z.c = nil
	}
	z.open = false
}

// A compressor is a flate.Writer that writes into a slice lent to it.
type compressor struct {
	*flate.Writer
	home *sync.Pool
	out  []byte
}

// compressors holds idle ones: by window from 8 to 14 bits, then by level.
var compressors [7 + 9]sync.Pool

func borrowCompressor(level, windowBits int) *compressor {
	home := &compressors[windowBits-8]
	if windowBits == MaxWindowBits {
		home = &compressors[7+level-1]
	}
	if c, ok := home.Get().(*compressor); ok {
		c.Reset((*sink)(c))
		return c
	}
	c := &compressor{home: home}
	var err error
	if windowBits == MaxWindowBits {
		c.Writer, err = flate.NewWriter((*sink)(c), level)
	} else {
		c.Writer, err = flate.NewWriterWindow((*sink)(c), 1<<windowBits)
	}
	must(err)
	return c
}

func (c *compressor) append(dst, p []byte, last bool) []byte {
	c.out = dst
	_, err := c.Write(p)
	must(err)
	if last {
		must(c.Flush())
		c.out = cutTail(c.out, len(dst))
	}
	dst, c.out = c.out, nil
	return dst
}

// cutTail takes the tail off a flushed message whose last bytes begin at
// b[from:]. Should the flush have ended otherwise, on the byte boundary it
// always ends on, the header of an empty stored block is added instead: the
// tail is then its length.
func cutTail(b []byte, from int) []byte {
	if bytes.HasSuffix(b[from:], tail) {
		return b[:len(b)-len(tail)]
	}
	return append(b, 0)
}

func (c *compressor) release() {
	c.out = nil
	c.home.Put(c)
}

// sink is the io.Writer side of a compressor. It cannot fail.
type sink compressor

func (s *sink) Write(p []byte) (int, error) {
	s.out = append(s.out, p...)
	return len(p), nil
}

// must: a compressor over valid parameters and a sink that cannot fail has no
// error to return; going on after one would corrupt the stream.
func must(err error) {
	if err != nil {
		panic("deflate: " + err.Error())
	}
}
