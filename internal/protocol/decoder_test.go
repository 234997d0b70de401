package protocol

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A frame is what a decoder handed on of one frame.
type frame struct {
	flags Flags
	data  []byte
	whole bool // its end came
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

// A driver feeds a decoder as a connection does, and checks every chunk.
type driver struct {
	t      testing.TB
	d      *Decoder
	in     []byte // received and not spent
	spent  int64
	length int64 // of the open frame's payload
	chunk  int   // the most of a payload that one call takes
	out    []frame
}

// frames feeds the decoder d pieces and returns the frames that it hands on,
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

// step takes a header or a chunk; more is false if there are not bytes enough.
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

// payload hands on a chunk of n bytes: in place, or with an odd n by a copy.
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
		r.t.Fatalf("a chunk of %d bytes behind %+v is %+v, in a frame of %d bytes", n, before, m, r.length)
	}
	if (m.Len < n) != (d.Err() != nil) {
		r.t.Fatalf("of %d bytes came the chunk %+v, and Err says %v", n, m, d.Err())
	}
	if m.Len == 0 && r.length > 0 {
		r.t.Fatalf("came an empty chunk %+v in a frame of %d bytes", m, r.length)
	}
	if d.Left() != m.BytesLeft || d.Open() != (m.BytesLeft > 0) {
		r.t.Fatalf("behind the chunk %+v the decoder has %d left and open %t", m, d.Left(), d.Open())
	}
	if m.Offset == 0 {
		r.out = append(r.out, frame{flags: m.Flags})
	}
	f := &r.out[len(r.out)-1]
	if int64(len(f.data)) != m.Offset || f.flags != m.Flags {
		r.t.Fatalf("behind %d bytes of a frame of flags %d came the chunk %+v", len(f.data), f.flags, m)
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

// latched checks that the decoder has no other answer any more than err.
func (r *driver) latched(err error) {
	n, header := r.d.Header([]byte{0x82, 0x00})
	_, payload := r.d.Payload(nil, nil)
	for _, again := range []error{header, payload, r.d.Control(nil), r.d.Err()} {
		if again != err || n != 0 {
			r.t.Fatalf("the error %v was followed by %v", err, again)
		}
	}
}

// cut cuts stream into pieces as long as size says.
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

// place returns the code and offset of a decoder's error.
func place(t testing.TB, err error) (code int, offset int64) {
	if err == nil {
		return 0, 0
	}
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("came %T (%v), expected an *Error", err, err)
	}
	if !strings.Contains(e.Error(), "expected") {
		t.Errorf("the error does not say what was expected: %v", e)
	}
	return e.Code, e.Offset
}

func TestSplit(t *testing.T) {
	for _, s := range scripts() {
		for _, server := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/server=%t", s.name, server), func(t *testing.T) {
				t.Parallel()
				checkScript(t, s, server)
			})
		}
	}
}

// checkScript decodes s in every cut, checks what comes, and returns the error
// that came in the last.
func checkScript(t *testing.T, s script, server bool) (err error) {
	d := s.set
	d.Server = server
	stream, offset := s.build(server)
	r := rand.New(rand.NewPCG(3, uint64(len(stream))))
	check := func(how string, pieces [][]byte, chunk int) {
		t.Helper()
		var got []frame
		got, err = frames(t, d, pieces, chunk)
		if code, at := place(t, err); code != s.fault.code || code != 0 && at != offset {
			t.Errorf("%s: came the error %d at %d (%v), expected %d at %d", how, code, at, err, s.fault.code, offset)
		}
		if show(got) != s.want {
			t.Errorf("%s: came the frames %s, expected %s", how, show(got), s.want)
		}
		for i, f := range got {
			if !bytes.HasPrefix([]byte(s.parts[i].payload), f.data) {
				t.Errorf("%s: the bytes of frame %d are not those sent", how, i)
			}
		}
	}
	check("whole", [][]byte{stream}, len(stream))
	check("whole, small chunks", [][]byte{stream}, 3)
	check("1-byte pieces", cut(stream, func() int { return 1 }), 1)
	for i := range 8 {
		check(fmt.Sprint("random cut ", i), cut(stream, random(r)), 1+r.IntN(2000))
	}
	return err
}

