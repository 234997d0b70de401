package deflate

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// ErrMore says that all fed bytes are used up and the message is not over.
var ErrMore = errors.New("deflate: the message needs more input")

// An Error says that a message is not valid DEFLATE data (RFC 1951), or refers
// to bytes beyond the agreed window. It stays: no later message of the
// connection can be trusted, for the history is wrong.
type Error struct {
	Offset int64  // compressed bytes of the message used before the fault
	Reason string // what was found
}

// Error names the reason and the place.
func (e *Error) Error() string {
	return fmt.Sprintf("deflate: corrupt message after %d compressed bytes: %s", e.Offset, e.Reason)
}

// An Inflater inflates messages, one after the other, piece by piece: Feed
// hands over compressed payload; Read or Next take inflated bytes out until
// they return ErrMore, which calls for the next Feed, or io.EOF, with which the
// message is over.
//
// It holds a window: 4 KiB at first, growing as needed to 1.25 times the agreed
// one, so 40 KiB at most, and in a message 6 KiB of tables. The window is kept
// from the first message on with takeover; without, it comes from a pool when a
// message begins and goes back when it has been read to its end. An Inflater that is not closed
// costs the garbage collector work, nothing else. Not for use by several
// goroutines at once, Close included.
type Inflater struct {
	windowBits int
	takeover   bool
	s          *stream // nil: nothing held
	open       bool    // within a message
	last       bool    // all of it has been fed
	ended      bool    // all of it has been inflated, perhaps not yet read
	err        error   // *Error
}

// streams holds idle ones, by window.
var streams [MaxWindowBits + 1]sync.Pool

// NewInflater returns an Inflater for a window of 1<<windowBits bytes, 8 to 15:
// a distance beyond it is an error. Takeover says that messages may refer to
// earlier ones, i.e. that no_context_takeover was not agreed for this
// direction. A window out of range panics.
func NewInflater(windowBits int, takeover bool) *Inflater {
	if windowBits < 8 || windowBits > MaxWindowBits {
		panic(fmt.Sprintf("deflate: window of %d bits: want 8 to 15", windowBits))
	}
	return &Inflater{windowBits: windowBits, takeover: takeover}
}

// Feed hands over p, the next piece of a message's payload, any length. It is
// used until ErrMore or io.EOF comes, and must stay untouched so long. Last says
// that the payload ends with it: the tail that its sender took off is implied.
// Feed is for the start of a message and after ErrMore; it panics where bytes
// fed before would be lost.
func (z *Inflater) Feed(p []byte, last bool) {
	if !z.open {
		z.begin()
	}
	if len(z.s.in) > 0 || z.last {
		panic("deflate: Feed before ErrMore or io.EOF")
	}
	z.s.in = p
	z.s.fed += int64(len(p))
	z.last = last
}

func (z *Inflater) begin() {
	keep := z.takeover && z.s != nil
	if z.s == nil {
		z.s, _ = streams[z.windowBits].Get().(*stream)
		if z.s == nil {
			z.s = newStream(z.windowBits)
		}
	}
	z.s.begin(keep)
	z.open = true
}

// Read inflates into dst and returns the number of bytes. The error is nil
// while more bytes may follow; ErrMore, always with 0 bytes, asks for input;
// io.EOF, with or without bytes, comes once per message, at its end; an *Error
// comes with 0 bytes and stays. With an empty dst, Read takes nothing: it
// returns nil if a byte or the end is there to be read, otherwise the error.
func (z *Inflater) Read(dst []byte) (int, error) {
	z.inflate()
	if len(dst) == 0 && z.ended {
		return 0, nil
	}
	n := 0
	if z.s != nil {
		n = copy(dst, z.s.win[z.s.r:z.s.w])
		z.s.r += n
	}
	err := z.state(n)
	if err == io.EOF {
		z.Release()
	}
	return n, err
}

// Next is Read without a copy: the view is valid until the next call of any
// method, and all that can be had at once, at most 40 KiB.
func (z *Inflater) Next() ([]byte, error) {
	z.inflate()
	var view []byte
	if z.s != nil {
		view = z.s.win[z.s.r:z.s.w:z.s.w]
		z.s.r = z.s.w
	}
	return view, z.state(len(view))
}

// inflate fills the window, unless bytes wait there.
func (z *Inflater) inflate() {
	if !z.open || z.ended || z.err != nil || z.s.r < z.s.w {
		return
	}
	switch err := z.s.run(); {
	case err == errFull:
	case err != ErrMore:
		z.err = err
	case z.last && z.s.ended():
		z.ended = true
		z.s.rest()
	case z.last:
		z.err = z.s.corrupt("the message ends in the middle of a block")
	}
}

// state returns what Read and Next say after n bytes.
func (z *Inflater) state(n int) error {
	switch {
	case z.s != nil && z.s.r < z.s.w:
		return nil
	case z.ended:
		z.open, z.last, z.ended = false, false, false
		return io.EOF
	case n > 0:
		return nil
	case z.err != nil:
		return z.err
	}
	return ErrMore
}

// Release gives back what is not needed between messages; it invalidates the
// last view. Within a message, and with takeover, it does nothing. Read calls
// it at a message's end; whoever uses Next calls it when done with the last
// view.
func (z *Inflater) Release() {
	if !z.open && !z.takeover {
		z.free()
	}
}

// Detach leaves the memory of the last view to whoever has it: what follows is
// inflated elsewhere. It costs a copy of the window.
func (z *Inflater) Detach() {
	if z.s != nil {
		z.s.win = slices.Clone(z.s.win)
	}
}

// Close gives everything back. The message in progress and, with takeover, the
// history are lost: nothing can be inflated afterwards. Close may be called any
// number of times.
func (z *Inflater) Close() {
	z.free()
	z.open, z.last, z.ended = false, false, false
}

func (z *Inflater) free() {
	if z.s != nil {
		z.s.rest()
		streams[z.windowBits].Put(z.s)
		z.s = nil
	}
}
