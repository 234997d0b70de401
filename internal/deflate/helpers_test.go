package deflate

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"math/rand/v2"
	"strings"
	"testing"
)

// newRand returns a reproducible generator.
func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0xdef1a7e)) }

// A corpus is a kind of data, drawn at any size.
var corpora = map[string]func(r *rand.Rand, n int) []byte{
	"zeros":  func(_ *rand.Rand, n int) []byte { return make([]byte, n) },
	"random": randomBytes,
	"json":   jsonBytes,
	"runs":   runBytes,
	"skewed": skewedBytes,
	"far":    farBytes,

	"text":    textBytes,
	"records": recordBytes,
}

func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// runBytes repeats pieces of 1 to 20 bytes, so that matches overlap
// themselves at every small distance.
func runBytes(r *rand.Rand, n int) []byte {
	var b []byte
	for len(b) < n {
		piece := randomBytes(r, 1+r.IntN(20))
		b = append(b, bytes.Repeat(piece, 1+r.IntN(40))...)
	}
	return b[:n]
}

// skewedBytes has byte values whose frequencies differ by powers of two: the
// longest codes DEFLATE has.
func skewedBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(bits.LeadingZeros64(r.Uint64())*7 + r.IntN(2))
	}
	return b
}

// farBytes repeats what lies any distance up to 32 KiB back.
func farBytes(r *rand.Rand, n int) []byte {
	b := randomBytes(r, min(n, 200))
	for len(b) < n {
		from := r.IntN(min(len(b), 1<<15))
		from = len(b) - 1 - from
		b = append(b, b[from:min(from+3+r.IntN(300), len(b))]...)
		b = append(b, byte(r.Uint32()))
	}
	return b[:n]
}

func jsonBytes(r *rand.Rand, n int) []byte {
	b := []byte(`{"type":"update","items":[`)
	for len(b) < n {
		b = fmt.Appendf(b, `{"id":%d,"user":"user-%d","price":%.2f,"side":%q,"time":"2031-05-%02dT%02d:%02d:%02dZ","tags":["a%d","b%d"]},`,
			r.IntN(1e6), r.IntN(500), r.Float64()*1000, []string{"buy", "sell"}[r.IntN(2)],
			1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(10), r.IntN(100))
	}
	return b[:n]
}

// textBytes is words, the frequent ones short, as in prose.
func textBytes(r *rand.Rand, n int) []byte {
	words := make([]string, 3000)
	for i := range words {
		w := make([]byte, 1+r.IntN(3+bits.Len(uint(i))/2))
		for j := range w {
			w[j] = "etaoinshrdlucmfwypvbgkqjxz"[min(r.IntN(26), r.IntN(26))]
		}
		words[i] = string(w)
	}
	zipf := rand.NewZipf(r, 1.1, 2, uint64(len(words)-1))
	var b []byte
	for len(b) < n {
		b = append(b, words[zipf.Uint64()]...)
		b = append(b, " , \n."[max(0, r.IntN(30)-25)])
	}
	return b[:n]
}

// recordBytes is structures of numbers, as programs keep them in memory.
func recordBytes(r *rand.Rand, n int) []byte {
	var b []byte
	for i := uint64(0); len(b) < n; i++ {
		b = binary.LittleEndian.AppendUint64(b, 1_700_000_000_000+i*20)
		b = binary.LittleEndian.AppendUint32(b, r.Uint32N(500))
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(100+float32(r.IntN(4000))/100))
		b = binary.LittleEndian.AppendUint16(b, uint16(r.IntN(8)))
		b = append(b, byte(r.IntN(2)), 0)
	}
	return b[:n]
}

// jsonMessages returns different messages of about 2 KiB.
func jsonMessages(n int) [][]byte {
	r := newRand(1)
	m := make([][]byte, n)
	for i := range m {
		m[i] = jsonBytes(r, 2048)
	}
	return m
}

// A cut says how long the next piece is.
type cut func() int

func every(n int) cut { return func() int { return n } }

func randomly(seed uint64, limit int) cut {
	r := newRand(seed)
	return func() int { return r.IntN(limit) }
}

