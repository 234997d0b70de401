package curlew_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// A lastWords stream returns its last bytes together with the error, as an
// io.Reader may.
type lastWords struct {
	scripted
	data []byte
	err  error
}

func (s *lastWords) Read(p []byte) (n int, err error) {
	n = copy(p, s.data)
	if s.data = s.data[n:]; len(s.data) == 0 {
		err = s.err
	}
	return n, err
}

// Bytes that come together with an error are handed on before it, whether they
// are received into our memory or the user's.
func TestBytesWithAnError(t *testing.T) {
	large := string(bytes.Repeat([]byte("x"), 200<<10))
	for name, frames := range map[string][]rawFrame{
		"short": {{wText, "last"}},
		"many":  {{wText, "one"}, {wBinary, "two"}, {wText, "three"}},
		"large": {{wBinary, large}},
		"CLOSE": {{wText, "last"}, {wClose, "\x03\xe8"}},
	} {
		for _, err := range []error{io.EOF, io.ErrClosedPipe} {
			for _, size := range []int{4096, 256 << 10} {
				c := curlew.NewConn(&lastWords{data: wireBytes(false, frames...), err: err}, false, nil)
				got, _ := receiveAll(c, curlewtest.Fixed(size))
				c.Close()
				if t.Logf("%s, %v, into %d bytes", name, err, size); len(got) == 0 {
					t.Error("nothing was received")
					continue
				}
				samePieces(t, joined(t, got), joined(t, piecesOf(0, frames...)))
			}
		}
	}
}
