package wire

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// maskByByte masks p as RFC 6455 section 5.3 describes it.
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
			t.Fatalf("%d bytes, copied: got %x, expected %x", n, dst[:n], want)
		}
		if !bytes.Equal(dst[n:], bytes.Repeat([]byte{0x55}, 8)) {
			t.Fatalf("%d bytes: wrote after the end: %x", n, dst[n:])
		}
		for cut := 0; cut <= n; cut++ {
			p := bytes.Clone(src)
			next := Mask(p[:cut], p[:cut], k)
			Mask(p[cut:], p[cut:], next)
			if !bytes.Equal(p, want) {
				t.Fatalf("%d bytes in place, cut at %d: got %x, expected %x", n, cut, p, want)
			}
		}
	}
}
