package curlew

import (
	"bytes"
	"strings"
)

// secretHeaders are those whose values no trace shows unless asked to.
var secretHeaders = []string{"authorization", "proxy-authorization", "cookie", "set-cookie"}

// headTrace wraps Trace.Head so that it sees no secrets.
func headTrace(f func(sent bool, head []byte), show bool) func(bool, []byte) {
	if show {
		return f
	}
	return func(sent bool, head []byte) { f(sent, maskSecrets(head)) }
}

// maskSecrets returns head with the values of secret headers replaced.
func maskSecrets(head []byte) []byte {
	lines := bytes.SplitAfter(head, []byte("\n"))
	for i, line := range lines {
		name, value, found := bytes.Cut(line, []byte(":"))
		if !found {
			continue
		}
		for _, secret := range secretHeaders {
			if strings.EqualFold(string(bytes.TrimSpace(name)), secret) {
				lines[i] = []byte(string(name) + ": [masked]" + string(value[len(bytes.TrimRight(value, "\r\n")):]))
			}
		}
	}
	return bytes.Join(lines, nil)
}
