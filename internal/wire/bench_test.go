package wire

import (
	"fmt"
	"testing"
)

// benchHeaders returns a header of each length, masked and not.
func benchHeaders() map[string]Header {
	headers := map[string]Header{}
	for _, n := range []int64{125, 1000, 1 << 20} {
		headers[fmt.Sprint(n)] = Header{Fin: true, Opcode: OpBinary, Length: n}
		headers[fmt.Sprint(n, "/masked")] = Header{Fin: true, Opcode: OpBinary, Length: n, Masked: true, Key: 0x12345678}
	}
	return headers
}

func BenchmarkParseHeader(b *testing.B) {
	for name, h := range benchHeaders() {
		p := append(h.Append(nil), make([]byte, 16)...)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParseHeader(p)
			}
		})
	}
}

func BenchmarkAppendHeader(b *testing.B) {
	for name, h := range benchHeaders() {
		p := make([]byte, 0, 16)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.Append(p)
			}
		})
	}
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
