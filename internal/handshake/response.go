package handshake

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// A ResponseParser parses the head of the response to an opening handshake as its
// bytes arrive. The zero value is ready to use. A parser parses one response.
type ResponseParser struct {
	head headParser
	text string
}

// Text returns the head of the response, with canonical field names. The strings
// of the response share its memory.
func (p *ResponseParser) Text() string { return p.text }

// Parse parses b, all bytes received so far: in every call the same bytes, and
// more. It may be called for each byte that arrives: the total cost is linear. While
// it needs more bytes it returns a nil response and a nil error. Then it returns
// the final response, and the number of bytes up to the end of its head. These
// include skipped interim responses (1xx other than 101). b is not kept. After an
// error the parser must not be used.
//
// The response has every field as it was received, except that folds are spaces
// (RFC 9112 section 5.2). Body is http.NoBody. A body that follows is read with
// [NewBody], as ContentLength, TransferEncoding and Close say. Close is also set if
// the fields leave in doubt where the body ends, so that no other response is read
// after it.
//
// Parse returns a *SyntaxError as soon as b cannot be the beginning of an HTTP/1
// response, and a *LimitError for a head of more than 300 KiB or 5,000 lines.
// Lines may end in LF alone.
func (p *ResponseParser) Parse(b []byte) (resp *http.Response, n int, err error) {
	p.head.unfold = true
	for {
		done, err := p.head.advance(b, checkStatusLine)
		if err != nil || !done {
			return nil, 0, err
		}
		if code := b[p.head.start+len("HTTP/1.1 "):]; code[0] != '1' || string(code[:3]) == "101" {
			break
		}
		p.head.start = p.head.next
	}
	all, first, h := p.head.text(b)
	p.text = all
	return newResponse(first, h), p.head.next, nil
}

// checkStatusLine checks a status line or the beginning of one. The reason, and
// the space before it, may be missing. The reason is not checked, and may contain
// control characters.
func checkStatusLine(line []byte, whole bool) error {
	const form = "HTTP/1.0 100" // a digit stands for itself and all greater ones
	const fixed = len("HTTP/1.")
	ok := len(line) >= len(form) || !whole
	for i := range min(len(line), len(form)) {
		c := line[i]
		ok = ok && (c == form[i] || i >= fixed && form[i] != ' ' && form[i] < c && c <= '9')
	}
	if ok && whole {
		reason := line[len(form):]
		ok = (len(reason) == 0 || reason[0] == ' ') && bytes.IndexByte(reason, 0) < 0 && bytes.IndexByte(reason, '\r') < 0
	}
	if !ok {
		return &SyntaxError{"start of the response", `a line "HTTP/1.1", status code, reason`, quote(line)}
	}
	return nil
}

// newResponse makes a response of a checked status line and its fields.
func newResponse(first string, h http.Header) *http.Response {
	status := first[len("HTTP/1.1 "):]
	code, _ := strconv.Atoi(status[:3])
	resp := &http.Response{
		Proto: first[:len("HTTP/1.1")], ProtoMajor: 1, ProtoMinor: int(first[len("HTTP/1.")] - '0'),
		Status: status, StatusCode: code, Header: h, Body: http.NoBody,
	}
	resp.Close = closes(h, resp.ProtoMinor)
	if hasBody(code) {
		f := framingOf(h, resp.ProtoMinor)
		resp.ContentLength, resp.TransferEncoding = f.length, f.codings
		resp.Close = resp.Close || f.odd != nil || f.length < 0 && f.codings == nil
	}
	return resp
}

// hasBody reports whether a response to GET with this status may have a body,
// whatever its fields say (RFC 9112 section 6.3, rule 1).
func hasBody(code int) bool {
	return code >= 200 && code != http.StatusNoContent && code != http.StatusNotModified
}

// CheckUpgrade checks that resp opens the WebSocket requested with key (RFC 6455
// section 4.1): status 101 over HTTP/1.1, Upgrade, Connection and
// Sec-WebSocket-Accept. If not, it returns an *UpgradeError. It does not check
// subprotocols and extensions.
func CheckUpgrade(resp *http.Response, key string) error {
	h := resp.Header
	upgrades, accepts, accept := h["Upgrade"], h[acceptField], AcceptKey(key)
	switch {
	case resp.StatusCode != http.StatusSwitchingProtocols:
		return &UpgradeError{"status", "101", quote(resp.Status)}
	case resp.ProtoMajor != 1 || resp.ProtoMinor < 1:
		return &UpgradeError{"version of the response", "HTTP/1.1", quote(resp.Proto)}
	case len(upgrades) != 1 || !strings.EqualFold(upgrades[0], "websocket"):
		return &UpgradeError{"field Upgrade", `"websocket"`, quoteAll(upgrades)}
	case !hasElement(h["Connection"], "Upgrade"):
		return &UpgradeError{"field Connection", `"Upgrade"`, quoteAll(h["Connection"])}
	case len(accepts) != 1 || accepts[0] != accept:
		return &UpgradeError{"field Sec-WebSocket-Accept", quote(accept), quoteAll(accepts)}
	}
	return nil
}

// CheckSubprotocol returns the subprotocol that the server chose, "" if it chose
// none. An empty field chooses none. If it was not offered, CheckSubprotocol
// returns an *UpgradeError (RFC 6455 section 4.1). Names are compared byte by byte.
func CheckSubprotocol(h http.Header, offered []string) (string, error) {
	values := h[protocolField]
	chosen := slices.AppendSeq(make([]string, 0, 2), firstOf(elements(values), 2))
	switch {
	case len(chosen) == 0:
		return "", nil
	case len(chosen) == 1 && slices.Contains(offered, chosen[0]):
		return chosen[0], nil
	}
	want := "one of the " + strconv.Itoa(len(offered)) + " subprotocols offered"
	if len(offered) == 0 {
		want = "no subprotocol, since none was offered"
	}
	return "", &UpgradeError{"field Sec-WebSocket-Protocol", want, quoteAll(values)}
}

// ValidSubprotocols checks names to be offered: at most 100, all of them tokens
// and different (RFC 6455 section 4.1). It returns a *LimitError for too many.
// Otherwise it returns a *SyntaxError that shows the number of the invalid name,
// but not the name, since some servers expect a secret there.
func ValidSubprotocols(names []string) error {
	if len(names) > maxElements {
		return &LimitError{"subprotocols", maxElements}
	}
	for i, name := range names {
		where := "subprotocol " + strconv.Itoa(i+1)
		if !isToken(name) {
			return &SyntaxError{where, "a token", "another character or nothing"}
		}
		if slices.Contains(names[:i], name) {
			return &SyntaxError{where, "a name that was not used before", "a duplicate"}
		}
	}
	return nil
}
