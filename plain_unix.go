//go:build unix

package curlew

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
)

// plainWait makes a plain socket's receives wait without a buffer: the read is
// tried, and the buffer given back before the goroutine parks.
func (r *receiver) plainWait() {
	if r.wait = r.out.socket; r.wait != nil {
		r.tryRead = r.tryReadFD
	}
}

func (r *receiver) receivePlain(direct []byte) (n int, err error) {
	r.direct, r.n, r.readErr = direct, 0, nil
	err = r.wait.Read(r.tryRead)
	r.direct = nil
	switch {
	case err != nil:
		return 0, err
	case r.readErr != nil:
		return 0, r.readErr
	case r.n == 0:
		return 0, io.EOF
	}
	return r.n, nil
}

// tryReadFD reads once and reports false if the socket has nothing.
func (r *receiver) tryReadFD(fd uintptr) bool {
	p := r.direct
	if p == nil {
		p = r.in.room()
	}
	n, err := syscall.Read(int(fd), p)
	for err == syscall.EINTR {
		n, err = syscall.Read(int(fd), p)
	}
	if err == syscall.EAGAIN {
		r.in.idle()
		return false
	}
	if err != nil {
		r.readErr = err
		return true
	}
	r.n = n
	if r.direct == nil && n > 0 {
		r.in.added(n)
	}
	return true
}

// An attempt writes to a socket without waiting.
type attempt struct {
	p   []byte // what is left
	n   int
	err error
	do  func(fd uintptr) bool // write, made a func once
}

var attempts = sync.Pool{New: func() any {
	a := &attempt{}
	a.do = a.write
	return a
}}

// attempt writes what a plain socket takes of p without waiting. What stands
// against more, a deadline or that it is closed, Write tells.
func (s *sender) attempt(p []byte) (n int, err error) {
	if s.socket == nil {
		return 0, nil
	}
	a := attempts.Get().(*attempt)
	a.p, a.n, a.err = p, 0, nil
	s.socket.Write(a.do)
	if n, err = a.n, a.err; err != nil {
		local := s.stream.LocalAddr()
		err = &net.OpError{Op: "write", Net: local.Network(), Source: local, Addr: s.stream.RemoteAddr(), Err: err}
	}
	a.p = nil
	attempts.Put(a)
	return n, err
}

func (a *attempt) write(fd uintptr) bool {
	for len(a.p) > 0 {
		n, err := syscall.Write(int(fd), a.p[:min(len(a.p), 1<<30)]) // Darwin takes no more
		switch err {
		case nil:
			a.n, a.p = a.n+n, a.p[n:]
		case syscall.EINTR:
		case syscall.EAGAIN:
			return true
		default:
			a.err = os.NewSyscallError("write", err)
			return true
		}
	}
	return true
}
