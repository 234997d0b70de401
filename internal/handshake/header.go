package handshake

import (
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"
)

// The field names of RFC 6455, as http.Header spells them.
const (
	acceptField     = "Sec-Websocket-Accept"
	extensionsField = "Sec-Websocket-Extensions"
	keyField        = "Sec-Websocket-Key"
	protocolField   = "Sec-Websocket-Protocol"
	versionField    = "Sec-Websocket-Version"
)

// maxElements is the limit of the subprotocols in a head, that of its extensions,
// and that of their parameters.
const maxElements = 100

// isTokenByte reports whether a token may contain c (RFC 9110 section 5.6.2).
func isTokenByte(c byte) bool {
	switch c {
	case '!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~':
		return true
	}
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// isValueByte reports whether a field value may contain c (RFC 9110 section 5.5).
func isValueByte(c byte) bool { return c >= ' ' && c != 0x7f || c == '\t' }

// isVisible reports whether c is a visible ASCII character.
func isVisible(c byte) bool { return c > ' ' && c < 0x7f }

// span returns the number of leading bytes of s for which is returns true.
func span[T string | []byte](s T, is func(byte) bool) int {
	for i := range len(s) {
		if !is(s[i]) {
			return i
		}
	}
	return len(s)
}

func isToken(s string) bool { return s != "" && span(s, isTokenByte) == len(s) }

// trimSpace removes spaces and tabs from both ends.
func trimSpace(s string) string {
	for s != "" && isBlank(s[0]) {
		s = s[1:]
	}
	for s != "" && isBlank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// elements yields the members of a comma-separated list of tokens (RFC 9110
// section 5.6.1), which may be spread over several fields.
func elements(values []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, v := range values {
			for e := range strings.SplitSeq(v, ",") {
				if e = trimSpace(e); e != "" && !yield(e) {
					return
				}
			}
		}
	}
}

// firstOf yields the first n of a sequence. A hostile head has hundreds of thousands.
func firstOf(seq iter.Seq[string], n int) iter.Seq[string] {
	return func(yield func(string) bool) {
		left := n
		for e := range seq {
			if left--; left < 0 || !yield(e) {
				return
			}
		}
	}
}

// hasElement reports whether a list contains want, ignoring case.
func hasElement(values []string, want string) bool {
	for e := range elements(values) {
		if strings.EqualFold(e, want) {
			return true
		}
	}
	return false
}

// find returns the values of the field name in h, ignoring case.
func find(h http.Header, name string) (values []string, present bool) {
	for k, vv := range h {
		if strings.EqualFold(k, name) {
			values, present = append(values, vv...), true
		}
	}
	return values, present
}

// checkField refuses a field that must not be sent. The error does not show the
// value, which may be a secret.
func checkField(name, value string) error {
	if i := span(name, isTokenByte); i == 0 || i < len(name) {
		return &SyntaxError{"field name", "a token", quote(name[:min(i+1, len(name))])}
	}
	if i := span(value, isValueByte); i < len(value) {
		return &SyntaxError{"value of field " + strconv.Quote(name), "printable text", fmt.Sprintf("byte %#02x at offset %d", value[i], i)}
	}
	return nil
}

// appendField appends a field line. Names that http.Header spells unlike their
// RFCs are sent as the RFCs spell them.
func appendField(dst []byte, name, value string) []byte {
	if rest, ok := strings.CutPrefix(name, "Sec-Websocket-"); ok {
		dst, name = append(dst, "Sec-WebSocket-"...), rest
	} else if name == "Te" {
		name = "TE"
	}
	dst = append(dst, name...)
	dst = append(dst, ':')
	if value = trimSpace(value); value != "" {
		dst = append(dst, ' ')
		dst = append(dst, value...)
	}
	return append(dst, "\r\n"...)
}
