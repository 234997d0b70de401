// Package deflate compresses and inflates the messages of permessage-deflate
// (RFC 7692 section 7.2): an Inflater for the receive direction, a Deflater
// for the send direction. It knows nothing of frames, negotiation or sockets.
//
// Invariants:
//
//   - Both stream. A message of any length, fed in pieces of any length, takes
//     constant memory; nothing grows with the message or with its ratio.
//   - Fed bytes are used until the Inflater asks for more, and never after.
//     The Deflater keeps no slice it was given.
//   - How the pieces are cut changes no inflated byte, no end and no error.
//   - A message ends exactly where the caller says its payload ends: the four
//     bytes 00 00 ff ff that the sender took off are implied. Leftover bits
//     never reach the next message; history does, if takeover was agreed.
//   - The Deflater's window holds what the peer has inflated, and nothing else
//     that a match may refer to. A message that is not sent leaves it as it was.
//   - No match is farther than the agreed window, longer than 258 bytes, or
//     longer than what is to be compressed.
//   - An index only suggests: whatever is in it, or missing, the output is valid.
//     So it may be lost between two messages, or be out of date.
//   - A block is never longer than its bytes stored, 5 bytes more.
//   - Once warm, nothing is allocated per message. Between messages history is
//     held, and an index until the garbage collector has run twice; nothing else
//     that is large.
//   - No goroutines and no clocks. One goroutine at a time per value.
//
// A Deflater in the middle of a message, with an agreed window of 16 KiB or more:
//
//	p ---copy---> window: | history          | held back |  room  |  16 KiB
//	                      ^ base             ^ at        ^ len
//	                                  v matches begin at at, and refer to history
//	index: hash of 5 bytes -> the last 4 places that had it             32 KiB
//	                                  v
//	tokens: | literal | match | literal | ...   until 8192, or until Append ends
//	                                  v codes are built of how often each is used
//	block: stored, fixed or dynamic, whichever is the shortest ---> dst
//
// A full window is moved down by 4 KiB. A place is a position in the stream, of
// which the index has the low 16 bits: it stays right when the window moves.
// Tokens and codes are scratch, borrowed for one Append. What does not fit into
// the window is compressed in a large one of 64 KiB, borrowed as well, which
// begins with the history and leaves what is to be kept of it.
package deflate
