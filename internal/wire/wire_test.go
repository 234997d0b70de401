package wire

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// lengths are the ends of each form of the length field and their neighbours.
var lengths = []int64{0, 1, 124, 125, 126, 127, 128, 65534, 65535, 65536, 65537, 1 << 31, 1<<32 + 1, 1<<63 - 1}

func TestHeaderRoundTrip(t *testing.T) {
	for _, length := range lengths {
		for op := Opcode(0); op < 16; op++ {
			for bits := range 32 {
				h := Header{Length: length, Opcode: op, Fin: bits&1 != 0, Masked: bits&2 != 0, RSV: byte(bits>>2) << 4}
				if h.Masked {
					h.Key = 0x04030201
				}
				b := h.Append(nil)
				if len(b) != h.Len() {
					t.Fatalf("%+v: Len says %d, Append made %d bytes", h, h.Len(), len(b))
				}
				if got, n := ParseHeader(append(b, 0xEE)); got != h || n != len(b) {
					t.Fatalf("came %+v (%d bytes), expected %+v (%d bytes)", got, n, h, len(b))
				}
				for cut := range b {
					got, n := ParseHeader(b[:cut])
					if n != 0 {
						t.Fatalf("%x: a header cut at %d was taken as whole", b, cut)
					}
					if cut >= 2 && (got.Opcode != op || got.Fin != h.Fin || got.RSV != h.RSV || got.Length != int64(b[1]&0x7F)) {
						t.Fatalf("%x: cut at %d the first two bytes said %+v", b, cut, got)
					}
				}
			}
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
			t.Errorf("%s: came %+v (%d bytes), expected %+v", tc.bits, got, n, tc.want)
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

// maskByByte is masking as RFC 6455 section 5.3 writes it.
func maskByByte(p []byte, key [4]byte) []byte {
	out := make([]byte, len(p))
	for i := range p {
		out[i] = p[i] ^ key[i%4]
	}
	return out
}

func TestMask(t *testing.T) {
	key := [4]byte{0x37, 0xFA, 0x21, 0x3D}
	k := uint32(key[0]) | uint32(key[1])<<8 | uint32(key[2])<<16 | uint32(key[3])<<24
	r := rand.New(rand.NewPCG(1, 2))
	lengths := []int{wideMin - 1, wideMin, wideMin + 1, wideMin + 1023, 4095, 5127, 9000}
	for n := range 300 {
		lengths = append(lengths, n)
	}
	for _, n := range lengths {
		src := make([]byte, n)
		for i := range src {
			src[i] = byte(r.Uint32())
		}
		want := maskByByte(src, key)
		dst := bytes.Repeat([]byte{0x55}, n+8)
		Mask(dst, src, k)
		if !bytes.Equal(dst[:n], want) {
			t.Fatalf("%d bytes, copied: came %x, expected %x", n, dst[:n], want)
		}
		if !bytes.Equal(dst[n:], bytes.Repeat([]byte{0x55}, 8)) {
			t.Fatalf("%d bytes: wrote behind the end: %x", n, dst[n:])
		}
		for cut := 0; cut <= n; cut++ {
			p := bytes.Clone(src)
			next := Mask(p[:cut], p[:cut], k)
			Mask(p[cut:], p[cut:], next)
			if !bytes.Equal(p, want) {
				t.Fatalf("%d bytes in place, cut at %d: came %x, expected %x", n, cut, p, want)
			}
		}
	}
}

func TestCloseCodes(t *testing.T) {
	valid := map[int]bool{3000: true, 3999: true, 4000: true, 4999: true}
	for _, c := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014} {
		valid[c] = true
	}
	for _, c := range []int{0, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
		1015, 1016, 1100, 2000, 2999, 3000, 3999, 4000, 4999, 5000, 65535} {
		p := []byte{byte(c >> 8), byte(c)}
		if _, _, err := ParseClose(p); (err == nil) != valid[c] {
			t.Errorf("code %d: came %v, expected valid %t", c, err, valid[c])
		}
	}
}

func TestClosePayload(t *testing.T) {
	if code, reason, err := ParseClose(nil); code != CloseNoStatus || reason != "" || err != nil {
		t.Errorf("an empty payload is %d %q %v", code, reason, err)
	}
	if _, _, err := ParseClose([]byte{3}); err == nil {
		t.Error("a payload of one byte was taken")
	}
	if _, _, err := ParseClose([]byte("\x03\xe8\xff")); err == nil {
		t.Error("a reason that is not UTF-8 was taken")
	}
	for n := range 130 {
		reason := strings.Repeat("é", n)
		p := AppendClose(nil, 1000, reason)
		if len(p) > MaxControl || !utf8.Valid(p[2:]) {
			t.Fatalf("a reason of %d bytes gave %d bytes, UTF-8 %t", len(reason), len(p), utf8.Valid(p[2:]))
		}
		code, got, err := ParseClose(p)
		if code != 1000 || err != nil || !strings.HasPrefix(reason, got) || (len(reason) <= MaxReason && got != reason) {
			t.Fatalf("%q came back as %d %q %v", reason, code, got, err)
		}
	}
}

// TestOpcode holds the table of RFC 6455 section 5.2.
func TestOpcode(t *testing.T) {
	names := map[Opcode]string{0: "CONT", 1: "TEXT", 2: "BINARY", 8: "CLOSE", 9: "PING", 10: "PONG"}
	for op := range Opcode(16) {
		name, defined := names[op]
		if !defined {
			name = fmt.Sprint("opcode ", int(op))
		}
		if op.String() != name || op.Reserved() == defined || op.Control() != (op > 7) {
			t.Errorf("opcode %d is %q, reserved %t, control %t", op, op, op.Reserved(), op.Control())
		}
	}
}

// TestAppendClose writes payloads that are cut, or have no code.
func TestAppendClose(t *testing.T) {
	long := strings.Repeat("r", 200)
	for _, tc := range []struct {
		code         int
		reason, want string
	}{
		{1000, "", "\x03\xe8"}, {4999, "bye", "\x13\x87bye"}, {CloseNoStatus, "", ""}, {CloseNoStatus, "lost", ""},
		{1001, long, "\x03\xe9" + long[:123]},
		{1001, long[:122] + "\u00f1", "\x03\xe9" + long[:122]},
		{1001, long[:120] + "\U0001f682", "\x03\xe9" + long[:120]},
		{1001, long[:121] + "\u00f1r", "\x03\xe9" + long[:121] + "\u00f1"},
		{1001, strings.Repeat("\x80", 130), "\x03\xe9"},
	} {
		if got := AppendClose([]byte("x"), tc.code, tc.reason); string(got) != "x"+tc.want {
			t.Errorf("%d %q: came %q, expected %q", tc.code, tc.reason, got[1:], tc.want)
		}
	}
}

// FuzzClose: a payload that is taken is written again as it came.
func FuzzClose(f *testing.F) {
	for _, s := range []string{"", "a", "\x03\xe8", "\x03\xe8bye", "\x03\xed", "\x0f\xa0\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		p = p[:min(len(p), MaxControl)]
		code, reason, err := ParseClose(p)
		if err != nil {
			bad := len(p) == 1 || !ValidCloseCode(int(p[0])<<8|int(p[1])) || !utf8.Valid(p[2:])
			if !bad || errors.Is(err, ErrCloseReason) != (len(p) > 1 && ValidCloseCode(int(p[0])<<8|int(p[1]))) {
				t.Errorf("%q: came %v", p, err)
			}
			return
		}
		if again := AppendClose(nil, code, reason); !bytes.Equal(again, p) {
			t.Errorf("%q was read as %d %q, which is written as %q", p, code, reason, again)
		}
	})
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
		t.Errorf("came %v allocations a frame, expected none", n)
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
			t.Errorf("%x was read as %+v, which is written as %x", b[:n], h, again)
		}
	})
}

func BenchmarkMask(b *testing.B) {
	for _, n := range []int{16, 125, 1 << 10, 64 << 10} {
		src, dst := make([]byte, n), make([]byte, n)
		b.Run("copy-"+size(n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				Mask(dst, src, 0x04030201)
			}
		})
		b.Run("in-place-"+size(n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				Mask(dst, dst, 0x04030201)
			}
		})
	}
}

func size(n int) string {
	if n >= 1<<10 {
		return string(rune('0'+n>>10/10)) + string(rune('0'+n>>10%10)) + "KiB"
	}
	return string(rune('0'+n/100)) + string(rune('0'+n/10%10)) + string(rune('0'+n%10)) + "B"
}
