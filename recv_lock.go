package curlew

import (
	"context"
	"math"
	"sync/atomic"
	"time"
)

// A recvLock says who has the receive side. Message methods, Ping, Shutdown and
// Perform take it for as long as they receive. Recv, Next and TryRecv take it
// as well, but keep it after they return while a data frame is unread: so the
// short way through the buffer only has to see that the lock is unchanged.
//
//	              Recv, Next, TryRecv
//	free  --------------------------------> chunks+busy --no data unread--> free
//	 | ^                                     |      ^
//	 | | unlock                  data unread |      | called again
//	 v |                                     v      |
//	taken <----- a message method ---------- chunks --and another waits--> free
//
// Ping never takes it from a chunk method: what a chunk method leaves unread is
// data, which Ping may not pass. Shutdown asks for it, and takes it from a chunk
// method that is not called again within patience. The goroutine that left data
// may be on the short way then, so Shutdown does not touch what was received: it
// reads the stream to its end.
type recvLock struct {
	word    atomic.Uint32 // the bits below, and above them how often the side was given back
	waiters atomic.Int32  // how many wait for a change
}

const (
	recvTaken  = 1 << iota
	recvChunks // by a chunk method
	recvBusy   // one that runs, and is not on the short way
	recvWanted // Shutdown asks for it
	recvUnit
)

// notMine is no value of recvLock.word.
const notMine = recvChunks

// patience is how long Shutdown waits for a chunk method to be called again,
// which gives the receive side up then.
const patience = 50 * time.Millisecond

// try takes the side if nobody has it.
func (l *recvLock) try() bool {
	w := l.word.Load()
	return w&recvTaken == 0 && l.word.CompareAndSwap(w, (w|recvTaken)&^recvWanted)
}

// seize takes the side from a chunk method that is not running.
func (l *recvLock) seize() bool {
	w := l.word.Load()
	return w&recvChunks != 0 && w&recvBusy == 0 && l.word.CompareAndSwap(w, (w|recvTaken)&^(recvChunks|recvWanted))
}

// unseize gives the side back to the chunk method that it was seized from.
func (c *Conn) unseize() {
	c.lock.word.Or(recvChunks)
	c.out.wake()
}

// progress counts how often the side was given back by a call that may have
// received data.
func (l *recvLock) progress() uint32 { return l.word.Load() / recvUnit }

// lockReceive takes the receive side for one call of a message method. All its
// waits end with ctx.
func (c *Conn) lockReceive(ctx context.Context, k kind) error {
	if c.raw {
		return usage("raw mode has no messages")
	}
	if c.noAutoPong {
		return usage("message methods cannot deliver PINGs; use Recv or Next with NoAutoPong")
	}
	if err := c.performing(); err != nil {
		return err
	}
	if _, err := c.takeReceive(ctx, 0); err != nil {
		return err
	}
	c.viewed = false
	if err := c.begin(k); err != nil {
		err = c.closeError(err)
		c.giveReceive(false)
		return err
	}
	c.ctx = ctx
	return nil
}

func (c *Conn) unlockReceive() {
	c.gathers = false
	c.ctx = nil
	c.freeOver()
	c.giveReceive(true)
	c.out.tell() // TryRecv may have found the side taken
}

