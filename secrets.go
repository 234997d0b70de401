package curlew

import "github.com/curlew-ws/curlew/internal/handshake"

// headTrace wraps Trace.Head so that it sees no secrets.
func headTrace(f func(sent bool, head []byte), show bool) func(bool, []byte) {
	if show {
		return f
	}
	return func(sent bool, head []byte) { f(sent, handshake.Mask(head)) }
}
