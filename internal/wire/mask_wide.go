//go:build !(goexperiment.simd && amd64 && !go1.27)

package wire

import (
	"crypto/subtle"
	"encoding/binary"
)

// maskBlock is for how many bytes the key is repeated, to be XORed with as many
// of a long payload at once. A short one has not the time for that.
const maskBlock, wideMin = 1 << 10, 4 << 10

// maskWide masks as many whole blocks as src has with the vector instructions
// that the standard library has for the processor, and returns their length.
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
