// Package handshake makes and checks the opening handshake of both roles (RFC 6455 section 4) over HTTP/1.1, and negotiates
// subprotocols and permessage-deflate (RFC 7692 section 7.1) over any HTTP version.
//
// It is pure: bytes and headers in, bytes and verdicts out. It has no socket, clock, lock or goroutine, draws no random bytes,
// and keeps no reference to a buffer it was given. Nothing blocks but [Body]. Functions may be called from any goroutine; a parser belongs
// to one at a time.
//
// Invariants:
//
//   - What is sent is well formed: no name, value, host or request target can add a line to a head, whatever the caller passes.
//   - Request fields go out in libcurl's order, so that a head is a function of its inputs alone.
//   - A parser looks at each byte a bounded number of times however the input is cut, gives the same verdict for every cut, and
//     needs no byte behind the one that decides it. Bytes behind a head are never touched.
//   - What a parser accepts, net/http accepts with the same meaning; the reverse does not hold. Requests with folded lines, space
//     before a colon and doubtful message lengths are refused. In a response folds become spaces, and a doubtful length is no reason
//     to lose it, but one not to use its connection again.
//   - Of what a head lists, such as subprotocols, a hundred are taken.
//   - What was not offered is not accepted.
//   - Errors say what was expected and what came, and never show the value of a field that can hold a secret.
package handshake
