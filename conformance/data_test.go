package conformance

import (
	"bytes"
	"compress/flate"
	"testing"
	"unicode/utf8"
)

// TestDataSets checks that each set is of its kind and compresses as it should.
func TestDataSets(t *testing.T) {
	for name, want := range map[string]struct {
		size, least, most int // bytes, and the percentage that compression leaves
		text              bool
	}{
		"json":   {194_000, 1, 8, true},
		"bitmap": {262_144, 75, 95, false},
		"prose":  {222_000, 30, 50, false},
		"html":   {263_000, 2, 12, true},
		"mixed":  {1_042_000, 60, 85, false},
	} {
		d := sets[name]()
		var b bytes.Buffer
		w, err := flate.NewWriter(&b, flate.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(d.data)
		w.Close()
		if n := len(d.data); n < want.size || n > want.size*101/100 {
			t.Errorf("%s has %d bytes, expected about %d", name, n, want.size)
		}
		if percent := b.Len() * 100 / len(d.data); percent < want.least || percent > want.most {
			t.Errorf("%s compresses to %d %%, expected %d to %d", name, percent, want.least, want.most)
		}
		if (d.runes != nil) != want.text || want.text && !utf8.Valid(d.data) {
			t.Errorf("%s: text is %v, expected %v", name, d.runes != nil, want.text)
		}
	}
	if d := sets["html"](); len(d.runes)-1 == len(d.data) {
		t.Error("html has no character of more than one byte")
	}
}

// TestWindow takes pieces of a set until the set begins again.
func TestWindow(t *testing.T) {
	for name, d := range map[string]*dataSet{"bytes": {data: []byte("abcde")}, "characters": text("\u00e4b\u20acd\u00f6")} {
		want := []string{"abc", "dea", "bcd"}
		if name == "characters" {
			want = []string{"\u00e4b\u20ac", "d\u00f6\u00e4", "b\u20acd"}
		}
		for i, w := range want {
			if got := string(d.window(i, 3)); got != w {
				t.Errorf("%s: piece %d is %q, expected %q", name, i, got, w)
			}
		}
	}
}
