//go:build unix

package curlew

import (
	"io"
	"net"
	"syscall"
)

// plainWait makes a plain socket's receives wait without a buffer: the read is
// tried, and the buffer given back before the goroutine parks.
func (r *receiver) plainWait() {
	switch s := r.stream.(type) {
	case *net.TCPConn:
		r.wait, _ = s.SyscallConn()
	case *net.UnixConn:
		r.wait, _ = s.SyscallConn()
	}
	if r.wait != nil {
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
