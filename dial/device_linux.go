package dial

import (
	"errors"
	"os"
	"syscall"
)

// bindToDevice is a net.Dialer's Control that sends and receives on one
// interface only. Where the kernel wants a privilege for that, the
// interface's address, to which the socket is bound as well, has to do.
func bindToDevice(device string) func(network, address string, c syscall.RawConn) error {
	if device == "" {
		return nil
	}
	return func(_, _ string, c syscall.RawConn) error {
		var err error
		if err := c.Control(func(fd uintptr) { err = syscall.BindToDevice(int(fd), device) }); err != nil {
			return err
		}
		if errors.Is(err, os.ErrPermission) {
			return nil
		}
		return os.NewSyscallError("setsockopt SO_BINDTODEVICE", err)
	}
}
