package protocol

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A frame is what a decoder returned of one frame.
type frame struct {
	flags Flags
	data  []byte
	whole bool // its end was received
}

// show writes frames as scripts do.
func show(list []frame) string {
	var s []string
	for _, f := range list {
		mark := "+"
		if f.whole {
			mark = ""
		}
		s = append(s, fmt.Sprintf("%d:%d%s", f.flags, len(f.data), mark))
	}
	return strings.Join(s, " ")
}

func equal(a, b []frame) bool {
	return slices.EqualFunc(a, b, func(a, b frame) bool {
		return a.flags == b.flags && a.whole == b.whole && bytes.Equal(a.data, b.data)
	})
}

// A driver feeds a decoder as a Conn does, and checks every chunk.
type driver struct {
	t      testing.TB
	d      *Decoder
	in     []byte // received, not yet spent
	spent  int64
	length int64 // of the open frame's payload
	chunk  int   // the most bytes of payload passed to one call
	out    []frame
}

// frames feeds pieces to the decoder d. It returns the frames that d returns,
// each joined from its chunks, and the error that ends them.
func frames(t testing.TB, d Decoder, pieces [][]byte, chunk int) ([]frame, error) {
	r := &driver{t: t, d: &d, chunk: chunk}
	for _, p := range pieces {
		r.in = append(r.in, p...)
		for more := true; more; {
			var err error
			if more, err = r.step(); err != nil {
				r.latched(err)
				return r.out, err
			}
			if d.Offset() != r.spent {
				t.Fatalf("%d bytes are spent, Offset says %d", r.spent, d.Offset())
			}
		}
	}
	return r.out, nil
}

// step reads a header or a chunk. more is false if too few bytes are there.
func (r *driver) step() (more bool, err error) {
	d := r.d
	if !d.Open() {
		n, err := d.Header(r.in)
		if err != nil && n != 0 {
			r.t.Fatalf("Header took %d bytes and failed: %v", n, err)
		}
		r.spend(n)
		r.length = d.Left()
		return n > 0, err
	}
	n := min(int64(len(r.in)), d.Left())
	if d.Flags()&Control != 0 && d.Peek().Offset == 0 {
		if n < d.Left() {
			return false, nil
		}
		if err := d.Control(r.in[:n]); err != nil {
			return false, err
		}
	}
	if n == 0 && d.Left() > 0 {
		return false, nil
	}
	return true, r.payload(int(min(n, int64(r.chunk))))
}

// payload reads a chunk of n bytes: in place, or into a copy if n is odd.
func (r *driver) payload(n int) error {
	d := r.d
	before := d.Peek()
	dst := r.in[:n]
	if n%2 == 1 {
		dst = make([]byte, n)
	}
	m, err := d.Payload(dst, r.in[:n])
	if err != nil {
		if m != (Meta{}) {
			r.t.Fatalf("Payload returned %+v and failed: %v", m, err)
		}
		return err
	}
	if before.Len != 0 || before.Offset+before.BytesLeft != r.length {
		r.t.Fatalf("Peek said %+v in a frame of %d bytes", before, r.length)
	}
	if m.Flags != before.Flags || m.Offset != before.Offset || m.Offset+int64(m.Len)+m.BytesLeft != r.length || m.Len > n {
		r.t.Fatalf("got a chunk of %d bytes after %+v as %+v, in a frame of %d bytes", n, before, m, r.length)
	}
	if (m.Len < n) != (d.Err() != nil) {
		r.t.Fatalf("got of %d bytes the chunk %+v, and from Err %v", n, m, d.Err())
	}
	if m.Len == 0 && r.length > 0 {
		r.t.Fatalf("got an empty chunk %+v in a frame of %d bytes", m, r.length)
	}
	if d.Left() != m.BytesLeft || d.Open() != (m.BytesLeft > 0) {
		r.t.Fatalf("after the chunk %+v the decoder has %d left and open %t", m, d.Left(), d.Open())
	}
	if m.Offset == 0 {
		r.out = append(r.out, frame{flags: m.Flags})
	}
	f := &r.out[len(r.out)-1]
	if int64(len(f.data)) != m.Offset || f.flags != m.Flags {
		r.t.Fatalf("got after %d bytes of a frame of flags %d the chunk %+v", len(f.data), f.flags, m)
	}
	f.data = append(f.data, dst[:m.Len]...)
	f.whole = m.BytesLeft == 0
	r.spend(m.Len)
	return nil
}

func (r *driver) spend(n int) {
	r.in = r.in[n:]
	r.spent += int64(n)
}

// latched checks that the decoder now returns only err.
func (r *driver) latched(err error) {
	n, header := r.d.Header([]byte{0x82, 0x00})
	_, payload := r.d.Payload(nil, nil)
	for _, again := range []error{header, payload, r.d.Control(nil), r.d.Err()} {
		if again != err || n != 0 {
			r.t.Fatalf("the error %v was followed by %v", err, again)
		}
	}
}

// cut cuts stream into pieces of the lengths that size returns.
func cut(stream []byte, size func() int) (pieces [][]byte) {
	for len(stream) > 0 {
		n := min(size(), len(stream))
		pieces = append(pieces, stream[:n])
		stream = stream[n:]
	}
	return pieces
}

// random returns a size for cut: mostly a few bytes, sometimes many.
func random(r *rand.Rand) func() int {
	return func() int { return 1 + r.IntN(1<<r.IntN(18)) }
}

// says matches what every error says: what was expected, or what is exceeded.
var says = regexp.MustCompile(`expected .*|exceeds \w+ \(\d+\)`)

// place returns the code and offset of a decoder's error.
func place(t testing.TB, err error) (code int, offset int64) {
	if err == nil {
		return 0, 0
	}
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %T (%v), expected an *Error", err, err)
	}
	if !says.MatchString(e.Error()) {
		t.Errorf("got the error %q, expected one that matches %v", e, says)
	}
	return e.Code, e.Offset
}
