package conformance

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
)

// A dataSet is a source of messages for the cases of sections 12 and 13. The sets
// are generated here, always the same. Each kind compresses differently.
type dataSet struct {
	data  []byte
	runes []int // the offsets of its characters, and its end; nil if it is not text
}

// sets are the data sets, by name.
var sets = map[string]func() *dataSet{
	"json":   sync.OnceValue(func() *dataSet { return text(jsonRecords(194_000)) }),
	"bitmap": sync.OnceValue(func() *dataSet { return &dataSet{data: noisyBitmap(512, 512)} }),
	"prose":  sync.OnceValue(func() *dataSet { return &dataSet{data: []byte("\ufeff" + prose(222_000))} }),
	"html":   sync.OnceValue(func() *dataSet { return text(webPage(263_000)) }),
	"mixed":  sync.OnceValue(func() *dataSet { return &dataSet{data: mixed(1_042_000)} }),
}

func text(s string) *dataSet {
	d := &dataSet{data: []byte(s)}
	for i := range s {
		d.runes = append(d.runes, i)
	}
	d.runes = append(d.runes, len(s))
	return d
}

// window returns the i-th piece of n characters, or bytes. After its end the set
// begins again. The piece must not be changed.
func (d *dataSet) window(i, n int) []byte {
	units := len(d.data)
	if d.runes != nil {
		units = len(d.runes) - 1
	}
	start := i * n % units
	if end := start + n; end > units {
		return append(d.slice(start, units), d.slice(0, end-units)...)
	}
	return d.slice(start, start+n)
}

// slice returns the units from start to end, with no spare capacity.
func (d *dataSet) slice(start, end int) []byte {
	if d.runes != nil {
		start, end = d.runes[start], d.runes[end]
	}
	return d.data[start:end:end]
}

// dice returns a source of random choices, the same for the same seed.
func dice(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7692)) }

// jsonRecords is an array of records that differ little: it compresses best.
func jsonRecords(size int) string {
	r := dice(1)
	var b strings.Builder
	b.WriteString("[\n")
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "  {\"number\": %d, \"kind\": \"sighting\", \"bird\": {\"genus\": \"Numenius\", \"species\": \"arquata\"}, "+
			"\"place\": {\"name\": \"mudflat\", \"section\": %d}, \"ringed\": false, \"count\": %d},\n", i, i/40, 1+r.IntN(3))
	}
	b.WriteString("  null\n]\n")
	return b.String()
}

// noisyBitmap is a grey picture in BMP format, soft shades under noise: it
// compresses worst.
func noisyBitmap(width, height int) []byte {
	r := dice(2)
	const headers = 54
	b := make([]byte, headers, headers+4*256+width*height)
	copy(b, "BM")
	b[14], b[18], b[19], b[22], b[23], b[26], b[28] = 40, byte(width), byte(width>>8), byte(height), byte(height>>8), 1, 8
	for i := range 256 {
		b = append(b, byte(i), byte(i), byte(i), 0)
	}
	for y := range height {
		for x := range width {
			b = append(b, byte(64+x/8+y/8+r.IntN(48)+r.IntN(48)))
		}
	}
	return b
}

// prose is sentences of invented words, some common and most rare, with umlauts.
func prose(size int) string {
	r := dice(3)
	words := vocabulary(r, 3000)
	often := rand.NewZipf(r, 1.2, 4, uint64(len(words)-1))
	var b strings.Builder
	for b.Len() < size {
		length := 4 + r.IntN(12)
		for i := range length {
			w := words[often.Uint64()]
			if i == 0 {
				w = strings.ToUpper(w[:1]) + w[1:]
			}
			b.WriteString(w)
			if i < length-1 {
				b.WriteString([]string{" ", " ", " ", " ", ", "}[r.IntN(5)])
			}
		}
		b.WriteString([]string{". ", ". ", ".\r\n"}[r.IntN(3)])
	}
	return b.String()
}

// vocabulary invents n words.
func vocabulary(r *rand.Rand, n int) []string {
	heads := []string{"b", "br", "d", "dr", "f", "g", "h", "k", "l", "m", "n", "r", "s", "sch", "st", "t", "w", "z"}
	middles := []string{"a", "e", "i", "o", "u", "au", "ei", "ie", "\u00e4", "\u00f6", "\u00fc"}
	tails := []string{"", "", "n", "r", "ch", "l", "m", "s", "t", "\u00df", "nd"}
	words := make([]string, n)
	for i := range words {
		for range 1 + r.IntN(1+min(i/100, 3)) {
			words[i] += heads[r.IntN(len(heads))] + middles[r.IntN(len(middles))] + tails[r.IntN(len(tails))]
		}
	}
	return words
}

// webPage is a long table, with characters of two to four bytes here and there.
func webPage(size int) string {
	r := dice(4)
	marks := []string{"\u2014", "\u20ac", "\u00e9", "\u65e5\u672c", "\U0001f426"}
	var b strings.Builder
	b.WriteString("<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Curlews</title></head>\n<body>\n<table>\n")
	for i := 0; b.Len() < size; i++ {
		mark := ""
		if i%8 == 0 {
			mark = marks[r.IntN(len(marks))]
		}
		fmt.Fprintf(&b, "<tr class=\"row %s\"><td class=\"number\">%d</td><td class=\"name\"><a href=\"/sightings/%d\">Curlew %s</a></td>"+
			"<td class=\"count\">%d</td></tr>\n", []string{"even", "odd"}[i%2], i, i, mark, r.IntN(10))
	}
	b.WriteString("</table>\n</body>\n</html>\n")
	return b.String()
}

// mixed is text and noise by turns, like a document with pictures.
func mixed(size int) []byte {
	r := dice(5)
	page := webPage(40_000)
	b := make([]byte, 0, size+8<<10)
	for i := 0; len(b) < size; i++ {
		b = fmt.Appendf(b, "\n%d 0 obj\n<< /Length %d /Filter /None >>\nstream\n", i, r.IntN(9000))
		if n := r.IntN(8 << 10); r.IntN(4) > 0 {
			for range n {
				b = append(b, byte(r.Uint32()))
			}
		} else {
			b = append(b, page[:n]...)
		}
		b = append(b, "\nendstream\nendobj\n"...)
	}
	return b
}
