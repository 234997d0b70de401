package deflate

import (
	"bufio"
	"bytes"
	stdflate "compress/flate"
	"fmt"
	"io"
	"testing"
)

// Messages of 2 KiB of JSON, as one stream with takeover.
func benchPayloads(level int, takeover bool) (messages, payloads [][]byte) {
	messages = jsonMessages(200)
	d := NewDeflater(level, 15, takeover)
	for _, m := range messages {
		payloads = append(payloads, d.Append(nil, m, true))
	}
	return messages, payloads
}

func totalSize(b [][]byte) (n int) {
	for _, p := range b {
		n += len(p)
	}
	return n
}

func BenchmarkInflate2K(b *testing.B) {
	for _, takeover := range []bool{true, false} {
		for _, level := range []int{1, 6} {
			messages, payloads := benchPayloads(level, takeover)
			z := NewInflater(15, takeover)
			defer z.Close()
			b.Run(fmt.Sprintf("takeover=%t/level=%d", takeover, level), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(totalSize(messages) / len(messages)))
				b.ReportMetric(float64(totalSize(payloads)/len(payloads)), "wire-B/op")
				dst := make([]byte, 4096)
				for i := 0; b.Loop(); i++ {
					z.Feed(payloads[i%len(payloads)], true)
					for {
						if _, err := z.Read(dst); err == io.EOF {
							break
						} else if err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
}

// endless gives the payloads, tails in place, over and over: what a reader
// that never resets costs at the least.
type endless struct {
	b []byte
	i int
}

func newEndless(payloads [][]byte) *endless {
	e := new(endless)
	for _, p := range payloads {
		e.b = append(append(e.b, p...), tail...)
	}
	return e
}

func (e *endless) Read(p []byte) (int, error) {
	if e.i == len(e.b) {
		e.i = 0
	}
	n := copy(p, e.b[e.i:])
	e.i += n
	return n, nil
}

// BenchmarkPeers2K: other inflaters on the same data, at their best.
func BenchmarkPeers2K(b *testing.B) {
	for _, level := range []int{1, 6} {
		messages, payloads := benchPayloads(level, true)
		for name, open := range map[string]func(io.Reader) io.ReadCloser{"std": stdflate.NewReader} {
			b.Run(fmt.Sprintf("%s/level=%d", name, level), func(b *testing.B) {
				r := open(bufio.NewReader(newEndless(payloads)))
				dst := make([]byte, len(messages[0]))
				for b.Loop() {
					if _, err := io.ReadFull(r, dst); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkDeflate2K(b *testing.B) {
	messages := jsonMessages(200)
	for _, level := range []int{1, 2, 6, 9} {
		for _, takeover := range []bool{true, false} {
			b.Run(fmt.Sprintf("takeover=%t/level=%d", takeover, level), func(b *testing.B) {
				d := NewDeflater(level, 15, takeover)
				var out []byte
				wire := 0
				b.ReportAllocs()
				b.SetBytes(int64(len(messages[0])))
				for i := 0; b.Loop(); i++ {
					out = d.Append(out[:0], messages[i%len(messages)], true)
					wire += len(out)
				}
				b.ReportMetric(float64(wire)/float64(b.N), "wire-B/op")
			})
		}
	}
}

// BenchmarkInflateLarge: one message of 1 MiB of each kind, beside the other
// inflaters at their best: kept, fed from memory, read in pieces that fit the
// cache.
func BenchmarkInflateLarge(b *testing.B) {
	for _, name := range []string{"json", "text", "records", "skewed", "random", "zeros", "runs"} {
		p := corpora[name](newRand(3), 1<<20)
		payload := NewDeflater(6, 15, false).Append(nil, p, true)
		b.Run(name, func(b *testing.B) {
			z := NewInflater(15, true)
			b.SetBytes(1 << 20)
			b.ReportAllocs()
			for b.Loop() {
				z.Feed(payload, true)
				for {
					if _, err := z.Next(); err != nil {
						break
					}
				}
			}
		})
		for peer, open := range map[string]func(io.Reader) io.ReadCloser{"std": stdflate.NewReader} {
			b.Run(name+"/"+peer, func(b *testing.B) {
				b.SetBytes(1 << 20)
				src := bytes.NewReader(nil)
				r, dst := open(src), make([]byte, 32<<10)
				for b.Loop() {
					src.Reset(payload)
					r.(stdflate.Resetter).Reset(src, nil)
					for {
						if _, err := r.Read(dst); err != nil {
							break
						}
					}
				}
			})
		}
	}
}
