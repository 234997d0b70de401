package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"
)

// A lineWriter passes on whole lines, in a style. It is for one goroutine at a
// time, as what writes to it takes care of.
type lineWriter struct {
	w     io.Writer
	style string
	rest  []byte
}

func (l *lineWriter) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	end := bytes.LastIndexByte(l.rest, '\n') + 1
	if end == 0 {
		return len(p), nil
	}
	text := l.rest[:end]
	if l.style != "" {
		text = fmt.Appendf(nil, "%s%s\x1b[0m\n", l.style, l.rest[:end-1])
	}
	_, err := l.w.Write(text)
	l.rest = append(l.rest[:0], l.rest[end:]...)
	return len(p), err
}

// A switched is a writer whose place another can take for a time.
type switched struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *switched) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

// isTerminal reports whether what is written is seen on a terminal.
func (s *switched) isTerminal() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// swap puts w in its place, until restore is called.
func (s *switched) swap(w io.Writer) (restore func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.w
	s.w = w
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.w = before
	}
}
