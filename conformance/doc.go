// Package conformance tests any WebSocket endpoint against RFC 6455 and RFC 7692,
// in either role, over any net.Conn. It plays the 517 cases known in the field by
// their numbers (sections 1 to 13), and some that those leave out (section 20).
//
// The endpoint under test, the peer, echoes. It returns each message with the same
// type and payload, and answers each PING with a PONG. [Case.Connect] plays a case
// as the peer's client, [Case.Serve] as its server. [RunServer] and [Listener] play
// all of them. The program in cmd/conformance does so from the command line.
//
// # Invariants
//
//   - Silence never passes. Every case ends with something that the peer must
//     do: answer CLOSE, or fail the connection. If it does nothing in time, the
//     case fails.
//   - Nothing unexpected passes. An event is a message, a PING, a PONG, a CLOSE or
//     the end of the stream. Each is compared with the one expected next, down to
//     the last byte.
//   - What the peer sends is always checked as RFC 6455 demands of a receiver,
//     whatever the case is about. That includes masking, reserved bits, lengths,
//     fragmentation, UTF-8, close codes and the negotiated window.
//   - A case waits for events, not for time. Only an event that does not happen
//     takes [Options].Timeout.
//   - The playing side shares with curlew only code that is strict or has no
//     state: headers, masks, the Decoder, the Inflater. It makes its own handshakes
//     and, except for small windows, compresses with the standard library.
//
// # Cases
//
// The cases are in cases/, one file for each section, in lines like these:
//
//	section 5 Fragmentation
//
//	case 5.6  RFC 6455 5.4: a PING between two fragments
//		send text more "fragment1"
//		send ping "ping payload"
//		send cont "fragment2"
//		echo
//
// A case has a number, the clause under test, a title, and steps. Steps are
// played in order. A line that begins with # is a comment.
//
//	split N            from now on, write N bytes at a time; 0, the default: all at once
//	split frames       write each frame by itself
//	send FRAME         send a frame, in one write with those before and after it
//	payload BYTES      send more of the payload of a frame sent with length=N
//	echo               expect back what was sent: each message, and for each PING a
//	                   PONG, in the order of their ends
//	expect FRAME       expect this: a message, a PONG
//	may echo           as echo, but a CLOSE may be received before it, or within it
//	wait               give the peer time to see what was sent as a separate piece
//	repeat N           play the lines up to the matching end N times
//	end
//
// The last step is one of these. Without one, it is done.
//
//	done               we send CLOSE 1000, the peer answers it with 1000 or without a code
//	closed CODE ...    we sent CLOSE already, and the peer answers with one of these codes,
//	                   or without one; closed any: with any code
//	fail CODE          the peer fails the connection: CLOSE with this code (or another of
//	                   those given), or none and the end of the stream
//	should fail CODE   as fail, but a peer that echoes what was sent is only lax
//
// After an answer to CLOSE nothing may follow, and the peer must end the stream. A
// server ends it first. Steps after fail are for a peer that has not failed the
// connection in time; if it does later, it is lax.
//
// FRAME is a type, then modifiers, then payload. The types are text, binary, cont,
// close, ping, pong, and op3 to op15. For close, a number before the payload is
// the code.
//
//	more               FIN is not set
//	rsv1 rsv2 rsv3     that reserved bit is set
//	cut=N              the message is sent in frames of N bytes; if N divides the length
//	                   of a longer message, its last frame is empty
//	deflated           the message is compressed
//	length=N           the header says N bytes, whatever follows
//	len16 len64        the length is in 16 or 64 bits, though it needs less
//	flip               masked if it must not be, and the other way round
//
// BYTES is any number of items, one after the other:
//
//	"text"             a string as in Go
//	00ff               bytes in hexadecimal
//	N*ITEM             an item N times
//	N:ITEM             N bytes: the item again and again, the last time cut
//	N@SET              the next N characters of a data set (N bytes, if it is not text):
//	                   json, bitmap, prose, html or mixed
//
// Some lines stand before the steps:
//
//	large              in an ordinary run the case is played smaller: see [Options].FullSize
//	deflate RULE       permessage-deflate is negotiated. The rule is any, or a list: for
//	                   the peer's direction no_context_takeover and max_window_bits=N,
//	                   for ours own_max_window_bits=N. As clients we offer rules
//	                   separated by / in this order, each with
//	                   client_no_context_takeover, except the rule plain, which is any
//	                   without it. As servers we take the first that an offer allows.
//
// A block with an each line stands for as many cases as the line has values. {NAME}
// is replaced by the value. {n} counts the cases whose numbers differ only in it.
// Values for several names are separated by spaces; the last name takes the rest.
// Several each lines multiply, and the first changes slowest. An each line that
// ends in a comma continues on the next line.
//
//	case 7.9.{n}  RFC 6455 7.4: CLOSE {code} is refused
//		send close {code}
//		fail 1002
//	each code = 0, 999, 1004
package conformance
