package protocol

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// A part is one frame of a script. It is encoded without this module's code.
type part struct {
	first   byte // FIN, RSV and opcode
	payload string
	form    int    // bytes of the length field after the seven bits: 2, 8, or 0 for the shortest
	length  uint64 // value of the length field; 0 stands for len(payload)
	flip    bool   // wrongly masked, or wrongly not
}

func (p part) append(b []byte, masked bool) []byte {
	length := p.length
	if length == 0 {
		length = uint64(len(p.payload))
	}
	form := p.form
	switch {
	case form == 0 && length > 65535:
		form = 8
	case form == 0 && length > 125:
		form = 2
	}
	var bit byte
	if masked {
		bit = 0x80
	}
	b = append(b, p.first)
	switch form {
	case 0:
		b = append(b, bit|byte(length))
	case 2:
		b = binary.BigEndian.AppendUint16(append(b, bit|126), uint16(length))
	case 8:
		b = binary.BigEndian.AppendUint64(append(b, bit|127), length)
	}
	if !masked {
		return append(b, p.payload...)
	}
	key := [4]byte{0x9D, 0x21, 0xF0, byte(len(b))}
	b = append(b, key[:]...)
	for i := range len(p.payload) {
		b = append(b, p.payload[i]^key[i%4])
	}
	return b
}

// A fault is what the decoder must find: a close code, and the part and the
// byte of its payload that is wrong. A negative byte is the header.
type fault struct{ code, part, at int }

// A script is what a peer sends, and what the decoder must make of it: the
// frames as flags:bytes, with a + if the end of one is missing, and the fault.
type script struct {
	name  string
	set   Decoder // the settings; the test sets Server
	parts []part
	want  string
	fault fault
}

// build returns the script's bytes and the place of its fault.
func (s script) build(masked bool) (stream []byte, offset int64) {
	for i, p := range s.parts {
		start := len(stream)
		stream = p.append(stream, masked != p.flip)
		switch {
		case i != s.fault.part:
		case s.fault.at < 0:
			offset = int64(start)
		default:
			offset = int64(len(stream) - len(p.payload) + s.fault.at)
		}
	}
	return stream, offset
}

// The first bytes of frames. The names of those without FIN end in Go.
const (
	contGo, textGo, binaryGo             = 0x00, 0x01, 0x02
	cont, text, bin, closing, ping, pong = 0x80, 0x81, 0x82, 0x88, 0x89, 0x8A
)

func fr(first byte, payload string) part { return part{first: first, payload: payload} }

// runes returns n bytes of UTF-8, with runes of every length.
func runes(n int) string {
	const all = "a\u00f1\u20ac\U0001f680"
	return strings.Repeat("x", n%len(all)) + strings.Repeat(all, n/len(all))
}

// scripts returns all scripts.
func scripts() []script {
	var all []script
	for _, list := range [][]script{sizeScripts(), fragmentScripts(), extensionScripts(), openScripts(),
		headerFaults(), orderFaults(), closeFaults(), textFaults()} {
		all = append(all, list...)
	}
	return all
}

