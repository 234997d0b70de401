package curlew

import (
	"bytes"
	"slices"
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

// maskSecrets returns head with the values of secret headers replaced, those
// that go on in a folded line included.
func maskSecrets(head []byte) []byte {
	var out []byte
	secret := false
	for line := range bytes.Lines(head) {
		name, value, found := bytes.Cut(line, []byte(":"))
		if folded := line[0] == ' ' || line[0] == '\t'; folded && secret {
			continue
		}
		if secret = found && isSecret(name); secret {
			line = slices.Concat(name, []byte(": [masked]"), value[len(bytes.TrimRight(value, "\r\n")):])
		}
		out = append(out, line...)
	}
	return out
}

func isSecret(header []byte) bool {
	return slices.ContainsFunc(secretHeaders, func(secret string) bool {
		return strings.EqualFold(string(bytes.TrimSpace(header)), secret)
	})
}
