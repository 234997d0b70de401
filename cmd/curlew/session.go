package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/curlew-ws/curlew"
)

// A session is a connection in use. One goroutine sends the input, another, the
// caller's, receives and decides when and how it ends.
type session struct {
	c    *config
	conn *curlew.Conn
	wait patience

	tally       *tally
	up, down    pace
	console     *console      // nil: nobody types
	messages    int           // received
	until       *until        // nil: there is none
	asked       bool          // a message was sent; the sender's own
	answers     chan struct{} // a message came, for the sender
	closing     bool          // we are: what still comes is taken, and nothing else is done
	straightens bool          // goesStraight
	unsent      atomic.Bool   // part of the input was read and is not sent yet
	sent        chan struct{} // closed when nothing more will be sent
}

// closeTime is how long the other side has to answer our CLOSE, if nobody says.
const closeTime = 5 * time.Second

func newSession(c *config, conn *curlew.Conn, t *tally) *session {
	s := &session{
		c: c, conn: conn, tally: t, wait: patience{conn: conn, limits: c.limits()},
		up: pace{rate: c.limitRate}, down: pace{rate: c.limitRate}, straightens: c.goesStraight(), sent: make(chan struct{}),
		until: newUntil(c), answers: make(chan struct{}, 1),
	}
	s.unsent.Store(len(c.outgoing) > 0 && !c.reconnect) // reconnect.Loop sends it
	return s
}

// run uses the connection until the session ends, and says why if not well.
func (s *session) run(outer context.Context) error {
	err := s.talk(outer)
	part, failed := s.c.out.breakOff()
	if part && !quiet(err) {
		s.c.note("the last message is incomplete: the session ended within it")
	}
	return cmp.Or(err, written(failed))
}

func (s *session) talk(outer context.Context) error {
	stop := context.AfterFunc(outer, func() { s.wait.interrupt(context.Cause(outer), 0) })
	defer stop()
	ctx, cancel := context.WithCancel(outer)
	go s.watchOutput(ctx)
	shown := make(chan struct{})
	defer func() { cancel(); <-shown }()
	if s.c.person() {
		if err := s.takeConsole(); err != nil {
			close(shown)
			return err
		}
		defer s.console.restore()
	}
	s.wait.begin()
	go s.watchSpeed(ctx)
	go s.showProgress(ctx, shown)
	go s.send(ctx)
	err := s.receive(ctx)
	s.closing = true
	if s.console != nil {
		s.console.restore()
	}
	var asked *closeRequest
	if errors.As(err, &asked) {
		return s.shutdown(outer, asked.code, asked.reason)
	}
	if s.console != nil && err == nil && s.wait.closedWith != 0 {
		s.c.note("%s", s.wait.ending())
	}
	if err == nil || interrupted(err) || exitCode(err) == codePartial {
		ending := s.shutdown(outer, curlew.CloseNormal, "")
		if exitCode(err) == codePartial && s.complete() {
			err = nil // it came while the session was closed
		}
		err = cmp.Or(err, ending)
	}
	return err
}

// takeConsole makes a person's terminal the input. Its end is the session's.
func (s *session) takeConsole() (err error) {
	s.wait.limits = limits{idle: s.wait.idle}
	if s.console, err = newConsole(s); err == nil {
		s.console.say("connected to %s; /help lists the commands, Ctrl-D closes", s.conn.RemoteAddr())
	}
	return err
}

// receive writes what comes to the output. It returns nil when the session is
// to be closed, or the server has closed it in good order.
func (s *session) receive(ctx context.Context) error {
	for !s.satisfied() {
		chunk, m, err := s.next()
		if err == nil {
			err = s.got(ctx, chunk, m)
		}
		if err != nil {
			return s.ended(err)
		}
	}
	return cmp.Or(written(s.c.out.flush()), s.until.missing(s.messages, "which are all that --count allows"))
}

// satisfied reports whether no more is wanted.
func (s *session) satisfied() bool {
	return s.c.count > 0 && s.messages >= s.c.count || s.until != nil && s.until.found
}

// complete reports whether all has come that was wanted.
func (s *session) complete() bool {
	return s.satisfied() && (s.until == nil || s.until.found)
}

// got does what is to be done with a chunk that came.
func (s *session) got(ctx context.Context, chunk []byte, m curlew.Meta) error {
	if m.Flags == curlew.Close && !s.closing {
		s.wait.closed(chunk)
		return written(s.c.out.flush()) // the next call must wait for our answer to go out
	}
	if s.console != nil && !s.closing {
		s.console.got(ctx, chunk, m)
	}
	if m.Flags&(curlew.Text|curlew.Binary) == 0 {
		return nil
	}
	whole := stillWhole(m)
	if whole {
		if err := s.straight(); err != nil {
			return err
		}
	} else if err := s.write(chunk, m); err != nil {
		return written(err)
	}
	s.down.spend(ctx, len(chunk))
	whole = whole || m.MessageEnd()
	if whole {
		if s.messages++; !s.satisfied() {
			s.answered()
		}
	}
	s.wait.arrived(whole)
	return nil
}

// write writes a chunk to the output, which flushes at once where somebody may
// look at the session as it goes on.
func (s *session) write(chunk []byte, m curlew.Meta) error {
	if s.until != nil {
		now, write := s.until.look(chunk, m)
		if !write {
			return nil
		}
		chunk = now
	}
	err := s.c.out.chunk(chunk, m)
	if s.console != nil && m.MessageEnd() || s.c.noBuffer || s.c.limitRate > 0 || len(s.c.traces) > 0 {
		err = cmp.Or(err, s.c.out.flush())
	}
	return err
}

