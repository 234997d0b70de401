package curlew

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

// A poller is an epoll instance. The runtime's poller waits for it, as it does
// for a socket, so that who waits takes no thread and can be woken by a deadline.
// Sockets are known to it by the ids of members, since numbers of files are used
// again; one that is closed leaves by itself.
type poller struct {
	file   *os.File
	epoll  syscall.RawConn
	events [128]syscall.EpollEvent
	n      int // of them
	err    error
	try    func(fd uintptr) bool
	wait   func(fd uintptr) bool
}

func newPoller() (*poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err == nil {
		err = syscall.SetNonblock(fd, true) // by which os knows that it can be waited for
	}
	if err != nil {
		return nil, fmt.Errorf("curlew: making a Multi: %w", os.NewSyscallError("epoll_create1", err))
	}
	p := &poller{file: os.NewFile(uintptr(fd), "epoll")}
	if p.epoll, err = p.file.SyscallConn(); err != nil {
		return nil, fmt.Errorf("curlew: making a Multi: %w", err)
	}
	p.try = func(fd uintptr) bool { p.fetch(int(fd)); return true }
	p.wait = func(fd uintptr) bool { p.fetch(int(fd)); return p.n > 0 || p.err != nil }
	return p, nil
}

// add makes a socket known by id. An event is told once (EPOLLET): who is told
// reads until nothing is there.
func (p *poller) add(socket syscall.RawConn, id uint64) error {
	const events = syscall.EPOLLIN | syscall.EPOLLRDHUP | syscall.EPOLLET&0xFFFFFFFF
	err := p.control(socket, syscall.EPOLL_CTL_ADD, &syscall.EpollEvent{Events: events, Fd: int32(id), Pad: int32(id >> 32)})
	if err != nil {
		return fmt.Errorf("curlew: adding to a Multi: %w", err)
	}
	return nil
}

// remove makes a socket unknown. One that is closed is already.
func (p *poller) remove(socket syscall.RawConn) {
	p.control(socket, syscall.EPOLL_CTL_DEL, &syscall.EpollEvent{})
}

func (p *poller) control(socket syscall.RawConn, op int, event *syscall.EpollEvent) (err error) {
	closed := p.epoll.Control(func(epoll uintptr) {
		closed := socket.Control(func(fd uintptr) {
			err = os.NewSyscallError("epoll_ctl", syscall.EpollCtl(int(epoll), op, int(fd), event))
		})
		if closed != nil {
			err = closed
		}
	})
	if closed != nil {
		return closed
	}
	return err
}

// look fetches the events that are there, and waits for one if it may.
func (p *poller) look(wait bool) (n int, err error) {
	do := p.try
	if wait {
		do = p.wait
	}
	if err := p.epoll.Read(do); err != nil {
		return 0, err
	}
	return p.n, p.err
}

func (p *poller) fetch(fd int) {
	n, err := syscall.EpollWait(fd, p.events[:], 0)
	for err == syscall.EINTR {
		n, err = syscall.EpollWait(fd, p.events[:], 0)
	}
	p.n, p.err = max(n, 0), os.NewSyscallError("epoll_wait", err)
}

// id returns whom event i is for.
func (p *poller) id(i int) uint64 {
	e := &p.events[i]
	return uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32
}

// setDeadline sets when look ends that waits.
func (p *poller) setDeadline(t time.Time) { p.file.SetReadDeadline(t) }

func (p *poller) close() { p.file.Close() }