func sizeScripts() (all []script) {
	sizes := []int{0, 1, 2, 7, 8, 9, 125, 126, 127, 128, 65535, 65536, 65537}
	for _, n := range sizes {
		all = append(all,
			script{name: fmt.Sprint("text of ", n), parts: []part{fr(text, runes(n)), fr(ping, "")}, want: fmt.Sprintf("1:%d 16:0", n)},
			script{name: fmt.Sprint("binary of ", n), parts: []part{fr(bin, strings.Repeat("\xfe", n)), fr(bin, "")}, want: fmt.Sprintf("2:%d 2:0", n)},
			script{name: fmt.Sprint("fragments of ", n), parts: []part{fr(textGo, runes(n)), fr(contGo, runes(n%200)), fr(cont, runes(n%300))},
				want: fmt.Sprintf("5:%d 5:%d 1:%d", n, n%200, n%300)})
	}
	for _, n := range []int{0, 1, 7, 8, 124, 125} {
		all = append(all,
			script{name: fmt.Sprint("ping of ", n), parts: []part{fr(ping, strings.Repeat("\xff", n)), fr(text, "a")}, want: fmt.Sprintf("16:%d 1:1", n)},
			script{name: fmt.Sprint("pong of ", n), parts: []part{fr(pong, strings.Repeat("\x80", n)), fr(bin, "a")}, want: fmt.Sprintf("64:%d 2:1", n)})
	}
	for _, n := range []int{0, 1, 122, 123} {
		all = append(all, script{name: fmt.Sprint("close with a reason of ", n), parts: []part{fr(closing, "\x03\xe8"+runes(n))}, want: fmt.Sprintf("8:%d", n+2)})
	}
	for _, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		all = append(all, script{name: fmt.Sprint("close ", code), parts: []part{fr(closing, closeCode(code)+"bye")}, want: "8:5"})
	}
	return append(all, script{name: "close of nothing", parts: []part{fr(closing, ""), fr(ping, "late")}, want: "8:0 16:4"})
}

func closeCode(code int) string { return string([]byte{byte(code >> 8), byte(code)}) }

func fragmentScripts() []script {
	bytewise := script{name: "a fragment a byte", want: "5:1"}
	between := script{name: "a ping after every byte", want: "5:1"}
	long := runes(40)
	for i := range len(long) {
		first := byte(contGo)
		switch i {
		case 0:
			first = textGo
		default:
			bytewise.want += " 5:1"
			between.want += " 16:125 5:1"
			between.parts = append(between.parts, fr(ping, strings.Repeat("p", 125)))
		}
		bytewise.parts = append(bytewise.parts, fr(first, long[i:i+1]))
		between.parts = append(between.parts, fr(first, long[i:i+1]))
	}
	bytewise.parts, bytewise.want = append(bytewise.parts, fr(cont, "")), bytewise.want+" 1:0"
	between.parts, between.want = append(between.parts, fr(cont, "")), between.want+" 1:0"
	return []script{
		bytewise, between,
		{name: "empty first", parts: []part{fr(textGo, ""), fr(cont, "ab")}, want: "5:0 1:2"},
		{name: "empty middle", parts: []part{fr(binaryGo, "a"), fr(contGo, ""), fr(contGo, ""), fr(cont, "bc")}, want: "6:1 6:0 6:0 2:2"},
		{name: "empty last", parts: []part{fr(textGo, "ab"), fr(cont, "")}, want: "5:2 1:0"},
		{name: "all empty", parts: []part{fr(textGo, ""), fr(contGo, ""), fr(cont, "")}, want: "5:0 5:0 1:0"},
		{name: "only the middle", parts: []part{fr(textGo, ""), fr(contGo, runes(20)), fr(cont, "")}, want: "5:0 5:20 1:0"},
		{name: "control between", parts: []part{fr(binaryGo, "ab"), fr(ping, "1"), fr(pong, ""), fr(contGo, "c"), fr(ping, ""), fr(pong, "22"), fr(cont, "d")},
			want: "6:2 16:1 64:0 6:1 16:0 64:2 2:1"},
		{name: "close between", parts: []part{fr(textGo, "ab"), fr(closing, "\x03\xe9"), fr(cont, "c")}, want: "5:2 8:2 1:1"},
		{name: "a rune over four fragments and pings", parts: []part{fr(textGo, "\xf0"), fr(ping, "\xff"), fr(contGo, "\x9f"), fr(contGo, ""),
			fr(pong, "\x9f"), fr(contGo, "\x9a"), fr(cont, "\x80!")}, want: "5:1 16:1 5:1 5:0 64:1 5:1 1:2"},
		{name: "messages of all kinds", parts: []part{fr(text, "a"), fr(binaryGo, "\xff"), fr(cont, "\xff"), fr(textGo, "\xc3"), fr(cont, "\xb1"),
			fr(bin, "\xc3"), fr(text, "\u00f1"), fr(textGo, "x"), fr(cont, "")}, want: "1:1 6:1 2:1 5:1 1:1 2:1 1:2 5:1 1:0"},
	}
}

