package curlew_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// waysToCompress send one message that may be compressed.
var waysToCompress = map[string]func(*testing.T, *curlew.Conn, []byte) error{
	"write": func(t *testing.T, c *curlew.Conn, p []byte) error {
		return c.WriteMessage(t.Context(), curlew.Binary, p)
	},
	"send": func(_ *testing.T, c *curlew.Conn, p []byte) error {
		return c.Send(curlew.Binary|curlew.Compressed, p)
	},
	"in place": func(_ *testing.T, c *curlew.Conn, p []byte) error {
		return c.SendInPlace(curlew.Binary|curlew.Compressed, bytes.Clone(p))
	},
	"prepared": func(_ *testing.T, c *curlew.Conn, p []byte) error {
		m, err := curlew.Prepare(curlew.Binary|curlew.Compressed, p)
		return errors.Join(err, c.SendPrepared(m))
	},
	"batch": func(_ *testing.T, c *curlew.Conn, p []byte) error {
		b := c.Cork()
		return errors.Join(b.Send(curlew.Binary|curlew.Compressed, p), b.Flush())
	},
	"writer": func(t *testing.T, c *curlew.Conn, p []byte) error {
		w, err := c.NextWriter(t.Context(), curlew.Binary)
		if err != nil {
			return err
		}
		_, err = w.Write(p)
		return errors.Join(err, w.Close())
	},
}

// A message that compression does not make shorter goes out as it is, and the
// next ones do not refer to it.
func TestRememberedCompressionNeverLengthens(t *testing.T) {
	for name, send := range waysToCompress {
		for _, level := range []int{0, 1, 6, 7, 9} {
			for _, alone := range []bool{false, true} {
				t.Run(fmt.Sprint(name, level, alone), func(t *testing.T) {
					curlewtest.NoLeaks(t)
					with := &curlew.Compression{Level: level, MinSize: 1, ClientNoTakeover: alone, ServerNoTakeover: alone}
					var wire atomic.Int64
					trace := &curlew.Trace{Bytes: func(sent bool, p []byte) {
						if !sent {
							wire.Add(int64(len(p)))
						}
					}}
					a, b := curlewtest.Pair(t, &curlew.Client{Compression: with, WriteBuffer: 100_000, Trace: trace},
						&curlew.AcceptOptions{Compression: with, WriteBuffer: 100_000, Trace: trace})
					checkShorter(t, send, a, b, &wire, 4)
					checkShorter(t, send, b, a, &wire, 0)
				})
			}
		}
	}
}

func checkShorter(t *testing.T, send func(*testing.T, *curlew.Conn, []byte) error, from, to *curlew.Conn, wire *atomic.Int64, key int) {
	wire.Store(0)
	compressed := 0
	for _, p := range shortAndNoisy() {
		sent := make(chan error, 1)
		go func() { sent <- send(t, from, p) }()
		f, got, err := to.ReadMessage(t.Context(), nil)
		if err = errors.Join(err, <-sent); err != nil || !bytes.Equal(got, p) {
			t.Fatalf("of %d bytes came %d, %v", len(p), len(got), err)
		}
		plain, n := key+headerLen(len(p))+len(p), int(wire.Swap(0))
		switch deflated := f&curlew.Compressed != 0; {
		case deflated && n < plain:
			compressed++
		case deflated || n != plain:
			t.Errorf("%d bytes took %d on the wire, compressed: %t; uncompressed they take %d", len(p), n, deflated, plain)
		}
	}
	if compressed < 3 {
		t.Errorf("%d messages were compressed, want those of text", compressed)
	}
}

// headerLen is the length of the header of a frame of n bytes without a key.
func headerLen(n int) int {
	switch {
	case n < 126:
		return 2
	case n < 1<<16:
		return 4
	}
	return 10
}

// shortAndNoisy are messages that get shorter, and messages that do not.
func shortAndNoisy() (all [][]byte) {
	r := rand.New(rand.NewPCG(5, 6))
	noise := make([]byte, 60_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	text := memoryText()
	for i, n := range []int{0, 1, 16, 64, 127, 128, 1000, 5000, 20_000} {
		all = append(all, text[i*100:i*100+n], noise[:n], noise[:n], text[i*50:i*50+n])
	}
	return append(all, noise, text[:60_000])
}

// A message that is sent in one frame as it is because it does not get shorter
// is traced, cut and gone on with as any other.
func TestNotShorterIsTraced(t *testing.T) {
	with := &curlew.Compression{MinSize: 1}
	var chunks []string
	trace := &curlew.Trace{Chunk: func(sent bool, p []byte, m curlew.Meta) {
		if sent {
			chunks = append(chunks, fmt.Sprintf("%q %+v", p, m))
		}
	}}
	a, b := curlewtest.Pair(t, &curlew.Client{Compression: with, Trace: trace}, &curlew.AcceptOptions{Compression: with})
	wantNil(t, a.WriteMessage(t.Context(), curlew.Text, []byte("x")))
	f, p, err := b.ReadMessage(t.Context(), nil)
	wantMessage(t, curlew.Message{Flags: curlew.Text, Data: []byte("x")}, f, p, err)
	if want := fmt.Sprintf("%q %+v", "x", curlew.Meta{Flags: curlew.Text, Len: 1}); len(chunks) != 1 || chunks[0] != want {
		t.Errorf("traced %q, want %q", chunks, want)
	}
}
