package wire

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCloseCodes(t *testing.T) {
	valid := map[int]bool{3000: true, 3999: true, 4000: true, 4999: true}
	for _, c := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014} {
		valid[c] = true
	}
	for _, c := range []int{0, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
		1015, 1016, 1100, 2000, 2999, 3000, 3999, 4000, 4999, 5000, 65535} {
		p := []byte{byte(c >> 8), byte(c)}
		if _, _, err := ParseClose(p); (err == nil) != valid[c] {
			t.Errorf("code %d: got %v, expected valid %t", c, err, valid[c])
		}
	}
}

func TestClosePayload(t *testing.T) {
	if code, reason, err := ParseClose(nil); code != CloseNoStatus || reason != "" || err != nil {
		t.Errorf("an empty payload was parsed as %d %q %v", code, reason, err)
	}
	if _, _, err := ParseClose([]byte{3}); err == nil {
		t.Error("a payload of one byte was accepted")
	}
	if _, _, err := ParseClose([]byte("\x03\xe8\xff")); err == nil {
		t.Error("a reason that is not UTF-8 was accepted")
	}
	for n := range 130 {
		reason := strings.Repeat("é", n)
		p := AppendClose(nil, 1000, reason)
		if len(p) > MaxControl || !utf8.Valid(p[2:]) {
			t.Fatalf("a reason of %d bytes gave %d bytes, UTF-8 %t", len(reason), len(p), utf8.Valid(p[2:]))
		}
		code, got, err := ParseClose(p)
		if code != 1000 || err != nil || !strings.HasPrefix(reason, got) || (len(reason) <= MaxReason && got != reason) {
			t.Fatalf("%q was parsed as %d %q %v", reason, code, got, err)
		}
	}
}

// TestAppendClose covers reasons that are cut, and CLOSE without a code.
func TestAppendClose(t *testing.T) {
	long := strings.Repeat("r", 200)
	for _, tc := range []struct {
		code         int
		reason, want string
	}{
		{1000, "", "\x03\xe8"}, {4999, "bye", "\x13\x87bye"}, {CloseNoStatus, "", ""}, {CloseNoStatus, "lost", ""},
		{1001, long, "\x03\xe9" + long[:123]},
		{1001, long[:122] + "\u00f1", "\x03\xe9" + long[:122]},
		{1001, long[:120] + "\U0001f682", "\x03\xe9" + long[:120]},
		{1001, long[:121] + "\u00f1r", "\x03\xe9" + long[:121] + "\u00f1"},
		{1001, strings.Repeat("\x80", 130), "\x03\xe9"},
	} {
		if got := AppendClose([]byte("x"), tc.code, tc.reason); string(got) != "x"+tc.want {
			t.Errorf("%d %q: got %q, expected %q", tc.code, tc.reason, got[1:], tc.want)
		}
	}
}

// FuzzClose checks that a payload ParseClose accepts is what AppendClose writes.
func FuzzClose(f *testing.F) {
	for _, s := range []string{"", "a", "\x03\xe8", "\x03\xe8bye", "\x03\xed", "\x0f\xa0\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		p = p[:min(len(p), MaxControl)]
		code, reason, err := ParseClose(p)
		if err != nil {
			bad := len(p) == 1 || !ValidCloseCode(int(p[0])<<8|int(p[1])) || !utf8.Valid(p[2:])
			if !bad || errors.Is(err, ErrCloseReason) != (len(p) > 1 && ValidCloseCode(int(p[0])<<8|int(p[1]))) {
				t.Errorf("%q: got %v", p, err)
			}
			return
		}
		if again := AppendClose(nil, code, reason); !bytes.Equal(again, p) {
			t.Errorf("%q was parsed as %d %q, which AppendClose wrote as %q", p, code, reason, again)
		}
	})
}
