package interop

import (
	"bytes"
	"testing"

	"github.com/curlew-ws/curlew"
)

// kinds are the flags of which every frame has exactly one.
const kinds = curlew.Text | curlew.Binary | curlew.Close | curlew.Ping | curlew.Pong

// A receiver takes a connection's chunks, checks that each Meta fits those before
// it, and assembles the messages.
type receiver struct {
	t        testing.TB
	messages []message
	open     bool  // inside a message
	next     int64 // offset that the next chunk of the frame must have; 0: a frame begins
	length   int64 // of the frame
}

// message is a data message as received.
type message struct {
	kind   curlew.Flags // Text or Binary
	frames []int64      // the lengths of its frames
	data   []byte
}

// take checks one chunk of a data frame and reports whether it ends a message.
func (r *receiver) take(chunk []byte, m curlew.Meta) bool {
	r.t.Helper()
	kind := m.Flags & kinds
	if kind != curlew.Text && kind != curlew.Binary {
		r.t.Fatalf("got a chunk with flags %b, expected one of TEXT or BINARY", m.Flags)
	}
	if m.Len != len(chunk) || m.Offset != r.next || m.BytesLeft < 0 {
		r.t.Fatalf("got %+v with %d bytes, expected offset %d", m, len(chunk), r.next)
	}
	if !r.open {
		r.open = true
		r.messages = append(r.messages, message{kind: kind})
	}
	whole := &r.messages[len(r.messages)-1]
	if kind != whole.kind {
		r.t.Fatalf("got a fragment with kind %b in a message of kind %b", kind, whole.kind)
	}
	if m.Offset == 0 {
		r.length = int64(m.Len) + m.BytesLeft
		whole.frames = append(whole.frames, r.length)
	}
	if sum := m.Offset + int64(m.Len) + m.BytesLeft; sum != r.length {
		r.t.Fatalf("%+v adds up to %d, expected the frame's length %d", m, sum, r.length)
	}
	if m.Len == 0 && r.length != 0 {
		r.t.Fatalf("got an empty chunk of a frame of %d bytes", r.length)
	}
	return r.count(whole, chunk, m)
}

// count adds the chunk to its message and checks FrameEnd and MessageEnd.
func (r *receiver) count(whole *message, chunk []byte, m curlew.Meta) bool {
	r.t.Helper()
	whole.data = append(whole.data, chunk...)
	r.next += int64(m.Len)
	last := m.BytesLeft == 0
	if last {
		r.next = 0
	}
	r.open = !last || m.Flags&curlew.Cont != 0
	if m.FrameEnd() != last || m.MessageEnd() == r.open {
		r.t.Fatalf("%+v: FrameEnd %t and MessageEnd %t, expected %t and %t",
			m, m.FrameEnd(), m.MessageEnd(), last, !r.open)
	}
	return !r.open
}

// bytes returns the number of payload bytes in all messages so far.
func (r *receiver) bytes() (n int) {
	for _, m := range r.messages {
		n += len(m.data)
	}
	return n
}

// pattern returns the payload that the peers make: byte i is i modulo 251.
func pattern(size int) []byte {
	p := make([]byte, size)
	for i := range p {
		p[i] = byte(i % 251)
	}
	return p
}

// ascii returns a text of size bytes.
func ascii(size int) []byte {
	const line = "The quick brown fox jumps over the lazy dog. "
	return bytes.Repeat([]byte(line), size/len(line)+1)[:size]
}
