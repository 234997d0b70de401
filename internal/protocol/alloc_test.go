package protocol

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"
)

// TestSizes bounds the sizes of the types that a connection holds, in bytes, on
// 64-bit machines.
func TestSizes(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("sizes are those of 64-bit machines")
	}
	for _, s := range []struct {
		name      string
		size, max uintptr
	}{
		{"Decoder", unsafe.Sizeof(Decoder{}), 144}, {"Encoder", unsafe.Sizeof(Encoder{}), 24}, {"Replies", unsafe.Sizeof(Replies{}), 16},
		{"Keys", unsafe.Sizeof(Keys{}), 264}, {"Meta", unsafe.Sizeof(Meta{}), 32}, {"Validator", unsafe.Sizeof(Validator{}), 16},
	} {
		t.Logf("%s has %d bytes", s.name, s.size)
		if s.size > s.max {
			t.Errorf("%s has %d bytes, expected at most %d", s.name, s.size, s.max)
		}
	}
}

// A wheel is a frame that a decoder reads over and over, and that an encoder
// writes over and over.
type wheel struct {
	d      Decoder
	e      Encoder
	k      Keys
	stream []byte
	p      []byte
	out    []byte
}

func newWheel(server bool, p part) *wheel {
	n := len(p.payload)
	return &wheel{d: Decoder{Server: server}, e: Encoder{Server: server}, stream: p.append(nil, server),
		p: make([]byte, n), out: make([]byte, 0, n+14)}
}

func (w *wheel) receive() error {
	n, err := w.d.Header(w.stream)
	if err != nil {
		return err
	}
	_, err = w.d.Payload(w.p, w.stream[n:])
	return err
}

func (w *wheel) send() { w.e.Frame(w.out, Binary, w.p, w.k.Next()) }

// TestNoAllocations checks that no frame costs an allocation, in either
// direction and role.
func TestNoAllocations(t *testing.T) {
	for _, server := range []bool{false, true} {
		for _, first := range []byte{text, bin, ping, pong} {
			for _, n := range []int{0, 1, 125, 1000} {
				if n <= 125 || first&8 == 0 {
					checkNoAllocations(t, server, fr(first, runes(n)))
				}
			}
		}
	}
}

func checkNoAllocations(t *testing.T, server bool, p part) {
	t.Helper()
	w := newWheel(server, p)
	if n := testing.AllocsPerRun(100, func() {
		if err := w.receive(); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("server %t: receiving %#x allocates %v times", server, p.first, n)
	}
	if n := testing.AllocsPerRun(100, w.send); n != 0 {
		t.Errorf("server %t: sending allocates %v times", server, n)
	}
}

func BenchmarkReceive(b *testing.B) {
	for _, n := range []int{125, 1 << 10} {
		for _, server := range []bool{false, true} {
			for _, what := range []struct {
				name string
				part part
			}{{"binary", fr(bin, runes(n))}, {"ascii", fr(text, strings.Repeat("a", n))}, {"text", fr(text, runes(n))}} {
				b.Run(fmt.Sprintf("%d/%s/server=%t", n, what.name, server), func(b *testing.B) {
					benchReceive(b, server, what.part)
				})
			}
		}
	}
}

func benchReceive(b *testing.B, server bool, p part) {
	b.SetBytes(int64(len(p.payload)))
	b.ReportAllocs()
	for w := newWheel(server, p); b.Loop(); {
		if err := w.receive(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSend(b *testing.B) {
	for _, n := range []int{125, 1 << 10} {
		for _, server := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d/server=%t", n, server), func(b *testing.B) {
				b.SetBytes(int64(n))
				b.ReportAllocs()
				for w := newWheel(server, fr(bin, runes(n))); b.Loop(); {
					w.send()
				}
			})
		}
	}
}
