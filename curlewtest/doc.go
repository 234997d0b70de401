// Package curlewtest is a test kit for WebSocket code: connected pairs,
// servers that echo or follow a script, connections that misbehave in one
// chosen way, the contract of a [curlew.Transport] as a test, and a check that
// no goroutine was left behind.
//
//	Pipe, PipeSize             an in-memory connection
//	SplitReads … CutWrites     a connection with one fault
//	Pair                       a client and a server in session
//	Upgrade, Echo, EchoChunks  a server's side over any net.Conn
//	Script                     a peer that follows a wire script
//	NewServer, …               any of these behind a real socket
//	TestTransport              the contract of a transport
//	FailAt, NoLeaks            failing at every call; leaving nothing
//
// Everything works on net.Conn, so it serves any client or server. What does
// not listen on a socket works inside a testing/synctest bubble, as long as it
// is made there.
//
// # What holds everywhere
//
//   - A connection given to a function or a wrapper belongs to it: use and
//     close what it returned only. Closing a wrapper closes what is below.
//   - Pipes and wrappers start no goroutine, save those of time.AfterFunc that
//     wake a call whose deadline has come. What others start has ended when
//     their function returns or, for a server, when it is closed, as the end
//     of the test does.
//   - A wrapper passes on deadlines, Close and, where the connection below
//     has it, CloseWrite. It hides SyscallConn, by which the fault could be
//     bypassed.
//   - Without the one fault it is for, a wrapper changes no byte and no order.
//   - Errors are what a socket gives: *net.OpError around os.ErrDeadlineExceeded,
//     net.ErrClosed, io.ErrClosedPipe or the error asked for; io.EOF bare.
//     Test them with errors.Is.
//   - Random choices come from a seed; the same seed gives the same run.
//   - A scripted peer makes frames and judges them by itself: with the
//     sessions it tests it shares the layout of a header, masking and the
//     parser of heads, and with echo a whole session.
//
// # Wire scripts
//
// A wire script says, line by line, what one end of a connection sends, what it
// expects to receive, and what it does to the network. It is plain text:
//
//	# The answer to a PING comes between fragments, RFC 6455 section 5.5.
//	send text more "hel"
//	send ping "here?"
//	expect pong "here?"
//	send cont "lo"
//	expect message text "hello"
//	send close 1000 "bye"
//	expect close 1000
//
// Words are separated by spaces, # begins a comment, and empty lines mean
// nothing. Files may follow, as in a txtar archive: a line "-- NAME --" begins
// one, which goes on to the next such line or the end, and @NAME stands for its
// bytes.
//
// BYTES are any number of items, one after the other:
//
//	"text"     a string as in Go, with its escapes
//	00ff       bytes in hexadecimal, two digits each
//	@NAME      the bytes of a file of the script
//	3*ITEM     an item three times
//	300:ITEM   300 bytes: the item repeated, the last time cut
//
// FRAME is a type, then modifiers, then the payload as BYTES. The types are text,
// binary, cont (a continuation), close, ping, pong, and op3 to op15 for the
// opcode of that number. What a close frame carries may begin with a code: 1000
// "bye". The code 1005, expected, is an empty payload. The modifiers:
//
//	more             FIN is not set: more fragments follow
//	rsv1 rsv2 rsv3   that reserved bit is set
//	flip             masked if it must not be, and the other way round (send)
//	len16 len64      the length is in 16 or 64 bits though it needs less (send)
//	length=N         the header says N bytes, whatever follows (send)
//
// What is sent is collected and goes out in one write at the next flush,
// expect, echo, wait or end of the script; so frames that follow the opening
// handshake go out together with it. Frames of a client are masked.
//
//	send FRAME             send a frame
//	send raw BYTES         send bytes
//	flush                  write what was collected now
//	split N                from here on write N bytes at a time; 0: all at once
//	expect FRAME           a frame, with exactly these modifiers; of the payload, and
//	                       of the reason behind a close code, what is not given may be anything
//	expect message FRAME   a message, in any number of fragments: type, rsv1 and payload
//	expect raw BYTES       exactly these bytes
//	expect eof             the end of the stream, in good order or not
//	echo                   answer every message with itself, as [Echo], to the session's end
//
// The opening handshake is made by the first send, expect or echo, and by the
// end of the script, or where it is asked for:
//
//	role server            the script is for a server only; also: role client
//	handshake              make the opening handshake here
//	handshake none         there is none: the stream begins with frames
//	expect request         server: receive the request and do not answer yet
//	expect target "/x"     server: the request's path and query
//	expect header NAME "x" a field of the other side's head has this value;
//	                       without a value: it has no such field
//	expect status 403      client: the response's status; the session does not open
//	target "/x"            client: ask for this path and query
//	header NAME "x"        send this field instead of a usual one; again: add one;
//	                       without a value: send none
//	status 403 "reason"    server: answer with this status instead of 101
//	body BYTES             server: send a body and its Content-Length
//	head ITEM ...          send exactly this as the head, and more with every such line; the
//	                       item "accept" is the right Sec-WebSocket-Accept
//
// The network:
//
//	wait 1s                do nothing for a time
//	stall                  neither send nor receive any more, but keep the connection
//	drop                   close the connection at once, without a goodbye of TLS
//	reset                  end it by a TCP reset; where there is no TCP, as drop
//	halfclose              end the sending direction
//
// And the script itself:
//
//	repeat N               repeat the lines up to the end that belongs to it
//	end
//	connection             the connection ends; what follows is for the next one
//
// At its end the connection is closed. A failure is a [*ScriptError] that
// names file and line.
package curlewtest
