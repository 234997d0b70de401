package protocol

import (
	"strings"
	"testing"
)

func BenchmarkValidator(b *testing.B) {
	for name, text := range map[string]string{
		"ASCII 125":       strings.Repeat("a", 125),
		"ASCII 64 KiB":    strings.Repeat("a", 64<<10),
		"Cyrillic 64 KiB": strings.Repeat("я", 32<<10),
		"emoji 64 KiB":    strings.Repeat("🐦", 16<<10),
	} {
		b.Run(name, func(b *testing.B) {
			p, v := []byte(text), new(Validator)
			b.SetBytes(int64(len(p)))
			b.ReportAllocs()
			for b.Loop() {
				if v.Feed(p) != len(p) {
					b.Fatal("the text is not valid")
				}
			}
		})
	}
}
