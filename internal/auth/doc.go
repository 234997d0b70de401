// Package auth answers authentication challenges, for origin servers and
// proxies alike: Basic (RFC 7617), Bearer (RFC 6750), Digest (RFC 7616), and
// credentials from a netrc file. It only computes: bytes and header fields go
// in, header values come out.
//
// What always holds:
//
//   - No error and no formatted value of this package shows a user's password
//     or token.
//   - No header value of this package holds a control character, whatever the
//     server, the user or a file said.
//   - Parsing takes time and memory in proportion to its input, never panics,
//     and an error says where it stopped.
//   - Credentials that were refused are not given again.
package auth
