package handshake

import (
	"crypto/sha1"
	"encoding/base64"
)

// NewKey makes a Sec-WebSocket-Key from 16 bytes, which must be fresh and unpredictable for each request.
func NewKey(random [16]byte) string {
	var room [24]byte
	base64.StdEncoding.Encode(room[:], random[:])
	return string(room[:]) // inlined, this costs no memory where the key stays within a function
}

// AcceptKey is the Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (RFC 6455 section 4.2.2).
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
