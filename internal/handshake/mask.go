package handshake

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// masked replaces a secret.
const masked = "[masked]"

// secretWords are words in the name of a field, query parameter or subprotocol
// that mark it as a secret.
var secretWords = []string{"authorization", "cookie", "token", "secret", "password", "passwd", "credential", "signature", "bearer", "jwt",
	"apikey", "accesskey", "authkey"}

// Secret reports whether a field holds a secret: whether its name contains a word
// such as token or password. For Sec-WebSocket-Protocol it looks at the value,
// too, because that is where programs in browsers have to put secrets.
func Secret(name, value string) bool {
	return secretName(name) || isProtocol(name) && secretName(value)
}

// harmless are the fields that may follow a redirect to another host: those of
// the handshake, and those that a client sends to every server.
var harmless = []string{"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Connection", "Origin", "Pragma", "Upgrade", "User-Agent",
	"Sec-WebSocket-Extensions", "Sec-WebSocket-Key", protocolField, "Sec-WebSocket-Version"}

// Harmless reports whether a field meant for one host may be sent to another. A
// secret may have any name, so only a few fields may.
func Harmless(name, value string) bool {
	known := slices.ContainsFunc(harmless, func(s string) bool { return strings.EqualFold(s, name) })
	return known && !Secret(name, value)
}

func isProtocol(name string) bool { return strings.EqualFold(strings.TrimSpace(name), protocolField) }

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

// Mask returns head with its secrets replaced. These are the values of secret
// fields, their folded lines included, and in other lines what MaskURL replaces.
func Mask(head []byte) []byte {
	var out []byte
	start, secret := true, false
	secretProtocol := secretName(protocols(head))
	for line := range bytes.Lines(head) {
		folded := line[0] == ' ' || line[0] == '\t'
		if folded && secret {
			continue
		}
		text := strings.TrimRight(string(line), "\r\n")
		name, _, field := strings.Cut(text, ":")
		switch secret = field && !folded && !start && (secretName(name) || secretProtocol && isProtocol(name)); {
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

// protocols returns the values of all Sec-WebSocket-Protocol fields, joined.
func protocols(head []byte) string {
	var all []byte
	for line := range bytes.Lines(head) {
		if name, value, _ := bytes.Cut(line, []byte(":")); isProtocol(string(name)) {
			all = append(all, value...)
		}
	}
	return string(all)
}

// maskWords applies MaskURL to each word of a start line.
func maskWords(line string) string {
	words := strings.Split(line, " ")
	for i, word := range words {
		words[i] = MaskURL(word)
	}
	return strings.Join(words, " ")
}

// MaskURL replaces the secrets in the URLs of a text: users and passwords, and the
// values of some parameters in the query and the fragment. These are parameters
// whose name contains a word such as token or password, or whose value is a URL
// with a secret.
func MaskURL(text string) string { return maskURL(text, maxNested) }

// maxNested is how many layers of percent-encoding are removed from the value of
// a parameter to look for a URL.
const maxNested = 3

func maskURL(text string, nested int) string { return maskParameters(maskUsers(text), nested) }

// maskUsers replaces what is between // and an @ before the path.
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

// maskParameters replaces the value of secret parameters: of name=value after a ?,
// &, ; or #.
func maskParameters(text string, nested int) string {
	var b strings.Builder
	for {
		before, rest := cutAny(text, "?&#;")
		b.WriteString(before)
		if rest == "" {
			return b.String()
		}
		b.WriteByte(rest[0])
		parameter, after := cutAny(rest[1:], `?&#;"<>`)
		if name, value, found := strings.Cut(parameter, "="); found && (secretName(unescape(name)) || hasSecret(value, nested)) {
			parameter = name + "=" + masked
			_, after = cutAny(after, `&#"<>`)
		}
		b.WriteString(parameter)
		text = after
	}
}

// hasSecret reports whether there is a secret in a value that is percent-encoded
// up to nested times.
func hasSecret(value string, nested int) bool {
	plain := unescape(value)
	if nested == 0 || plain == value {
		return false
	}
	return maskURL(plain, nested-1) != plain || hasSecret(plain, nested-1)
}

// unescape decodes text that is percent-encoded. It leaves what is not well formed
// as it is.
func unescape(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '%' && i+2 < len(text) {
			if n, err := strconv.ParseUint(text[i+1:i+3], 16, 8); err == nil {
				c = byte(n)
				i += 2
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}

// cutAny cuts text before the first of chars.
func cutAny(text, chars string) (before, rest string) {
	if i := strings.IndexAny(text, chars); i >= 0 {
		return text[:i], text[i:]
	}
	return text, ""
}
