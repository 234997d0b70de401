package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"github.com/curlew-ws/curlew"
)

// straightLeast is the least payload for which straight is worth while.
const straightLeast = 256 << 10

// goesStraight reports whether large messages may go from the connection to the
// output in one step, without passing through the session chunk by chunk.
// Nothing may want to see the chunks: neither the output, to change them, nor
// --limit-rate, nor a trace or a tally.
func (c *config) goesStraight() bool {
	return !c.toTerminal() && !c.out.keepsWhole() && !c.hex && c.limitRate == 0 && c.until == nil && len(c.traces) == 0 && !c.needsTally()
}

// toTerminal reports whether a terminal, or something else that is no file, gets
// the messages.
func (c *config) toTerminal() bool {
	if c.output == "" || c.output == "-" {
		return term.IsTerminal(int(c.std.out.Fd()))
	}
	info, err := os.Stat(filepath.Join(c.outputDir, c.output))
	return err == nil && info.Mode()&fs.ModeCharDevice != 0 && c.output != os.DevNull
}

// take is Next, but of a message that is to go straight to the output it takes
// nothing: the chunk is empty. A message in one frame is chosen, since within a
// frame there is no PING to note and no CLOSE.
func (s *session) take() ([]byte, curlew.Meta, error) {
	if s.straightens {
		if m, err := s.conn.Recv(nil); err != nil || stillWhole(m) {
			return nil, m, err
		}
	}
	return s.conn.Next()
}

// stillWhole reports whether m is of a large message of which take took nothing.
func stillWhole(m curlew.Meta) bool {
	return m.Flags == curlew.Binary && m.Offset == 0 && m.Len == 0 && m.BytesLeft >= straightLeast
}

// straight writes the message that take has left to the output. On Linux the
// system moves what comes by a plain socket to a file or pipe.
func (s *session) straight() error {
	file, err := s.c.out.direct()
	if err != nil {
		return written(err)
	}
	s.wait.takeTime()
	s.wait.arrived(false)
	_, r, err := s.conn.NextReader(context.Background())
	for err == nil {
		n, failed := io.Copy(file, r)
		if failed == nil {
			return written(s.c.out.end(curlew.Binary))
		}
		if sink, ok := errors.AsType[*curlew.SinkError](failed); ok {
			return written(sink.Err)
		}
		if n == 0 || s.wait.cause() != nil || !errors.Is(failed, os.ErrDeadlineExceeded) {
			err = failed
		}
		s.wait.arrived(false) // not idle: something came before the deadline
	}
	return err
}

// direct begins a message whose payload the caller writes to the file itself.
func (o *output) direct() (*os.File, error) {
	if err := o.begin(); err != nil {
		return nil, err
	}
	o.shown = true
	if o.file == nil {
		return o.c.std.out, o.flush()
	}
	return o.file, o.flush()
}
