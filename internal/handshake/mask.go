package handshake

import (
	"bytes"
	"slices"
	"strconv"
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
	return secretName(name) || isProtocol(name) && secretName(value)
}

// harmless are the fields that may follow a redirect to another host: what a handshake consists of, and what a client says of itself
// to everybody.
var harmless = []string{"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Connection", "Origin", "Pragma", "Upgrade", "User-Agent",
	"Sec-WebSocket-Extensions", "Sec-WebSocket-Key", protocolField, "Sec-WebSocket-Version"}

// Harmless reports whether a field that was meant for one host may be sent to another. The name of a secret is anybody's choice, so that
// all but a few are kept back.
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

// Mask returns head with its secrets replaced: the values of secret fields, also where they go on in a folded line, and in what else is
// said what MaskURL finds.
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

// protocols returns the values of all fields Sec-WebSocket-Protocol, which are one list.
func protocols(head []byte) string {
	var all []byte
	for line := range bytes.Lines(head) {
		if name, value, _ := bytes.Cut(line, []byte(":")); isProtocol(string(name)) {
			all = append(all, value...)
		}
	}
	return string(all)
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
// whose names have a word for it, or that are URLs themselves in which something is secret.
func MaskURL(text string) string { return maskURL(text, maxNested) }

// maxNested is how often the URLs may be encoded that are looked for in parameters.
const maxNested = 3

func maskURL(text string, nested int) string { return maskParameters(maskUsers(text), nested) }

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

// maskParameters replaces what is behind the = of name=value, itself behind a ?, &, ; or #.
func maskParameters(text string, nested int) string {
	var b strings.Builder
	for {
		before, rest := cutAny(text, "?&#;")
		b.WriteString(before)
		if rest == "" {
			return b.String()
		}
		b.WriteByte(rest[0])
		parameter, behind := cutAny(rest[1:], `?&#;"<>`)
		if name, value, found := strings.Cut(parameter, "="); found && (secretName(unescape(name)) || hides(value, nested)) {
			parameter = name + "=" + masked
			_, behind = cutAny(behind, `&#"<>`)
		}
		b.WriteString(parameter)
		text = behind
	}
}

// hides reports whether something is secret in a value that is percent-encoded, up to nested times.
func hides(value string, nested int) bool {
	plain := unescape(value)
	if nested == 0 || plain == value {
		return false
	}
	return maskURL(plain, nested-1) != plain || hides(plain, nested-1)
}

// unescape replaces what is percent-encoded in text, and leaves what is not as it ought to be.
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

// cutAny cuts text in front of the first of chars.
func cutAny(text, chars string) (before, rest string) {
	if i := strings.IndexAny(text, chars); i >= 0 {
		return text[:i], text[i:]
	}
	return text, ""
}
