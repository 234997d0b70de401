package wire

import (
	"bytes"
	"strings"
	"testing"
)

// lengths are the bounds of each form of the length field and their neighbours.
var lengths = []int64{0, 1, 124, 125, 126, 127, 128, 65534, 65535, 65536, 65537, 1 << 31, 1<<32 + 1, 1<<63 - 1}

func TestHeaderRoundTrip(t *testing.T) {
	for _, length := range lengths {
		for op := Opcode(0); op < 16; op++ {
			for bits := range 32 {
				h := Header{Length: length, Opcode: op, Fin: bits&1 != 0, Masked: bits&2 != 0, RSV: byte(bits>>2) << 4}
				if h.Masked {
					h.Key = 0x04030201
				}
				checkRoundTrip(t, h)
			}
		}
	}
}

// checkRoundTrip parses what h.Append writes, whole and cut short.
func checkRoundTrip(t *testing.T, h Header) {
	t.Helper()
	b := h.Append(nil)
	if len(b) != h.Len() {
		t.Fatalf("%+v: Len returns %d, Append wrote %d bytes", h, h.Len(), len(b))
	}
	if got, n := ParseHeader(append(b, 0xEE)); got != h || n != len(b) {
		t.Fatalf("got %+v (%d bytes), expected %+v (%d bytes)", got, n, h, len(b))
	}
	for cut := range b {
		got, n := ParseHeader(b[:cut])
		if n != 0 {
			t.Fatalf("%x: a header cut at %d was parsed as a whole one", b, cut)
		}
		if cut >= 2 && (got.Opcode != h.Opcode || got.Fin != h.Fin || got.RSV != h.RSV || got.Length != int64(b[1]&0x7F)) {
			t.Fatalf("%x: cut at %d, the first two bytes were parsed as %+v", b, cut, got)
		}
	}
}

func TestHeaderBits(t *testing.T) {
	for _, tc := range []struct {
		bits string
		want Header
	}{
		{"1000_0001 0000_0101", Header{Fin: true, Opcode: OpText, Length: 5}},
		{"0100_0010 0000_0000", Header{RSV: RSV1, Opcode: OpBinary}},
		{"1010_1000 1000_0010 00000001 00000010 00000011 00000100", Header{Fin: true, RSV: RSV2, Opcode: OpClose, Masked: true, Length: 2, Key: 0x04030201}},
		{"0001_0000 0111_1110 00000001 00000000", Header{RSV: RSV3, Length: 256}},
		{"1000_1010 0111_1111 10000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000", Header{Fin: true, Opcode: OpPong, Length: -1 << 63}},
	} {
		b := fromBits(tc.bits)
		if got, n := ParseHeader(b); got != tc.want || n != len(b) {
			t.Errorf("%s: got %+v (%d bytes), expected %+v", tc.bits, got, n, tc.want)
		}
	}
}

func fromBits(s string) []byte {
	s = strings.NewReplacer(" ", "", "_", "").Replace(s)
	b := make([]byte, len(s)/8)
	for i, c := range s {
		b[i/8] = b[i/8]<<1 | byte(c-'0')
	}
	return b
}

func TestNoAllocations(t *testing.T) {
	buf := make([]byte, 0, 256)
	p := make([]byte, 100)
	h := Header{Fin: true, Opcode: OpText, Masked: true, Length: 100}
	if n := testing.AllocsPerRun(100, func() {
		b := h.Append(buf)
		Mask(p, p, h.Key)
		ParseHeader(b)
	}); n != 0 {
		t.Errorf("got %v allocations per frame, expected none", n)
	}
}

func FuzzHeader(f *testing.F) {
	f.Add([]byte{0x81, 0x05})
	f.Add([]byte{0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n := ParseHeader(b)
		if n == 0 || h.Length < 0 || n != h.Len() {
			return
		}
		if again := h.Append(nil); !bytes.Equal(again, b[:n]) {
			t.Errorf("%x was parsed as %+v, which Append wrote as %x", b[:n], h, again)
		}
	})
}
