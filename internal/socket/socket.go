// Package socket lets what is layered over a socket, as TLS is, be read without
// waiting: a read that would wait returns [ErrAgain], which to the layer is a
// deadline that passed, and the next one goes on.
package socket

import (
	"crypto/tls"
	"net"
	"syscall"
)

// ErrAgain means that nothing is there.
var ErrAgain net.Error = again{}

type again struct{}

func (again) Error() string   { return "nothing is there yet" }
func (again) Timeout() bool   { return true }
func (again) Temporary() bool { return true }

// A Conn is a TCP or unix socket at the bottom of layers.
type Conn struct {
	net.Conn
	Try bool // Read does not wait. It belongs to the goroutine that reads
	raw syscall.RawConn

	p    []byte // of the try in progress
	n    int
	err  error
	read func(fd uintptr) bool // readFD, made a func once
}

// NetConn returns the socket itself.
func (c *Conn) NetConn() net.Conn { return c.Conn }

// SyscallConn implements syscall.Conn.
func (c *Conn) SyscallConn() (syscall.RawConn, error) { return c.raw, nil }

// Bottom returns the Conn at the bottom of the layers of s, nil if there is none,
// or one above has still to shake hands: for TLS a handshake that did not wait failed.
func Bottom(s net.Conn) *Conn {
	for {
		switch c := s.(type) {
		case *Conn:
			return c
		case *tls.Conn:
			if !c.ConnectionState().HandshakeComplete {
				return nil
			}
		}
		layer, ok := s.(interface{ NetConn() net.Conn })
		if !ok {
			return nil
		}
		s = layer.NetConn()
	}
}
