//go:build !one || curlew

package main

import (
	"context"
	"errors"
	"io"

	"github.com/curlew-ws/curlew"
)

func init() {
	dials["curlew-next"] = dialNext
	dials["curlew-recv"] = dialRecv
	dials["curlew-chunk"] = dialChunk
	dials["curlew-message"] = dialMessage
	dials["curlew-ctx"] = dialMessageContext
	dials["curlew-inplace"] = dialInPlace
	dials["curlew-batch"] = dialBatch
}

// A curlewSession is the common part of all ways to use curlew.
type curlewSession struct {
	nothing
	witness
	*curlew.Conn
	flags curlew.Flags // of the messages sent
	p     []byte
}

// curlewClient is shared by all connections, as users do it.
var curlewClient curlew.Client

func dialCurlew(c *cell) (*curlewSession, error) {
	s := &curlewSession{witness: c.witness, flags: curlew.Binary, p: c.buffer()}
	if c.Workload.compressed() {
		s.flags, curlewClient.Compression = curlew.Text|curlew.Compressed, &curlew.Compression{}
		if c.Workload.Kind == idleAlone {
			curlewClient.Compression.ClientNoTakeover, curlewClient.Compression.ServerNoTakeover = true, true
		}
	}
	curlewClient.Net.TLS = clientTLS
	if c.Workload.Size > 64<<20 {
		curlewClient.MaxMessage = -1
	}
	if c.many() {
		curlewClient.ReadBuffer, curlewClient.WriteBuffer = smallLen, smallLen
	}
	var err error
	s.Conn, err = curlewClient.Dial(background, c.url())
	return s, err
}

func (s *curlewSession) write(p []byte) error { return s.Send(s.flags, p) }

// next receives in curlew's memory.
type next struct{ *curlewSession }

func dialNext(c *cell) (session, error) {
	s, err := dialCurlew(c)
	return next{s}, err
}

func (s next) receive(m *meter) error {
	for {
		chunk, meta, err := s.Next()
		if err != nil {
			return err
		}
		s.saw(chunk)
		if meta.MessageEnd() && m.tick() {
			return nil
		}
	}
}

func (s next) read() error {
	for {
		chunk, meta, err := s.Next()
		s.saw(chunk)
		if err != nil || meta.MessageEnd() {
			return err
		}
	}
}

// recv receives in the user's memory.
type recv struct{ *curlewSession }

func dialRecv(c *cell) (session, error) {
	s, err := dialCurlew(c)
	return recv{s}, err
}

func (s recv) receive(m *meter) error {
	for {
		meta, err := s.Recv(s.p)
		if err != nil {
			return err
		}
		s.saw(s.p[:meta.Len])
		if meta.MessageEnd() && m.tick() {
			return nil
		}
	}
}

func (s recv) read() error {
	for {
		meta, err := s.Recv(s.p)
		s.saw(s.p[:meta.Len])
		if err != nil || meta.MessageEnd() {
			return err
		}
	}
}

// chunk receives by callback.
type chunk struct{ *curlewSession }

func dialChunk(c *cell) (session, error) {
	s, err := dialCurlew(c)
	return chunk{s}, err
}

var errOver = errors.New("over")

func (s chunk) receive(m *meter) error {
	err := s.Perform(background, curlew.Handler{OnChunk: func(_ *curlew.Conn, chunk []byte, meta curlew.Meta) error {
		s.saw(chunk)
		if meta.MessageEnd() && m.tick() {
			return errOver
		}
		return nil
	}})
	if err == errOver {
		return nil
	}
	return err
}

// message uses the message methods.
type message struct {
	*curlewSession
	ctx   context.Context
	large bool // messages that nobody would keep in memory
}

func dialMessage(c *cell) (session, error) { return newMessage(c, background) }

// dialMessageContext is for a user whose contexts can end.
func dialMessageContext(c *cell) (session, error) { return newMessage(c, canEnd()) }

func newMessage(c *cell, ctx context.Context) (session, error) {
	s, err := dialCurlew(c)
	s.flags &^= curlew.Compressed
	return &message{s, ctx, c.Workload.Size > 64<<20}, err
}

func (s *message) read() (err error) {
	if s.large {
		r, err := s.open()
		return drained(r, err, s.p, s.witness)
	}
	_, s.p, err = s.ReadMessage(s.ctx, s.p[:0])
	s.saw(s.p)
	return err
}

func (s *message) write(p []byte) error { return s.WriteMessage(s.ctx, s.flags, p) }

func (s *message) open() (io.Reader, error) {
	_, r, err := s.NextReader(s.ctx)
	return r, err
}

// inPlace lets the library mask payloads in place.
type inPlace struct{ *curlewSession }

func dialInPlace(c *cell) (session, error) {
	s, err := dialCurlew(c)
	return inPlace{s}, err
}

func (s inPlace) write(p []byte) error { return s.SendInPlace(s.flags, p) }

// batch sends between Cork and Flush.
type batch struct{ *curlewSession }

func dialBatch(c *cell) (session, error) {
	s, err := dialCurlew(c)
	return batch{s}, err
}

func (s batch) send(m *meter) error {
	for b := s.Cork(); ; {
		if err := b.Send(s.flags, m.payload()); err != nil {
			return err
		}
		if m.tick() {
			return b.Flush()
		}
	}
}