func extensionScripts() []script {
	deflate, unchecked := Decoder{Compressed: true}, Decoder{NoUTF8: true}
	const rsv1 = 0x40
	return []script{
		{name: "compressed text", set: deflate, parts: []part{fr(rsv1|text, "\xff\xfe"), fr(text, "plain")}, want: "257:2 1:5"},
		{name: "compressed fragments", set: deflate, parts: []part{fr(rsv1|textGo, "\xff"), fr(ping, "p"), fr(contGo, ""), fr(cont, "\xc3")},
			want: "261:1 16:1 261:0 257:1"},
		{name: "compressed binary", set: deflate, parts: []part{fr(rsv1|bin, "ab"), fr(rsv1|binaryGo, ""), fr(cont, "c")}, want: "258:2 262:0 258:1"},
		{name: "compressed is no licence for plain text", set: deflate, parts: []part{fr(rsv1|text, "\xff"), fr(text, "a\xff")},
			want: "257:1 1:1+", fault: fault{1007, 1, 1}},
		{name: "a second RSV1", set: deflate, parts: []part{fr(rsv1|textGo, "a"), fr(rsv1|cont, "b")}, want: "261:1", fault: fault{1002, 1, -1}},
		{name: "RSV1 on ping", set: deflate, parts: []part{fr(rsv1|ping, "")}, fault: fault{1002, 0, -1}},
		{name: "RSV1 on close", set: deflate, parts: []part{fr(text, "a"), fr(rsv1|closing, "")}, want: "1:1", fault: fault{1002, 1, -1}},
		{name: "RSV1 and RSV2", set: deflate, parts: []part{fr(0x60|text, "a")}, fault: fault{1002, 0, -1}},
		{name: "RSV1 inside a message", set: deflate, parts: []part{fr(textGo, "a"), fr(rsv1|text, "b")}, want: "5:1", fault: fault{1002, 1, -1}},
		{name: "unchecked text", set: unchecked, parts: []part{fr(text, "\xff\xc3"), fr(textGo, "\xc3"), fr(cont, "")}, want: "1:2 5:1 1:0"},
		{name: "unchecked text, checked reason", set: unchecked, parts: []part{fr(text, "\xff"), fr(closing, "\x03\xe8\xff")},
			want: "1:1", fault: fault{1007, 1, 0}},
	}
}

// openScripts end inside a frame.
func openScripts() []script {
	return []script{
		{name: "nothing of a payload", parts: []part{fr(ping, ""), {first: bin, length: 5}}, want: "16:0"},
		{name: "some of a payload", parts: []part{{first: text, payload: "ab\xc3", length: 5}}, want: "1:3+"},
		{name: "some of a ping", parts: []part{fr(text, "a"), {first: ping, payload: "ab", length: 5}}, want: "1:1"},
		{name: "the longest frame", parts: []part{{first: bin, payload: runes(300), length: 1<<63 - 1}}, want: "2:300+"},
		{name: "the longest fragment after others", parts: []part{fr(textGo, runes(200)), fr(contGo, ""), {first: contGo, payload: "abc", length: 1<<63 - 1}},
			want: "5:200 5:0 5:3+"},
	}
}

