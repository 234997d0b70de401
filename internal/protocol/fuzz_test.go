package protocol

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/curlew-ws/curlew/internal/wire"
)

// agree checks that a decoder with d's settings returns for stream what the
// reference does, in several cuts.
func agree(t testing.TB, d Decoder, stream []byte, r *rand.Rand) {
	t.Helper()
	want, code, offset := reference(d, stream)
	check := func(how string, pieces [][]byte, chunk int) {
		t.Helper()
		got, err := frames(t, d, pieces, chunk)
		if c, o := place(t, err); c != code || o != int64(offset) {
			t.Errorf("%s: got error %d at %d (%v), the reference has %d at %d", how, c, o, err, code, offset)
		}
		if !equal(got, want) {
			t.Errorf("%s: got frames %s, the reference has %s", how, show(got), show(want))
		}
	}
	check("whole", [][]byte{stream}, max(1, len(stream)))
	check("1-byte pieces", cut(stream, func() int { return 1 }), 1)
	check("random cut", cut(stream, random(r)), 1+r.IntN(300))
}

// The settings of FuzzDecoder, a bit for each.
const (
	asServer = 1 << iota
	withCompression
	withoutUTF8
	frameLimit
	messageLimit
	fragmentLimit
	settings = 1<<iota - 1
)

func settingsOf(bits byte) Decoder {
	d := Decoder{Server: bits&asServer != 0, Compressed: bits&withCompression != 0, NoUTF8: bits&withoutUTF8 != 0}
	if bits&frameLimit != 0 {
		d.Limits.Frame = 4
	}
	if bits&messageLimit != 0 {
		d.Limits.Message = 6
	}
	if bits&fragmentLimit != 0 {
		d.Limits.Fragments = 2
	}
	return d
}

// TestReference runs every short script with all settings, and with some of them
// every beginning of it.
func TestReference(t *testing.T) {
	for _, s := range scripts() {
		for bits := range byte(settings + 1) {
			stream, _ := s.build(bits&asServer != 0)
			if len(stream) > 40 {
				continue
			}
			r := rand.New(rand.NewPCG(4, uint64(bits)))
			agree(t, settingsOf(bits), stream, r)
			for end := range stream {
				if bits&^asServer == 0 || bits|asServer == settings {
					agree(t, settingsOf(bits), stream[:end], r)
				}
			}
			if t.Failed() {
				t.Fatalf("%s with settings %06b", s.name, bits)
			}
		}
	}
}

func FuzzDecoder(f *testing.F) {
	for i, s := range scripts() {
		for _, server := range []bool{false, true} {
			bits := byte(i) & settings &^ asServer
			if server {
				bits |= asServer
			}
			if stream, _ := s.build(server); len(stream) < 400 {
				f.Add(bits, uint64(i), stream)
			}
		}
	}
	f.Fuzz(func(t *testing.T, bits byte, seed uint64, stream []byte) {
		agree(t, settingsOf(bits), stream, rand.New(rand.NewPCG(5, seed)))
	})
}

// FuzzRoundTrip encodes the frames of a program and decodes them. Four bytes of
// the program make a frame: its flags, its size in two bytes, and the size of the
// pieces of its payload.
func FuzzRoundTrip(f *testing.F) {
	f.Add(false, uint64(1), []byte{5, 0, 3, 1, 16, 0, 0, 0, 5, 1, 0, 100, 0, 0, 126, 4, 8, 0, 2, 2})
	f.Add(true, uint64(2), []byte{2, 0xFF, 0xFF, 200, 0x81, 0, 9, 2, 64, 0, 125, 3, 1, 0, 5, 1})
	f.Add(false, uint64(3), []byte{0x85, 0, 200, 3, 4, 0, 0, 1, 0, 0, 1, 1, 6, 0, 7, 7, 2, 0, 8, 8})
	f.Fuzz(func(t *testing.T, server bool, seed uint64, program []byte) {
		r := rand.New(rand.NewPCG(6, seed))
		e := Encoder{Server: server}
		var stream []byte
		var want []frame
		var message Flags // of the open message
		for step := range slices.Chunk(program[:min(64, len(program))], 4) {
			if len(step) < 4 {
				break
			}
			flags, size := flagsIn(step[0]), int(step[1])<<8|int(step[2])
			if e.Check(flags, int64(size)) != nil {
				continue
			}
			payload := payloadOf(flags, size, r)
			stream = encode(t, &e, stream, flags, payload, 1+int(step[3]), r.Uint32())
			if flags&Control == 0 {
				if message == 0 {
					message = flags &^ Cont
				}
				flags = message | flags&Cont
				if flags&Cont == 0 {
					message = 0
				}
			}
			want = append(want, frame{flags, payload, true})
			if (message != 0) != e.Message() {
				t.Fatalf("after flags %d the encoder has an open message: %t", flags, e.Message())
			}
		}
		d := Decoder{Server: !server, Compressed: true, NoUTF8: true}
		got, err := frames(t, d, cut(stream, random(r)), 1<<16)
		if err != nil || !equal(got, want) {
			t.Fatalf("got %s and %v, expected %s", show(got), err, show(want))
		}
	})
}

// flagsIn maps a byte to flags; its highest bit is Compressed.
func flagsIn(b byte) Flags { return Flags(b&0x7F) | Flags(b&0x80)<<1 }

// payloadOf returns a payload of size bytes that is valid in a frame of flags f.
func payloadOf(f Flags, size int, r *rand.Rand) []byte {
	p := make([]byte, size)
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	if f == Close && size > 0 {
		p = wire.AppendClose(nil, 1000, string(bytes.Repeat([]byte("r"), max(0, size-2))))
	}
	return p
}

// encode appends a frame whose payload is written in pieces of step bytes.
func encode(t *testing.T, e *Encoder, dst []byte, f Flags, p []byte, step int, key uint32) []byte {
	dst = e.Start(dst, f, int64(len(p)), key)
	for rest := p; len(rest) > 0; {
		if !e.Open() || e.Left() != int64(len(rest)) {
			t.Fatalf("%d bytes remain, the encoder says %d, open %t", len(rest), e.Left(), e.Open())
		}
		n := min(step, len(rest))
		dst = e.Payload(dst, rest[:n])
		rest = rest[n:]
	}
	if e.Open() || e.Left() != 0 {
		t.Fatal("the frame is complete and still open")
	}
	return dst
}
