package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// A peer is one way to use one library, or a floor.
type peer struct {
	name  string
	floor bool
	does  kind
	dial  func(c *cell) (session, error)
}

// every is what most libraries can do.
const every = receive | sink | send | echo | idle | connect | inflate | deflate

var peers = []peer{
	{"rawtcp", true, receive | sink | echo | idle | connect, dialRaw},
	{"rawtcp-parse", true, receive, dialRawParse},
	{"rawtcp-copy", true, sink, dialRawCopy},
	{"rawtcp-ready", true, cork, dialRawReady},
	{"rawtcp-mask", true, cork | send, dialRawMask},
	{"rawtcp-msg", true, send | echo, dialRaw},
	{"curlew-next", false, receive | echo | idle | connect | inflate, dialNext},
	{"curlew-recv", false, receive | send | echo | inflate | deflate, dialRecv},
	{"curlew-chunk", false, receive | inflate, dialChunk},
	{"curlew-message", false, every, dialMessage},
	{"curlew-ctx", false, receive | send | echo, dialMessageContext},
	{"curlew-batch", false, cork | deflate, dialBatch},
	{"gorilla", false, every, dialGorilla},
	{"coder", false, every, dialCoder},
	{"coder-ctx", false, receive | send | echo, dialCoderContext},
	{"gobwas", false, receive | send | echo | idle | connect | inflate | deflate, dialGobwas},
	{"gobwas-batch", false, cork, dialGobwasBatch},
	{"gobwas-util", false, receive | sink | send | echo, dialGobwasUtil},
	{"gws", false, receive | send | echo | idle | connect | inflate | deflate, dialGws},
	{"fasthttp", false, every, dialFasthttp},
	{"xnet", false, receive | sink | send | echo | idle | connect, dialXnet},
	{"libcurl", false, receive | send | echo, dialLibcurl},
}

func peerNamed(name string) *peer {
	return &peers[slices.IndexFunc(peers, func(p peer) bool { return p.name == name })]
}

// errAbsent is what dial wraps where the peer is not installed.
var errAbsent = errors.New("not here")

// A session is a connection of a peer.
type session interface {
	read() error              // one message
	write(p []byte) error     // one message, by itself
	open() (io.Reader, error) // a reader of one message, which may be an io.WriterTo
	Close() error
}

// A session may have ways of its own to do something until the meter is over.
type (
	receiver interface{ receive(m *meter) error }
	sender   interface{ send(m *meter) error }
	echoer   interface{ echo(m *meter) error }
)

// nothing is embedded by sessions that cannot do everything.
type nothing struct{}

func (nothing) read() error              { return errors.ErrUnsupported }
func (nothing) open() (io.Reader, error) { return nil, errors.ErrUnsupported }

// receiveAll receives until the meter is over.
func receiveAll(s session, m *meter) error {
	if s, ok := s.(receiver); ok {
		return s.receive(m)
	}
	for {
		if err := s.read(); err != nil {
			return err
		}
		if m.tick() {
			return nil
		}
	}
}

// sendAll sends until the meter is over.
func sendAll(s session, m *meter) error {
	if s, ok := s.(sender); ok {
		return s.send(m)
	}
	for {
		if err := s.write(m.payload()); err != nil {
			return err
		}
		if m.tick() {
			return nil
		}
	}
}

// echoAll makes round trips until the meter is over.
func echoAll(s session, m *meter) error {
	if s, ok := s.(echoer); ok {
		return s.echo(m)
	}
	for {
		m.ping()
		if err := s.write(m.payload()); err != nil {
			return err
		}
		if err := s.read(); err != nil {
			return err
		}
		if m.pong() {
			return nil
		}
	}
}

// drained reads r to its end, if err is nil.
func drained(r io.Reader, err error, p []byte) error {
	for err == nil {
		_, err = r.Read(p)
	}
	if err == io.EOF {
		return nil
	}
	return err
}

func (c *cell) url() string { return fmt.Sprintf("ws://%s%s", c.Host, c.path()) }

func (c *cell) path() string { return fmt.Sprintf("/%d/%d", c.Workload.Kind, c.Workload.Size) }

// many reports whether there are many connections, for which a user would
// choose small buffers.
func (c *cell) many() bool { return c.Workload.Conns > 1 || c.Workload.Kind&(idle|connect) != 0 }

const bufferLen, smallLen = 64 << 10, 1 << 10

// bufferLen returns the size of a connection's buffers.
func (c *cell) bufferLen() int {
	if c.many() {
		return smallLen
	}
	return bufferLen
}

var shared = make([]byte, smallLen)

// buffer returns what the user receives into. Idle connections share one,
// which nothing is ever written to.
func (c *cell) buffer() []byte {
	if c.Workload.Kind&(idle|connect) != 0 {
		return shared
	}
	return make([]byte, c.bufferLen())
}
