// Package conformance tests a WebSocket endpoint, of any maker, against RFC
// 6455 and RFC 7692, in either role, over any net.Conn: by the 517 cases by
// whose numbers the field knows what it tests (sections 1 to 13), and by some
// that those leave out (section 20).
//
// The endpoint under test, the peer, echoes: each whole message comes back
// with the same type and payload, each PING as a PONG. [Case.Connect] plays a
// case as the peer's client, [Case.Serve] as its server; [RunServer] and
// [Listener] play all of them, and the program in cmd/conformance does so from
// the command line.
//
// # Invariants
//
//   - Silence never passes. Every case ends with something that the peer must
//     do: answer CLOSE, or fail the connection. Where it does nothing in time,
//     the case fails.
//   - Nothing that was not asked for passes: each event that comes (a message, a
//     PING, a PONG, a CLOSE, the end of the stream) is compared with what is
//     expected next, down to the last byte.
//   - What the peer sends is checked as RFC 6455 asks of a receiver, whatever the
//     case is about: masking, reserved bits, lengths, fragmentation, UTF-8, close
//     codes, the agreed window.
//   - A case waits for events, not for time. Only an event that does not come
//     takes [Options].Timeout.
//   - The side that plays shares with curlew what has no state or is strict
//     (headers, masks, the Decoder, the Inflater); it makes its own handshakes
//     and, but for small windows, compresses with the standard library.
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
// A case has a number, the clause it is about, a title, and steps. Steps are
// played in order; a line that begins with # is a comment.
//
//	split N            from here on write N bytes at a time; 0, as at first: all at once
//	split frames       write each frame by itself
//	send FRAME         send a frame; it goes out with its neighbours, in one write
//	payload BYTES      send more of the payload of a frame sent with length=N
//	echo               what was sent comes back: each message, and for each PING a
//	                   PONG, in the order of their ends
//	expect FRAME       this comes: a message, a PONG
//	may echo           as echo, but a CLOSE may come before it, or within
//	wait               give the peer time to see what was sent as a piece of its own
//	repeat N           play the lines up to the end that belongs to it N times
//	end
//
// The last step is one of these; where it is missing, done is meant.
//
//	done               we send CLOSE 1000, the peer answers it with 1000 or without a code
//	closed CODE ...    we sent CLOSE already, and the peer answers with one of these codes,
//	                   or without; closed any: with whichever
//	fail CODE          the peer fails the connection: CLOSE with this code (or another of
//	                   those given), or none and the end of the stream
//	should fail CODE   as fail, but a peer that answers what was sent is only lax
//
// Behind an answer to CLOSE nothing follows, and the peer ends the stream: first,
// if it is the server. Steps behind fail are for a peer that has not failed in time;
// if it fails later it is lax.
//
// FRAME is a type, then modifiers, then payload: text, binary, cont, close, ping,
// pong, or op3 to op15. For close, a number in front of the payload is the code.
//
//	more               FIN is not set
//	rsv1 rsv2 rsv3     that reserved bit is set
//	cut=N              the message goes out in frames of N bytes; if that divides it
//	                   into more than one, an empty frame is the last
//	deflated           the message is compressed
//	length=N           the header says N bytes, whatever follows
//	len16 len64        the length is in 16 or 64 bits, though it needs less
//	flip               masked if it must not be, and the other way round
//
// BYTES are any number of items, one after the other:
//
//	"text"             a string as in Go
//	00ff               bytes in hexadecimal
//	N*ITEM             an item N times
//	N:ITEM             N bytes: the item again and again, the last time cut
//	N@SET              the next N characters of a data set (N bytes, if it is not text):
//	                   json, bitmap, prose, html or mixed
//
// Some lines stand in front of the steps:
//
//	large              in the ordinary run the case is played smaller: see [Options].FullSize
//	deflate RULE       permessage-deflate is agreed on. The rule is any, or, of the peer's
//	                   direction, no_context_takeover and max_window_bits=N, or both, and
//	                   of ours own_max_window_bits=N. As
//	                   clients we offer rules parted by / in this order, each with
//	                   client_no_context_takeover, but for the rule plain, which is any
//	                   without it; as servers we take the first that an offer allows.
//
// A block with an each line stands for as many cases as that has values, with
// {NAME} replaced by the value; {n} counts the cases that have the same number
// but for it. Values for several names are parted by spaces, the last takes the
// rest; each lines multiply, the first changing slowest; one that ends in a comma
// goes on.
//
//	case 7.9.{n}  RFC 6455 7.4: CLOSE {code} is refused
//		send close {code}
//		fail 1002
//	each code = 0, 999, 1004
package conformance
