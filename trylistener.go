package curlew

import (
	"net"

	"github.com/curlew-ws/curlew/internal/socket"
)

// TryListener returns l for a server over TLS whose Conns are to be tried: their
// TLS then stands on what can be read without waiting.
//
//	server.ServeTLS(curlew.TryListener(l), certificate, key)
//
// On Windows it changes nothing.
func TryListener(l net.Listener) net.Listener { return tryListener{l} }

type tryListener struct{ net.Listener }

func (l tryListener) Accept() (net.Conn, error) {
	s, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return socket.Below(s), nil
}
