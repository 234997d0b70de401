// Package socket makes it possible to read without blocking from a layer over a
// socket, such as TLS. A read that would block returns [ErrAgain]. For the layer
// that is a deadline that passed, after which reading may continue.
package socket

import (
	"crypto/tls"
	"net"
	"syscall"
)

// ErrAgain means that a read would block.
var ErrAgain net.Error = again{}

type again struct{}

func (again) Error() string   { return "nothing is there yet" }
func (again) Timeout() bool   { return true }
func (again) Temporary() bool { return true }

// A Conn is a TCP or Unix socket below other layers.
type Conn struct {
	net.Conn
	Try bool // Read does not block. Only the reading goroutine may use it
	raw syscall.RawConn

	p    []byte // of the read in progress
	n    int
	err  error
	read func(fd uintptr) bool // readFD, converted to a func once
}

// NetConn returns the socket itself.
func (c *Conn) NetConn() net.Conn { return c.Conn }

// SyscallConn implements syscall.Conn.
func (c *Conn) SyscallConn() (syscall.RawConn, error) { return c.raw, nil }

// Bottom returns the Conn below all layers of s. It returns nil if there is none,
// or if a TLS handshake above it is not complete: a handshake that would block
// fails for good.
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
