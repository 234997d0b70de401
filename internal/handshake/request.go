package handshake

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// places lists the fields that have a fixed place in a request, in libcurl's
// order. A field given by the caller takes that place. If it moves, it is sent
// among the custom fields.
var places = [...]struct {
	name  string
	moves bool
}{
	hostPlace:    {name: "Host"},
	1:            {name: "Proxy-Authorization"},
	2:            {name: "Authorization"},
	3:            {name: "Range"},
	4:            {name: "User-Agent"},
	acceptPlace:  {name: "Accept"},
	6:            {name: "TE"},
	7:            {name: "Accept-Encoding"},
	8:            {name: "Referer"},
	9:            {name: "Proxy-Connection"},
	10:           {name: "Transfer-Encoding"},
	11:           {name: "Alt-Used"},
	upgradePlace: {name: "Upgrade", moves: true},
	versionPlace: {name: "Sec-WebSocket-Version", moves: true},
	keyPlace:     {name: "Sec-WebSocket-Key", moves: true},
	15:           {name: "Cookie"},
	16:           {name: "If-Modified-Since"},
	17:           {name: "If-Unmodified-Since"},
	18:           {name: "Last-Modified"},

	customPlace:     {}, // all others, by name
	connectionPlace: {name: "Connection"},
}

const (
	hostPlace       = 0
	acceptPlace     = 5
	upgradePlace    = 12
	versionPlace    = 13
	keyPlace        = 14
	customPlace     = 19
	connectionPlace = 20
)

// line is a field line of a request and its place.
type line struct {
	place       int
	name, value string
}

// AppendRequest appends the head of a client's opening handshake for u. First are
// libcurl's fields in libcurl's order, then the custom fields of h, sorted by
// name, then Connection and the empty line.
//
// A field of h replaces the generated one. A field without values (nil or empty)
// suppresses it. An empty value is sent empty. Names match in any case, and are
// sent as h has them. Some fields are special:
//
//   - Upgrade, Sec-WebSocket-Version and Sec-WebSocket-Key, if given, are sent
//     among the custom fields.
//   - Connection is merged: ", Upgrade" is added to its first value, unless that
//     has it.
//   - Host is the one of h, else host, else that of u without the default port of
//     its scheme.
//
// The user part and the fragment of u are never sent. Authorization is the task
// of the caller. Host names must be in ASCII form.
//
// AppendRequest returns a *SyntaxError and dst unchanged if a field, host or URL
// cannot be sent, if there is more than one Host, or if Sec-WebSocket-Key is not
// 16 bytes in base64.
func AppendRequest(dst []byte, u *url.URL, host string, h http.Header, key string) ([]byte, error) {
	var room [8]line
	lines, given, err := givenLines(room[:0], h)
	if err != nil {
		return dst, err
	}
	if !given[hostPlace] {
		if host, err = hostValue(u, host); err != nil {
			return dst, err
		}
	}
	if !given[keyPlace] && !isKey(key) {
		return dst, badKey(key)
	}
	b, err := appendTarget(append(dst, "GET "...), u)
	if err != nil {
		return dst, err
	}
	b = append(b, " HTTP/1.1\r\n"...)
	for _, generated := range [...]line{
		{hostPlace, "Host", host},
		{acceptPlace, "Accept", "*/*"},
		{upgradePlace, "Upgrade", "websocket"},
		{versionPlace, "Sec-WebSocket-Version", "13"},
		{keyPlace, "Sec-WebSocket-Key", key},
		{connectionPlace, "Connection", "Upgrade"},
	} {
		for ; len(lines) > 0 && lines[0].place <= generated.place; lines = lines[1:] {
			b = appendField(b, lines[0].name, lines[0].value)
		}
		if !given[generated.place] {
			b = appendField(b, generated.name, generated.value)
		}
	}
	return append(b, "\r\n"...), nil
}

