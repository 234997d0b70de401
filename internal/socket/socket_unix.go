//go:build unix

package socket

import (
	"io"
	"net"
	"os"
	"syscall"
)

// Below returns what a layer over s must be given as its net.Conn: a Conn if s is
// a socket, else s.
func Below(s net.Conn) net.Conn {
	var raw syscall.RawConn
	switch s := s.(type) {
	case *net.TCPConn:
		raw, _ = s.SyscallConn()
	case *net.UnixConn:
		raw, _ = s.SyscallConn()
	}
	if raw == nil {
		return s
	}
	return &Conn{Conn: s, raw: raw}
}

// Read implements [net.Conn]. It does not block if Try is set.
func (c *Conn) Read(p []byte) (int, error) {
	if !c.Try {
		return c.Conn.Read(p)
	}
	if c.read == nil {
		c.read = c.readFD
	}
	c.p = p
	closed := c.raw.Read(c.read)
	c.p = nil
	switch {
	case closed != nil:
		return 0, closed
	case c.err != nil:
		return 0, c.err
	case c.n == 0 && len(p) > 0:
		return 0, io.EOF
	}
	return c.n, nil
}

// readFD reads once. It does not ask to be called again.
func (c *Conn) readFD(fd uintptr) bool {
	n, err := syscall.Read(int(fd), c.p)
	for err == syscall.EINTR {
		n, err = syscall.Read(int(fd), c.p)
	}
	switch c.n = max(n, 0); err {
	case nil:
		c.err = nil
	case syscall.EAGAIN:
		c.err = ErrAgain
	default:
		c.err = os.NewSyscallError("read", err)
	}
	return true
}
