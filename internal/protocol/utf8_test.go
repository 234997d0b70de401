package protocol

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// encoded returns v in n bytes, as UTF-8 would be if any v and n were allowed:
// overlong, surrogate, beyond the last rune, five and six bytes.
func encoded(v, n int) string {
	if n == 1 {
		return string([]byte{byte(v)})
	}
	b := make([]byte, n)
	for i := n - 1; i > 0; i-- {
		b[i] = 0x80 | byte(v&0x3F)
		v >>= 6
	}
	b[0] = 0xFF<<(8-n) | byte(v)
	return string(b)
}

// A textCase is a text, and how much of it is valid.
type textCase struct {
	name string
	text string
	good int  // how many bytes are a prefix of some valid text
	end  bool // the text may end there
}

func validCases() (all []textCase) {
	add := func(name, s string) { all = append(all, textCase{name, s, len(s), true}) }
	add("nothing", "")
	add("all lengths", "price \u00a3 or \u20ac, by \U0001f682")
	add("greek", "\u03bb\u03cc\u03b3\u03bf\u03c2 \u1f00\u03c1\u03c7\u03ae")
	for n, ends := range [][2]int{1: {0, 0x7F}, 2: {0x80, 0x7FF}, 3: {0x800, 0xFFFF}, 4: {0x10000, 0x10FFFF}} {
		if n > 0 {
			add(fmt.Sprintf("the first of %d bytes", n), encoded(ends[0], n))
			add(fmt.Sprintf("the last of %d bytes", n), encoded(ends[1], n))
		}
	}
	add("around the surrogates", encoded(0xD7FF, 3)+encoded(0xE000, 3))
	for plane := range 17 {
		add(fmt.Sprint("no characters, plane ", plane), string(rune(plane<<16|0xFFFE))+string(rune(plane<<16|0xFFFF)))
	}
	for r := rune(0xFFF9); r <= 0xFFFF; r++ {
		add(fmt.Sprintf("special %x", r), string(r))
	}
	return all
}

func invalidCases() (all []textCase) {
	add := func(name, s string, good int) { all = append(all, textCase{name, s, good, good == 0}) }
	for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 63} {
		add(fmt.Sprint(n, " continuations"), strings.Repeat("\x80\xbf", n)[:n], 0)
	}
	for lead := 0xC0; lead <= 0xFF; lead++ {
		good := 0
		if lead >= 0xC2 && lead <= 0xF4 {
			good = 1
		}
		add(fmt.Sprintf("%x alone, then a space", lead), string([]byte{byte(lead), ' '}), good)
	}
	for n := 5; n <= 6; n++ {
		add(fmt.Sprintf("the first of %d bytes", n), encoded(1<<(5*n+1), n), 0)
		add(fmt.Sprintf("the last of %d bytes", n), encoded(1<<(5*n+1)-1, n), 0)
	}
	for _, v := range []int{0, '/', 0x7F} {
		for n := 2; n <= 6; n++ {
			good := 1 // E0 and F0 are valid leads; the second byte is not valid
			if n == 2 || n > 4 {
				good = 0
			}
			add(fmt.Sprintf("overlong %x in %d bytes", v, n), encoded(v, n), good)
		}
	}
	add("the highest overlong of 2", encoded(0x7F, 2), 0)
	add("the highest overlong of 3", encoded(0x7FF, 3), 1)
	add("the highest overlong of 4", encoded(0xFFFF, 4), 1)
	add("the highest overlong of 5", encoded(0x1FFFFF, 5), 0)
	add("the highest overlong of 6", encoded(0x3FFFFFF, 6), 0)
	add("beyond the last rune", encoded(0x110000, 4), 1)
	add("the highest of 4 bytes", encoded(0x1FFFFF, 4), 0)
	for _, v := range []int{0xD800, 0xDB7F, 0xDB80, 0xDBFF, 0xDC00, 0xDF80, 0xDFFF} {
		add(fmt.Sprintf("surrogate %x", v), encoded(v, 3), 1)
		add(fmt.Sprintf("surrogate %x and its other half", v), encoded(v, 3)+encoded(0xDC00, 3), 1)
	}
	return all
}

// cutCases are texts that end inside a rune: valid so far, but not complete.
func cutCases() (all []textCase) {
	for _, r := range []rune{0x80, 0x7FF, 0x800, 0xFFFD, 0x10000, 0x10FFFF} {
		for n := 1; n < len(string(r)); n++ {
			all = append(all, textCase{fmt.Sprintf("%d bytes of %x", n, r), string(r)[:n], n, false})
		}
	}
	return all
}

