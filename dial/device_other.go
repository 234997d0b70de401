//go:build !linux

package dial

import "syscall"

// bindToDevice does nothing on systems without SO_BINDTODEVICE. The socket is
// bound to the address of the interface, which selects it.
func bindToDevice(string) func(network, address string, c syscall.RawConn) error { return nil }
