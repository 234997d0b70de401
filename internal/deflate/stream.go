package deflate

import (
	"encoding/binary"
	"errors"
)

// A step is what a stream does next. Every step can stop before any bit and
// go on later: it takes from the bit buffer all it needs or nothing.
type step uint8

const (
	blockHeader step = iota
	storedLength
	storedBytes
	codeCounts
	codeLengthCode
	codeLengths
	symbols
	match
)

// errFull stops a stream whose window is full of bytes not yet read.
var errFull = errors.New("window full")

// A stream is the state of inflating: input not yet taken, the block at hand,
// and the window. The window is a ring somewhat larger than the agreed one.
// Bytes r to w of it wait to be read; what lies before them, and after them
// once the ring has wrapped, is history.
type stream struct {
	in   []byte
	fed  int64 // bytes of this message, in included
	bits uint64
	n    uint // bits in bits; those above are 0

	step  step
	final bool // the block is marked final

	win     []byte
	ring    int // size to which win may grow
	reach   int // the agreed window: no distance is larger
	r, w    int
	wrapped bool

	length, dist int // of the match or (length) the stored block being copied

	literals, dists, at int // numbers of code lengths: expected, read
	order               int // number of code length code lengths expected
	lit, dst            *code
	own                 *codes // of blocks with dynamic codes; nil if the message had none yet
}

// minRing is the size a window begins with.
const minRing = 4096

func newStream(windowBits int) *stream {
	reach := 1 << windowBits
	return &stream{
		win:   make([]byte, minRing),
		ring:  max(reach+reach/4, minRing),
		reach: reach,
	}
}

// begin makes s ready for a message, without the history unless keep.
func (s *stream) begin(keep bool) {
	s.in, s.fed, s.bits, s.n = nil, 0, 0, 0
	s.step, s.final = blockHeader, false
	if !keep {
		s.r, s.w, s.wrapped = 0, 0, false
	}
}

// rest gives back what is not needed behind a message's last block.
func (s *stream) rest() {
	s.own.release()
	s.own, s.lit, s.dst, s.in = nil, nil, nil, nil
}

// ended reports whether a message may end here, with all input used: at the
// length of a stored block, which is the tail 00 00 ff ff that was taken off;
// or between blocks, where senders that forget it may leave off.
func (s *stream) ended() bool {
	return s.n == 0 && (s.step == storedLength || s.step == blockHeader)
}

// run inflates until it needs more input (ErrMore), the window is full of
// unread bytes (errFull), or the data is corrupt.
func (s *stream) run() error {
	for {
		var err error
		switch s.step {
		case blockHeader:
			err = s.blockHeader()
		case storedLength:
			err = s.storedLength()
		case storedBytes:
			err = s.storedBytes()
		case codeCounts:
			err = s.codeCounts()
		case codeLengthCode:
			err = s.codeLengthCode()
		case codeLengths:
			err = s.codeLengths()
		case symbols:
			err = s.symbols()
		case match:
			err = s.match()
		}
		if err != nil {
			return err
		}
	}
}

func (s *stream) corrupt(reason string) error {
	return &Error{Offset: s.fed - int64(len(s.in)) - int64(s.n/8), Reason: reason}
}

// refill fills the bit buffer to at least 56 bits, if there is input.
func (s *stream) refill() {
	if len(s.in) >= 8 {
		s.bits |= binary.LittleEndian.Uint64(s.in) << s.n
		s.in = s.in[(63-s.n)/8:]
		s.n |= 56
		s.bits &= 1<<s.n - 1
		return
	}
	for s.n < 56 && len(s.in) > 0 {
		s.bits |= uint64(s.in[0]) << s.n
		s.in = s.in[1:]
		s.n += 8
	}
}

// need reports whether there are n bits.
func (s *stream) need(n uint) bool {
	if s.n < n {
		s.refill()
	}
	return s.n >= n
}

// take takes n bits, which must be there.
func (s *stream) take(n uint) int {
	v := s.bits & (1<<n - 1)
	s.bits >>= n
	s.n -= n
	return int(v)
}

// align drops the bits up to the next byte.
func (s *stream) align() { s.take(s.n % 8) }

// room returns how many bytes the window can take.
func (s *stream) room() int {
	if s.w == len(s.win) {
		switch {
		case len(s.win) < s.ring:
			grown := make([]byte, min(2*len(s.win), s.ring))
			copy(grown, s.win)
			s.win = grown
		case s.r == s.w:
			s.r, s.w, s.wrapped = 0, 0, true
		}
	}
	return len(s.win) - s.w
}

func (s *stream) blockHeader() error {
	if !s.need(3) {
		return ErrMore
	}
	s.final = s.take(1) == 1
	switch s.take(2) {
	case 0:
		s.step = storedLength
	case 1:
		s.lit, s.dst = &fixedCodes()[0], &fixedCodes()[1]
		s.step = symbols
	case 2:
		s.step = codeCounts
	default:
		return s.corrupt("reserved block type 3")
	}
	return nil
}

// endOfBlock: RFC 7692 section 7.2.1 has whatever follows a final block begin
// at a byte boundary.
func (s *stream) endOfBlock() {
	if s.final {
		s.align()
	}
	s.step = blockHeader
}

func (s *stream) storedLength() error {
	s.align()
	if !s.need(32) {
		return ErrMore
	}
	n, complement := s.take(16), s.take(16)
	if n != complement^0xffff {
		return s.corrupt("length of a stored block and its complement do not agree")
	}
	s.length = n
	s.step = storedBytes
	return nil
}

func (s *stream) storedBytes() error {
	for s.length > 0 {
		room := s.room()
		if room == 0 {
			return errFull
		}
		n := 1
		if s.n > 0 {
			s.win[s.w] = byte(s.take(8))
		} else {
			n = copy(s.win[s.w:s.w+min(room, s.length)], s.in)
			s.in = s.in[n:]
		}
		if n == 0 {
			return ErrMore
		}
		s.w += n
		s.length -= n
	}
	s.endOfBlock()
	return nil
}
