package dial

import (
	"errors"
	"os"
	"syscall"
)

// bindToDevice returns a Control for net.Dialer that binds a socket to an
// interface. If the kernel requires a privilege for that, the address of the
// interface, to which the socket is bound as well, must suffice.
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
