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
//   - Once warm, nothing is allocated per message. Between messages history is
//     held, a bounded number of compressors, and nothing else that is large.
//   - No goroutines and no clocks. One goroutine at a time per value, but for
//     Deflater.Close.
//   - Of a compressor that others may take, the swap that takes it, its owner's
//     or another's, is all there is to agree on. It has then seen what its
//     owner's history has, which is the owner's alone.
//
// A compressor takes 0.8 to 1.5 MB, too much for each of many connections; but
// one that goes on where it was is twice as fast as one that begins with a
// history. So whenever a Deflater has flushed all, what it needs is its history,
// and only who has a place has a compressor too:
//
//	c        in Append, and while it holds back a part of a message
//	idle     all is flushed: may be taken away
//	history  what others begin with then; without takeover none between messages
//
//	keep:  | past | past | past | past |  up to max places
//	                ^ next: who needs a place takes the first whose owner has
//	                  not used idle again since the last look, with what is in it
package deflate
