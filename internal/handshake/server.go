package handshake

import (
	"bytes"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A RequestParser parses the head of a request as its bytes arrive, for servers
// that do not use net/http. The zero value is ready to use. A parser parses one
// request.
type RequestParser struct{ head headParser }

// Parse parses b, all bytes received so far: in every call the same bytes, and
// more. The total cost is linear. While it needs more bytes it returns a nil
// request and a nil error. Then it returns the request and the length of its head.
// b is not kept.
//
// The request is as http.ReadRequest returns it, but Body is http.NoBody.
// ContentLength and TransferEncoding describe a body that follows. Header has
// every field but Host as it was received. Errors are those of
// ResponseParser.Parse.
func (p *RequestParser) Parse(b []byte) (r *http.Request, n int, err error) {
	done, err := p.head.advance(b, checkRequestLine)
	if err != nil || !done {
		return nil, 0, err
	}
	_, first, h := p.head.text(b)
	r, err = newRequest(first, h)
	if err != nil {
		return nil, 0, err
	}
	return r, p.head.next, nil
}

// checkRequestLine checks a request line, or if it is incomplete its first byte.
func checkRequestLine(line []byte, whole bool) error {
	ok := len(line) == 0 && !whole || len(line) > 0 && isTokenByte(line[0])
	if ok && whole {
		method, rest, _ := bytes.Cut(line, []byte(" "))
		target, version, _ := bytes.Cut(rest, []byte(" "))
		minor, is1 := bytes.CutPrefix(version, []byte("HTTP/1."))
		ok = span(method, isTokenByte) == len(method) &&
			len(target) > 0 && span(target, isVisible) == len(target) &&
			is1 && len(minor) == 1 && '0' <= minor[0] && minor[0] <= '9'
	}
	if !ok {
		path, _, _ := bytes.Cut(line, []byte("?")) // a query may hold a secret
		return &SyntaxError{"start of the request", `a line of method, target, "HTTP/1.1"`, quote(path)}
	}
	return nil
}

// newRequest returns the request with a checked request line and its fields.
func newRequest(first string, h http.Header) (*http.Request, error) {
	method, rest, _ := strings.Cut(first, " ")
	target, proto, _ := strings.Cut(rest, " ")
	u, err := parseTarget(method, target)
	if err != nil {
		return nil, err
	}
	minor := int(proto[len(proto)-1] - '0')
	f := framingOf(h, minor)
	if f.odd != nil {
		return nil, f.odd
	}
	hosts := h["Host"]
	if len(hosts) > 1 {
		return nil, &SyntaxError{"field Host", "one value", quoteAll(hosts)}
	}
	delete(h, "Host")
	r := &http.Request{
		Method: method, URL: u, RequestURI: target, Host: u.Host, Header: h, Body: http.NoBody,
		Proto: proto, ProtoMajor: 1, ProtoMinor: minor, Close: closes(h, minor),
	}
	if r.Host == "" && len(hosts) == 1 {
		r.Host = hosts[0]
	}
	if f.length >= 0 || f.codings != nil {
		r.ContentLength = f.length
	}
	r.TransferEncoding = f.codings
	return r, nil
}

// parseTarget parses a request target. The target of CONNECT is a host and a port.
func parseTarget(method, target string) (*url.URL, error) {
	authority := method == http.MethodConnect && target[0] != '/'
	raw := target
	if authority {
		raw = "http://" + target
	}
	u, err := url.ParseRequestURI(raw)
	if err != nil {
		path, _, _ := strings.Cut(target, "?")
		return nil, &SyntaxError{"start of the request", "a path or a URL", quote(path)}
	}
	if authority {
		u.Scheme = ""
	}
	return u, nil
}

// CheckRequest checks a client's opening handshake (RFC 6455 section 4.2.1) and
// returns its key and 101. If it must be refused, CheckRequest returns the status
// for that, and an *UpgradeError or *SyntaxError. RefusalHeader sets the fields
// that belong to the status. Origin and cookies are the task of the caller.
func CheckRequest(r *http.Request) (key string, status int, err error) {
	h := r.Header
	versions, keys := h[versionField], h[keyField]
	bad := func(status int, field, want, got string) (string, int, error) {
		return "", status, &UpgradeError{field, want, got}
	}
	switch {
	case r.Method != http.MethodGet:
		return bad(http.StatusMethodNotAllowed, "method", "GET", quote(r.Method))
	case r.ProtoMajor != 1 || r.ProtoMinor < 1:
		return bad(http.StatusHTTPVersionNotSupported, "version of the request", "HTTP/1.1", quote(r.Proto))
	case r.Host == "":
		return bad(http.StatusBadRequest, "field Host", "a host", "none")
	case r.ContentLength != 0 || len(r.TransferEncoding) > 0:
		return bad(http.StatusBadRequest, "body of the request", "none", "one announced")
	case !hasElement(h["Upgrade"], "websocket"):
		return bad(http.StatusUpgradeRequired, "field Upgrade", `"websocket"`, quoteAll(h["Upgrade"]))
	case !hasElement(h["Connection"], "Upgrade"):
		return bad(http.StatusUpgradeRequired, "field Connection", `"Upgrade"`, quoteAll(h["Connection"]))
	case len(versions) != 1 || versions[0] != "13":
		return bad(http.StatusUpgradeRequired, "field Sec-WebSocket-Version", `"13"`, quoteAll(versions))
	case len(keys) != 1 || !isKey(keys[0]):
		return bad(http.StatusBadRequest, "field Sec-WebSocket-Key", "16 bytes in base64", quoteAll(keys))
	}
	if _, err := ParseExtensions(h); err != nil {
		return "", http.StatusBadRequest, err
	}
	if err := ValidSubprotocols(slices.Collect(firstOf(elements(h[protocolField]), maxElements+1))); err != nil {
		return "", http.StatusBadRequest, err
	}
	return keys[0], http.StatusSwitchingProtocols, nil
}

// RefusalHeader sets the fields of h that a refusal with status must have.
func RefusalHeader(h http.Header, status int) {
	switch status {
	case http.StatusMethodNotAllowed:
		h.Set("Allow", http.MethodGet)
	case http.StatusUpgradeRequired:
		h.Set("Upgrade", "websocket")
		h.Set("Connection", "Upgrade")
		h.Set(versionField, "13")
	}
}

// Subprotocols returns the subprotocols that the Sec-WebSocket-Protocol fields of
// a request offer, in the client's order of preference.
func Subprotocols(h http.Header) []string {
	return slices.Collect(elements(h[protocolField]))
}

// SelectSubprotocol returns the first of supported that the client offers, "" if
// it offers none of them. Names are compared byte by byte.
func SelectSubprotocol(h http.Header, supported []string) string {
	offered := Subprotocols(h)
	for _, name := range supported {
		if slices.Contains(offered, name) {
			return name
		}
	}
	return ""
}

// reserved are the fields that AppendResponse writes, or that a 101 must not have.
var reserved = []string{"Upgrade", "Connection", acceptField, protocolField, extensionsField, "Content-Length", "Transfer-Encoding"}

// AppendResponse appends the head of the response that opens the WebSocket
// requested with key. subprotocol and extensions are the values of their fields,
// which are left out for "". The fields of h follow, sorted by name.
//
// AppendResponse returns a *SyntaxError and dst unchanged if a field cannot be
// sent, or if h has a field that the handshake sets itself.
func AppendResponse(dst []byte, key string, subprotocol, extensions string, h http.Header) ([]byte, error) {
	if subprotocol != "" && !isToken(subprotocol) {
		return dst, &SyntaxError{"subprotocol", "a token", "another character"}
	}
	b := append(dst, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"...)
	b = appendField(b, acceptField, AcceptKey(key))
	if subprotocol != "" {
		b = appendField(b, protocolField, subprotocol)
	}
	if extensions != "" {
		if err := checkField(extensionsField, extensions); err != nil {
			return dst, err
		}
		b = appendField(b, extensionsField, extensions)
	}
	b, err := appendHeader(b, h)
	if err != nil {
		return dst, err
	}
	return append(b, "\r\n"...), nil
}

// appendHeader appends the fields of h, sorted by name.
func appendHeader(b []byte, h http.Header) ([]byte, error) {
	names := make([]string, 0, 16)
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if slices.ContainsFunc(reserved, func(o string) bool { return strings.EqualFold(o, name) }) {
			return nil, &SyntaxError{"header of the response", "no field that the handshake sets", strconv.Quote(name)}
		}
		for _, value := range h[name] {
			if err := checkField(name, value); err != nil {
				return nil, err
			}
			b = appendField(b, name, value)
		}
	}
	return b, nil
}

// ResponseHeader returns the fields of own, and those of set, which a server's
// other code has set for any response. Fields of set that do not belong in a 101
// are left out: those of the handshake or of a body. Bytes that cannot be sent
// become spaces. A field of own replaces the one of set; without values it removes
// it. Of Set-Cookie both are kept.
func ResponseHeader(own, set http.Header) http.Header {
	if len(set) == 0 {
		return own
	}
	h := make(http.Header, len(own)+len(set))
	for name, values := range set {
		if isToken(name) && !slices.Contains(reserved, http.CanonicalHeaderKey(name)) && !slices.Contains(bodyFields, http.CanonicalHeaderKey(name)) {
			for _, value := range values {
				h[name] = append(h[name], sendable(value))
			}
		}
	}
	for name, values := range own {
		if canonical := http.CanonicalHeaderKey(name); canonical != "Set-Cookie" || len(values) == 0 {
			maps.DeleteFunc(h, func(other string, _ []string) bool { return http.CanonicalHeaderKey(other) == canonical })
		}
	}
	for name, values := range own {
		h[name] = append(h[name], values...)
	}
	return h
}

// bodyFields are fields that describe a body.
var bodyFields = []string{"Content-Encoding", "Content-Type", "Trailer"}

// sendable replaces bytes that no value may have by spaces, as net/http does for
// newlines.
func sendable(value string) string {
	b := []byte(value)
	for i, c := range b {
		if !isValueByte(c) {
			b[i] = ' '
		}
	}
	return trimSpace(string(b))
}
