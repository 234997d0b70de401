package protocol

import (
	"bytes"
	"testing"
)

// FuzzWhole checks that what Whole returns is what Header and Payload return.
func FuzzWhole(f *testing.F) {
	f.Add([]byte("\x81\x05hello\x82\x00"), true)
	f.Add([]byte("\x81\x02\xc3\x28..."), false)
	f.Add([]byte("\x82\x7e\x00\x05hello"), false)
	f.Add(append([]byte{0x82, 0x7e, 0x01, 0x00}, make([]byte, 300)...), false)
	f.Fuzz(func(t *testing.T, b []byte, anyText bool) {
		short, long := Decoder{NoUTF8: anyText}, Decoder{NoUTF8: anyText}
		flags, from, to := short.Whole(b, 1000)
		if to == 0 {
			if short != (Decoder{NoUTF8: anyText}) {
				t.Fatalf("Whole consumed nothing and left %+v", short)
			}
			return
		}
		n, err := long.Header(b)
		if err != nil || n != from {
			t.Fatalf("Header returned %d %v, Whole %d", n, err, from)
		}
		p := bytes.Clone(b[from:to])
		m, err := long.Payload(p, p)
		if want := (Meta{Flags: flags, Len: to - from}); err != nil || m != want {
			t.Fatalf("Payload returned %+v %v, Whole %+v", m, err, want)
		}
		if !bytes.Equal(p, b[from:to]) || long.Offset() != short.Offset() || long.Open() || long.Message() != 0 {
			t.Fatalf("Payload left %+v, Whole %+v", long, short)
		}
	})
}

// TestWholeIsForWholeMessages checks what Whole must leave to Header.
func TestWholeIsForWholeMessages(t *testing.T) {
	for name, tc := range map[string]struct {
		d    Decoder
		wire string
	}{
		"part":           {Decoder{}, "\x82\x05hell"},
		"no room":        {Decoder{}, "\x82\x06hello!"},
		"fragment":       {Decoder{}, "\x02\x05hello"},
		"control":        {Decoder{}, "\x89\x05hello"},
		"compressed":     {Decoder{Compressed: true}, "\xc2\x05hello"},
		"masked":         {Decoder{Server: true}, "\x82\x82\x00\x00\x00\x00hi"},
		"masked, client": {Decoder{}, "\x82\x82\x00\x00\x00\x00hi"},
		"not minimal":    {Decoder{}, "\x82\x7e\x00\x05hello"},
		"long":           {Decoder{}, "\x82\x7f\x00\x00\x00\x00\x00\x00\x00\x02hi"},
		"limited":        {Decoder{Limits: Limits{Frame: 100}}, "\x82\x05hello"},
		"bad text":       {Decoder{}, "\x81\x05hell\xff"},
		"in a message":   {Decoder{message: Text}, "\x81\x05hello"},
		"in a frame":     {Decoder{open: true}, "\x81\x05hello"},
		"failed":         {Decoder{err: &Error{}}, "\x81\x05hello"},
	} {
		if _, _, to := tc.d.Whole([]byte(tc.wire), 5); to != 0 {
			t.Errorf("%s: Whole consumed %d bytes", name, to)
		}
	}
}
