package curlew

import (
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
	over   bool   // Upload returned io.EOF, or the peer closed
	last   bool   // the piece being sent is the last
}

func newUpload(c *Conn, call func(*Conn, []byte) (int, error)) *upload {
	u := &upload{c: c, call: call, buf: make([]byte, c.out.size)}
	u.write = newHelper(func(p []byte) error { return c.out.upload(p) })
	return u
}

// step calls Upload if it may be called, and starts sending what it brought.
func (u *upload) step() (progress bool, err error) {
	if u.over || u.last || u.write.busy || u.paused && u.c.resumes.Load() == u.since {
		return false, nil
	}
	u.paused = false
	u.since = u.c.resumes.Load()
	n, err := u.call(u.c, u.buf[:u.c.out.offer(len(u.buf))])
	switch {
	case n < 0 || n > len(u.buf):
		return false, usage("Upload returned %d bytes, of a buffer of %d", n, len(u.buf))
	case err == ErrPause:
		u.paused = true
	case errors.Is(err, io.EOF):
		u.last = true
	case err != nil:
		return false, err
	}
	if n > 0 {
		u.write.start(u.buf[:n])
		return true, nil
	}
	if u.last {
		return true, u.finish()
	}
	return !u.paused, nil
}

// written deals with the end of a send.
func (u *upload) written(err error) error {
	var peer *CloseError
	if errors.As(err, &peer) || err == ErrClosing {
		u.over = true // receiving ends the session
		return nil
	}
	if err == nil && u.last {
		return u.finish()
	}
	return err
}

// finish ends the upload, which must not be within a frame.
func (u *upload) finish() error {
	u.over = true
	if u.c.out.frameOpen() {
		return errCutUpload
	}
	return nil
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

// upload sends what Upload brought.
func (s *sender) upload(p []byte) error {
	if s.raw {
		return s.sendRaw(0, p)
	}
	if s.frameOpen() {
		return s.sendPayload(p)
	}
	return s.send(nil, Binary, p, byChunk)
}
