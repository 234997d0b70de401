// Package curlewtest is a test kit for WebSocket code: an in-memory
// connected pair, connections that misbehave in one chosen way, and a check
// that no goroutine was left behind.
//
// Everything works on net.Conn, so it serves any client or server, and
// everything works inside a testing/synctest bubble as long as it is made
// there.
//
// # What holds everywhere
//
//   - No goroutine is started, save those of time.AfterFunc that wake a call
//     whose deadline has come.
//   - A connection given to a wrapper belongs to it: use and close the
//     wrapper only. Closing the wrapper closes what is below.
//   - A wrapper passes on deadlines, Close and, where the connection below
//     has it, CloseWrite. It hides SyscallConn, by which the fault could be
//     bypassed.
//   - Without the one fault it is for, a wrapper changes no byte and no order.
//   - Errors are what a socket gives: *net.OpError around os.ErrDeadlineExceeded,
//     net.ErrClosed, io.ErrClosedPipe or the error asked for; io.EOF bare.
//     Test them with errors.Is.
//   - Random choices come from a seed; the same seed gives the same run.
package curlewtest
