package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/curlew-ws/curlew"
)

// An input yields the messages to send: the lines of a stream, without their
// ends. An empty line is an empty message; behind the last end of line there
// is none.
type input struct {
	message []byte // valid until the next call of next
	err     error  // why there is no more; nil at the end of the stream

	r    *bufio.Reader
	f    curlew.Flags
	line int
}

func newInput(r io.Reader, f curlew.Flags) *input {
	return &input{r: bufio.NewReaderSize(r, 64<<10), f: f}
}

// next waits for a message and reports whether there is one.
func (in *input) next() bool {
	in.message = in.message[:0]
	in.line++
	for {
		part, err := in.r.ReadSlice('\n')
		in.message = append(in.message, part...)
		switch {
		case err == nil:
			in.message = bytes.TrimSuffix(in.message, []byte("\n"))
			return in.valid()
		case err == io.EOF:
			return len(in.message) > 0 && in.valid()
		case err != bufio.ErrBufferFull:
			in.err = &failure{codeRead, fmt.Errorf("reading the input: %w", err)}
			return false
		}
	}
}

// valid reports whether the message may be sent as what it is to be.
func (in *input) valid() bool {
	if in.f == curlew.Text && !utf8.Valid(in.message) {
		in.err = &failure{codeRead, fmt.Errorf("line %d of the input is no text: expected UTF-8, came %q; --binary sends any bytes", in.line, cut(in.message))}
	}
	return in.err == nil
}

// cut is the beginning of p, short enough for a message to the user.
func cut(p []byte) []byte { return p[:min(len(p), 40)] }
