package curlew

import (
	"errors"
	"fmt"
	"io"

	"github.com/curlew-ws/curlew/internal/deflate"
	"github.com/curlew-ws/curlew/internal/handshake"
	"github.com/curlew-ws/curlew/internal/protocol"
)

// An inflater turns the frames of a compressed message into chunks of one
// frame of inflated bytes, whose length is known at its end only.
//
//	in --take--> Payload (unmasked) --Feed--> z --Next--> view --> user
//
// What was fed stays where it is in the receive buffer until z asks for more,
// and before that nothing is received. A nil inflater is that of a connection
// without compression.
type inflater struct {
	z      *deflate.Inflater
	open   bool  // within a compressed message whose end was not handed on
	hungry bool  // z needs more before it can go on
	flags  Flags // of the message
	text   protocol.Validator
	check  bool

	view   []byte // inflated, not handed on
	end    bool   // the message ends behind view
	offset int64  // in the message, of view
}

func newInflater(d *handshake.Deflate, server bool) *inflater {
	if server {
		return &inflater{z: deflate.NewInflater(d.ClientBits, !d.ClientNoTakeover)}
	}
	return &inflater{z: deflate.NewInflater(d.ServerBits, !d.ServerNoTakeover)}
}

// inside reports whether a message's end was not handed on yet.
func (i *inflater) inside() bool { return i != nil && i.open }

// ready reports whether a chunk of inflated bytes can be handed on.
func (i *inflater) ready() bool { return i.inside() && (len(i.view) > 0 || i.end) }

// rest gives back what is not needed between messages, once the user is done
// with the last view.
func (i *inflater) rest() {
	if i != nil && !i.open {
		i.z.Release()
	}
}

// detach leaves the memory of the last view to others.
func (i *inflater) detach() {
	if i != nil {
		i.z.Detach()
	}
}

// feed takes what is unread of the open frame of a compressed message.
func (r *receiver) feed() error {
	i := r.inflate
	if !i.open {
		f := r.dec.Flags()
		i.open, i.offset, i.text = true, 0, protocol.Validator{}
		i.flags = Flags(f) &^ Cont
		i.check = f&protocol.Text != 0 && !r.dec.NoUTF8
	}
	if limit := r.longest(); r.gathers && limit > 0 && r.dec.Exceeds(limit) {
		return r.limitMessage(limit)
	}
	p := r.in.take(r.available())
	if _, err := r.dec.Payload(p, p); err != nil {
		return r.fail(err)
	}
	i.z.Feed(p, r.dec.Message() == 0)
	i.hungry = false
	return nil
}

// inflateMore makes the next chunk of what was fed, if it is good for one.
func (r *receiver) inflateMore() error {
	i := r.inflate
	view, err := i.z.Next()
	var corrupt *deflate.Error
	switch {
	case errors.As(err, &corrupt):
		return r.fail(r.dec.Fail(CloseInvalidData, fmt.Errorf("expected what permessage-deflate wrote: %w", err)))
	case err == io.EOF:
		i.end = true
	case err == deflate.ErrMore:
		i.hungry = true
	}
	if limit := r.dec.Limits.Message; limit > 0 && int64(len(view)) > limit-i.offset {
		return r.limitMessage(limit)
	}
	if i.check {
		if good := i.text.Feed(view); good < len(view) || i.end && !i.text.Complete() {
			return r.fail(r.dec.Fail(CloseInvalidData, errors.New("expected a compressed text message in UTF-8, got one that is not")))
		}
	}
	i.view = view
	return nil
}

// peek says what is ready without taking it.
func (i *inflater) peek() Meta {
	m := Meta{Flags: i.flags | Cont, Offset: i.offset, BytesLeft: -1}
	if i.end {
		m.Flags, m.BytesLeft = i.flags, int64(len(i.view))
	}
	return m
}

// take hands on at most n of the bytes that are ready.
func (r *receiver) takeInflated(n int) ([]byte, Meta) {
	i := r.inflate
	n = min(n, len(i.view))
	p := i.view[:n:n]
	i.view = i.view[n:]
	m := i.peek()
	m.Len = len(p)
	if i.end && len(i.view) > 0 {
		m.Flags, m.BytesLeft = i.flags|Cont, -1
	}
	i.offset += int64(len(p))
	if i.end && len(i.view) == 0 {
		i.open, i.end = false, false
	}
	if r.out.trace != nil && r.out.trace.Chunk != nil {
		r.out.trace.Chunk(false, p, m)
	}
	return p, m
}
