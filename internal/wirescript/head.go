package wirescript

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/curlew-ws/curlew/internal/handshake"
)

// A head is what a script changes in the head that its side sends.
type head struct {
	target  string
	status  int // 0 means 101
	reason  string
	body    []byte
	exactly [][]byte // in place of the whole head; nil stands for the correct Sec-WebSocket-Accept
	fields  []field
}

// A field is a field of a head.
type field struct {
	name, value string
	given       bool // it has a value; otherwise there is no such field
}

func (h *head) set(f field) { h.fields = append(h.fields, f) }

// append appends the head that begins with first and has the usual fields,
// as changed by the script.
func (h *head) append(b []byte, first string, usual []field) []byte {
	b = append(b, first+"\r\n"...)
	for _, f := range usual {
		changed := slices.ContainsFunc(h.fields, func(own field) bool { return strings.EqualFold(own.name, f.name) })
		if !changed {
			b = append(b, f.name+": "+f.value+"\r\n"...)
		}
	}
	for _, f := range h.fields {
		if f.given {
			b = append(b, f.name+": "+f.value+"\r\n"...)
		}
	}
	return append(append(b, "\r\n"...), h.body...)
}

// edit changes the head, which must not have been sent yet.
func (p *player) edit(change func()) error {
	if p.opened || p.resp != nil {
		return errors.New("expected this before the opening handshake is made")
	}
	change()
	return nil
}

// open makes the opening handshake, unless it has been made.
func (p *player) open() error {
	switch {
	case p.opened:
		return nil
	case p.server:
		return p.answer()
	}
	if err := p.ask(); err != nil {
		return err
	}
	p.opened = true
	if p.head.exactly != nil {
		return nil // the author of the request checks the answer
	}
	return handshake.CheckUpgrade(p.resp, p.key)
}

// answer makes the server's side of the handshake. Its bytes are written by flush.
func (p *player) answer() error {
	if err := p.receiveRequest(); err != nil {
		return err
	}
	p.opened = true
	h := &p.head
	p.key = p.req.Header.Get("Sec-WebSocket-Key")
	accept := handshake.AcceptKey(p.key)
	switch {
	case h.exactly != nil:
		p.exactly(accept)
	case h.status != 0 && h.status != http.StatusSwitchingProtocols:
		p.out = h.append(p.out, h.first(http.StatusText(h.status)), nil)
	default:
		if _, _, err := handshake.CheckRequest(p.req); err != nil {
			return err
		}
		h.status = http.StatusSwitchingProtocols
		p.out = h.append(p.out, h.first("Switching Protocols"), []field{
			{"Upgrade", "websocket", true}, {"Connection", "Upgrade", true}, {"Sec-WebSocket-Accept", accept, true},
		})
	}
	return nil
}

// first returns a response's status line.
func (h *head) first(reason string) string {
	if h.reason != "" {
		reason = h.reason
	}
	return fmt.Sprintf("HTTP/1.1 %03d %s", h.status, reason)
}

// exactly collects a head that the script gives in full.
func (p *player) exactly(accept string) {
	for _, piece := range p.head.exactly {
		if piece == nil {
			piece = []byte(accept)
		}
		p.out = append(p.out, piece...)
	}
}

// receiveRequest receives the client's request, unless it has been received.
func (p *player) receiveRequest() (err error) {
	if p.req != nil || p.opened {
		return nil
	}
	var parser handshake.RequestParser
	if limit := p.script.HeadTime; limit > 0 {
		timer := time.AfterFunc(limit, func() { p.conn.SetReadDeadline(past) })
		defer timer.Stop()
	}
	err = p.receiveHead("request", func() (n int, err error) {
		p.req, n, err = parser.Parse(p.in)
		return n, err
	})
	if admit := p.script.Admit; err == nil && admit != nil {
		if err = admit(p.req); err != nil {
			p.out = append(p.out, "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"...)
			err = errors.Join(err, p.flush())
		}
	}
	return err
}

// receiveHead receives a head, which parse finds in the bytes received.
func (p *player) receiveHead(what string, parse func() (int, error)) error {
	for {
		n, err := parse()
		if err != nil {
			return err
		}
		if n > 0 {
			p.take(n)
			return nil
		}
		if err := p.fill(len(p.in) + 1); err != nil {
			return fmt.Errorf("expected a %s, %w", what, err)
		}
	}
}

// ask sends the client's request and receives the response's head.
func (p *player) ask() error {
	if p.resp != nil || p.opened {
		return nil
	}
	var random [16]byte
	rand.Read(random[:]) // it never fails
	p.key = handshake.NewKey(random)
	h := &p.head
	for _, f := range h.fields {
		if strings.EqualFold(f.name, "Sec-WebSocket-Key") {
			p.key = f.value
		}
	}
	if h.exactly != nil {
		p.exactly("")
	} else {
		if h.target == "" {
			h.target = "/"
		}
		p.out = h.append(p.out, "GET "+h.target+" HTTP/1.1", []field{
			{"Host", "localhost", true}, {"Upgrade", "websocket", true}, {"Connection", "Upgrade", true},
			{"Sec-WebSocket-Version", "13", true}, {"Sec-WebSocket-Key", p.key, true},
		})
	}
	if err := p.flush(); err != nil {
		return err
	}
	var parser handshake.ResponseParser
	return p.receiveHead("response", func() (n int, err error) {
		p.resp, n, err = parser.Parse(p.in)
		return n, err
	})
}

func (p *player) expectTarget(want string) error {
	if err := p.receiveRequest(); err != nil {
		return err
	}
	if p.req == nil || p.req.RequestURI != want {
		return fmt.Errorf("got %s", p.requestLine())
	}
	return nil
}

func (p *player) requestLine() string {
	if p.req == nil {
		return "no request"
	}
	return fmt.Sprintf("%q", p.req.RequestURI)
}

func (p *player) expectStatus(want int) error {
	if err := p.ask(); err != nil {
		return err
	}
	p.opened = true
	if p.resp == nil || p.resp.StatusCode != want {
		return fmt.Errorf("got %s", p.statusLine())
	}
	return nil
}

func (p *player) statusLine() string {
	if p.resp == nil {
		return "no response"
	}
	return p.resp.Status
}

// expectField checks a field of the other side's head.
func (p *player) expectField(f field) error {
	receive := p.ask
	if p.server {
		receive = p.receiveRequest
	}
	if err := receive(); err != nil {
		return err
	}
	var got []string
	switch {
	case p.resp != nil:
		got = p.resp.Header.Values(f.name)
	case p.req == nil:
		return errors.New("there was no handshake")
	case strings.EqualFold(f.name, "Host"):
		got = []string{p.req.Host}
	default:
		got = p.req.Header.Values(f.name)
	}
	if f.given && slices.Contains(got, f.value) || !f.given && len(got) == 0 {
		return nil
	}
	return fmt.Errorf("got %q", got)
}
