package main

import (
	"bytes"
	"fmt"
	"io"
	"sync"
)

// A lineWriter passes on whole lines, escaped and in a style. It is for one goroutine at a
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
	text := escape(nil, l.rest[:end])
	if l.style != "" {
		text = fmt.Appendf(nil, "%s%s\x1b[0m\n", l.style, text[:len(text)-1])
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
	_, ok := s.w.(*guard)
	return ok
}

// draw writes text of our own, which a terminal may act on.
func (s *switched) draw(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.w
	if g, ok := w.(*guard); ok {
		w = g.w
	}
	io.WriteString(w, text)
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

// A lateNewline passes on a newline at the end of what is written only when more
// is.
type lateNewline struct {
	put func([]byte) error
	due bool
}

func (l *lateNewline) Write(p []byte) (int, error) {
	n := len(p)
	if l.due && n > 0 {
		if err := l.put([]byte{'\n'}); err != nil {
			return 0, err
		}
	}
	p, l.due = bytes.CutSuffix(p, []byte{'\n'})
	return n, l.put(p)
}

// A cutter lets the beginning of a message pass.
type cutter struct {
	passed int
	hidden int64 // bytes of the rest
}

// maxShown is how much of a message a terminal shows, in bytes.
const maxShown = 256 << 10

// take is what passes of p.
func (c *cutter) take(p []byte) []byte {
	n := min(len(p), maxShown-c.passed)
	if c.hidden > 0 {
		n = 0
	} else if n < len(p) {
		n = whole(p[:n])
	}
	c.passed += n
	c.hidden += int64(len(p) - n)
	return p[:n]
}