// inflateMessage feeds payload in pieces and reads pieces, until the message
// ends or fails. With out nil it takes views. Pieces are overwritten as soon
// as more is asked for.
func inflateMessage(z *Inflater, payload []byte, in, out cut) (got []byte, err error) {
	read := func() (chunk []byte, err error) { return z.Next() }
	if out != nil {
		dst := make([]byte, 16<<10)
		read = func() ([]byte, error) {
			n, err := z.Read(dst[:min(out(), len(dst))])
			return dst[:n], err
		}
	}
	rest := bytes.Clone(payload)
	var piece []byte
	for fed := false; ; {
		chunk, err := read()
		got = append(got, chunk...)
		switch {
		case err == io.EOF:
			return got, nil
		case err == nil:
		case !errors.Is(err, ErrMore):
			return got, err
		case fed:
			return got, errors.New("more input wanted after the last")
		default:
			clear(piece)
			n := min(in(), len(rest))
			piece, rest = rest[:n], rest[n:]
			fed = len(rest) == 0
			z.Feed(piece, fed)
		}
	}
}

// deflateMessage compresses p in pieces.
func deflateMessage(z *Deflater, p []byte, in cut) []byte {
	var out []byte
	for {
		n := min(in(), len(p))
		out = z.Append(out, p[:n], n == len(p))
		if p = p[n:]; len(p) == 0 {
			return out
		}
	}
}

// blocks writes DEFLATE data bit by bit.
type blocks struct {
	b []byte
	n uint
}

// bits adds the n low bits of v, low bit first.
func (w *blocks) bits(v uint32, n uint) *blocks {
	for i := range n {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[len(w.b)-1] |= byte(v>>i&1) << (w.n % 8)
		w.n++
	}
	return w
}

// code adds a Huffman code of n bits, high bit first.
func (w *blocks) code(v uint32, n uint) *blocks {
	return w.bits(bits.Reverse32(v)>>(32-n), n)
}

// align fills the byte with zeros.
func (w *blocks) align() *blocks {
	w.n = uint(len(w.b)) * 8
	return w
}

// stored adds a stored block.
func (w *blocks) stored(final uint32, p string) *blocks {
	w.bits(final, 3).align()
	w.b = binary.LittleEndian.AppendUint16(w.b, uint16(len(p)))
	w.b = binary.LittleEndian.AppendUint16(w.b, ^uint16(len(p)))
	w.b = append(w.b, p...)
	return w.align()
}

// fixed begins a block of fixed codes.
func (w *blocks) fixed(final uint32) *blocks { return w.bits(final|1<<1, 3) }

// literal adds a literal below 144 in the fixed code, match a match of length
// 3 to 10, end the end of the block.
func (w *blocks) literal(c byte) *blocks { return w.code(0x30+uint32(c), 8) }

func (w *blocks) match(length, dist int) *blocks {
	w.code(uint32(257+length-3-256), 7)
	if dist <= 4 {
		return w.code(uint32(dist-1), 5)
	}
	extra := bits.Len(uint(dist-1)) - 2
	return w.code(uint32(2*extra+(dist-1)>>extra), 5).bits(uint32(dist-1)&(1<<extra-1), uint(extra))
}

func (w *blocks) end() *blocks { return w.code(0, 7) }

// payload ends the message as a sender does: an empty stored block without
// the tail.
func (w *blocks) payload() []byte { return w.bits(0, 3).align().b }

func mustInflate(t testing.TB, z *Inflater, payload []byte, in, out cut) []byte {
	t.Helper()
	got, err := inflateMessage(z, payload, in, out)
	if err != nil {
		t.Fatalf("inflate: %v", err)
	}
	return got
}

func sameBytes(t testing.TB, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	i := 0
	for i < min(len(got), len(want)) && got[i] == want[i] {
		i++
	}
	t.Fatalf("got %d bytes, want %d; first difference at %d", len(got), len(want), i)
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// tail is what RFC 7692 section 7.2.1 takes off the end of every message.
var tail = []byte{0x00, 0x00, 0xff, 0xff}
