package deflate

import (
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"iter"
)

// ErrMore says that all fed bytes are used up and the message is not over.
var ErrMore = errors.New("deflate: the message needs more input")

// An Error says that a message is not valid DEFLATE data. It stays: no later
// message of the connection can be trusted.
type Error struct {
	Offset int64  // compressed bytes of the message used before the fault
	Reason string // what was found
}

// Error names the reason and the place.
func (e *Error) Error() string {
	return fmt.Sprintf("deflate: corrupt message after %d compressed bytes: %s", e.Offset, e.Reason)
}

// An Inflater inflates messages, one after the other, piece by piece: Feed
// hands over compressed payload, Read or Next take inflated bytes out until
// they return ErrMore or io.EOF. Not for use by several goroutines at once.
type Inflater struct {
	in       []byte
	last     bool
	used     int64
	out      []byte
	done     bool
	err      error
	takeover bool
	step     func() (event, bool)
	stop     func()
}

type event struct {
	out []byte
	err error
}

// NewInflater returns an Inflater.
func NewInflater(windowBits int, takeover bool) *Inflater {
	return &Inflater{takeover: takeover}
}

// Feed hands over the next piece of a message's payload. Last says that the
// message ends with it.
func (z *Inflater) Feed(p []byte, last bool) {
	if len(z.in) > 0 || z.last {
		panic("deflate: Feed before ErrMore or io.EOF")
	}
	z.in, z.last = p, last
}

// Read inflates into dst. It returns io.EOF, with or without bytes, once per
// message, at its end.
func (z *Inflater) Read(dst []byte) (int, error) {
	z.fill()
	n := copy(dst, z.out)
	z.out = z.out[n:]
	return n, z.status(n)
}

// Next is Read without a copy: the view is valid until the next call.
func (z *Inflater) Next() ([]byte, error) {
	z.fill()
	v := z.out
	z.out = nil
	return v, z.status(len(v))
}

func (z *Inflater) status(n int) error {
	switch {
	case len(z.out) > 0:
		return nil
	case z.done:
		z.done, z.last = false, false
		return io.EOF
	case n > 0:
		return nil
	case z.err != nil:
		return z.err
	}
	return ErrMore
}

func (z *Inflater) fill() {
	for len(z.out) == 0 && z.err == nil && !z.done && (len(z.in) > 0 || z.last) {
		if z.step == nil {
			z.step, z.stop = iter.Pull(z.inflate)
		}
		e, _ := z.step()
		z.out, z.err = e.out, e.err
		if e.out == nil && e.err == nil && z.last {
			z.done = true
			z.used = 0
			if !z.takeover {
				z.Close()
			}
		}
	}
}

// Release does nothing here.
func (z *Inflater) Release() {}

// Close ends the coroutine.
func (z *Inflater) Close() {
	if z.stop != nil {
		z.stop()
		z.step, z.stop = nil, nil
	}
}

var errStopped = errors.New("stopped")

func (z *Inflater) inflate(yield func(event) bool) {
	src := &source{z: z, yield: yield}
	fr := flate.NewReader(src)
	buf := make([]byte, 4096)
	for {
		n, err := fr.Read(buf)
		if n > 0 && !yield(event{out: buf[:n]}) {
			return
		}
		switch {
		case err == io.EOF:
			fr.(flate.Resetter).Reset(src, nil)
		case err == errStopped:
			return
		case err != nil:
			yield(event{err: &Error{z.used, err.Error()}})
			return
		}
	}
}

type source struct {
	z     *Inflater
	yield func(event) bool
	tail  []byte
	ended bool
}

func (s *source) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c, err := s.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = c
	return 1, nil
}

func (s *source) ReadByte() (byte, error) {
	z := s.z
	for len(s.tail) == 0 {
		if len(z.in) > 0 {
			c := z.in[0]
			z.in = z.in[1:]
			z.used++
			return c, nil
		}
		if z.last && !s.ended {
			s.ended = true
			s.tail = tail
			break
		}
		s.ended = false
		if !s.yield(event{}) {
			return 0, errStopped
		}
	}
	c := s.tail[0]
	s.tail = s.tail[1:]
	return c, nil
}
