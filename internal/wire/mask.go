package wire

import (
	"encoding/binary"
	"math/bits"
)

// Mask XORs src with key into dst, RFC 6455 section 5.3. Masking and unmasking
// are the same. It returns the key rotated for the byte after src, so that a
// payload can be masked in pieces. dst must be at least as long as src. The two
// may be the same slice, but must not overlap otherwise.
//
// The last eight bytes are one word that overlaps the word before it, so that no
// byte is handled singly. It is read first and stored last, so that the result
// is right in place, too.
func Mask(dst, src []byte, key uint32) uint32 {
	n := len(src)
	next := bits.RotateLeft32(key, -8*(n&3))
	if n < 8 {
		maskShort(dst, src, key)
		return next
	}
	dst = dst[:n]
	k := uint64(key)<<32 | uint64(key)
	tail := binary.LittleEndian.Uint64(src[n-8:]) ^ bits.RotateLeft64(k, -8*(n&3))
	end := dst[n-8:]
	if n >= wideMin {
		done := maskWide(dst, src, k)
		dst, src = dst[done:], src[done:]
	}
	for len(src) >= 32 && len(dst) >= 32 {
		mask32((*[32]byte)(dst), (*[32]byte)(src), k)
		dst, src = dst[32:], src[32:]
	}
	if len(src) >= 16 && len(dst) >= 16 {
		mask16((*[16]byte)(dst), (*[16]byte)(src), k)
		dst, src = dst[16:], src[16:]
	}
	if len(src) >= 8 && len(dst) >= 8 {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^k)
	}
	binary.LittleEndian.PutUint64(end, tail)
	return next
}

// mask32 loads all words before it stores the first, so that no load waits for
// a store.
func mask32(dst, src *[32]byte, k uint64) {
	w0 := binary.LittleEndian.Uint64(src[0:]) ^ k
	w1 := binary.LittleEndian.Uint64(src[8:]) ^ k
	w2 := binary.LittleEndian.Uint64(src[16:]) ^ k
	w3 := binary.LittleEndian.Uint64(src[24:]) ^ k
	binary.LittleEndian.PutUint64(dst[0:], w0)
	binary.LittleEndian.PutUint64(dst[8:], w1)
	binary.LittleEndian.PutUint64(dst[16:], w2)
	binary.LittleEndian.PutUint64(dst[24:], w3)
}

func mask16(dst, src *[16]byte, k uint64) {
	w0 := binary.LittleEndian.Uint64(src[0:]) ^ k
	w1 := binary.LittleEndian.Uint64(src[8:]) ^ k
	binary.LittleEndian.PutUint64(dst[0:], w0)
	binary.LittleEndian.PutUint64(dst[8:], w1)
}

func maskShort(dst, src []byte, key uint32) {
	dst = dst[:len(src)]
	for i, b := range src {
		dst[i] = b ^ byte(key)
		key = bits.RotateLeft32(key, -8)
	}
}
