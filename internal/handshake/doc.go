// Package handshake writes and checks the opening handshake of both roles (RFC
// 6455 section 4) over HTTP/1.1. It negotiates subprotocols and
// permessage-deflate (RFC 7692 section 7.1) over any HTTP version.
//
// It is pure: bytes and headers in, bytes and verdicts out. It has no socket,
// clock, lock or goroutine, draws no random bytes, and keeps no reference to a
// caller's buffer. Only [Body] may block. Functions may be called from any
// goroutine. A parser may be used by one goroutine at a time.
//
// Invariants:
//
//   - What is sent is well formed. No name, value, host or request target can add
//     a line to a head, whatever the caller passes.
//   - Request fields are sent in libcurl's order, so that a head depends on its
//     inputs alone.
//   - A parser reads each byte a bounded number of times, however the input is
//     cut. Its verdict is the same for every cut. It needs no byte after the one
//     that decides the verdict, and never touches bytes after a head.
//   - What a parser accepts, net/http accepts with the same meaning. The reverse
//     does not hold. Requests with folded lines, with space before a colon, or with
//     an ambiguous length are refused. In a response, a fold becomes a space; a
//     response of ambiguous length is accepted, but its connection is not reused.
//   - Of each list in a head, such as subprotocols, at most a hundred elements are
//     accepted.
//   - What was not offered is not accepted.
//   - Errors say what was expected and what was received. They never show the
//     value of a field that can hold a secret.
package handshake
