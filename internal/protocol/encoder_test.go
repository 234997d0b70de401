package protocol

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// opened returns an encoder, inside a message if message is set.
func opened(server, message bool) *Encoder {
	e := &Encoder{Server: server}
	if message {
		e.Frame(nil, Text|Cont, nil, 0)
	}
	return e
}

// TestFlagTable checks libcurl's table of flags and first bytes, and that all
// other flags are refused.
func TestFlagTable(t *testing.T) {
	type firsts struct{ outside, inside int } // -1: refused
	table := map[Flags]firsts{
		0:                          {-1, 0x80},
		Cont:                       {-1, 0x00},
		Text:                       {0x81, 0x80},
		Text | Cont:                {0x01, 0x00},
		Binary:                     {0x82, 0x80},
		Binary | Cont:              {0x02, 0x00},
		Close:                      {0x88, 0x88},
		Ping:                       {0x89, 0x89},
		Pong:                       {0x8A, 0x8A},
		Text | Compressed:          {0xC1, 0x80},
		Text | Cont | Compressed:   {0x41, 0x00},
		Binary | Compressed:        {0xC2, 0x80},
		Binary | Cont | Compressed: {0x42, 0x00},
	}
	for f := range Flags(1 << 12) {
		for _, server := range []bool{false, true} {
			for _, inside := range []bool{false, true} {
				want, ok := table[f]
				if !ok {
					want = firsts{-1, -1}
				}
				first := want.outside
				if inside {
					first = want.inside
				}
				checkFlags(t, opened(server, inside), f, first)
			}
		}
	}
}

// checkFlags starts a frame of flags f and expects first as its first byte. If
// first is negative, it expects that f is refused.
func checkFlags(t *testing.T, e *Encoder, f Flags, first int) {
	t.Helper()
	inside, before := e.Message(), *e
	err := e.Check(f, 2)
	if *e != before {
		t.Errorf("flags %#x: Check changed the encoder", f)
	}
	if first < 0 {
		if err == nil || !strings.Contains(err.Error(), "expected") || !strings.Contains(err.Error(), "got flags") {
			t.Errorf("flags %#x, in a message %t: got %v, expected an error with the flags", f, inside, err)
		}
		return
	}
	if err != nil {
		t.Errorf("flags %#x, in a message %t: got %v", f, inside, err)
		return
	}
	b := e.Start(nil, f, 2, 0xFFFFFFFF)
	mask := byte(0x80)
	if e.Server {
		mask = 0
	}
	if b[0] != byte(first) || b[1] != mask|2 {
		t.Errorf("flags %#x, in a message %t, server %t: got %x, expected %#02x %#02x", f, inside, e.Server, b, first, mask|2)
	}
	if wantOpen := f&Cont != 0 || f&Control != 0 && inside; e.Message() != wantOpen {
		t.Errorf("flags %#x, in a message %t: an open message after it is %t", f, inside, e.Message())
	}
	if e.Closed() != (f == Close) {
		t.Errorf("flags %#x: closed is %t", f, e.Closed())
	}
}

// TestFlagsErrors checks that the error says what is wrong with the flags.
func TestFlagsErrors(t *testing.T) {
	var e Encoder
	for f, want := range map[Flags]string{
		0: "no message is open", Cont: "no message is open",
		Close | Cont: "control frame without Cont", Ping | Cont: "control frame without Cont", Pong | Cont | Text: "control frame without Cont",
		Text | Binary: "one of Text", Close | Ping: "one of Text", Close | Text: "one of Text", 32: "one of Text", 128 | Text: "one of Text",
		Compressed: "one of Text", Compressed | Ping: "one of Text", Compressed | Cont: "one of Text",
	} {
		if err := e.Check(f, 0); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), fmt.Sprintf("%#x", uint32(f))) {
			t.Errorf("flags %#x: got %v, expected an error that says %q", f, err, want)
		}
	}
}

