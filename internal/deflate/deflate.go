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
//   - Once warm, nothing is allocated per message. Between messages all large
//     state but the history can be had by others: see below.
//   - No goroutines and no clocks. One goroutine at a time per value.
//
// A compressor is 0.8 to 1.5 MB, too much for each of many connections, and
// twice as fast where it goes on than where it begins with a history. So a
// Deflater with takeover owns a history, and may keep a compressor on top:
//
//	                 within a message        between messages
//	no takeover      c: its own alone        -
//	takeover         c, history              history
//	 ... and a place c, history              history, idle: its own, for the taking
//
//	keep.all: | past | past | past | ... up to max places
//	                    ^-- next: who comes without a place robs this one, or the next
//	                        that has not used its compressor again since the last look
//
//   - What idle points to has seen all that history has, and no more. Who takes
//     it by a swap, its owner or a robber, is the only one that has it.
//   - The history is added to before the compressor is put into idle, by the
//     owner alone. A robber never looks at it.
//   - Only who has a place puts a compressor into idle: so max bounds those.
package deflate
