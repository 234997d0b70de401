package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// A peer is one way to use one library, or a floor.
type peer struct {
	name    string
	floor   bool
	foreign bool // not Go: its allocations and system calls are not counted
	does    kind
}

// every is what most libraries can do.
const every = receive | feed | sink | send | echo | idle | connect | inflate | deflate

var peers = []peer{
	{name: "rawtcp", floor: true, does: receive | feed | sink | echo | idle | connect},
	{name: "rawtcp-parse", floor: true, does: receive | feed},
	{name: "rawtcp-copy", floor: true, does: sink},
	{name: "rawtcp-ready", floor: true, does: cork},
	{name: "rawtcp-mask", floor: true, does: cork | send},
	{name: "rawtcp-msg", floor: true, does: send | echo},
	{name: "curlew-next", does: receive | feed | echo | idles | connect | inflate},
	{name: "curlew-recv", does: receive | feed | send | echo | inflate | deflate},
	{name: "curlew-multi", does: feed | idles},
	{name: "curlew-chunk", does: receive | feed | inflate},
	{name: "curlew-message", does: every},
	{name: "curlew-ctx", does: receive | feed | send | echo},
	{name: "curlew-inplace", does: send},
	{name: "curlew-batch", does: cork | deflate},
	{name: "gorilla", does: every | idleAlone | idleTLS},
	{name: "coder", does: every | idleTLS},
	{name: "coder-ctx", does: receive | feed | send | echo},
	{name: "gobwas", does: receive | feed | send | echo | idle | idleTLS | connect | inflate | deflate},
	{name: "gobwas-batch", does: cork},
	{name: "gobwas-inplace", does: send},
	{name: "gobwas-util", does: receive | feed | sink | send | echo},
	{name: "gws", does: receive | feed | send | echo | idle | connect | inflate | deflate},
	{name: "fasthttp", does: every},
	{name: "xnet", does: receive | feed | sink | send | echo | idle | connect},
	{name: "libcurl", foreign: true, does: receive | send | echo},
}

// dials are the functions that connect each peer. Each peer's file registers its
// own: a program that links one library has no others (see programs).
var dials = map[string]func(c *cell) (session, error){}

// library returns the library that a client of the peer links, which is a build tag.
func (p *peer) library() string {
	library, _, _ := strings.Cut(p.name, "-")
	return library
}

func peerNamed(name string) *peer {
	return &peers[slices.IndexFunc(peers, func(p peer) bool { return p.name == name })]
}

// errAbsent is wrapped by dial's error if the peer is not installed.
var errAbsent = errors.New("not installed")

// dial connects.
func (c *cell) dial() (session, error) {
	dial := dials[c.Peer]
	if dial == nil {
		return nil, fmt.Errorf("%w: build with cgo and -tags libcurl where a libcurl with the WebSocket API is installed", errAbsent)
	}
	return dial(c)
}

// A session is a connection of a peer.
type session interface {
	read() error              // one message
	write(p []byte) error     // one message, in a write of its own
	open() (io.Reader, error) // a reader of one message, it may be an io.WriterTo
	Close() error
}

// A session may have its own ways to do something until the meter ends the work.
type (
	receiver interface{ receive(m *meter) error }
	sender   interface{ send(m *meter) error }
	echoer   interface{ echo(m *meter) error }
	joiner   interface {
		join(m *meter, failed chan error) error
	} // receives without a goroutine of its own
)

// nothing is embedded in sessions that cannot do everything.
type nothing struct{}

func (nothing) read() error              { return errors.ErrUnsupported }
func (nothing) open() (io.Reader, error) { return nil, errors.ErrUnsupported }

// receiveAll receives until the meter ends the work.
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

// sendAll sends until the meter ends the work.
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

// echoAll makes round trips until the meter ends the work.
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
func drained(r io.Reader, err error, p []byte, w witness) error {
	for err == nil {
		var n int
		n, err = r.Read(p)
		w.saw(p[:n])
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// url returns the URL to connect to. It is made only once, so as not to count as a
// cost of connecting.
func (c *cell) url() string {
	if c.address == "" {
		c.address = "ws://" + c.Host + c.path()
		if c.Workload.Kind == idleTLS {
			c.address = "wss://" + c.Host + c.path()
		}
	}
	return c.address
}

func (c *cell) path() string {
	path := fmt.Sprintf("/%d/%d/%d/%d", c.Workload.Kind, c.Workload.Size, c.Workload.Conns, os.Getpid())
	if c.Proof {
		path += "/proof"
	}
	return path
}

// many reports whether there are many connections, for which a user would
// choose small buffers.
func (c *cell) many() bool { return c.Workload.Conns > 1 || c.Workload.Kind&(idles|connect) != 0 }

const bufferLen, smallLen = 64 << 10, 1 << 10

// bufferLen returns the size of a connection's buffers.
func (c *cell) bufferLen() int {
	if c.many() {
		return smallLen
	}
	return bufferLen
}

var shared = make([]byte, smallLen)

// buffer returns the buffer that the user receives into. Idle connections share
// one: at most one of them receives at a time.
func (c *cell) buffer() []byte {
	if c.Workload.Kind&(idles|connect) != 0 {
		return shared
	}
	return make([]byte, c.bufferLen())
}

var background = context.Background()

// canEnd returns a context that could end but does not.
func canEnd() context.Context {
	ctx, cancel := context.WithCancel(background)
	context.AfterFunc(ctx, cancel) // the process ends first
	return ctx
}