// TestErrors: the error names what is wrong with the frame.
func TestErrors(t *testing.T) {
	for _, tc := range []struct {
		part part
		want string
	}{
		{part{first: text, payload: "ab", form: 2}, "the length 2 in its shortest form, got a header of 4"},
		{part{first: bin, length: 1 << 63}, "shorter than 2^63 bytes, got one of 9223372036854775808"},
		{part{first: ping, flip: true}, "without a mask from a server, got PING with one"},
		{fr(0x30|closing, ""), "reserved bits of 000, got 011 on CLOSE"},
		{fr(0x83, ""), "got 3"},
		{fr(pong&0xF, ""), "control frame in one piece, got PONG"},
		{fr(ping, runes(126)), "at most 125 bytes in a control frame, got PING"},
		{fr(cont, ""), "got a continuation of none"},
		{fr(closing, "a"), "got one byte"},
		{fr(closing, closeCode(1005)), "got 1005"},
		{fr(closing, closeCode(1000)+"\xff"), `UTF-8, got "\xff"`},
		{fr(text, "\xfe"), "UTF-8, got the byte 0xfe"},
		{fr(text, "\xc3"), "ends inside a character"},
	} {
		stream := tc.part.append(nil, tc.part.flip)
		if _, err := frames(t, Decoder{}, [][]byte{stream}, 1<<16); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%x: came %v, expected an error that says %q", stream[:2], err, tc.want)
		}
	}
	d := Decoder{Server: true}
	if _, err := d.Header([]byte{text, 0}); err == nil || !strings.Contains(err.Error(), "masked frame from a client, got TEXT without") {
		t.Errorf("came %v", err)
	}
	d = Decoder{}
	d.Header(fr(textGo, "").append(nil, false))
	d.Payload(nil, nil)
	if _, err := d.Header([]byte{bin, 0}); err == nil || !strings.Contains(err.Error(), "continuation of the open message, got BINARY") {
		t.Errorf("came %v", err)
	}
}

// TestSkip drops the payload of control frames inside a message.
func TestSkip(t *testing.T) {
	for _, payload := range []string{"", "abc"} {
		d := Decoder{Server: true}
		stream := fr(textGo, "a").append(nil, true)
		n, err := d.Header(stream)
		if err == nil {
			_, err = d.Payload(stream[n:], stream[n:])
		}
		if err != nil {
			t.Fatal(err)
		}
		b := fr(ping, payload).append(nil, true)
		if n, err = d.Header(b); err == nil {
			err = d.Control(b[n:])
		}
		if err != nil || !d.Open() || string(b[n:]) != payload {
			t.Fatalf("came %v, open %t, payload %q, expected %q", err, d.Open(), b[n:], payload)
		}
		d.Skip()
		if d.Open() || d.Left() != 0 || d.Offset() != int64(len(stream)+len(b)) || d.Message() != Text {
			t.Errorf("%q skipped: open %t, %d left, offset %d, message %d", payload, d.Open(), d.Left(), d.Offset(), d.Message())
		}
	}
}

// TestFail makes the decoder fail from outside, between frames and inside.
func TestFail(t *testing.T) {
	cause := errors.New("expected better data")
	for _, inside := range []bool{false, true} {
		var d Decoder
		spent := int64(0)
		if inside {
			n, _ := d.Header(part{first: bin, length: 9}.append(nil, false))
			spent = int64(n)
		}
		err := d.Fail(1007, cause)
		if code, at := place(t, err); code != 1007 || at != spent || !errors.Is(err, cause) {
			t.Errorf("came %d at %d: %v", code, at, err)
		}
		(&driver{t: t, d: &d}).latched(err)
	}
}

// TestMessage follows what message is open.
func TestMessage(t *testing.T) {
	d := Decoder{Compressed: true}
	for _, step := range []struct {
		first   byte
		inside  Flags // between header and payload
		between Flags // behind the frame
	}{
		{text, Text, 0}, {0x40 | bin, Binary | Compressed, 0}, {ping, 0, 0},
		{0x40 | textGo, Text | Compressed, Text | Compressed}, {ping, Text | Compressed, Text | Compressed},
		{contGo, Text | Compressed, Text | Compressed}, {cont, Text | Compressed, 0}, {binaryGo, Binary, Binary}, {cont, Binary, 0},
	} {
		b := part{first: step.first, payload: "x"}.append(nil, false)
		n, err := d.Header(b)
		if err != nil || d.Message() != step.inside {
			t.Fatalf("inside %#x: message %d (%v), expected %d", step.first, d.Message(), err, step.inside)
		}
		if _, err := d.Payload(b[n:], b[n:]); err != nil || d.Message() != step.between {
			t.Fatalf("behind %#x: message %d (%v), expected %d", step.first, d.Message(), err, step.between)
		}
	}
}
