package deflate

import (
	"bufio"
	"bytes"
	stdflate "compress/flate"
	"errors"
	"io"
	"testing"
)

// An opener makes a reader of DEFLATE data that follows history.
type opener func(src io.Reader, history []byte) io.ReadCloser

// reference inflates a payload that follows history with another inflater: the
// tail and an empty final block are appended; behind every final block a new
// reader goes on. It reports whether all of it was valid.
func reference(payload, history []byte, open opener) (got []byte, ok bool) {
	var whole []byte
	whole = append(append(whole, payload...), tail...)
	whole = append(whole, 1, 0, 0, 0xff, 0xff)
	src := bytes.NewReader(whole)
	all := bytes.Clone(history)
	for src.Len() > 0 {
		b, err := io.ReadAll(open(src, all[max(0, len(all)-1<<15):]))
		all = append(all, b...)
		if err != nil {
			return all[len(history):], false
		}
	}
	return all[len(history):], true
}

// warm returns an Inflater that has seen history, enough for its ring to have
// wrapped.
func warm(history []byte) *Inflater {
	z := NewInflater(15, true)
	for h := history; len(h) > 0; h = h[min(len(h), 60_000):] {
		payload := new(blocks).stored(0, string(h[:min(len(h), 60_000)])).payload()
		if _, err := inflateMessage(z, payload, every(1<<20), nil); err != nil {
			panic(err)
		}
	}
	return z
}

func FuzzInflate(f *testing.F) {
	for _, c := range validMessages {
		f.Add(c.payload, uint64(1))
	}
	for _, c := range corruptMessages {
		f.Add(c.payload, uint64(2))
	}
	r := newRand(9)
	for _, name := range []string{"json", "zeros", "random", "runs", "skewed", "far"} {
		for _, level := range []int{1, 9} {
			f.Add(NewDeflater(level, 15, false).Append(nil, corpora[name](r, 700), true), uint64(3))
		}
	}
	for _, m := range zlibCorpus(f) {
		if m.bits > 0 { // the first of a stream needs no history
			f.Add(m.payload, uint64(4))
		}
	}
	histories := [][]byte{nil, farBytes(r, 45_000)}
	f.Fuzz(func(t *testing.T, payload []byte, seed uint64) {
		history := histories[seed%2]
		z := warm(history)
		defer z.Close()
		got, err := inflateMessage(z, payload, every(1<<20), nil)
		checkCuts(t, payload, history, seed, got, err)
		checkReference(t, payload, history, got, err, stdflate.NewReaderDict)
	})
}

// checkCuts: however cut, the same bytes and the same error.
func checkCuts(t *testing.T, payload, history []byte, seed uint64, want []byte, wantErr error) {
	for _, limit := range []int{2, 40} {
		z := warm(history)
		defer z.Close()
		got, err := inflateMessage(z, payload, randomly(seed, limit), randomly(seed+1, 300))
		sameBytes(t, got, want)
		if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
			t.Fatalf("in pieces: %v; whole: %v", err, wantErr)
		}
	}
}

func checkReference(t *testing.T, payload, history, got []byte, err error, open opener) {
	want, ok := reference(payload, history, open)
	if !ok && err == nil {
		// It may have ended between blocks, without the header of the last.
		want, ok = reference(append(bytes.Clone(payload), 0), history, open)
	}
	switch e := new(Error); {
	case ok && err == nil:
		sameBytes(t, got, want)
	case ok && errors.As(err, &e) && e.Reason == "the message ends in the middle of a block":
		// The reference took the tail for something else.
	case ok:
		t.Fatalf("got %v; the reference finds no fault", err)
	case err == nil:
		t.Fatal("no fault found; the reference finds one")
	default:
		n := min(len(got), len(want))
		sameBytes(t, got[:n], want[:n])
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("some data, some data"), uint8(0), uint8(15), uint64(1))
	f.Add(jsonMessages(1)[0], uint8(9), uint8(9), uint64(2))
	f.Add(make([]byte, 3000), uint8(4), uint8(15), uint64(3))
	f.Fuzz(func(t *testing.T, p []byte, level, bits uint8, seed uint64) {
		level, bits = level%10, 8+bits%8
		takeover := seed%2 == 0
		d := NewDeflater(int(level), int(bits), takeover)
		z := NewInflater(int(bits), takeover)
		defer z.Close()
		r := newRand(seed)
		for range 3 {
			from := r.IntN(len(p) + 1)
			message := append(bytes.Clone(p[from:]), p[:from]...)
			payload := deflateMessage(d, message, randomly(seed, 1+len(p)))
			sameBytes(t, mustInflate(t, z, payload, randomly(seed, 100), randomly(seed, 500)), message)
			if !takeover {
				alone := append(bytes.Clone(payload), tail...)
				got, _ := io.ReadAll(stdflate.NewReader(bufio.NewReader(bytes.NewReader(alone))))
				sameBytes(t, got, message)
			}
		}
	})
}
