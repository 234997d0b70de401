package curlew

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// A Multi holds any number of Conns and tells which of them to try, so that one
// goroutine receives from all and an idle one costs no goroutine: libcurl's
// multi interface. It receives nothing itself, and starts nothing.
//
//	for {
//		c, err := m.Wait(ctx)
//		...
//		for {
//			meta, err := c.TryRecv(buf)
//			if err == curlew.ErrAgain {
//				break
//			}
//			...
//		}
//	}
//
// A Conn that Wait returned is its caller's until TryRecv has said [ErrAgain];
// then Wait may return it again. So it may be given to another goroutine
// meanwhile. One whose peer may send without end is given back by Yield.
//
// A Conn of which TryRecv has returned another error is to be closed, and Close
// takes it out. If another goroutine closed it, Wait returns it once more, and
// TryRecv says [net.ErrClosed]. Wait also returns those whose connection was
// lost while sending, and those for whose heartbeat it is time, which is looked
// at once in the shortest PingInterval or PongTimeout of all; of deadlines it
// knows nothing. Sending may wait; Close does not.
// TryRecv finds the PONG that Ping waits for. Shutdown receives, so Remove the
// Conn first.
//
// Any goroutine may call Add, Remove and Close at any time.
type Multi struct {
	mu       sync.Mutex
	members  map[uint64]*member
	last     uint64 // id given
	head     *member
	tail     *member // of those that Wait is to return
	poller   *poller
	waiting  bool          // Wait is in poll
	yielded  bool          // what came for others is to be fetched before more is returned
	deadline time.Time     // the poller's
	beat     time.Duration // the shortest interval of a heartbeat; 0 is none
	next     time.Time     // when heartbeats are looked at
	closed   bool
}

// A member is a Conn's place in a Multi, whose mu guards it.
//
//	Add --> queued --Wait--> held --ErrAgain--> idle --something came--> queued
//	                          +------ErrAgain, and something came---------^
type member struct {
	multi  *Multi
	conn   *Conn
	next   *member // in the queue
	id     uint64
	state  place
	again  bool // something came while it was held
	closed bool // Close was called: it leaves
}

type place uint8

const (
	idle place = iota
	queued
	held
	gone
)

// NewMulti makes a Multi, of which Close is to be called. It needs Linux;
// elsewhere its error is [errors.ErrUnsupported].
func NewMulti() (*Multi, error) {
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	return &Multi{members: map[uint64]*member{}, poller: p}, nil
}

// Add takes c in, which nobody else receives from any more, and which Wait
// returns first to be tried. It is ErrUsage for a Conn that is in a Multi or
// cannot be tried, see [Conn.TryRecv]; other errors are the system's, or that of
// a Conn that is closed. libcurl: curl_multi_add_handle.
func (m *Multi) Add(c *Conn) error {
	socket := c.socketBelow()
	if socket == nil {
		return errNoTry
	}
	c.out.mu.Lock()
	c.out.crowded = true
	c.out.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return net.ErrClosed
	}
	m.last++
	t := &member{multi: m, conn: c, id: m.last}
	taken := !c.out.member.CompareAndSwap(nil, t)
	var err error
	switch {
	case c.out.dropped.Load(): // or else Close finds t
		err = c.out.err
	case taken:
		err = usage("this Conn is in a Multi; Remove takes it out")
	default:
		err = m.poller.add(socket, t.id)
	}
	if err != nil {
		m.leave(t)
		return err
	}
	m.members[t.id] = t
	m.push(t)
	m.attend(c.receiver.beat)
	return nil
}

// Remove takes c out, if it is in m: Wait returns it no more. Then others may
// receive from it; but if Wait returned it before, only when who has it is done,
// so that it is best done by that goroutine. libcurl: curl_multi_remove_handle.
func (m *Multi) Remove(c *Conn) {
	t := c.out.member.Load()
	if t == nil || t.multi != m {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.state != gone { // else c may have been added again
		m.poller.remove(c.socketBelow())
		m.leave(t)
	}
}

// Wait returns a Conn to be tried. It blocks until there is one; when ctx ends
// it returns its cause, and when m is closed [net.ErrClosed]. It is for one
// goroutine at a time. libcurl: curl_multi_poll.
func (m *Multi) Wait(ctx context.Context) (*Conn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		if m.closed {
			return nil, net.ErrClosed
		}
		if err := ended(ctx); err != nil {
			return nil, err
		}
		m.beats()
		if !m.yielded {
			if c := m.pop(); c != nil {
				return c, nil
			}
		}
		if m.waiting {
			return nil, usage("Wait is for one goroutine at a time")
		}
		if err := m.poll(ctx); err != nil {
			return nil, err
		}
	}
}

