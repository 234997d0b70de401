package handshake

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// A ResponseParser parses the head of the response to an opening handshake as its bytes arrive. The zero value is ready; one
// parser is good for one response.
type ResponseParser struct {
	head headParser
	text string
}

// Text is the head of the response that was parsed, the names of its fields made canonical. It is the memory that the response's own
// strings are parts of.
func (p *ResponseParser) Text() string { return p.text }

// Parse takes all bytes received so far, in every call the same bytes and more; it may be called with each byte that arrives, the
// whole cost stays linear. It returns a nil response and a nil error while it needs more. Then it returns the final response and
// the number of bytes up to the end of its head, with the interim responses (1xx other than 101) that came before and are skipped.
// b is not kept. After an error the parser is of no more use.
//
// In the response every field is there as it came, Body is http.NoBody, and ContentLength, TransferEncoding and Close tell how to
// read a body that follows: to the end of the stream if ContentLength is -1 and TransferEncoding is nil.
//
// What is not the beginning of an HTTP/1 response gives a *SyntaxError as soon as the bytes show it, a head of more than 300 KiB or
// 5,000 lines a *LimitError. Lines may end in LF alone.
func (p *ResponseParser) Parse(b []byte) (resp *http.Response, n int, err error) {
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
	resp, err = newResponse(first, h)
	if err != nil {
		return nil, 0, err
	}
	return resp, p.head.next, nil
}

// checkStatusLine checks a status line or the beginning of one. The reason and the space before it may be missing.
func checkStatusLine(line []byte, whole bool) error {
	const form = "HTTP/1.0 100" // a digit stands for itself and all above it
	const fixed = len("HTTP/1.")
	ok := len(line) >= len(form) || !whole
	for i := range min(len(line), len(form)) {
		c := line[i]
		ok = ok && (c == form[i] || i >= fixed && form[i] != ' ' && form[i] < c && c <= '9')
	}
	if ok && whole {
		reason := line[len(form):]
		ok = (len(reason) == 0 || reason[0] == ' ') && span(reason, isValueByte) == len(reason)
	}
	if !ok {
		return &SyntaxError{"start of the response", `a line "HTTP/1.1", status code, reason`, quote(line)}
	}
	return nil
}

// newResponse makes a response of a checked status line and its fields.
func newResponse(first string, h http.Header) (*http.Response, error) {
	status := first[len("HTTP/1.1 "):]
	code, _ := strconv.Atoi(status[:3])
	resp := &http.Response{
		Proto: first[:len("HTTP/1.1")], ProtoMajor: 1, ProtoMinor: int(first[len("HTTP/1.")] - '0'),
		Status: status, StatusCode: code, Header: h, Body: http.NoBody,
	}
	length, chunked, err := bodyLength(h, resp.ProtoMinor)
	if err != nil {
		return nil, err
	}
	if code >= 200 && code != http.StatusNoContent && code != http.StatusNotModified {
		resp.ContentLength = length
	}
	if chunked {
		resp.TransferEncoding = []string{"chunked"}
	}
	resp.Close = closes(h, resp.ProtoMinor) || resp.ContentLength < 0 && !chunked
	return resp, nil
}

// CheckUpgrade checks that a response opens the WebSocket that was asked for with key (RFC 6455 section 4.1): status 101 over HTTP/1.1,
// Upgrade, Connection and Sec-WebSocket-Accept. Otherwise it returns an *UpgradeError. It does not look at subprotocols and extensions.
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

// CheckSubprotocol returns the subprotocol that the server chose, "" if it chose none. One that is not among those offered, compared
// byte by byte, gives an *UpgradeError (RFC 6455 section 4.1).
func CheckSubprotocol(h http.Header, offered []string) (string, error) {
	values := h[protocolField]
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 || !slices.Contains(offered, values[0]) {
		want := "one of the " + strconv.Itoa(len(offered)) + " subprotocols offered"
		if len(offered) == 0 {
			want = "no such field, no subprotocol having been offered"
		}
		return "", &UpgradeError{"field Sec-WebSocket-Protocol", want, quoteAll(values)}
	}
	return values[0], nil
}

// ValidSubprotocols checks names to be offered: tokens, each once (RFC 6455 section 4.1). The *SyntaxError tells which one is at
// fault by number and does not show it, since some servers take a secret there.
func ValidSubprotocols(names []string) error {
	seen := map[string]bool{} // a hostile client offers hundreds of thousands
	for i, name := range names {
		where := "subprotocol " + strconv.Itoa(i+1)
		if !isToken(name) {
			return &SyntaxError{where, "a token", "another character or nothing"}
		}
		if seen[name] {
			return &SyntaxError{where, "a name of its own", "one that came before"}
		}
		seen[name] = true
	}
	return nil
}