// TestValidator feeds every case, with several texts before it, in all cuts in
// two and byte by byte.
func TestValidator(t *testing.T) {
	for _, c := range append(append(validCases(), invalidCases()...), cutCases()...) {
		for _, before := range []string{"", "a", "\u20ac\U0001f682"} {
			text, good := before+c.text, len(before)+c.good
			if ref, complete := goodText([]byte(text)); ref != good || complete != c.end {
				t.Errorf("%s: expected %d good bytes of %x, end %t; the reference has %d, %t", c.name, good, text, c.end, ref, complete)
			}
			for at := range len(text) + 1 {
				checkFeed(t, c.name, text, [][]byte{[]byte(text[:at]), []byte(text[at:])})
			}
			checkFeed(t, c.name, text, cut([]byte(text), func() int { return 1 }))
			if good < len(text) {
				checkFeed(t, c.name+", more after it", text+"abc\xff\xf0", [][]byte{[]byte(text + "abc\xff\xf0")})
			}
		}
	}
}

// checkFeed feeds pieces, which make up text, and compares the result with the
// reference.
func checkFeed(t *testing.T, name, text string, pieces [][]byte) {
	t.Helper()
	want, complete := goodText([]byte(text))
	var v Validator
	got, bad := 0, false
	for _, p := range pieces {
		n := v.Feed(p)
		got += n
		if n < len(p) {
			bad = true
			break
		}
		if _, end := goodText([]byte(text[:got])); v.Complete() != end {
			t.Fatalf("%s: after %x: got complete %t", name, text[:got], v.Complete())
		}
	}
	if got != want {
		t.Errorf("%s: %x in %x: got %d good bytes, expected %d", name, text, pieces, got, want)
	}
	if valid := !bad && v.Complete(); valid != utf8.ValidString(text) {
		t.Errorf("%s: %x in %x: got valid %t (complete %t)", name, text, pieces, valid, complete)
	}
}

// TestValidatorRunes feeds every rune byte by byte, and with every wrong
// second byte.
func TestValidatorRunes(t *testing.T) {
	var v Validator
	var b [utf8.UTFMax]byte
	for r := range rune(utf8.MaxRune + 1) {
		if !utf8.ValidRune(r) {
			continue
		}
		n := utf8.EncodeRune(b[:], r)
		for i := range n {
			if v.Feed(b[i:i+1]) != 1 || v.Complete() != (i == n-1) {
				t.Fatalf("rune %x: byte %d of %x was refused, or complete was %t", r, i, b[:n], v.Complete())
			}
		}
	}
	for lead := 0x80; lead < 0x100; lead++ {
		for second := range 0x100 {
			s := string([]byte{byte(lead), byte(second)})
			checkFeed(t, "two bytes", s, [][]byte{[]byte(s)})
			checkFeed(t, "two bytes", s, [][]byte{[]byte(s[:1]), []byte(s[1:])})
		}
	}
}

// TestValidatorAfterBad feeds more after the first invalid byte. Nothing is
// valid but what would have been valid in its place.
func TestValidatorAfterBad(t *testing.T) {
	for _, pieces := range [][]string{{"ab\xf0\x9fx"}, {"ab\xf0\x9f", "x"}, {"ab", "\xf0", "\x9fx"}} {
		var v Validator
		for _, p := range pieces {
			v.Feed([]byte(p))
		}
		for range 10 {
			if n := v.Feed([]byte("x")); n != 0 || v.Complete() {
				t.Fatalf("%q: a byte that interrupts a rune: got %d good bytes, complete %t", pieces, n, v.Complete())
			}
		}
		if n := v.Feed([]byte("\x9a\x80!")); n != 3 || !v.Complete() {
			t.Errorf("%q: the bytes that complete the rune: got %d good bytes of 3, complete %t", pieces, n, v.Complete())
		}
	}
}

func FuzzValidator(f *testing.F) {
	for _, c := range append(append(validCases(), invalidCases()...), cutCases()...) {
		f.Add(uint64(len(c.text)), c.text)
	}
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		r := rand.New(rand.NewPCG(7, seed))
		checkFeed(t, "whole", text, [][]byte{[]byte(text)})
		checkFeed(t, "1-byte pieces", text, cut([]byte(text), func() int { return 1 }))
		checkFeed(t, "random cut", text, cut([]byte(text), func() int { return 1 + r.IntN(1+len(text)) }))
	})
}
