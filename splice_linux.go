package curlew

import (
	"io"
	"net"
	"os"
	"syscall"
)

// spliceSize is how much a splicer moves at once, and the least for which it
// is worth while.
const (
	spliceSize  = 1 << 20
	spliceLeast = 64 << 10
)

// A splicer moves payload from a plain socket to a file or socket within the
// system, through a pipe.
//
//	stream --in--> pipe --out--> sink
//
// Invariants:
//   - Between two moves the pipe is empty.
//   - What has left the stream was passed by the decoder, and is in the sink or
//     returned: a sink that fails loses nothing, nor does a stream that times out.
type splicer struct {
	r      *receiver
	sink   syscall.RawConn // nil if it cannot, or does not any more
	pipe   [2]int          // where one reads, where one writes; both 0 if it is not open
	n      int             // bytes in the pipe
	little [64]byte        // what was read where nothing can be spliced, after which nothing is any more
	in     func(fd uintptr) bool
	out    func(fd uintptr) bool
}

// newSplicer returns a splicer to w, nil if there is none.
func newSplicer(r *receiver, w io.Writer) *splicer {
	if r.tryRead == nil || r.out.trace != nil && (r.out.trace.Bytes != nil || r.out.trace.Chunk != nil) {
		return nil
	}
	var sink syscall.RawConn
	switch w := w.(type) { // no other type: what embeds these may write otherwise
	case *os.File:
		sink, _ = w.SyscallConn()
	case *net.TCPConn:
		sink, _ = w.SyscallConn()
	case *net.UnixConn:
		if w.LocalAddr().Network() == "unix" {
			sink, _ = w.SyscallConn()
		}
	}
	if sink == nil {
		return nil
	}
	s := &splicer{r: r, sink: sink}
	s.in, s.out = s.fromStream, s.toSink
	return s
}

// fits reports whether move can take what comes next.
func (s *splicer) fits() bool {
	if s == nil || s.sink == nil || s.r.in.len() > 0 || !s.r.dec.Plain() || s.r.dec.Left() < spliceLeast {
		return false
	}
	if s.pipe[0] != 0 {
		return true
	}
	// Its ends wait: only the stream and the sink decide when to come again.
	if syscall.Pipe2(s.pipe[:], syscall.O_CLOEXEC) != nil {
		s.sink = nil
		return false
	}
	syscall.Syscall(syscall.SYS_FCNTL, uintptr(s.pipe[0]), syscall.F_SETPIPE_SZ, spliceSize) // else it has 64 KiB
	return true
}

// move receives at least one byte into the pipe and empties it into the sink.
// What the sink did not take is returned, for it to say why.
func (s *splicer) move() (m Meta, left []byte, err error) {
	if err := s.r.final(); err != nil {
		return Meta{}, nil, err
	}
	try := s.r.tryRead
	s.r.tryRead = s.in
	err = s.r.fill(s.little[:])
	s.r.tryRead = try
	if err != nil {
		return Meta{}, nil, err
	}
	m = metaOf(s.r.dec.Pass(s.r.n))
	if s.sink == nil {
		return m, s.little[:m.Len], nil
	}
	s.sink.Write(s.out) // if it fails, so will Write
	return m, s.drain(), nil
}

// fromStream is the receiver's tryRead into the pipe; from a stream that
// cannot be spliced a little is read instead.
func (s *splicer) fromStream(fd uintptr) bool {
	if s.r.room == nil {
		return true
	}
	n, err := splice(int(fd), s.pipe[1], int(min(s.r.dec.Left(), spliceSize)))
	switch err {
	case nil:
		s.n, s.r.n = n, n
	case syscall.EAGAIN:
		return s.r.nothing()
	case syscall.EINVAL, syscall.ENOSYS:
		s.sink = nil
		return s.r.tryReadFD(fd)
	default:
		s.r.errno, _ = err.(syscall.Errno)
	}
	return true
}

// toSink empties the pipe, and reports false if the sink is full for now.
func (s *splicer) toSink(fd uintptr) bool {
	for s.n > 0 {
		n, err := splice(s.pipe[0], int(fd), s.n)
		if err == syscall.EAGAIN {
			return false
		}
		if n <= 0 {
			break
		}
		s.n -= n
	}
	return true
}

// drain returns what is still in the pipe, after which the sink gets it by
// Write.
func (s *splicer) drain() []byte {
	if s.n == 0 {
		return nil
	}
	s.sink = nil
	p := make([]byte, s.n)
	for s.n > 0 {
		n, _ := syscall.Read(s.pipe[0], p[len(p)-s.n:]) // fails only to be called again, by EINTR
		s.n -= max(n, 0)
	}
	return p
}

// close ends the use of the pipe.
func (s *splicer) close() {
	if s != nil && s.pipe[0] != 0 {
		syscall.Close(s.pipe[0])
		syscall.Close(s.pipe[1])
	}
}

func splice(from, to, n int) (int, error) {
	for {
		moved, err := syscall.Splice(from, nil, to, nil, n, 0)
		if err != syscall.EINTR {
			return int(moved), err
		}
	}
}