// TestZeroFlagsEndTheMessage is libcurl's defect 7, where the message stayed
// open and 0 could be sent twice.
func TestZeroFlagsEndTheMessage(t *testing.T) {
	e := Encoder{Server: true}
	var b []byte
	for _, f := range []Flags{Binary | Cont, Cont, Ping, 0} {
		if err := e.Check(f, 0); err != nil {
			t.Fatalf("flags %#x: %v", f, err)
		}
		b = e.Frame(b, f, nil, 0)
	}
	if want := []byte{0x02, 0, 0x00, 0, 0x89, 0, 0x80, 0}; !bytes.Equal(b, want) {
		t.Errorf("got %x, expected %x", b, want)
	}
	for _, f := range []Flags{0, Cont} {
		if err := e.Check(f, 0); err == nil {
			t.Errorf("flags %#x continued a message that 0 had ended", f)
		}
	}
	if b := e.Frame(nil, Text, nil, 0); b[0] != 0x81 {
		t.Errorf("the next message starts with %#x", b[0])
	}
}

func TestShortestLength(t *testing.T) {
	for _, tc := range []struct {
		size int64
		want string // after the first byte
	}{
		{0, "\x00"}, {1, "\x01"}, {125, "\x7d"},
		{126, "\x7e\x00\x7e"}, {255, "\x7e\x00\xff"}, {256, "\x7e\x01\x00"}, {65535, "\x7e\xff\xff"},
		{65536, "\x7f\x00\x00\x00\x00\x00\x01\x00\x00"}, {1 << 32, "\x7f\x00\x00\x00\x01\x00\x00\x00\x00"},
		{math.MaxInt64, "\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"},
	} {
		server, client := Encoder{Server: true}, Encoder{}
		if err := server.Check(Binary, tc.size); err != nil {
			t.Errorf("size %d: %v", tc.size, err)
		}
		if b := server.Start(nil, Binary, tc.size, 1); string(b) != "\x82"+tc.want {
			t.Errorf("size %d of a server: got %x, expected 82 %x", tc.size, b, tc.want)
		}
		masked := []byte("\x82" + tc.want + "\x04\x03\x02\x01")
		masked[1] |= 0x80
		if b := client.Start(nil, Binary, tc.size, 0x01020304); !bytes.Equal(b, masked) {
			t.Errorf("size %d of a client: got %x, expected %x", tc.size, b, masked)
		}
		if client.Left() != tc.size || client.Open() != (tc.size > 0) {
			t.Errorf("size %d: %d are left, open %t", tc.size, client.Left(), client.Open())
		}
	}
}

func TestCheckSize(t *testing.T) {
	for _, inside := range []bool{false, true} {
		e := opened(false, inside)
		for _, f := range []Flags{Close, Ping, Pong} {
			if err := e.Check(f, 125); err != nil {
				t.Errorf("flags %#x of 125: %v", f, err)
			}
			for _, size := range []int64{126, 65536, math.MaxInt64} {
				if err := e.Check(f, size); err == nil || !strings.Contains(err.Error(), "125") {
					t.Errorf("flags %#x of %d: got %v, expected an error that names 125", f, size, err)
				}
			}
		}
		for _, f := range []Flags{Text, Binary | Cont, Close, Ping, Pong} {
			for _, size := range []int64{-1, math.MinInt64} {
				if err := e.Check(f, size); err == nil {
					t.Errorf("flags %#x of %d were accepted", f, size)
				}
			}
		}
		if e.Message() != inside {
			t.Errorf("the message is open: got %t, expected %t", e.Message(), inside)
		}
	}
}

