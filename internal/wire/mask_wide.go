//go:build !(goexperiment.simd && amd64 && !go1.27)

package wire

import (
	"crypto/subtle"
	"encoding/binary"
)

const (
	// maskBlock is the length of the repeated key that is XORed with a long
	// payload, in bytes.
	maskBlock = 1 << 10
	// wideMin is the shortest payload that is worth repeating the key for.
	wideMin = 4 << 10
)

// maskWide masks the whole blocks of src, and returns their length. It uses the
// vector instructions that the standard library has for the processor.
func maskWide(dst, src []byte, k uint64) (n int) {
	var block [maskBlock]byte
	for i := 0; i < maskBlock; i += 8 {
		binary.LittleEndian.PutUint64(block[i:], k)
	}
	for ; n+maskBlock <= len(src); n += maskBlock {
		subtle.XORBytes(dst[n:], src[n:n+maskBlock], block[:])
	}
	return n
}
