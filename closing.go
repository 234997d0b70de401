package curlew

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"time"

	"github.com/curlew-ws/curlew/internal/wire"
)

// Ping sends a PING and waits for its PONG, which is not delivered. It returns
// the time between the two. RFC 6455 section 5.5.2.
//
// Any goroutine may call it, also while others receive or Perform runs, but not
// a callback of Perform, which gets an ErrUsage. If nobody receives, Ping
// receives itself, up to the next data frame, which stays; PONGs that answer no
// PING of ours are dropped meanwhile. A PONG that follows data, and one of a
// Conn in a Multi, is found by the goroutine that receives next.
//
// The errors are:
//   - a [*CloseError] if the peer closes instead;
//   - the cause of ctx's end, or os.ErrDeadlineExceeded if the read deadline
//     passes: the session continues;
//   - what sending the PING, or receiving, failed with.
func (c *Conn) Ping(ctx context.Context) (rtt time.Duration, err error) {
	if c.raw {
		return 0, usage("raw mode has no PING")
	}
	if err := c.notInCallback("Ping waits for a PONG that Perform receives"); err != nil {
		return 0, err
	}
	number, sent, err := c.out.ping(ctx)
	if err != nil {
		return 0, err
	}
	seen := uint32(0)
	for {
		progress, err := c.awaitPong(ctx, number, seen)
		if err != nil {
			return 0, err
		}
		if progress == 0 {
			return time.Since(sent), nil
		}
		c.ctx = ctx
		data, err := c.receiveControl(number)
		err = c.closeError(err)
		c.ctx = nil
		c.giveReceive(false)
		c.out.tell()
		if err != nil {
			return 0, err
		}
		if data {
			seen = progress
		}
	}
}

// ping sends a PING and returns its number and when its turn came.
func (s *sender) ping(ctx context.Context) (number uint32, sent time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.enter(ctx, Ping, pingSize, byMessage); err != nil {
		return 0, time.Time{}, err
	}
	p := s.nextPing()
	number, sent = s.pings.sent, time.Now()
	return number, sent, s.whole(ctx, Ping, p, len(p), byMessage, false)
}

// awaitPong waits until PING number is answered, and returns 0. If it is not,
// nobody receives, and somebody did since progress was seen, it takes the
// receive side and returns the progress now.
func (c *Conn) awaitPong(ctx context.Context, number, seen uint32) (progress uint32, err error) {
	s := &c.out
	s.mu.Lock()
	defer s.mu.Unlock()
	c.lock.waiters.Add(1)
	defer c.lock.waiters.Add(-1)
	for {
		switch {
		case s.pings.got >= number:
			return 0, nil
		case s.peer != nil: // nothing comes behind its CLOSE
			return 0, s.peer
		case s.err != nil:
			return 0, s.err
		}
		if progress := c.lock.progress() + 1; progress != seen && s.member.Load() == nil && c.lock.try() {
			c.keepView()
			return progress, nil
		}
		if err := s.wait(ctx, &c.limit); err != nil {
			return 0, err
		}
	}
}

// answered reports whether PING number is.
func (s *sender) answered(number uint32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pings.got >= number
}

// receiveControl receives once, unless the answer to PING number is there
// already, or reports that something for the user is.
func (c *Conn) receiveControl(number uint32) (data bool, err error) {
	ok, err := c.ready()
	if err != nil {
		return false, err
	}
	if !ok && c.out.answered(number) {
		return false, nil
	}
	if !ok {
		return false, c.fill(nil)
	}
	if c.peek().Flags != Pong {
		return true, nil
	}
	_, _, err = c.next() // one that answers no PING of ours
	return false, err
}

// Shutdown is the closing handshake, RFC 6455 section 7: it sends what is
// queued and CLOSE with code and reason, once the open frame is done, discards
// what comes until the peer's CLOSE, and drops the connection. When ctx ends it
// drops the connection and says so; with a context that never ends, as that of
// context.Background, it does so after 30 seconds. It may be called beside message methods
// from any goroutine, and beside Perform, but not from its callbacks, which
// return ErrStop. If Recv, Next or TryRecv left data unread and is not called
// again at once, Shutdown does not look for the peer's CLOSE but reads the stream
// to its end, for a second at most. A code that may not be sent, and a reason
// that is not UTF-8, are ErrUsage; [CloseNoStatus] sends none. If the peer's
// CLOSE came first, it has been answered already.
func (c *Conn) Shutdown(ctx context.Context, code int, reason string) error {
	if c.raw {
		return usage("raw mode has no CLOSE; use Close")
	}
	if code != CloseNoStatus && !wire.ValidCloseCode(code) {
		return usage("close code %d may not be sent", code)
	}
	payload := wire.AppendClose(nil, code, reason)
	if err := checkClose(Close, payload); err != nil {
		return err
	}
	if err := c.notInCallback("Shutdown discards what Perform receives; return ErrStop instead"); err != nil {
		return err
	}
	if c.performer.Load() != 0 {
		return c.shutdown(ctx, payload, c.out.awaitEnd)
	}
	return c.shutdown(ctx, payload, c.discard)
}