// RequestKey returns the key to check the response against: generated, or the one
// in h that AppendRequest sent instead. It is "" if h suppressed the field.
func RequestKey(h http.Header, generated string) string {
	values, present := find(h, keyField)
	switch {
	case !present:
		return generated
	case len(values) == 0:
		return ""
	}
	return trimSpace(values[0])
}

// givenLines appends the lines of h in the order in which they are sent. given
// are the places that h has a field for.
func givenLines(lines []line, h http.Header) (_ []line, given [len(places)]bool, err error) {
	if len(h) == 0 {
		return nil, given, nil
	}
	for name, values := range h {
		place := placeOf(name)
		given[place] = true
		for _, value := range values {
			if err := checkField(name, value); err != nil {
				return nil, given, err
			}
			lines = append(lines, line{place, name, value})
		}
	}
	if err := checkSingles(lines); err != nil {
		return nil, given, err
	}
	sortLines(lines)
	if i := slices.IndexFunc(lines, func(l line) bool { return l.place == connectionPlace }); i >= 0 {
		lines[i].value = withUpgrade(lines[i].value)
	}
	return lines, given, nil
}

// placeOf returns the place of the field name.
func placeOf(name string) int {
	for i := range places {
		if len(places[i].name) == len(name) && strings.EqualFold(places[i].name, name) {
			return i
		}
	}
	return customPlace
}

// checkSingles refuses a second Host or key, and a key that no server may accept.
func checkSingles(lines []line) error {
	var count [len(places)]int
	for _, l := range lines {
		count[l.place]++
		if l.place == keyPlace && !isKey(trimSpace(l.value)) {
			return badKey(l.value)
		}
	}
	for _, place := range [...]int{hostPlace, keyPlace} {
		if count[place] > 1 {
			return &SyntaxError{"field " + places[place].name, "one value", fmt.Sprint(count[place])}
		}
	}
	return nil
}

func badKey(key string) error {
	return &SyntaxError{"field Sec-WebSocket-Key", "16 bytes in base64", quote(key)}
}

// sortLines sorts the lines by place and name. Lines of one name keep their order.
func sortLines(lines []line) {
	for i, l := range lines {
		if places[l.place].moves {
			lines[i].place = customPlace
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int {
		return cmp.Or(cmp.Compare(a.place, b.place), strings.Compare(a.name, b.name))
	})
}

// withUpgrade adds the token Upgrade to a value of Connection, unless it has it.
func withUpgrade(value string) string {
	if value = trimSpace(value); value == "" {
		return "Upgrade"
	}
	if hasElement([]string{value}, "Upgrade") {
		return value
	}
	return value + ", Upgrade"
}

// hostValue returns the value of Host for a request whose header has none.
func hostValue(u *url.URL, host string) (string, error) {
	if host != "" {
		return host, checkField("Host", host)
	}
	host = strings.TrimSuffix(u.Host, ":"+defaultPort(u.Scheme))
	host = strings.TrimSuffix(host, ":")
	if address, rest, ok := strings.Cut(host, "%"); ok && host[0] == '[' { // a zone has a meaning only on this machine
		_, port, _ := strings.Cut(rest, "]")
		host = address + "]" + port
	}
	if host == "" || span(host, isHostByte) < len(host) {
		return "", &SyntaxError{"host of the URL", "a name in ASCII form or an address", quote(host)}
	}
	return host, nil
}

func isHostByte(c byte) bool {
	return isVisible(c) && c != '/' && c != '?' && c != '#' && c != '@' && c != '\\'
}

// SameHost reports whether a and b have the same scheme, host and port. Hosts are
// compared ignoring case. A missing port is the default port of the scheme.
func SameHost(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) &&
		cmp.Or(a.Port(), defaultPort(a.Scheme)) == cmp.Or(b.Port(), defaultPort(b.Scheme))
}

func defaultPort(scheme string) string {
	switch scheme {
	case "ws", "http":
		return "80"
	case "wss", "https":
		return "443"
	}
	return ""
}
