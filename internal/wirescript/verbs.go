package wirescript

import (
	"errors"
	"fmt"
	"strconv"
)

// verbs are the statements of wire scripts except connection, repeat and end.
var verbs = map[string]verb{
	"send":      parseSend,
	"expect":    parseExpect,
	"handshake": parseHandshake,
	"role":      parseRole,
	"header":    parseHeader,
	"status":    parseStatus,
	"target":    parseTarget,
	"body":      parseBody,
	"head":      parseHead,
	"split":     parseSplit,
	"wait":      parseWait,
	"flush":     plain((*player).flush),
	"echo":      plain((*player).echo),
	"stall":     plain((*player).stall),
	"drop":      plain((*player).drop),
	"reset":     plain((*player).reset),
	"halfclose": plain((*player).halfClose),
}

// plain makes a verb of a function that needs no words.
func plain(do func(*player) error) verb {
	return func(_ *scriptParser, words []string) (func(*player) error, error) { return do, None(words) }
}

func parseSend(p *scriptParser, words []string) (func(*player) error, error) {
	if len(words) > 0 && words[0] == "raw" {
		b, err := p.bytes(words[1:])
		return func(p *player) error { return p.send(b) }, err
	}
	f, err := p.grammar.Frame(words, true)
	return func(p *player) error { return p.sendFrame(f) }, err
}

func parseExpect(p *scriptParser, words []string) (func(*player) error, error) {
	if len(words) == 0 {
		return nil, errors.New("expected what the script should receive")
	}
	rest := words[1:]
	switch words[0] {
	case "raw":
		b, err := p.bytes(rest)
		return func(p *player) error { return p.expectRaw(b) }, err
	case "eof":
		return (*player).expectEOF, None(rest)
	case "message":
		f, err := p.grammar.Frame(rest, false)
		return func(p *player) error { return p.expectMessage(f) }, err
	case "request":
		p.only(true)
		return (*player).receiveRequest, None(rest)
	case "target":
		p.only(true)
		target, err := p.text(rest)
		return func(p *player) error { return p.expectTarget(target) }, err
	case "status":
		p.only(false)
		n, err := Number(rest)
		return func(p *player) error { return p.expectStatus(n) }, err
	case "header":
		f, err := p.field(rest)
		return func(p *player) error { return p.expectField(f) }, err
	}
	f, err := p.grammar.Frame(words, false)
	return func(p *player) error { return p.expectFrame(f) }, err
}

func parseHandshake(_ *scriptParser, words []string) (func(*player) error, error) {
	if len(words) == 1 && words[0] == "none" {
		return func(p *player) error { return p.edit(func() { p.opened = true }) }, nil
	}
	return (*player).open, None(words)
}

func parseRole(p *scriptParser, words []string) (func(*player) error, error) {
	if len(words) != 1 || words[0] != "server" && words[0] != "client" {
		return nil, errors.New("expected server or client")
	}
	p.only(words[0] == "server")
	return func(*player) error { return nil }, nil
}

func parseHeader(p *scriptParser, words []string) (func(*player) error, error) {
	f, err := p.field(words)
	return func(p *player) error { return p.edit(func() { p.head.set(f) }) }, err
}

func parseStatus(p *scriptParser, words []string) (func(*player) error, error) {
	p.only(true)
	reason := ""
	n, err := Number(words[:min(len(words), 1)])
	if err == nil && len(words) > 1 {
		reason, err = p.text(words[1:])
	}
	return func(p *player) error { return p.edit(func() { p.head.status, p.head.reason = n, reason }) }, err
}

func parseTarget(p *scriptParser, words []string) (func(*player) error, error) {
	p.only(false)
	target, err := p.text(words)
	return func(p *player) error { return p.edit(func() { p.head.target = target }) }, err
}

func parseBody(p *scriptParser, words []string) (func(*player) error, error) {
	p.only(true)
	b, err := p.bytes(words)
	return func(p *player) error {
		return p.edit(func() {
			p.head.body = b
			p.head.set(field{"Content-Length", strconv.Itoa(len(b)), true})
		})
	}, err
}

func parseHead(p *scriptParser, words []string) (func(*player) error, error) {
	var pieces [][]byte
	for _, w := range words {
		if w == "accept" {
			p.only(true)
			pieces = append(pieces, nil)
			continue
		}
		b, err := p.bytes([]string{w})
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, b)
	}
	return func(p *player) error {
		return p.edit(func() { p.head.exactly = append(p.head.exactly, pieces...) })
	}, nil
}

func parseSplit(_ *scriptParser, words []string) (func(*player) error, error) {
	n, err := Number(words)
	return func(p *player) error {
		err := p.flush()
		p.split = n
		return err
	}, err
}

func parseWait(_ *scriptParser, words []string) (func(*player) error, error) {
	d, err := duration(words)
	return func(p *player) error { return p.wait(d) }, err
}

// field parses the name of a header field, and its value if there is one.
func (p *scriptParser) field(words []string) (f field, err error) {
	if len(words) != 1 && len(words) != 2 {
		return f, errors.New("expected a name, and a string or nothing")
	}
	f.name = words[0]
	if f.given = len(words) == 2; f.given {
		f.value, err = p.text(words[1:])
	}
	if err != nil {
		return f, fmt.Errorf("the value: %w", err)
	}
	return f, nil
}
