package curlew

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"time"

	"github.com/curlew-ws/curlew/internal/wire"
)

// A Handler is the user's code in the callback model. It runs on the goroutine
// that called Perform, never two functions at once. While one runs nothing is
// received, so a callback that sends much to a peer that sends much can block
// both for ever: bulk goes through Upload or another goroutine. Any function
// may be nil.
//
// Returning [ErrPause] pauses that direction until [Conn.Resume]; returning
// [ErrStop] ends the session in good order; any other error drops the
// connection, and Perform returns it.
type Handler struct {
	// OnOpen is called once, before anything is received.
	OnOpen func(c *Conn) error
	// OnChunk gets each chunk, as Recv would: libcurl's CURLOPT_WRITEFUNCTION
	// with curl_ws_meta. The chunk is valid only during the call. After ErrPause
	// the same chunk comes again, an empty one too.
	OnChunk func(c *Conn, chunk []byte, m Meta) error
	// Upload puts what is to be sent into buf: libcurl's CURLOPT_READFUNCTION. What
	// one call puts there goes out as one Binary frame, or, if StartFrame began
	// a frame in this call or before, as payload of that; buf is never longer than
	// what the open frame takes, and more than a new one takes is ErrUsage. It is
	// masked and sent from there: what is in buf is lost by the next call. n > 0
	// with io.EOF or ErrStop sends, then ends the upload or the session; (0, nil)
	// sends nothing and is called again, so return ErrPause where there is
	// nothing to send yet. io.EOF within a frame is io.ErrUnexpectedEOF and drops
	// the connection. The end of the upload sends no CLOSE. Once ours is sent, as
	// the answer to the peer's or before, the upload is over.
	Upload func(c *Conn, buf []byte) (n int, err error)
}

// stopTime is how long the peer has to answer the CLOSE that ErrStop sends.
const stopTime = 5 * time.Second

// Perform runs the session by callbacks until it ends, then drops the
// connection: libcurl's curl_easy_perform. It returns nil when the peer closed
// with code 1000, 1001 or none, or a callback returned ErrStop; else a
// [*CloseError], a [*ProtocolError], [io.ErrUnexpectedEOF] for a stream that
// ended without CLOSE, a callback's error, or, as soon as the running callback
// returns, the cause of ctx's end, which interrupts whatever curlew waits for.
// A panic in a callback reaches the caller, with the connection closed.
//
// Without Upload it receives on the caller's goroutine and starts none; with
// Upload two helpers, which run no user code, receive and send.
func (c *Conn) Perform(ctx context.Context, h Handler) error {
	if err := c.begin(anyKind); err != nil {
		return err
	}
	if !c.performer.CompareAndSwap(0, goroutine()) {
		return usage("Perform is running")
	}
	c.mine = notMine // a chunk method called from OnOpen is refused
	defer c.performer.Store(0)
	c.out.mu.Lock()
	c.roused = make(chan struct{}, 1)
	c.out.mu.Unlock()
	if err := c.dropped(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { c.out.drop(context.Cause(ctx), 0) })
	defer stop()
	t := &transfer{c: c, h: h, ctx: ctx}
	defer t.end()
	err := t.run()
	if cause := ended(ctx); cause != nil {
		c.out.drop(cause, 0)
		return cause
	}
	switch {
	case errors.Is(err, ErrStop):
		return t.stop()
	case err == errOver && c.out.peer != nil:
		c.awaitDrop()
		if c.out.peer.normal() {
			return nil
		}
		return c.out.peer
	case err == errOver: // in raw mode
		return t.lastUpload()
	}
	return err
}

// dropped returns net.ErrClosed once Close was called.
func (c *Conn) dropped() error {
	if err := c.out.failure(); err == net.ErrClosed {
		return err
	}
	return nil
}

// errOver is the receive side's io.EOF, which a callback cannot return.
var errOver = errors.New("curlew: the session is over")

func over(err error) error {
	if err == io.EOF {
		return errOver
	}
	return err
}

// A transfer is one Perform.
//
//	reader --filled--> deliver -> OnChunk
//	                      |                     one goroutine
//	                   upload  -> Upload --> writer --written-->
type transfer struct {
	c   *Conn
	h   Handler
	ctx context.Context

	chunk  []byte // delivered, and to be delivered again
	meta   Meta
	paused bool   // chunk is
	since  uint32 // Resume counted when the pause began

	locked bool // the receive side is ours

	up   *upload                  // nil without Upload
	fill *helper[struct{}, error] // receives; nil without Upload
}

