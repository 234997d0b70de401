package curlew

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// A helper is a goroutine that does one thing at a time when told to, and says
// what came of it.
type helper[In, Out any] struct {
	todo chan In
	done chan Out
	busy bool // between start and the receive from done
}

func newHelper[In, Out any](do func(In) Out) *helper[In, Out] {
	h := &helper[In, Out]{todo: make(chan In), done: make(chan Out, 1)}
	go func() {
		for in := range h.todo {
			h.done <- do(in)
		}
		close(h.done)
	}()
	return h
}

func (h *helper[In, Out]) start(in In) {
	h.busy = true
	h.todo <- in
}

// end waits until the helper has ended.
func (h *helper[In, Out]) end() {
	close(h.todo)
	for range h.done {
	}
}

// An upload is the sending half of a Perform with Upload: the user fills one
// buffer while it is ours, and the helper sends it.
type upload struct {
	c     *Conn
	call  func(c *Conn, buf []byte) (int, error)
	buf   []byte
	write *helper[[]byte, error]

	paused bool
	since  uint32 // Resume counted when the pause began
	over   bool   // Upload returned io.EOF, or the session is closing
	then   error  // what Upload returned with the piece being sent
}

func newUpload(c *Conn, call func(*Conn, []byte) (int, error)) *upload {
	u := &upload{c: c, call: call, buf: make([]byte, c.out.size)}
	u.write = newHelper(func(p []byte) error { return c.out.upload(p) })
	return u
}

// step calls Upload if it may be called, and starts sending what it brought.
func (u *upload) step() (progress bool, err error) {
	if u.write.busy {
		select {
		case err := <-u.write.done:
			return true, u.written(err)
		default:
			return false, nil
		}
	}
	if u.over || u.paused && u.c.resumes.Load() == u.since {
		return false, nil
	}
	u.paused = false
	u.since = u.c.resumes.Load()
	room := u.c.out.offer(len(u.buf))
	if room == 0 { // a frame that only has to be written
		u.then = nil
		u.write.start(nil)
		return true, nil
	}
	n, err := u.call(u.c, u.buf[:room:room])
	switch {
	case n < 0 || n > room:
		return false, usage("Upload returned %d bytes, of a buffer of %d", n, room)
	case errors.Is(err, ErrPause):
		u.paused, err = true, nil
	}
	if n > 0 && (err == nil || errors.Is(err, io.EOF) || errors.Is(err, ErrStop)) {
		u.then = err
		u.write.start(u.buf[:n])
		return true, nil
	}
	return !u.paused, u.next(err)
}

// written deals with the end of a send.
func (u *upload) written(err error) error {
	u.write.busy = false
	if err == nil {
		return u.next(u.then)
	}
	if u.c.out.failure() != nil {
		u.over = true // receiving finds what the peer said last, or the same error
		return nil
	}
	return u.closing(err)
}

// next deals with what Upload returned, once the bytes with it are sent. The
// end of the upload must not be within a frame.
func (u *upload) next(err error) error {
	if !errors.Is(err, io.EOF) {
		return u.closing(err)
	}
	u.over = true
	if u.c.out.frameOpen() {
		return errCutUpload
	}
	return nil
}

// closing ends the upload, and takes err away, if a send was refused because
// our CLOSE was sent: receiving ends the session.
func (u *upload) closing(err error) error {
	if u.c.out.over(err) {
		u.over = true
		return nil
	}
	return err
}

var errCutUpload = fmt.Errorf("curlew: Upload ended within a frame: %w", io.ErrUnexpectedEOF)

// offer returns how many bytes Upload may bring, at most n.
func (s *sender) offer(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holder == inFrame {
		return int(min(int64(n), s.enc.Left()))
	}
	return n
}

func (s *sender) frameOpen() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.holder == inFrame
}

// over reports whether err says that our CLOSE was sent.
func (s *sender) over(err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing() && (errors.Is(err, ErrClosing) || s.peer != nil && errors.Is(err, s.peer))
}

// upload sends what Upload brought, from where it is.
func (s *sender) upload(p []byte) error {
	if s.raw {
		return s.sendRaw(0, p)
	}
	if s.frameOpen() {
		return s.sendPayload(p, true)
	}
	return s.sendFrom(context.Background(), Binary, p, byChunk, true)
}
