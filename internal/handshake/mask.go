package handshake

import (
	"bytes"
	"net/http"
	"strings"
)

// masked stands for a secret.
const masked = "[masked]"

// secretWords are those that make a field, a query parameter or a subprotocol a secret, if its name has one of them.
var secretWords = []string{"authorization", "cookie", "token", "secret", "password", "passwd", "credential", "signature", "bearer", "jwt",
	"apikey", "accesskey", "authkey"}

// Secret reports whether a field holds a secret: one whose name has a word for it, or Sec-WebSocket-Protocol if its value has, that being
// where browsers' programs have to put theirs.
func Secret(name, value string) bool {
	return secretName(name) || http.CanonicalHeaderKey(strings.TrimSpace(name)) == protocolField && secretName(value)
}

var withoutDashes = strings.NewReplacer("-", "", "_", "")

func secretName(name string) bool {
	name = withoutDashes.Replace(strings.ToLower(name))
	for _, word := range secretWords {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// Mask returns head with its secrets replaced: the values of secret fields, also where they go on in a folded line, and in what else is
// said what MaskURL finds.
func Mask(head []byte) []byte {
	var out []byte
	start, secret := true, false
	for line := range bytes.Lines(head) {
		folded := line[0] == ' ' || line[0] == '\t'
		if folded && secret {
			continue
		}
		text := strings.TrimRight(string(line), "\r\n")
		name, value, field := strings.Cut(text, ":")
		switch secret = field && !folded && !start && Secret(name, value); {
		case secret:
			out = append(out, name+": "+masked...)
		case start:
			out = append(out, maskWords(text)...)
		default:
			out = append(out, MaskURL(text)...)
		}
		out = append(out, line[len(text):]...)
		start = false
	}
	return out
}

// maskWords is MaskURL for the parts of a start line.
func maskWords(line string) string {
	words := strings.Split(line, " ")
	for i, word := range words {
		words[i] = MaskURL(word)
	}
	return strings.Join(words, " ")
}

// MaskURL replaces what is secret in the URLs of a text: user and password, and the values of query parameters, also those of a fragment,
// whose names have a word for it.
func MaskURL(text string) string { return maskParameters(maskUsers(text)) }

// maskUsers replaces what is between // and an @ in front of the path.
func maskUsers(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "//")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("//")
		authority, _ := cutAny(rest, `/?#"<>`)
		if at := strings.LastIndexByte(authority, '@'); at >= 0 {
			b.WriteString(masked)
			rest = rest[at:]
		}
		text = rest
	}
}

// maskParameters replaces what is behind the = of name=value, itself behind a ?, & or #.
func maskParameters(text string) string {
	var b strings.Builder
	for {
		before, rest := cutAny(text, "?&#")
		b.WriteString(before)
		if rest == "" {
			return b.String()
		}
		b.WriteByte(rest[0])
		parameter, behind := cutAny(rest[1:], `?&#"<>`)
		if name, _, found := strings.Cut(parameter, "="); found && secretName(name) {
			parameter = name + "=" + masked
			_, behind = cutAny(behind, `&#"<>`)
		}
		b.WriteString(parameter)
		text = behind
	}
}

// cutAny cuts text in front of the first of chars.
func cutAny(text, chars string) (before, rest string) {
	if i := strings.IndexAny(text, chars); i >= 0 {
		return text[:i], text[i:]
	}
	return text, ""
}
