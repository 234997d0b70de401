//go:build !linux

package dial

import "syscall"

// bindToDevice does nothing where there is no SO_BINDTODEVICE: the interface's
// address, to which the socket is bound, selects it.
func bindToDevice(string) func(network, address string, c syscall.RawConn) error { return nil }
