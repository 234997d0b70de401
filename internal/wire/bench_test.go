package wire

import (
	"fmt"
	"testing"
)

// The three lengths of header, as servers send them and as clients do.
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
