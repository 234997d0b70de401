// Package auth answers authentication challenges of origin servers and proxies:
// Basic (RFC 7617), Bearer (RFC 6750) and Digest (RFC 7616). It reads credentials
// from netrc files. It has no I/O: bytes and header fields in, header values out.
//
// Invariants:
//
//   - No error and no formatted value of this package shows a password or token.
//   - No header value of this package contains a control character, whatever the
//     server, the user or a file says.
//   - The time and memory of parsing are linear in its input. It never panics.
//     Errors say where it stopped.
//   - Credentials that were refused are not sent again.
package auth
