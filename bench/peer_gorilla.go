package main

import (
	"io"
	"sync"

	"github.com/gorilla/websocket"
)

// gorillaConn is what gorilla's Conn and that of its fork have in common.
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
	mu          *sync.Mutex // for a crowd: the library lets one goroutine send
}

var gorillaPool sync.Pool

func dialGorilla(c *cell) (session, error) {
	d := websocket.Dialer{ReadBufferSize: c.bufferLen(), WriteBufferSize: c.bufferLen(), EnableCompression: c.Workload.compressed(), TLSClientConfig: clientTLS}
	if c.many() {
		d.WriteBufferPool = &gorillaPool
	}
	conn, _, err := d.Dial(c.url(), nil)
	if err != nil {
		return nil, err
	}
	return newGorilla(c, conn), nil
}

func newGorilla(c *cell, conn gorillaConn) session {
	s := &gorilla{gorillaConn: conn, witness: c.witness, p: c.buffer(), messageType: websocket.BinaryMessage}
	if c.Workload.compressed() {
		s.messageType = websocket.TextMessage
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
