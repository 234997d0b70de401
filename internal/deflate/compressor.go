package deflate

import (
	"bytes"
	"sync"

	"github.com/klauspost/compress/flate"
)

// tail is what RFC 7692 section 7.2.1 takes off the end of every message.
var tail = []byte{0x00, 0x00, 0xff, 0xff}

// A compressor is a flate.Writer that writes into a slice lent to it.
type compressor struct {
	*flate.Writer
	home   *sync.Pool
	out    []byte
	dict   []byte // what it began with
	astray bool   // it has seen what the peer has not, and must begin anew
}

// compressors holds those that nobody has: by window from 8 to 14 bits, then by
// level.
var compressors [7 + 9]sync.Pool

func homeOf(level, windowBits int) *sync.Pool {
	if windowBits < MaxWindowBits {
		return &compressors[windowBits-8]
	}
	return &compressors[7+level-1]
}

// borrowCompressor returns one that begin is to be called of.
func borrowCompressor(level, windowBits int) *compressor {
	home := homeOf(level, windowBits)
	if c, ok := home.Get().(*compressor); ok {
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

// is reports whether c, which may be nil, is one of this kind.
func (c *compressor) is(level, windowBits int) bool {
	return c != nil && c.home == homeOf(level, windowBits)
}

// begin makes c go on behind a history, or with nothing. That it is another
// compressor makes no difference to the peer: a flush ends at a byte boundary
// and between blocks, so that only the history reaches further.
func (c *compressor) begin(h *history) {
	c.dict, c.astray = c.dict[:0], false
	if h != nil {
		c.dict = h.append(c.dict)
	}
	c.ResetDict((*sink)(c), c.dict)
}

func (c *compressor) append(dst, p []byte, flush bool) []byte {
	c.out = dst
	_, err := c.Write(p)
	must(err)
	if flush {
		must(c.Flush())
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

// release gives c, which may be nil, to whoever comes next.
func (c *compressor) release() {
	if c != nil {
		c.home.Put(c)
	}
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
