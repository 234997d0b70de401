package conformance

import (
	"bufio"
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/curlew-ws/curlew/internal/handshake"
)

// The names of RFC 7692.
const (
	extension        = "permessage-deflate"
	serverNoTakeover = "server_no_context_takeover"
	clientNoTakeover = "client_no_context_takeover"
	serverBits       = "server_max_window_bits"
	clientBits       = "client_max_window_bits"
)

// errUnsupported reports that the peer did not agree to permessage-deflate.
var errUnsupported = errors.New("the peer did not agree to permessage-deflate")

// openClient makes the client's side of the opening handshake.
func (p *player) openClient(u *url.URL, in *bufio.Reader) error {
	var random [16]byte
	rand.Read(random[:]) // it never fails
	key := handshake.NewKey(random)
	head := "GET " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host + "\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + "\r\n"
	if p.o.Subprotocol != "" {
		head += "Sec-WebSocket-Protocol: " + p.o.Subprotocol + "\r\n"
	}
	if p.c.offers != nil {
		head += "Sec-WebSocket-Extensions: " + offer(p.c.offers) + "\r\n"
	}
	if _, err := p.conn.Write([]byte(head + "\r\n")); err != nil {
		return fmt.Errorf("opening handshake: %w", err)
	}
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		return fmt.Errorf("opening handshake: expected a response: %w", err)
	}
	if err := handshake.CheckUpgrade(resp, key); err != nil {
		return fmt.Errorf("opening handshake: %w", err)
	}
	if p.compressor, p.lax, err = agree(resp.Header, p.c.offers); err != nil {
		return fmt.Errorf("opening handshake: %w", err)
	}
	return nil
}

// openServer makes the server's side of the opening handshake; r is the request.
func (p *player) openServer(r *http.Request) error {
	key, status, err := handshake.CheckRequest(r)
	if err != nil {
		fmt.Fprintf(p.conn, "HTTP/1.1 %d %s\r\nContent-Length: 0\r\n\r\n", status, http.StatusText(status))
		return fmt.Errorf("opening handshake: %w", err)
	}
	head := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + handshake.AcceptKey(key) + "\r\n"
	if p.c.offers != nil {
		if p.compressor, err = accept(r.Header, p.c.offers); err != nil {
			return fmt.Errorf("opening handshake: %w", err)
		}
		head += "Sec-WebSocket-Extensions: " + p.compressor.answer() + "\r\n"
	}
	if _, err := p.conn.Write([]byte(head + "\r\n")); err != nil {
		return fmt.Errorf("opening handshake: %w", err)
	}
	return nil
}

// offer returns the value of Sec-WebSocket-Extensions that offers all of rules.
func offer(rules []parameters) string {
	var all []string
	for _, r := range rules {
		o := extension
		if r.hint {
			o += "; " + clientNoTakeover
		}
		o += "; " + clientBits
		if r.own > 0 {
			o += "=" + strconv.Itoa(r.own)
		}
		all = append(all, o+r.format(serverNoTakeover, serverBits))
	}
	return strings.Join(all, ", ")
}

// answer returns the value of Sec-WebSocket-Extensions with which a server agrees.
func (c *compressor) answer() string {
	return extension + c.own.format(serverNoTakeover, serverBits) + c.peer.format(clientNoTakeover, clientBits)
}

// format formats d with the given parameter names.
func (d parameters) format(noTakeover, bits string) (s string) {
	if d.noTakeover {
		s = "; " + noTakeover
	}
	if d.bits > 0 {
		s += "; " + bits + "=" + strconv.Itoa(d.bits)
	}
	return s
}

// agree reads a server's answer to the offer of rules. If the answer does not
// grant what every rule asks for, lax says what is missing.
func agree(h http.Header, rules []parameters) (c *compressor, lax string, err error) {
	answer, err := handshake.ParseExtensions(h)
	switch {
	case err != nil:
		return nil, "", err
	case len(answer) == 0 && rules == nil:
		return nil, "", nil
	case len(answer) == 0:
		return nil, "", errUnsupported
	case len(answer) > 1 || rules == nil || answer[0].Name != extension:
		return nil, "", fmt.Errorf("expected no extension that was not offered, got %q", h["Sec-Websocket-Extensions"])
	}
	got, err := readParameters(answer[0], true)
	if err != nil {
		return nil, "", err
	}
	c = &compressor{own: got.direction(clientNoTakeover, clientBits), peer: got.direction(serverNoTakeover, serverBits)}
	c.own.noTakeover = c.own.noTakeover || rules[0].hint // a hint is a promise, RFC 7692 7.1.1.2
	if own := rules[0].own; own > 0 && (c.own.bits == 0 || c.own.bits > own) {
		return nil, "", errUnsupported // it ignored the hint
	}
	for _, r := range rules {
		if (c.peer.noTakeover || !r.noTakeover) && (r.bits == 0 || c.peer.bits > 0 && c.peer.bits <= r.bits) {
			return c, "", nil
		}
	}
	return c, fmt.Sprintf("the answer %q does not grant what was offered, %q", h["Sec-Websocket-Extensions"], offer(rules)), nil
}

// accept accepts the first of a client's offers to which one of rules applies. It
// tries the rules in order.
func accept(h http.Header, rules []parameters) (*compressor, error) {
	offers, err := handshake.ParseExtensions(h)
	if err != nil {
		return nil, err
	}
	for _, rule := range rules {
		for _, o := range offers {
			if o.Name != extension {
				continue
			}
			got, err := readParameters(o, false)
			if err != nil {
				return nil, err
			}
			most, limitable := got[clientBits]
			if rule.bits > 0 && !limitable {
				continue
			}
			if most > 0 {
				rule.bits = min(rule.bits, most)
			}
			own := got.direction(serverNoTakeover, serverBits)
			if rule.own > 0 { // it needs no consent, RFC 7692 7.1.2.1
				own.bits = min(rule.own, cmp.Or(own.bits, rule.own))
			}
			return &compressor{own: own, peer: rule}, nil
		}
	}
	return nil, errUnsupported
}

// given are the parameters of an offer or an answer, with their bits, or 0.
type given map[string]int

// readParameters checks the parameters of an extension, RFC 7692 section 7.1.
func readParameters(e handshake.Extension, answer bool) (given, error) {
	got := given{}
	for _, p := range e.Params {
		bits, err := strconv.Atoi(p.Value)
		ok := false
		switch p.Name {
		case serverNoTakeover, clientNoTakeover:
			ok = p.Value == ""
		case clientBits:
			ok = p.Value == "" && !answer || err == nil && bits >= 8 && bits <= 15
		case serverBits:
			ok = err == nil && bits >= 8 && bits <= 15
		}
		if _, twice := got[p.Name]; twice || !ok {
			return nil, fmt.Errorf("expected the parameters of permessage-deflate, got %q", p)
		}
		got[p.Name] = bits
	}
	return got, nil
}

func (g given) direction(noTakeover, bits string) parameters {
	_, without := g[noTakeover]
	return parameters{noTakeover: without, bits: g[bits]}
}
