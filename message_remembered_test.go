package curlew_test

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
)

// A message that takes many calls of ReadMessage, each with a context that ends
// too soon, was copied at each of them: its cost grew with its square.
func TestRememberedPartialMessageIsKeptInPlace(t *testing.T) {
	const size, pieces = 4 << 20, 256
	for _, into := range []struct {
		name string
		dst  []byte
	}{{"nil", nil}, {"a buffer", make([]byte, 0, size)}} {
		t.Run(into.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := pipePair(t, nil)
				payload := bytes.Repeat([]byte("0123456789abcdef"), size/16)
				all := wireBytes(false, binaryFrame(string(payload)))
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				sent := 0
				for sent < len(all)-size/pieces {
					go p.Write(all[sent : sent+size/pieces])
					sent += size / pieces
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					if _, _, err := c.ReadMessage(ctx, into.dst); !errors.Is(err, context.DeadlineExceeded) {
						t.Fatalf("got %v after %d bytes, expected the context's end", err, sent)
					}
					cancel()
				}
				go p.Write(all[sent:])
				f, got, err := c.ReadMessage(t.Context(), into.dst)
				runtime.ReadMemStats(&after)
				if err != nil || f != curlew.Binary || !bytes.Equal(got, payload) {
					t.Fatalf("got flags %v, %d bytes, %v", f, len(got), err)
				}
				if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 16*size {
					t.Errorf("%d bytes were allocated for a message of %d in %d calls", allocated, size, pieces)
				}
			})
		})
	}
}