// takeReceive waits for the receive side. A chunk method that keeps it without
// running has that long to be called again; then seized is true.
func (c *Conn) takeReceive(ctx context.Context, grace time.Duration) (seized bool, err error) {
	l, s := &c.lock, &c.out
	if l.try() {
		return false, nil
	}
	if grace == 0 && l.seize() {
		return true, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l.waiters.Add(1) // before the try: either it sees that the side is free, or whoever gives it back sees us
	defer l.waiters.Add(-1)
	for since := time.Now(); !l.try(); {
		if time.Since(since) >= grace && l.seize() {
			return true, nil
		}
		if err := c.wantReceive(ctx, grace); err != nil {
			return false, err
		}
	}
	return false, nil
}

// wantReceive asks a chunk method for the receive side, and waits for a change
// or for grace. mu is held.
func (c *Conn) wantReceive(ctx context.Context, grace time.Duration) error {
	l, s := &c.lock, &c.out
	if grace == 0 {
		return s.wait(ctx, &c.limit)
	}
	if l.word.Or(recvWanted)&recvBusy == 0 { // else it gives the side up when it returns
		defer time.AfterFunc(grace, s.wake).Stop()
	}
	err := s.wait(ctx, &c.limit)
	if err != nil {
		l.word.And(^uint32(recvWanted))
		s.changed()
	}
	return err
}

// keepView leaves the memory of a chunk that Next returned to it, since others
// may receive while it is in use.
func (c *Conn) keepView() {
	if c.viewed {
		c.viewed = false
		c.in.detach()
		c.inflate.detach()
	}
}

// giveReceive gives the receive side back. moved says that more may have been
// taken than control frames.
func (c *Conn) giveReceive(moved bool) {
	l := &c.lock
	for {
		w := l.word.Load()
		free := w &^ (recvTaken | recvChunks | recvBusy)
		if moved {
			free += recvUnit
		}
		if l.word.CompareAndSwap(w, free) {
			break
		}
	}
	if l.waiters.Load() > 0 {
		c.out.wake()
	}
}

// freeOver gives the receive buffer back once nothing more will be received,
// unless a chunk that Next returned is in it.
func (c *Conn) freeOver() {
	if (c.err != nil || c.closed) && !c.viewed {
		c.in.drop()
	}
}

// freeInbox gives the receive buffer back after Close, unless somebody receives,
// who does so then, or a chunk that Next returned is in it.
func (c *Conn) freeInbox() {
	if c.raw || !c.lock.try() {
		return
	}
	if !c.viewed {
		c.in.drop()
	}
	c.giveReceive(false)
}

// beginChunk takes the receive side for a chunk method that cannot go the short
// way, and checks that it may receive. A try does not wait.
func (c *Conn) beginChunk(try bool) error {
	if err := c.performing(); err != nil {
		return err
	}
	if err := c.takeChunk(try); err != nil {
		return err
	}
	c.viewed = false
	if err := c.begin(byChunks); err != nil {
		c.endChunk(err)
		return err
	}
	return nil
}

// awaitChunk takes the receive side and waits between frames, on a stack less
// deep than where chunks are taken: here a connection spends its life.
func (c *Conn) awaitChunk() error {
	if err := c.beginChunk(false); err != nil {
		return err
	}
	err := c.await()
	if err != nil {
		c.endChunk(err)
	}
	return err
}

// recvChunk receives into p, once awaitChunk has taken the receive side.
func (c *Conn) recvChunk(p []byte) (Meta, error) {
	m, err := c.recv(p)
	c.trying = false
	if err == nil && len(p) > 0 {
		c.kind = c.midMessage(byChunks)
	}
	c.endChunk(err)
	return m, err
}

// nextChunk is recvChunk without a copy.
func (c *Conn) nextChunk() (chunk []byte, m Meta, err error) {
	if chunk, m, err = c.next(); err == nil {
		c.kind, c.viewed = c.midMessage(byChunks), len(chunk) > 0
	}
	c.endChunk(err)
	return chunk, m, err
}

// takeChunk takes the receive side for a chunk method, or takes up what the last
// one kept. It waits for its turn, but a try returns ErrAgain.
func (c *Conn) takeChunk(try bool) error {
	l := &c.lock
	w := l.word.Load()
	if w == c.mine && l.word.CompareAndSwap(w, w|recvBusy) {
		return nil
	}
	if w&^recvWanted == c.mine {
		c.giveReceive(true)
	}
	c.mine = notMine
	if c.tryChunk() {
		return nil
	}
	if try {
		return ErrAgain
	}
	s := &c.out
	s.mu.Lock()
	defer s.mu.Unlock()
	l.waiters.Add(1)
	defer l.waiters.Add(-1)
	for !c.tryChunk() {
		if err := s.wait(context.Background(), &c.limit); err != nil {
			return err
		}
	}
	return nil
}

// tryChunk takes the side for a chunk method if nobody has it or asks for it.
func (c *Conn) tryChunk() bool {
	w := c.lock.word.Load()
	mine := w | recvTaken | recvChunks
	if w&(recvTaken|recvWanted) != 0 || !c.lock.word.CompareAndSwap(w, mine|recvBusy) {
		return false
	}
	c.mine = mine
	return true
}

// endChunk ends the call of a chunk method. It keeps the receive side while the
// next byte to be taken is one of a data frame, and nobody asks for the side.
func (c *Conn) endChunk(err error) {
	if err == nil && c.dataUnread() && c.lock.word.CompareAndSwap(c.mine|recvBusy, c.mine) {
		return
	}
	c.freeChunk()
}

// shortRecv is the short way of Recv and TryRecv, which have kept the receive
// side: it takes the next message if all of it is in the buffer, and fits in p.
func (c *Conn) shortRecv(p []byte) (m Meta, ok bool) {
	chunk, m, ok := c.short(len(p))
	if ok {
		copy(p, chunk)
		c.endShort()
	}
	return m, ok
}

// shortNext is the short way of Next.
func (c *Conn) shortNext() (chunk []byte, m Meta, ok bool) {
	if chunk, m, ok = c.short(math.MaxInt); ok {
		c.viewed = true
		c.endShort()
	}
	return chunk, m, ok
}

// short takes the next message for a short way, if it fits in room bytes.
// endShort must follow, once the message is copied or marked as lent.
func (c *Conn) short(room int) (chunk []byte, m Meta, ok bool) {
	if c.lock.word.Load() != c.mine || c.kind > byChunks || room == 0 {
		return nil, Meta{}, false
	}
	return c.whole(room)
}

// endShort ends a short way, which ends between frames.
func (c *Conn) endShort() {
	c.kind = anyKind
	if in := &c.in; in.r == in.w || in.buf.b[in.r]&opcodeControl != 0 {
		c.freeChunk()
	}
}

// freeChunk gives up the receive side that a chunk method has kept.
func (c *Conn) freeChunk() {
	c.mine = notMine
	c.freeOver()
	c.giveReceive(true)
}

// dataUnread reports whether data is unread, and nothing before it.
func (r *receiver) dataUnread() bool {
	b := r.in.unread()
	return len(b) > 0 && (r.dec.Open() || b[0]&opcodeControl == 0)
}

// opcodeControl is set in the first byte of a control frame, RFC 6455 section 5.5.
const opcodeControl = 8
