package handshake

import (
	"crypto/sha1"
	"encoding/base64"
)

// NewKey makes a Sec-WebSocket-Key from 16 bytes, which must be fresh and unpredictable for each request.
func NewKey(random [16]byte) string {
	return base64.StdEncoding.EncodeToString(random[:])
}

// AcceptKey is the Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (RFC 6455 section 4.2.2).
func AcceptKey(key string) string { return string(appendAcceptKey(nil, key)) }

func appendAcceptKey(dst []byte, key string) []byte {
	const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	var room [64]byte
	sum := sha1.Sum(append(append(room[:0], key...), guid...))
	return base64.StdEncoding.AppendEncode(dst, sum[:])
}

// isKey reports whether s is the base64 form of 16 bytes.
func isKey(s string) bool {
	var room [18]byte
	if len(s) != 24 {
		return false
	}
	n, err := base64.StdEncoding.Decode(room[:], []byte(s))
	return n == 16 && err == nil
}
