// Package dial makes the byte stream to a host, over TCP or a Unix socket, with TLS
// and proxies. It knows nothing of WebSocket. It returns a net.Conn on which the
// opening handshake can begin.
//
// The stream is made by functions around functions. A [Func] connects to an
// address. Each kind of proxy is a Func around the Func that connects to the proxy:
//
//	direct                       look up the name, race the addresses
//	pre-proxy( direct )          Config.PreProxy
//	proxy( pre-proxy( direct ))  Config.Proxy
//	TLS over that                wss and https
//
// Invariants:
//
//   - The returned connection is a *net.TCPConn, *net.UnixConn or *tls.Conn, unless
//     a hook has made another one. Nothing is read ahead: the bytes after a proxy's
//     last reply are still to be read.
//   - Every failure is an *[Error] with its stage and address. A connection that
//     failed half-way is closed before the error is returned.
//   - No goroutine is left running, except for lookups by the operating system. They
//     cannot be interrupted, and end by themselves.
//   - The end of the context ends every stage at once. errors.Is finds its
//     context.Cause in the error. After Dial has returned, the context has no
//     influence on the connection.
//   - If a time limit passes, the cause is a *[TimeoutError] with the name of the
//     field that sets the limit.
//   - Errors quote text of the peer. They never contain user names, passwords or
//     credentials of headers.
package dial
