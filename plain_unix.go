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
// tried, and the buffer given back before the goroutine parks. What runs below
// the poller's frames is little, so that a goroutine that waits gets by with
// the smallest stack: it borrows no memory there.
func (r *receiver) plainWait() {
	if r.out.socket != nil {
		r.tryRead = r.tryReadFD
	}
}

// receivePlain reads a plain socket once. If it has nothing and is not watched,
// that is ErrAgain.
func (r *receiver) receivePlain(direct []byte) (n int, err error) {
	r.waited = false
	for {
		if r.room = direct; direct == nil {
			r.room = r.in.room()
		}
		r.n, r.errno = 0, 0
		err := r.out.socket.Read(r.tryRead)
		nothing := r.room == nil
		r.room = nil
		switch {
		case err != nil:
			r.in.idle()
			return 0, err
		case nothing && !r.watched:
			return 0, ErrAgain
		case nothing:
			r.waited = true
			continue
		case r.errno != 0:
			return 0, r.errno
		case r.n == 0:
			return 0, io.EOF
		}
		if direct == nil {
			r.in.added(r.n)
		}
		return r.n, nil
	}
}

// tryReadFD reads once. If the socket has nothing it reports false, to be
// called again when it has something.
func (r *receiver) tryReadFD(fd uintptr) bool {
	if r.room == nil {
		return true
	}
	n, err := syscall.Read(int(fd), r.room)
	for err == syscall.EINTR {
		n, err = syscall.Read(int(fd), r.room)
	}
	if err == syscall.EAGAIN {
		return r.nothing()
	}
	r.n = max(n, 0)
	r.errno, _ = err.(syscall.Errno)
	return true
}

// nothing notes that a try found nothing, and reports whether it is over: one
// that is watched waits.
func (r *receiver) nothing() (over bool) {
	r.room = nil
	r.in.idle()
	return !r.watched
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
		local := s.limit.stream.LocalAddr()
		err = &net.OpError{Op: "write", Net: local.Network(), Source: local, Addr: s.limit.stream.RemoteAddr(), Err: err}
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
