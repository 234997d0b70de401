// Masking with the package simd/archsimd of Go 1.26, for programs built with
// GOEXPERIMENT=simd. Its API may differ in another version of Go, which is
// therefore built with mask_wide.go until that is checked.

//go:build goexperiment.simd && amd64 && !go1.27

package wire

import "simd/archsimd"

// wideMin is the shortest payload that maskWide is called for, in bytes.
const wideMin = 128

// maskWide masks the whole vectors of src, and returns their length.
func maskWide(dst, src []byte, k uint64) int {
	if !archsimd.X86.AVX2() {
		return 0
	}
	key, all := archsimd.BroadcastUint64x4(k).AsUint8x32(), len(src)
	for len(src) >= 128 && len(dst) >= 128 {
		d, s := (*[128]byte)(dst), (*[128]byte)(src)
		v0 := archsimd.LoadUint8x32((*[32]byte)(s[0:])).Xor(key)
		v1 := archsimd.LoadUint8x32((*[32]byte)(s[32:])).Xor(key)
		v2 := archsimd.LoadUint8x32((*[32]byte)(s[64:])).Xor(key)
		v3 := archsimd.LoadUint8x32((*[32]byte)(s[96:])).Xor(key)
		v0.Store((*[32]byte)(d[0:]))
		v1.Store((*[32]byte)(d[32:]))
		v2.Store((*[32]byte)(d[64:]))
		v3.Store((*[32]byte)(d[96:]))
		dst, src = dst[128:], src[128:]
	}
	for len(src) >= 32 && len(dst) >= 32 {
		archsimd.LoadUint8x32((*[32]byte)(src)).Xor(key).Store((*[32]byte)(dst))
		dst, src = dst[32:], src[32:]
	}
	archsimd.ClearAVXUpperBits()
	return all - len(src)
}
