// Package curlewtest is a test kit for WebSocket code. It has connected pairs,
// servers that echo or follow a script, and connections with one chosen fault.
// It tests a [curlew.Transport] against its contract, and finds goroutines that
// a test leaks.
//
//	Pipe, PipeSize             an in-memory connection
//	SplitReads … CutWrites     a connection with one fault
//	Pair                       a client and a server in session
//	Upgrade, Echo, EchoChunks  a server's side over any net.Conn
//	Script                     a peer that follows a wire script
//	NewServer, …               any of these listening on a real socket
//	TestTransport              the contract of a transport
//	FailAt, NoLeaks            failing at every call; leaking no goroutine
//
// Everything works on net.Conn, so it serves any client or server. Whatever
// does not listen on a socket works inside a testing/synctest bubble, provided
// it is created there.
//
// # Common rules
//
//   - A function or wrapper owns the connection it is given: use and close only
//     what it returned. Closing a wrapper closes the connection below.
//   - Pipes and wrappers start no goroutine, except by time.AfterFunc, to wake a
//     call whose deadline has passed.
//   - A goroutine that another function starts ends before that function
//     returns. Those of a server end when it is closed. The end of the test
//     closes it.
//   - A wrapper passes on deadlines and Close. It passes on CloseWrite too if the
//     connection below has it. It hides SyscallConn, which could bypass the fault.
//   - Apart from its one fault, a wrapper changes no byte and no order.
//   - Errors are those of a socket: *net.OpError around os.ErrDeadlineExceeded,
//     net.ErrClosed, io.ErrClosedPipe or the requested error. Test them with
//     errors.Is. Only io.EOF is not wrapped.
//   - Random choices are seeded; the same seed gives the same run.
//   - A scripted peer makes and checks frames with its own code. It shares with
//     the sessions it tests only the header layout, masking and the parser of
//     heads, and with the command echo a whole session.
//
// # Wire scripts
//
// A wire script states, line by line, what one end of a connection sends, what it
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
// Words are separated by spaces. A # begins a comment, and empty lines are
// ignored. Files may follow, as in a txtar archive: a line "-- NAME --" begins a
// file, which extends to the next such line or the end. Then @NAME stands for the
// file's bytes.
//
// BYTES is any number of items, one after the other:
//
//	"text"     a string as in Go, with its escapes
//	00ff       bytes in hexadecimal, two digits each
//	@NAME      the bytes of a file of the script
//	3*ITEM     an item three times
//	300:ITEM   300 bytes: the item repeated, the last time cut
//
// FRAME is a type, then modifiers, then the payload as BYTES. The types are text,
// binary, cont (a continuation), close, ping, pong, and op3 to op15 for the
// opcode of that number. The payload of a close frame may begin with a code: 1000
// "bye". To expect the code 1005 is to expect an empty payload. The modifiers:
//
//	more             FIN is not set: more fragments follow
//	rsv1 rsv2 rsv3   that reserved bit is set
//	flip             masked if it must not be, and the other way round (send)
//	len16 len64      the length is in 16 or 64 bits though it needs less (send)
//	length=N         the header says N bytes, whatever follows (send)
//
// What is sent is collected. It is written in one call at the next flush, expect,
// echo, wait or end of the script. So frames that follow the opening handshake are
// written together with it. The frames of a client are masked.
//
//	send FRAME             send a frame
//	send raw BYTES         send these bytes
//	flush                  write now what was collected
//	split N                from now on, write N bytes at a time; 0: all at once
//	expect FRAME           a frame with exactly these modifiers; a payload, or a reason
//	                       after a close code, that is not given may be anything
//	expect message FRAME   a message, in any number of fragments: type, rsv1 and payload
//	expect raw BYTES       exactly these bytes
//	expect eof             the end of the stream, clean or not
//	echo                   answer every message with itself, as [Echo], to the session's end
//
// The first send, expect or echo makes the opening handshake, or else the end of
// the script. These lines make it earlier, or change it:
//
//	role server            the script is for a server only; also: role client
//	handshake              make the opening handshake here
//	handshake none         there is none: the stream begins with frames
//	expect request         server: receive the request and do not answer yet
//	expect target "/x"     server: the request's path and query
//	expect header NAME "x" a field of the other side's head has this value;
//	                       without a value: there is no such field
//	expect status 403      client: the response's status; the session does not open
//	target "/x"            client: ask for this path and query
//	header NAME "x"        send this field instead of a usual one; again: add one;
//	                       without a value: do not send it
//	status 403 "reason"    server: answer with this status instead of 101
//	body BYTES             server: send a body and its Content-Length
//	head ITEM ...          send exactly this as the head, and append with each further line; the
//	                       item "accept" is the correct Sec-WebSocket-Accept
//
// The network:
//
//	wait 1s                do nothing for a time
//	stall                  neither send nor receive any more, but keep the connection
//	drop                   close the connection at once, without TLS's close_notify
//	reset                  end the connection by a TCP reset; where there is no TCP, as drop
//	halfclose              end the sending direction
//
// And the script itself:
//
//	repeat N               repeat the lines up to the matching end
//	end
//	connection             the connection ends; the lines after it are for the next one
//
// At its end the connection is closed. A failure is a [*ScriptError], which has
// the file and line.
package curlewtest