// Yield gives back a Conn that Wait returned, and of which ErrAgain has not been
// said: Wait returns it again, behind all that are to be tried now. It is for
// whoever has the Conn.
func (m *Multi) Yield(c *Conn) {
	t := c.out.member.Load()
	if t == nil || t.multi != m {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.state == held || t.state == idle {
		m.push(t)
		m.yielded = true
	}
}

// Close ends m, and a Wait in progress. The Conns stay open, and others may
// receive from them. It returns nil. libcurl: curl_multi_cleanup.
func (m *Multi) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.members {
		m.leave(t)
	}
	m.closed = true
	m.poller.close()
	return nil
}

// poll waits until something is to be done, unless a Conn was yielded: then it
// only looks what came for others. It gives up mu meanwhile.
func (m *Multi) poll(ctx context.Context) error {
	wait := !m.yielded
	m.waiting, m.yielded = true, false
	m.limit(m.next)
	m.mu.Unlock()
	n, err := m.poller.look(false)
	if n == 0 && err == nil && wait {
		var stop func() bool
		if ctx != nil && ctx.Done() != nil {
			stop = context.AfterFunc(ctx, m.wakeup)
		}
		if n, err = m.poller.look(true); stop != nil {
			stop()
		}
	}
	m.mu.Lock()
	m.waiting = false
	for i := range n {
		if t := m.members[m.poller.id(i)]; t != nil {
			m.rouse(t)
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || m.closed {
		return nil // somebody called wake, or heartbeats are to be looked at
	}
	return err
}

// limit sets when a look ends that waits.
func (m *Multi) limit(t time.Time) {
	if !t.Equal(m.deadline) {
		m.deadline = t
		m.poller.setDeadline(t)
	}
}

// wake ends poll. mu is held.
func (m *Multi) wake() {
	if m.waiting {
		m.limit(past)
	}
}

func (m *Multi) wakeup() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wake()
}

// push puts t at the end of those that Wait is to return.
func (m *Multi) push(t *member) {
	t.state, t.again, t.next = queued, false, nil
	if m.head == nil {
		m.head = t
	} else {
		m.tail.next = t
	}
	m.tail = t
	m.wake()
}

// pop takes the first of those that are to be tried, nil if none is.
func (m *Multi) pop() *Conn {
	for t := m.head; t != nil; t = m.head {
		m.head, t.next = t.next, nil
		if t.state != queued {
			continue
		}
		if t.state = held; t.closed {
			m.leave(t)
		}
		return t.conn
	}
	return nil
}

// leave ends t.
func (m *Multi) leave(t *member) {
	delete(m.members, t.id)
	t.state = gone
	t.conn.out.member.CompareAndSwap(t, nil)
}

// rouse notes that something came for t.
func (m *Multi) rouse(t *member) {
	switch t.state {
	case idle:
		m.push(t)
	case held:
		t.again = true
	}
}

// attend sees to it that h is looked at.
func (m *Multi) attend(h *heartbeat) {
	if h == nil {
		return
	}
	if d := max(grace, min(h.interval, h.timeout)); m.beat == 0 || d < m.beat {
		m.beat, m.next = d, time.Now().Add(d)
	}
}

// beats queues those whose heartbeat is overdue, from time to time.
func (m *Multi) beats() {
	if m.beat == 0 || time.Now().Before(m.next) {
		return
	}
	m.beat, m.next = 0, time.Time{} // the shortest of those that are left
	for _, t := range m.members {
		m.attend(t.conn.receiver.beat)
		if t.state == idle && t.conn.beat.overdue() {
			m.push(t)
		}
	}
}

// tried says that TryRecv has found nothing, or nothing in as many steps as it
// may take: t is not its holder's any more. If there is more, others come first.
func (t *member) tried(more bool) {
	m := t.multi
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.state != held {
		return
	}
	if t.state = idle; t.again || more {
		m.push(t)
		m.yielded = m.yielded || more
	}
}

// shut says that the Conn is closed. Who has it need not be told.
func (t *member) shut() {
	m := t.multi
	m.mu.Lock()
	defer m.mu.Unlock()
	t.closed = true
	if m.rouse(t); t.state == held {
		delete(m.members, t.id)
	}
}

// tell makes the Conn's Multi return it, if it is in one, because the stream
// was closed, or our CLOSE may have gone out.
func (s *sender) tell() {
	if t := s.member.Load(); t != nil {
		t.multi.mu.Lock()
		defer t.multi.mu.Unlock()
		t.multi.rouse(t)
	}
}

// socketBelow returns the socket at the bottom of c if that can be tried.
func (c *Conn) socketBelow() syscall.RawConn {
	switch {
	case c.tryRead != nil:
		return c.out.socket
	case c.layers.below != nil:
		raw, _ := c.layers.below.SyscallConn() // never fails
		return raw
	}
	return nil
}
