//go:build !one || gorilla || fasthttp

package main

import (
	"io"
	"sync"
)

// The types of messages, as gorilla and its fork name the opcodes.
const textMessage, binaryMessage = 1, 2

// gorillaConn is what the Conns of gorilla and of its fork have in common.
type gorillaConn interface {
	NextReader() (int, io.Reader, error)
	WriteMessage(messageType int, p []byte) error
	Close() error
}

// A gorilla streams messages through one buffer.
type gorilla struct {
	gorillaConn
	witness
	p           []byte
	messageType int
	mu          *sync.Mutex // for a crowd: the library allows one sending goroutine
}

func newGorilla(c *cell, conn gorillaConn) session {
	s := &gorilla{gorillaConn: conn, witness: c.witness, p: c.buffer(), messageType: binaryMessage}
	if c.Workload.compressed() {
		s.messageType = textMessage
	}
	if c.Workload.Crowd > 1 {
		s.mu = new(sync.Mutex)
	}
	return s
}

func (s *gorilla) read() error {
	r, err := s.open()
	return drained(r, err, s.p, s.witness)
}

func (s *gorilla) write(p []byte) error {
	if s.mu != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	return s.WriteMessage(s.messageType, p)
}

func (s *gorilla) open() (io.Reader, error) {
	_, r, err := s.NextReader()
	return r, err
}
