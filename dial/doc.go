// Package dial makes the byte stream to a host: TCP or a unix socket, TLS, and
// proxies in between. It knows nothing of WebSocket; what it returns is a
// net.Conn on which the first byte of the opening handshake can be sent.
//
// The stream is made by functions around functions. A [Func] reaches an
// address; each proxy kind is a Func around the Func that reaches the proxy:
//
//	direct                       look the name up, race the addresses
//	pre-proxy( direct )          Config.PreProxy
//	proxy( pre-proxy( direct ))  Config.Proxy
//	TLS over that                wss and https
//
// What holds everywhere:
//
//   - The returned connection is the plainest there is: *net.TCPConn,
//     *net.UnixConn or *tls.Conn, unless a hook made something else. Nobody
//     reads ahead: every byte behind a proxy's last reply is still in it.
//   - Every failure is an *[Error] naming its stage and address. A connection
//     that failed half-way is closed before the error is returned. Nothing is
//     left running, but for lookups by the operating system, which cannot be
//     interrupted and end by themselves.
//   - The context ends every stage at once, and context.Cause of it is found in
//     the error by errors.Is. After the call the context has no hold on the
//     connection.
//   - A time limit is an end of the context whose cause is a *[TimeoutError]
//     with the name of the field that sets it.
//   - Text of the peer is quoted in errors; user names, passwords and
//     credentials of headers never appear in one.
package dial
