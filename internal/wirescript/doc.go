// Package wirescript implements the language of wire scripts, and a peer that follows one.
//
// A script states, line by line, what one end of a WebSocket connection sends, what it expects,
// and what it does to the network. The documentation of package curlewtest describes the language.
// Package conformance writes its cases with the same words, BYTES and FRAME, but has steps of its own.
//
//	line --SplitWords--> words --Grammar--> Items, Frame --> step --> player --> net.Conn
//
// Invariants:
//   - Parsing does no I/O. Of the text it keeps only what the steps need.
//   - A parsed Script does not change. Each connection has a player of its own.
//   - A player makes frames with its own code. It shares with a session only the layout of a header,
//     masking and the parser of heads. Only the statement echo runs a session, the Script's Echo.
package wirescript
