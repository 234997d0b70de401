package protocol

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

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

// checkScript decodes s in many cuts and checks the result. It returns the error
// of the last.
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
			t.Errorf("%s: got error %d at %d (%v), expected %d at %d", how, code, at, err, s.fault.code, offset)
		}
		if show(got) != s.want {
			t.Errorf("%s: got frames %s, expected %s", how, show(got), s.want)
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

// TestErrors checks that the error says what is wrong with the frame.
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
		{fr(pong&0xF, ""), "control frame in one piece, got a fragment of PONG"},
		{fr(ping, runes(126)), "at most 125 bytes in a control frame, got PING"},
		{fr(cont, ""), "got a continuation frame with no message open"},
		{fr(closing, "a"), "got 1 byte"},
		{fr(closing, closeCode(1005)), "invalid close code 1005"},
		{fr(closing, closeCode(1000)+"\xff"), `UTF-8, got "\xff"`},
		{fr(text, "\xfe"), "UTF-8, got the byte 0xfe"},
		{fr(text, "\xc3"), "ends inside a character"},
	} {
		stream := tc.part.append(nil, tc.part.flip)
		if _, err := frames(t, Decoder{}, [][]byte{stream}, 1<<16); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%x: got %v, expected an error that says %q", stream[:2], err, tc.want)
		}
	}
	d := Decoder{Server: true}
	if _, err := d.Header([]byte{text, 0}); err == nil || !strings.Contains(err.Error(), "masked frame from a client, got TEXT without") {
		t.Errorf("got %v", err)
	}
	d = Decoder{}
	d.Header(fr(textGo, "").append(nil, false))
	d.Payload(nil, nil)
	if _, err := d.Header([]byte{bin, 0}); err == nil || !strings.Contains(err.Error(), "continuation of the open message, got BINARY") {
		t.Errorf("got %v", err)
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
			t.Fatalf("got %v, open %t, payload %q, expected %q", err, d.Open(), b[n:], payload)
		}
		d.Skip()
		if d.Open() || d.Left() != 0 || d.Offset() != int64(len(stream)+len(b)) || d.Message() != Text {
			t.Errorf("%q skipped: open %t, %d left, offset %d, message %d", payload, d.Open(), d.Left(), d.Offset(), d.Message())
		}
	}
}

// TestFail calls Fail between frames and inside one.
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
			t.Errorf("got %d at %d: %v", code, at, err)
		}
		(&driver{t: t, d: &d}).latched(err)
	}
}

// TestMessage checks Message after every header and frame.
func TestMessage(t *testing.T) {
	d := Decoder{Compressed: true}
	for _, step := range []struct {
		first   byte
		inside  Flags // between header and payload
		between Flags // after the frame
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
			t.Fatalf("after %#x: message %d (%v), expected %d", step.first, d.Message(), err, step.between)
		}
	}
}
