package handshake

import (
	"crypto/sha1"
	"encoding/base64"
)

// NewKey returns the Sec-WebSocket-Key for 16 bytes. They must be new and
// unpredictable for each request.
func NewKey(random [16]byte) string {
	var room [24]byte
	base64.StdEncoding.Encode(room[:], random[:])
	return string(room[:]) // inlined, it does not allocate if the key does not escape
}

// AcceptKey returns the Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (RFC
// 6455 section 4.2.2).
func AcceptKey(key string) string {
	accept := acceptKey(key)
	return string(accept[:])
}

func acceptKey(key string) (accept [28]byte) {
	const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	var room [64]byte
	sum := sha1.Sum(append(append(room[:0], key...), guid...))
	base64.StdEncoding.Encode(accept[:], sum[:])
	return accept
}

// isKey reports whether s is the base64 form of 16 bytes.
func isKey(s string) bool { return len(s) == 24 && span(s, isBase64Byte) == 22 && s[22:] == "==" }

func isBase64Byte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/'
}
