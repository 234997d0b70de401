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
//   - With takeover, nothing is allocated per message once warm. Without, all
//     large state comes from a pool and goes back when the message ends.
//   - No goroutines and no clocks. One goroutine at a time per value.
package deflate
