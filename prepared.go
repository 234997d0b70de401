package curlew

import (
	"context"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/curlew-ws/curlew/internal/deflate"
)

// A Prepared is one message for many connections, made by [Prepare] and sent
// by [Conn.SendPrepared]: what can be done once for all of them is done once.
// It does not change, and any number of goroutines may send it.
type Prepared struct {
	flags    Flags
	message  []byte
	mu       sync.Mutex
	deflated map[deflateParams][]byte
}

// deflateParams are what the bytes of a message that is deflated by itself
// depend on.
type deflateParams struct{ level, bits int }

// Prepare makes a message for [Conn.SendPrepared] of a copy of p. f is Text or
// Binary, with Compressed to deflate it below Compression.MinSize too; else it
// returns an ErrUsage. So does Text that is not UTF-8: every peer that it is sent
// to would end its session.
func Prepare(f Flags, p []byte) (*Prepared, error) {
	t := f &^ Compressed
	if t != Text && t != Binary {
		return nil, usage("a message is Text or Binary, got flags %#x", uint32(f))
	}
	if t == Text && !utf8.Valid(p) {
		return nil, usage("expected a text message in UTF-8; send other bytes as Binary")
	}
	return &Prepared{flags: f, message: slices.Clone(p), deflated: map[deflateParams][]byte{}}, nil
}

// SendPrepared sends m as one message of one frame, and waits, blocks and fails
// as [Conn.WriteMessage] does with a context that never ends. The connection
// decides what goes out:
//
//   - Without compression, or shorter than Compression.MinSize, or if
//     compression does not make it shorter: the message.
//   - Where our direction has no context takeover: the message deflated by
//     itself, once for each Level and window that connections have, by the
//     first that sends it while others wait. m keeps the result.
//   - With context takeover it is deflated anew, as WriteMessage does: the
//     bytes depend on what the connection sent before. A server that sends the
//     same to many sets ServerNoTakeover.
//
// A server then adds a header of 2 to 10 bytes and copies; a client also masks,
// with a new key, RFC 6455 section 5.3. But for deflating nothing is allocated.
// Any goroutine may call it, at the same time for the same m.
func (c *Conn) SendPrepared(m *Prepared) error {
	if c.raw {
		return usage("raw mode has no messages")
	}
	return c.out.sendPrepared(m)
}

func (s *sender) sendPrepared(m *Prepared) error {
	d, ctx, f := s.deflate, context.Background(), m.flags
	if d.wants(len(m.message)) {
		f |= Compressed
	}
	if d == nil || d.takeover || f&Compressed == 0 {
		return s.send(ctx, f, m.message, byMessage)
	}
	if err := d.fits(m.message, byMessage); err != nil {
		return err
	}
	p, shorter := m.deflate(d.params)
	if !shorter {
		return s.send(ctx, f&^Compressed, m.message, byMessage)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.enter(ctx, f, int64(len(p)), byMessage); err != nil {
		return err
	}
	d.trace(s.trace, m.flags, m.message, true)
	return s.whole(ctx, f, p, len(m.message), byMessage, false)
}

// deflate returns the message deflated by itself, if that is shorter.
func (m *Prepared) deflate(by deflateParams) (p []byte, shorter bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.deflated[by]
	if !ok {
		p, _ = deflate.NewDeflater(by.level, by.bits, false).AppendShorter(nil, m.message)
		p = slices.Clip(p)
		m.deflated[by] = p
	}
	return p, len(p) > 0
}
