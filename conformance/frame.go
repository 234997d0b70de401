package conformance

import (
	"github.com/curlew-ws/curlew/internal/protocol"
	"github.com/curlew-ws/curlew/internal/wire"
	"github.com/curlew-ws/curlew/internal/wirescript"
)

// grammar lists the names that BYTES and FRAME may use in cases.
var grammar = wirescript.Grammar{
	IsSet:    func(name string) bool { _, ok := sets[name]; return ok },
	Messages: true,
}

// A frame is what a case sends or expects: one frame or, with Cut, a message.
type frame struct{ wirescript.Frame }

// parseFrame parses FRAME.
func parseFrame(words []string, sent bool) (frame, error) {
	f, err := grammar.Frame(words, sent)
	return frame{f}, err
}

// bytes returns the payload, including a close code.
func (f *frame) bytes(p *player) []byte { return append(f.CodeBytes(), p.bytes(f.Payload)...) }

// bytes returns a payload. Its windows into data sets are those of p's turn.
func (p *player) bytes(all wirescript.Items) []byte {
	return all.Bytes(p.scale, func(set string, n int) []byte { return sets[set]().window(p.turn, n) })
}

// event returns the event that is the peer's echo of f.
func (f *frame) event(payload []byte) event {
	e := event{data: payload}
	switch f.Opcode {
	case wire.OpText:
		e.flags = protocol.Text
	case wire.OpBinary:
		e.flags = protocol.Binary
	case wire.OpPing, wire.OpPong:
		e.flags = protocol.Pong
	}
	return e
}
