//go:build !one || gws

package main

import (
	"fmt"
	"io"
	"math"

	"github.com/lxzan/gws"
)

func init() { dials["gws"] = dialGws }

// A gwsSession is called for every message, and reports whether more are wanted.
type gwsSession struct {
	gws.BuiltinEventHandler
	nothing
	witness
	conn    *gws.Conn
	opcode  gws.Opcode
	message func() error // io.EOF: no more
	err     error        // the error of message
	closed  error        // why the library closed the connection
}

func init() { gws.SetBufferThreshold(128 << 20) } // the largest buffer it pools: users raise it for large messages

func dialGws(c *cell) (session, error) {
	s := &gwsSession{witness: c.witness, opcode: gws.OpcodeBinary}
	o := &gws.ClientOption{Addr: c.url(), ReadBufferSize: c.bufferLen(), ReadMaxPayloadSize: math.MaxInt32, WriteMaxPayloadSize: math.MaxInt32}
	if c.Workload.compressed() {
		s.opcode = gws.OpcodeText
		o.PermessageDeflate = gws.PermessageDeflate{Enabled: true, ServerContextTakeover: true, ClientContextTakeover: true}
	}
	var err error
	s.conn, _, err = gws.NewClient(s, o)
	return s, err
}

func (s *gwsSession) Close() error { return s.conn.NetConn().Close() }

func (s *gwsSession) OnMessage(_ *gws.Conn, m *gws.Message) {
	s.saw(m.Bytes())
	m.Close()
	if s.err != nil { // the error before the end
		return
	}
	if s.err = s.message(); s.err != nil {
		s.Close()
	}
}

func (s *gwsSession) OnClose(_ *gws.Conn, err error) { s.closed = err }

// loop receives until message is done.
func (s *gwsSession) loop() error {
	s.conn.ReadLoop()
	switch s.err {
	case io.EOF:
		return nil
	case nil:
		return fmt.Errorf("the library ended the connection: %v", s.closed)
	}
	return s.err
}

func (s *gwsSession) receive(m *meter) error {
	s.message = func() error {
		if m.tick() {
			return io.EOF
		}
		return nil
	}
	return s.loop()
}

func (s *gwsSession) write(p []byte) error { return s.conn.WriteMessage(s.opcode, p) }

// echo sends the next message when the last one has been echoed.
func (s *gwsSession) echo(m *meter) error {
	s.message = func() error {
		if m.pong() {
			return io.EOF
		}
		m.ping()
		return s.write(m.payload())
	}
	m.ping()
	if err := s.write(m.payload()); err != nil {
		return err
	}
	return s.loop()
}