// next is the next chunk. Before it waits, or says why there is none, the
// output is flushed: messages that came together are written together, and none
// is held back.
func (s *session) next() ([]byte, curlew.Meta, error) {
	if s.c.out.holds() {
		s.wait.hurry()
		chunk, m, err := s.take()
		if err == nil {
			return chunk, m, nil
		}
		if isA[*curlew.ProtocolError](err) {
			s.c.out.drop()
		}
		if err := s.c.out.flush(); err != nil {
			return nil, curlew.Meta{}, written(err)
		}
	}
	s.wait.takeTime()
	return s.take()
}

// ended is what the session ends with, after Next's error.
func (s *session) ended(err error) error {
	cause := s.wait.cause()
	switch {
	case exitCode(err) == codeWrite:
		return err
	case cause != nil:
		return cause
	case err == io.EOF && s.wait.peer != nil:
		return s.wait.peer
	case err == io.EOF && s.console == nil && s.droppedInput():
		return &failure{codeSend, fmt.Errorf("%s before all of the input was sent", s.wait.ending())}
	case err == io.EOF && s.messages < s.c.count && !s.c.reconnect:
		return &failure{codePartial, fmt.Errorf("expected %d messages (--count), got %d, and then %s", s.c.count, s.messages, s.wait.ending())}
	case err == io.EOF && !s.c.reconnect:
		return s.until.missing(s.messages, "and then "+s.wait.ending())
	case err == io.EOF:
		return nil
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return err
	}
	return s.silence()
}

// silence is what the session ends with when nothing came for long enough.
func (s *session) silence() error {
	limit := s.wait.limit()
	longer := s.wait.longer(limit)
	if err := s.until.missing(s.messages, fmt.Sprintf("and then none for %v; %s", limit, longer)); err != nil {
		return err
	}
	switch {
	case s.messages < s.c.count:
		return &failure{codePartial, fmt.Errorf("expected %d messages (--count), got %d, and then none for %v; %s", s.c.count, s.messages, limit, longer)}
	case s.c.out.inside:
		return &failure{codePartial, fmt.Errorf("expected the rest of a message, got nothing more for %v; %s", limit, longer)}
	case s.c.lockstep && s.console == nil && s.unsent.Load():
		return &failure{codePartial, fmt.Errorf("expected an answer (--lockstep), got none for %v, and not all of the input was sent; %s", limit, longer)}
	case s.wait.assumed && limit != s.wait.idle:
		s.c.note("no message came within %v after the input's end; --linger waits longer, --linger inf until the server closes", limit)
	}
	return nil
}

// watchOutput ends the session when nobody reads the output any more, and what
// was read of the input is sent.
func (s *session) watchOutput(ctx context.Context) {
	select {
	case <-s.c.unread:
	case <-ctx.Done():
		return
	}
	s.droppedInput()
	s.wait.interrupt(written(syscall.EPIPE), 0)
}

// droppedInput reports whether input was read that is not sent, and never will be.
func (s *session) droppedInput() bool {
	if !s.unsent.Load() {
		return false
	}
	select {
	case <-s.sent: // it was just being sent
	case <-time.After(time.Second):
	}
	return s.unsent.Load()
}

// shutdown is the closing handshake. With which code the server answers is its
// own affair: everything was sent. But an interrupt that comes meanwhile ends it.
func (s *session) shutdown(outer context.Context, code int, reason string) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.c.closeTimeout)
	defer cancel()
	before := outer.Err()
	if before == nil {
		defer context.AfterFunc(outer, func() { cancel(); s.conn.SetDeadline(time.Unix(1, 0)) })()
	}
	s.wait.end()
	s.conn.SetWriteDeadline(time.Now().Add(max(s.c.closeTimeout, time.Second)))
	err := s.lastMessages(ctx, code, reason)
	s.conn.Shutdown(ctx, code, reason)
	if cause := context.Cause(outer); before == nil && interrupted(cause) {
		return cause
	}
	return err
}

// lastMessages sends CLOSE, and writes the messages that come before the
// server's, unless all that was wanted has come.
func (s *session) lastMessages(ctx context.Context, code int, reason string) error {
	if s.conn.Send(curlew.Close, curlew.AppendClose(nil, code, reason)) != nil {
		return nil // Shutdown meets the same
	}
	defer context.AfterFunc(ctx, func() { s.conn.SetReadDeadline(time.Unix(1, 0)) })()
	for !s.satisfied() {
		chunk, m, err := s.take()
		if err == nil {
			err = s.got(ctx, chunk, m)
		}
		if err != nil && exitCode(err) != codeWrite {
			break
		}
		if err != nil {
			return err
		}
	}
	return written(s.c.out.flush())
}

// send sends the input, from its beginning to its end.
func (s *session) send(ctx context.Context) {
	defer close(s.sent)
	input := s.sendInput
	switch {
	case s.console != nil:
		input = s.console.run
	case s.c.feed != nil:
		input = s.lend
	case s.c.reconnect:
		input = func(context.Context) error { return nil } // reconnect.Loop sent it
	}
	err := input(ctx)
	switch {
	case err == errLent:
	case err == nil:
		s.wait.inputEnded()
	case errors.Is(err, curlew.ErrClosing), errors.Is(err, net.ErrClosed), isA[*curlew.CloseError](err):
		// The end, of which the receiver knows more.
	case isA[*failure](err), isA[*closeRequest](err):
		s.wait.interrupt(err, 0)
	default:
		s.wait.interrupt(&failure{codeSend, fmt.Errorf("sending: %w", err)}, time.Second)
	}
}
