package curlew

import (
	"math/bits"
	"net"
	"sync"

	"github.com/curlew-ws/curlew/internal/protocol"
)

const (
	defaultBuffer = 64 << 10  // of Client.ReadBuffer and WriteBuffer
	largeBuffer   = 256 << 10 // to which the default ones grow, for a fast peer or a large frame
	minBuffer     = 512       // holds any control frame, and the longest header
)

// A buffer is memory that a connection borrows while bytes are in it.
type buffer struct {
	b    []byte
	keys protocol.Keys // for frames written into b
	both [2][]byte     // what is in b, and what is written with it
	list net.Buffers   // both
}

// pools holds free buffers by the binary logarithm of their size.
var pools [bits.UintSize]sync.Pool

// borrow returns a buffer of size bytes, rounded up to a power of two.
func borrow(size int) *buffer {
	class := bits.Len(uint(size - 1))
	if b, ok := pools[class].Get().(*buffer); ok {
		return b
	}
	return &buffer{b: make([]byte, 1<<class)}
}

// giveBack ends the use of a borrowed buffer.
func giveBack(b *buffer) {
	b.b = b.b[:cap(b.b)]
	poison(b.b)
	pools[bits.Len(uint(len(b.b)-1))].Put(b)
}

// An inbox is the receive buffer. It holds memory only while something in it
// is unread.
//
//	0        r            w         len
//	|  spent |   unread   |   free  |         0 <= r <= w <= len(buf.b)
//
// Before fill adds bytes, what is unread (never more than a header or a
// control frame) moves to the front.
type inbox struct {
	buf  *buffer
	r, w int
	size int // to borrow next
	base int // size after a pause
}

func (in *inbox) len() int { return in.w - in.r }

// unread returns what was received and not taken yet.
func (in *inbox) unread() []byte {
	if in.buf == nil {
		return nil
	}
	return in.buf.b[in.r:in.w]
}

// take spends the next n unread bytes and returns them, valid until room.
func (in *inbox) take(n int) []byte {
	b := in.unread()[:n]
	in.r += n
	return b
}

// room makes room behind what is unread and returns it.
func (in *inbox) room() []byte {
	if in.len() == 0 && in.buf != nil && len(in.buf.b) < in.size {
		in.release()
	}
	if in.buf == nil {
		in.buf = borrow(in.size)
	}
	in.w = copy(in.buf.b, in.buf.b[in.r:in.w])
	in.r = 0
	return in.buf.b[in.w:]
}

// added says that n bytes were put into room. A room that was filled whole
// asks for a large one next time.
func (in *inbox) added(n int) {
	in.w += n
	if in.w == len(in.buf.b) && in.base == defaultBuffer && in.w >= in.base {
		in.size = largeBuffer
	}
}

// release gives the memory back. Nothing may be unread.
func (in *inbox) release() {
	if in.buf != nil {
		giveBack(in.buf)
		in.buf, in.r, in.w = nil, 0, 0
	}
}

// drop releases whatever is unread: nothing more will be taken.
func (in *inbox) drop() {
	in.r, in.w = 0, 0
	in.release()
}

// idle releases because nothing is coming for now. What is unread, which is
// little, waits for the rest in the smallest buffer.
func (in *inbox) idle() {
	in.size = in.base
	switch {
	case in.buf == nil:
	case in.len() == 0:
		in.release()
	case len(in.buf.b) > minBuffer:
		small := borrow(minBuffer)
		w := copy(small.b, in.unread())
		giveBack(in.buf)
		in.buf, in.r, in.w = small, 0, w
	}
}

// detach leaves the memory to others, who have a view of it. What is unread is
// copied.
func (in *inbox) detach() {
	if in.buf == nil {
		return
	}
	fresh := borrow(max(in.size, in.len()))
	in.w = copy(fresh.b, in.unread())
	in.buf, in.r = fresh, 0
}
