package main

import (
	"context"
	"io"

	"github.com/curlew-ws/curlew"
)

// A batches sends the messages that one read of the input gives together, in
// few writes: it stands between the input and its reader, and sends what was
// collected before it reads again.
type batches struct {
	s    *session
	r    io.Reader
	in   *input
	read int64         // bytes of r
	open *curlew.Batch // nil: nothing is collected
	err  error         // of flush
}

// Read implements io.Reader.
func (b *batches) Read(p []byte) (int, error) {
	if err := b.flush(); err != nil {
		b.err = err
		return 0, err
	}
	b.s.unsent.Store(b.read > b.in.taken)
	n, err := b.r.Read(p)
	b.read += int64(n)
	b.s.unsent.Store(b.read > b.in.taken)
	return n, err
}

func (b *batches) flush() error {
	if b.open == nil {
		return nil
	}
	open := b.open
	b.open = nil
	return open.Flush()
}

// send collects the message of in.
func (b *batches) send(ctx context.Context, in *input) error {
	f, p := in.flags, in.message
	if b.s.up.rate > 0 || b.s.c.lockstep || b.s.c.client.FragmentSize > 0 {
		return b.s.sendMessage(ctx, f, p, in.where())
	}
	if b.s.c.isNoText(f, p) {
		return noText(in.where(), p)
	}
	b.s.wait.sending()
	if c := b.s.c.client.Compression; c != nil && len(p) >= c.MinSize {
		f |= curlew.Compressed
	}
	if b.open == nil {
		b.open = b.s.conn.Cork()
	}
	return b.open.Send(f, p)
}