func headerFaults() (all []script) {
	bad := func(name string, p part) {
		all = append(all,
			script{name: name + " first", parts: []part{p, fr(ping, "")}, fault: fault{1002, 0, -1}},
			script{name: name + " later", parts: []part{fr(ping, "abc"), fr(bin, runes(130)), p}, want: "16:3 2:130", fault: fault{1002, 2, -1}})
	}
	for rsv := byte(1); rsv < 8; rsv++ {
		for _, first := range []byte{text, textGo, bin, closing, ping, pong} {
			bad(fmt.Sprintf("RSV %03b on %#x", rsv, first), fr(first|rsv<<4, "ab"))
		}
	}
	for _, op := range []byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		for _, n := range []int{0, 1, 125, 126} {
			bad(fmt.Sprintf("opcode %d of %d", op, n), fr(0x80|op, runes(n)))
		}
		bad(fmt.Sprintf("opcode %d with more to follow", op), fr(op, ""))
	}
	for _, first := range []byte{text, bin, closing, ping, pong} {
		bad(fmt.Sprintf("wrong mask on %#x", first), part{first: first, flip: true})
		bad(fmt.Sprintf("wrong mask on %#x with payload", first), part{first: first, payload: runes(130)[:100], flip: true})
	}
	for _, n := range []int{0, 1, 125} {
		for _, first := range []byte{text, bin, closing, ping, pong} {
			bad(fmt.Sprintf("16-bit length of %d on %#x", n, first), part{first: first, payload: runes(n), form: 2})
			bad(fmt.Sprintf("64-bit length of %d on %#x", n, first), part{first: first, payload: runes(n), form: 8})
		}
	}
	for _, n := range []int{126, 127, 65535} {
		bad(fmt.Sprint("64-bit length of ", n), part{first: text, payload: runes(n), form: 8})
	}
	for _, length := range []uint64{1 << 63, 1<<63 + 1, 1<<64 - 1} {
		bad(fmt.Sprint("length of ", length), part{first: bin, payload: "abc", length: length})
		bad(fmt.Sprint("ping of ", length), part{first: ping, payload: "abc", length: length})
	}
	for _, first := range []byte{closing, ping, pong} {
		bad(fmt.Sprintf("%#x of 126", first), fr(first, strings.Repeat("\x03", 126)))
		bad(fmt.Sprintf("%#x of 65536", first), fr(first, runes(65536)))
		bad(fmt.Sprintf("%#x with more to follow", first), fr(first&0xF, ""))
		bad(fmt.Sprintf("%#x of two with more to follow", first), fr(first&0xF, "\x03\xe8"))
	}
	bad("continuation of nothing", fr(cont, "a"))
	bad("empty continuation of nothing", fr(cont, ""))
	bad("continuation of nothing with more to follow", fr(contGo, "a"))
	return all
}

// orderFaults are frames that are right alone and wrong where they stand.
func orderFaults() []script {
	return []script{
		{name: "text in text", parts: []part{fr(textGo, "a"), fr(text, "b")}, want: "5:1", fault: fault{1002, 1, -1}},
		{name: "text in binary", parts: []part{fr(binaryGo, ""), fr(textGo, "b")}, want: "6:0", fault: fault{1002, 1, -1}},
		{name: "binary in text", parts: []part{fr(textGo, "a"), fr(contGo, "b"), fr(bin, "")}, want: "5:1 5:1", fault: fault{1002, 2, -1}},
		{name: "continuation after the end", parts: []part{fr(textGo, "a"), fr(cont, "b"), fr(cont, "c")}, want: "5:1 1:1", fault: fault{1002, 2, -1}},
		{name: "continuation of a whole message", parts: []part{fr(text, "a"), fr(contGo, "c")}, want: "1:1", fault: fault{1002, 1, -1}},
		{name: "continuation of a ping", parts: []part{fr(ping, "a"), fr(cont, "c")}, want: "16:1", fault: fault{1002, 1, -1}},
		{name: "a ping does not end a message", parts: []part{fr(binaryGo, "a"), fr(ping, "c"), fr(bin, "")}, want: "6:1 16:1", fault: fault{1002, 2, -1}},
	}
}

