//go:build !one || coder

package main

import (
	"context"
	"io"
	"net/http"

	"github.com/coder/websocket"
)

func init() {
	dials["coder"] = dialCoder
	dials["coder-ctx"] = dialCoderContext
}

type coder struct {
	witness
	*websocket.Conn
	ctx         context.Context
	p           []byte
	messageType websocket.MessageType
}

// coderHTTP is http.DefaultClient with the TLS configuration of clientTLS.
var coderHTTP = &http.Client{Transport: func() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = clientTLS
	t.ForceAttemptHTTP2 = false
	return t
}()}

func dialCoder(c *cell) (session, error) { return newCoder(c, background) }

// dialCoderContext is for a user whose contexts can end.
func dialCoderContext(c *cell) (session, error) { return newCoder(c, canEnd()) }

func newCoder(c *cell, ctx context.Context) (session, error) {
	s, o := &coder{witness: c.witness, ctx: ctx, p: c.buffer(), messageType: websocket.MessageBinary}, websocket.DialOptions{HTTPClient: coderHTTP}
	if c.Workload.compressed() {
		s.messageType, o.CompressionMode = websocket.MessageText, websocket.CompressionContextTakeover
	}
	var err error
	if s.Conn, _, err = websocket.Dial(background, c.url(), &o); err != nil {
		return nil, err
	}
	s.SetReadLimit(-1)
	return s, nil
}

func (s *coder) Close() error { return s.CloseNow() }

func (s *coder) read() error {
	r, err := s.open()
	return drained(r, err, s.p, s.witness)
}

func (s *coder) write(p []byte) error { return s.Write(s.ctx, s.messageType, p) }

func (s *coder) open() (io.Reader, error) {
	_, r, err := s.Reader(s.ctx)
	return r, err
}