// run delivers and uploads until one of the two ends the session.
func (t *transfer) run() error {
	if t.h.OnOpen != nil && ended(t.ctx) == nil {
		if err := t.h.OnOpen(t.c); err != nil {
			return err
		}
	}
	if err := t.lock(t.ctx); err != nil {
		return err
	}
	if t.h.Upload != nil {
		t.up = newUpload(t.c, t.h.Upload)
		t.fill = newHelper(func(struct{}) error { return over(t.c.fill(nil)) })
	}
	for {
		if cause := ended(t.ctx); cause != nil {
			return cause
		}
		received, err := t.receive()
		if err != nil {
			return err
		}
		uploaded := false
		if t.up != nil {
			if uploaded, err = t.up.step(); err != nil {
				return err
			}
		}
		if !received {
			if err := t.await(uploaded); err != nil {
				return err
			}
		}
	}
}

// receive delivers the next chunk if there is one.
func (t *transfer) receive() (progress bool, err error) {
	if t.paused {
		if t.c.resumes.Load() == t.since {
			return false, nil
		}
		t.paused = false
		return true, t.deliver()
	}
	if t.fill != nil && t.fill.busy {
		return false, nil
	}
	var ok bool
	if t.chunk, t.meta, ok = t.c.whole(math.MaxInt); ok {
		return true, t.deliver()
	}
	if ok, err = t.c.ready(); !ok || err != nil {
		return false, over(err)
	}
	if t.chunk, t.meta, err = t.c.view(); err != nil {
		return false, err
	}
	return true, t.deliver()
}

// deliver gives the chunk to OnChunk.
func (t *transfer) deliver() error {
	if t.h.OnChunk == nil {
		return nil
	}
	t.since = t.c.resumes.Load()
	err := t.h.OnChunk(t.c, t.chunk, t.meta)
	if errors.Is(err, ErrPause) {
		t.paused = true
		return nil
	}
	return err
}

// ready can be received from at once.
var ready = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// await waits until there is something to do, or looks whether there is where
// Upload has more.
func (t *transfer) await(uploaded bool) error {
	c := t.c
	switch {
	case t.up == nil && !t.paused:
		return over(c.fill(nil))
	case t.up == nil:
		select {
		case <-c.roused:
		case <-t.ctx.Done():
		}
		return c.dropped()
	}
	if !t.paused && !t.fill.busy {
		t.fill.start(struct{}{})
	}
	var more chan struct{}
	if uploaded {
		more = ready
	}
	select {
	case <-more:
	case err := <-t.fill.done:
		t.fill.busy = false
		return err
	case err := <-t.up.write.done:
		return t.up.written(err)
	case <-c.roused:
	case <-t.ctx.Done():
	}
	return c.dropped()
}

// stop is the end by ErrStop. In raw mode it is a drop.
func (t *transfer) stop() error {
	if t.c.raw {
		return nil
	}
	ctx, cancel := context.WithTimeout(t.ctx, stopTime)
	defer cancel()
	t.c.shutdown(ctx, wire.AppendClose(nil, CloseNormal, ""), t.discard) // whatever comes of it, it was the user who ended
	return ended(t.ctx)
}

// lock takes the receive side, which a Ping that was there before may hold.
func (t *transfer) lock(ctx context.Context) error {
	if t.locked {
		return nil
	}
	_, err := t.c.takeReceive(ctx, 0)
	t.locked = err == nil
	return err
}

// lastUpload is the end of a session in raw mode. What Upload brought last may
// be on its way still: its sending, unless it takes too long, is awaited, for
// nothing else would tell that it failed.
func (t *transfer) lastUpload() error {
	if t.up != nil && t.up.write.busy {
		late := time.NewTimer(lastSecond)
		defer late.Stop()
		select {
		case err := <-t.up.write.done:
			t.up.write.busy = false
			return err
		case <-late.C:
			return errLateUpload
		}
	}
	return t.c.out.failure()
}

var errLateUpload = fmt.Errorf("curlew: the peer ended the stream and did not take what Upload brought last: %w", io.ErrUnexpectedEOF)

// discard is Conn.discard, once the reader has stopped.
func (t *transfer) discard(ctx context.Context) error {
	if err := t.lock(ctx); err != nil {
		return err
	}
	if t.fill != nil && t.fill.busy {
		select {
		case <-t.fill.done:
			t.fill.busy = false
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return t.c.discardAll(ctx)
}

// end drops the connection and waits for the helpers.
func (t *transfer) end() {
	t.c.Close()
	if t.up != nil {
		t.fill.end()
		t.up.write.end()
	}
	if t.locked {
		t.c.in.drop()
		t.c.unlockReceive()
	}
}
