package main

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/term"
)

// A stdin is standard input as sessions read it. What cannot be read, as that
// of nohup, is at its end. A terminal that another process group has is not
// read before it is given back: that would stop the program.
type stdin struct{ *os.File }

// Read implements io.Reader.
func (s stdin) Read(p []byte) (int, error) {
	for {
		for background(s.File) {
			time.Sleep(turn)
		}
		n, err := s.File.Read(p)
		switch {
		case errors.Is(err, syscall.EIO) && background(s.File): // it was taken away meanwhile
			continue
		case errors.Is(err, syscall.EBADF), errors.Is(err, os.ErrInvalid), errors.Is(err, syscall.EIO) && s.isTerminal():
			return n, io.EOF
		}
		return n, err
	}
}

// Close implements io.Closer. Standard input stays open.
func (s stdin) Close() error { return nil }

// turn is how often it is looked whether a terminal is ours again, which the
// system tells nobody.
const turn = 300 * time.Millisecond

func (s stdin) isTerminal() bool { return term.IsTerminal(int(s.Fd())) }

// isOurs reports whether it is a terminal whose mode may be changed.
func (s stdin) isOurs() bool { return s.isTerminal() && !background(s.File) }
