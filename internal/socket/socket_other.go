//go:build !unix

package socket

import "net"

// Below returns s: this system has no reads of sockets that do not block.
func Below(s net.Conn) net.Conn { return s }