func TestCloseMarksClosed(t *testing.T) {
	var e Encoder
	e.Frame(nil, Ping, nil, 1)
	e.Frame(nil, Text|Cont, []byte("a"), 1)
	if e.Closed() {
		t.Fatal("closed before CLOSE")
	}
	e.Start(nil, Close, 2, 1)
	if !e.Closed() || !e.Open() || !e.Message() {
		t.Errorf("inside CLOSE: closed %t, open %t, message %t; expected all", e.Closed(), e.Open(), e.Message())
	}
	e.Payload(nil, []byte("\x03\xe8"))
	if !e.Closed() || e.Open() {
		t.Errorf("after CLOSE: closed %t, open %t", e.Closed(), e.Open())
	}
}

// TestPayloadPlaces appends the payload to slices with room and without, and
// in place after the header.
func TestPayloadPlaces(t *testing.T) {
	payload := []byte(runes(300))
	for _, server := range []bool{false, true} {
		for room := range len(payload) {
			e := Encoder{Server: server}
			p := bytes.Clone(payload)
			dst := append(make([]byte, 0, 4+room), "left"...)
			dst = e.Frame(dst, Binary, p[:200], 1)
			if string(dst[:4]) != "left" || !bytes.Equal(p, payload) {
				t.Fatalf("room for %d: what was there before is %q, the payload is changed: %t", room, dst[:4], !bytes.Equal(p, payload))
			}
			got, err := frames(t, Decoder{Server: !server}, [][]byte{dst[4:]}, 1<<16)
			if err != nil || !equal(got, []frame{{Binary, payload[:200], true}}) {
				t.Fatalf("room for %d: got %s and %v", room, show(got), err)
			}
		}
		e := Encoder{Server: server}
		buf := append(make([]byte, 14), payload...)
		out := e.Start(buf[:0], Binary, int64(len(payload)), 1)
		head := len(out)
		copy(buf[14-head:], out)
		out = e.Payload(buf[14-head:14], buf[14:])
		got, err := frames(t, Decoder{Server: !server}, [][]byte{out}, 1<<16)
		if &out[0] != &buf[14-head] || err != nil || !equal(got, []frame{{Binary, payload, true}}) {
			t.Fatalf("in place: got %s and %v", show(got), err)
		}
	}
}

// TestInPlace masks payloads in place, in pieces, undoes the end of some and
// masks it again. The result must be the payload that Frame appends.
func TestInPlace(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		server := r.IntN(2) == 0
		payload := make([]byte, 1+r.IntN(200))
		for i := range payload {
			payload[i] = byte(r.Uint32())
		}
		key := r.Uint32()
		want := (&Encoder{Server: server}).Frame(nil, Binary, payload, key)
		e := &Encoder{Server: server}
		got := e.Start(nil, Binary, int64(len(payload)), key)
		for rest := bytes.Clone(payload); len(rest) > 0; {
			n := 1 + r.IntN(len(rest))
			if r.IntN(3) == 0 {
				got, rest = e.Payload(got, rest[:n]), rest[n:]
				continue
			}
			e.InPlace(rest[:n])
			undone := r.IntN(n + 1)
			e.Undo(rest[n-undone : n])
			if left := int64(len(rest) - n + undone); e.Left() != left || e.Open() != (left > 0) {
				t.Fatalf("%d bytes are left, open is %t; expected %d", e.Left(), e.Open(), left)
			}
			got, rest = append(got, rest[:n-undone]...), rest[n-undone:]
			if !bytes.Equal(rest, payload[len(payload)-len(rest):]) {
				t.Fatal("Undo did not restore the payload")
			}
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("server %t, %d bytes: got %x, expected %x", server, len(payload), got, want)
		}
	}
}

// TestKeys draws keys from several blocks. Two of a thousand are equal once in
// ten thousand runs, a hundred never.
func TestKeys(t *testing.T) {
	var k Keys
	seen, or, and := map[uint32]bool{}, uint32(0), ^uint32(0)
	for range 1000 {
		key := k.Next()
		seen[key] = true
		or |= key
		and &= key
	}
	if len(seen) < 900 || or != math.MaxUint32 || and != 0 {
		t.Errorf("of 1000 keys %d were different; bits ever set %08x, always set %08x", len(seen), or, and)
	}
}
