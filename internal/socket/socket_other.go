//go:build !unix

package socket

import "net"

// Below returns s: on this system no socket can be tried.
func Below(s net.Conn) net.Conn { return s }
