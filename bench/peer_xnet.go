//go:build !one || xnet

package main

import (
	"io"

	"golang.org/x/net/websocket"
)

func init() { dials["xnet"] = dialXnet }

// An xnet reads payload and does not report where a message ends: the size has to do.
type xnet struct {
	*websocket.Conn
	witness
	size int
	p    []byte
}

func dialXnet(c *cell) (session, error) {
	conn, err := websocket.Dial(c.url(), "", "http://localhost")
	if err != nil {
		return nil, err
	}
	conn.PayloadType = websocket.BinaryFrame
	return &xnet{conn, c.witness, max(1, c.Workload.Size), c.buffer()}, nil
}

func (s *xnet) read() error {
	for n := 0; n < s.size; {
		k, err := s.Read(s.p)
		if err != nil {
			return err
		}
		s.saw(s.p[:k])
		n += k
	}
	return nil
}

func (s *xnet) write(p []byte) error {
	_, err := s.Write(p)
	return err
}

func (s *xnet) open() (io.Reader, error) { return io.LimitReader(s.Conn, int64(s.size)), nil }
