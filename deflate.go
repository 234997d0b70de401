package curlew

import (
	"cmp"
	"context"

	"github.com/curlew-ws/curlew/internal/deflate"
	"github.com/curlew-ws/curlew/internal/handshake"
)

// A deflater compresses messages on their way into the send side. It belongs
// to the sender that holds the frame, so that messages pass it in the order of
// the wire. A nil deflater is that of a connection without compression.
type deflater struct {
	z        *deflate.Deflater
	params   deflateParams
	takeover bool
	minSize  int   // from which messages are compressed unasked
	max      int64 // of a message that is compressed in memory; 0 is no limit
	open     bool  // within a message that is compressed
	sent     Meta  // of the message, for trace
}

func newDeflater(agreed *handshake.Deflate, server bool, o *AcceptOptions) *deflater {
	bits, takeover := agreed.ClientBits, !agreed.ClientNoTakeover
	if server {
		bits, takeover = agreed.ServerBits, !agreed.ServerNoTakeover
	}
	d := &deflater{params: deflateParams{cmp.Or(o.Compression.Level, deflate.DefaultLevel), bits}, takeover: takeover, minSize: o.Compression.MinSize}
	d.z = deflate.NewDeflater(d.params.level, bits, takeover)
	if d.minSize == 0 {
		d.minSize = defaultMinSize
	}
	switch {
	case o.MaxMessage == 0:
		d.max = defaultMaxMessage
	case o.MaxMessage > 0:
		d.max = o.MaxMessage
	}
	return d
}

// wants reports whether a message of n bytes is compressed unasked.
func (d *deflater) wants(n int) bool { return d.begins(n) && (d.max == 0 || int64(n) <= d.max) }

// begins is wants for a message that begins with n bytes and goes out in fragments.
func (d *deflater) begins(n int) bool { return d != nil && n >= d.minSize }

// applies reports whether a frame of flags f is to be compressed.
func (d *deflater) applies(f Flags) bool {
	return d != nil && f&control == 0 && (d.open || f&Compressed != 0)
}

// fits refuses a message that is too long to be compressed in memory. A writer's
// fragments never are.
func (d *deflater) fits(p []byte, who caller) error {
	if who != byWriter && d.max > 0 && int64(len(p)) > d.max {
		return usage("the message cannot be compressed in memory: %v", &LimitError{Name: "MaxMessage", Limit: d.max})
	}
	return nil
}

// compress compresses p, a message or a fragment of one, into buf, holding the
// frame lock, or a batch's, without mu. It returns what is to be sent: a whole
// message that did not get shorter as it is, RFC 7692 section 6.
func (s *sender) compress(buf *buffer, f Flags, p []byte, who caller) (Flags, []byte, error) {
	d := s.deflate
	if err := d.fits(p, who); err != nil {
		return 0, nil, err
	}
	first, last := !d.open, f&Cont == 0
	d.open = !last
	was := s.holder
	if was == nobody {
		s.holder = inSend
	}
	s.mu.Unlock()
	out, ok := d.append(buf.b[:0], p, first, last)
	s.mu.Lock()
	s.holder = was
	switch {
	case s.dead:
		return 0, nil, s.err
	case !ok:
		return f &^ Compressed, p, nil
	}
	d.trace(s.trace, f, p, first)
	return f | Compressed, out, nil
}

// append reports whether p, the next piece of a message, is to be sent deflated.
func (d *deflater) append(dst, p []byte, first, last bool) (out []byte, ok bool) {
	if first && last {
		return d.z.AppendShorter(dst, p)
	}
	return d.z.Append(dst, p, last), true
}

// sendDeflated is send for a frame that is to be compressed.
func (s *sender) sendDeflated(ctx context.Context, f Flags, p []byte, who caller, ours bool) error {
	buf := borrow(s.size)
	defer giveBack(buf)
	f, out, err := s.compress(buf, f, p, who)
	if err != nil || len(out) == 0 && f&Cont != 0 && s.enc.Message() {
		s.leave()
		return err
	}
	for n := s.frame(len(out)); who == byWriter && n < len(out); out = out[n:] { // a frame more for what did not get shorter
		if err := s.whole(ctx, f|Cont, out[:n], 0, who, false); err != nil {
			return err
		}
		if err := s.enter(ctx, f, int64(len(out)-n), who); err != nil {
			return err
		}
	}
	return s.whole(ctx, f, out, len(p), who, ours && f&Compressed == 0)
}

// trace shows what was compressed, as the peer will see it: one frame.
func (d *deflater) trace(t *Trace, f Flags, p []byte, first bool) {
	if t == nil || t.Chunk == nil {
		return
	}
	if first {
		d.sent = Meta{}
	}
	d.sent.Offset += int64(d.sent.Len)
	d.sent.Len, d.sent.BytesLeft = len(p), -1
	if d.sent.Flags = f | Compressed; f&Cont == 0 {
		d.sent.BytesLeft = 0
	}
	t.Chunk(true, p, d.sent)
}