func closeFaults() []script {
	all := []script{
		{name: "close of one byte", parts: []part{fr(bin, runes(200)), fr(closing, "a")}, want: "2:200", fault: fault{1002, 1, 0}},
		{name: "a reason that is not UTF-8", parts: []part{fr(closing, "\x03\xe8ab\xed\xa0\x80")}, fault: fault{1007, 0, 0}},
		{name: "a reason cut inside a rune", parts: []part{fr(textGo, "a"), fr(closing, "\x03\xe8ab\xe2\x82")}, want: "5:1", fault: fault{1007, 1, 0}},
		{name: "a bad code counts more than a bad reason", parts: []part{fr(closing, "\x00\x00\xff")}, fault: fault{1002, 0, 0}},
	}
	for _, code := range []int{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		all = append(all, script{name: fmt.Sprint("close ", code), parts: []part{fr(ping, ""), fr(closing, closeCode(code))}, want: "16:0", fault: fault{1002, 1, 0}})
	}
	return all
}

func textFaults() []script {
	return []script{
		{name: "bad at once", parts: []part{fr(text, "\xff")}, fault: fault{1007, 0, 0}},
		{name: "bad at once, then good", parts: []part{fr(text, "\x80"+runes(200))}, fault: fault{1007, 0, 0}},
		{name: "bad inside", parts: []part{fr(text, runes(200)+"\xc0"+runes(200))}, want: "1:200+", fault: fault{1007, 0, 200}},
		{name: "bad last byte", parts: []part{fr(text, runes(6000)+"\xfe")}, want: "1:6000+", fault: fault{1007, 0, 6000}},
		{name: "a surrogate", parts: []part{fr(text, "ab\xed\xa0\x80cd")}, want: "1:3+", fault: fault{1007, 0, 3}},
		{name: "beyond the last rune", parts: []part{fr(text, "ab\xf4\x90\x80\x80")}, want: "1:3+", fault: fault{1007, 0, 3}},
		{name: "a rune that breaks off", parts: []part{fr(text, "ab\xf0\x9f\x9acd")}, want: "1:5+", fault: fault{1007, 0, 5}},
		{name: "overlong over fragments", parts: []part{fr(textGo, "ab\xe0"), fr(contGo, ""), fr(contGo, "\x80"), fr(cont, "\x80")},
			want: "5:3 5:0", fault: fault{1007, 2, 0}},
		{name: "a surrogate over fragments and pings", parts: []part{fr(textGo, "\xed"), fr(ping, "\xff"), fr(cont, "\xb0x")}, want: "5:1 16:1", fault: fault{1007, 2, 0}},
		{name: "broken off in the next fragment", parts: []part{fr(textGo, "\xf0\x9f"), fr(contGo, "\x9aa")}, want: "5:2 5:1+", fault: fault{1007, 1, 1}},
		{name: "cut at the end", parts: []part{fr(text, "ab\xc3")}, want: "1:2+", fault: fault{1007, 0, 2}},
		{name: "cut after three of four", parts: []part{fr(text, "\xf0\x9f\x9a")}, want: "1:2+", fault: fault{1007, 0, 2}},
		{name: "only the start of a rune", parts: []part{fr(text, "\xf0")}, fault: fault{1007, 0, 0}},
		{name: "cut at the end of the last fragment", parts: []part{fr(textGo, "ab\xf0"), fr(contGo, "\x9f"), fr(cont, "\x9a")},
			want: "5:3 5:1", fault: fault{1007, 2, 0}},
		{name: "cut, and an empty last fragment", parts: []part{fr(textGo, "ab\xc3"), fr(contGo, ""), fr(cont, "")}, want: "5:3 5:0", fault: fault{1007, 2, -1}},
		{name: "the second message", parts: []part{fr(textGo, "a\xc3"), fr(cont, "\xb1"), fr(text, "\xb1")}, want: "5:2 1:1", fault: fault{1007, 2, 0}},
		{name: "bad in a frame whose end never comes", parts: []part{{first: text, payload: "ab\xff", length: 1<<63 - 1}}, want: "1:2+", fault: fault{1007, 0, 2}},
	}
}
