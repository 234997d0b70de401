//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

func init() {
	signal.Ignore(syscall.SIGTTIN) // reading a terminal that is not ours is an error, and does not stop the program
}

// background reports whether f is a terminal that another process group than
// ours has.
func background(f *os.File) bool {
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	if err != nil {
		return false
	}
	own, err := unix.Getpgid(0)
	return err == nil && group != own && int64(group)>>32 != int64(own) // it has 4 bytes, which may be the upper ones
}

// awaitReadersEnd waits until nobody can read the pipe or socket f any more,
// and reports whether that was found out.
func awaitReadersEnd(f *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(f.Fd())}}
	for {
		_, err := unix.Poll(fds, -1)
		if err != unix.EINTR {
			return err == nil && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
		}
	}
}