// shutdownTime is how long Shutdown takes at most where its context never ends.
const shutdownTime = 30 * time.Second

// shutdown sends CLOSE, awaits the peer's, and drops the connection.
func (c *Conn) shutdown(ctx context.Context, payload []byte, await func(context.Context) error) error {
	defer c.Close()
	if ctx.Done() == nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, shutdownTime)
		defer cancel()
	}
	err := c.out.send(ctx, Close, payload, byMessage)
	var peer *CloseError
	if err != nil && err != ErrClosing && (errors.Is(err, ErrLost) || !errors.As(err, &peer)) {
		return fmt.Errorf("curlew: closing handshake: sending CLOSE: %w", err)
	}
	if err := await(ctx); err != nil && err != io.EOF && !(errors.Is(err, net.ErrClosed) && c.out.closedByBoth()) {
		return fmt.Errorf("curlew: closing handshake: awaiting the peer's CLOSE: %w", err)
	}
	return nil
}

// closedByBoth reports whether the closing handshake is complete: another
// goroutine may have received the peer's CLOSE, and dropped the connection.
func (s *sender) closedByBoth() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peer != nil && s.closing()
}

// discard receives until the closing handshake is over, and on a client until
// the server drops the connection, which is the server's to do first.
func (c *Conn) discard(ctx context.Context) error {
	seized, err := c.takeReceive(ctx, patience)
	if err != nil {
		return err
	}
	if seized {
		defer c.unseize()
		return c.drain(ctx)
	}
	defer c.unlockReceive()
	c.keepView()
	return c.discardAll(ctx)
}

// drain reads the stream to its end, once our CLOSE is out and our side of the
// stream ended. It does not look for the peer's CLOSE, which may be in what a
// chunk method left unread; if that was received before, the peer has a second.
func (c *Conn) drain(ctx context.Context) error {
	if err := c.out.awaitClose(ctx, &c.limit); err != nil {
		return err
	}
	limited, over := ctx, error(nil)
	if c.out.peer == nil {
		over = os.ErrDeadlineExceeded
	} else {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, lastSecond)
		defer cancel()
	}
	shut(c.limit.stream)
	defer c.limit.disarm(c.limit.arm(limited))
	_, err := io.Copy(io.Discard, c.limit.stream)
	switch {
	case ended(ctx) != nil:
		return ended(ctx)
	case isTimeout(err):
		return over
	}
	return err
}

// discardAll is discard for who has the receive side.
func (c *Conn) discardAll(ctx context.Context) error {
	c.ctx = ctx
	for {
		if _, _, err := c.next(); err != nil {
			if err == io.EOF {
				c.awaitDrop()
			}
			return err
		}
	}
}

// awaitDrop gives the server a second to drop the connection when both have
// sent CLOSE.
func (c *Conn) awaitDrop() {
	if c.dec.Server || c.out.peer == nil || !c.out.over(c.out.peer) {
		return
	}
	ctx := c.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	c.ctx = ctx
	defer func() { c.ctx = nil }()
	defer c.in.drop()
	c.out.awaitDrop(atOnce, awaited)
	defer c.out.awaitDrop(awaited, atOnce)
	for {
		c.in.r, c.in.w = 0, 0
		if n, err := c.read(nil); n == 0 && err != nil {
			return
		}
	}
}

// awaitDrop says whether the receiver reads until the peer drops the connection.
func (s *sender) awaitDrop(from, to leaving) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leaving == from {
		s.leaving = to
	}
}

// awaitEnd waits until Perform, which receives the peer's CLOSE, is over.
func (s *sender) awaitEnd(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.dead {
		if err := s.wait(ctx, &s.limit); err != nil {
			return err
		}
	}
	if s.peer == nil {
		return s.err
	}
	return nil
}

// notInCallback refuses what would wait for its own caller.
func (c *Conn) notInCallback(why string) error {
	if c.performer.Load() == goroutine() {
		return usage("called from a callback of Perform: %s", why)
	}
	return nil
}

// goroutine returns the number of the running goroutine. Go offers it only in
// the text of a stack; it is asked for where a wrong answer would be a dead-lock,
// never per frame.
func goroutine() (n uint64) {
	var b [64]byte
	for _, c := range b[len("goroutine "):runtime.Stack(b[:], false)] {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + uint64(c-'0')
	}
	return n
}
