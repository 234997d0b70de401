package curlew

import (
	"net"
	"syscall"
)

// soMeminfo is SO_MEMINFO, which syscall does not have. Its answer is a list of
// uint32, of which these are the bytes that a socket's sender has, under way or
// not: of a unix socket, and of a TCP socket.
const (
	soMeminfo  = 55
	unixQueued = 2
	tcpQueued  = 5
)

// backlogOf returns what stream has that its peer has not taken.
func backlogOf(stream net.Conn) (b backlog) {
	var socket syscall.RawConn
	at := tcpQueued
	switch c := stream.(type) {
	case *net.TCPConn:
		socket, _ = c.SyscallConn()
	case *net.UnixConn:
		socket, _ = c.SyscallConn()
		at = unixQueued
	}
	if socket == nil {
		return b
	}
	socket.Control(func(fd uintptr) {
		// A list of eight uint32 is what this option's value is, too.
		memory, err := syscall.GetsockoptICMPv6Filter(int(fd), syscall.SOL_SOCKET, soMeminfo)
		if err != nil {
			return
		}
		b.known, b.bytes = true, int64(memory.Data[at])
		// The first bytes are the state, that of congestion, and how many
		// retransmissions and probes of a closed window have no answer yet.
		info, err := syscall.GetsockoptInet4Addr(int(fd), syscall.IPPROTO_TCP, syscall.TCP_INFO)
		b.there = err == nil && b.bytes > 0 && info[2] == 0 && info[3] <= 1 // one may be on its way
	})
	return b
}
