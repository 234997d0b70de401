package conformance

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/curlew-ws/curlew/internal/protocol"
	"github.com/curlew-ws/curlew/internal/wire"
	"github.com/curlew-ws/curlew/internal/wirescript"
)

// A step is a line of a case. Its play returns what the peer did wrong, errOver
// or a lax.
type step interface {
	play(p *player) error
}

type (
	split   struct{ size int }
	send    struct{ frame }
	payload struct{ items wirescript.Items }
	echo    struct{}
	expect  struct{ frame }
	mayEcho struct{}
	wait    struct{}
	repeat  struct {
		times int
		steps []step
	}
	done   struct{}
	closed struct{ codes []int } // nil: any
	fail   struct {
		codes []int
		early bool // more steps follow, for a peer that has not failed yet
		soft  bool // a peer that answers instead is lax
	}
)

// byFrame, as the size of a split, splits the bytes between frames.
const byFrame = -1

// errOver ends a case before its last step.
var errOver = errors.New("the case is over")

// A lax is a way in which the peer is less strict than it should be.
type lax string

func (l lax) Error() string { return string(l) }

// isEnd reports whether s is the last step of a case.
func isEnd(s step) bool {
	switch s.(type) {
	case done, closed, fail:
		return true
	}
	return false
}

func (p *player) run(steps []step) error {
	for _, s := range steps {
		if err := s.play(p); err != nil {
			return err
		}
	}
	return nil
}

func (s split) play(p *player) error {
	p.flush()
	p.split = s.size
	return nil
}

func (s send) play(p *player) error {
	data := s.bytes(p)
	p.owe(s.frame, data)
	p.sent += len(data)
	h := s.Header(len(data))
	if s.Deflated {
		data, h.RSV = p.compressor.compress(data), wire.RSV1
	}
	cut := s.Cut
	if cut == 0 || len(data) <= cut {
		p.frame(h, data, s.frame)
		return nil
	}
	for fin := h.Fin; ; h.Opcode, h.RSV = wire.OpCont, 0 {
		n := min(cut, len(data))
		h.Fin = fin && n < cut
		p.frame(h, data[:n], s.frame)
		if data = data[n:]; h.Fin {
			return nil
		}
	}
}

func (s payload) play(p *player) error {
	p.payload(p.bytes(s.items))
	return nil
}

func (echo) play(p *player) error {
	for _, want := range p.owed {
		if err := p.expect(want); err != nil {
			return err
		}
	}
	p.owed = p.owed[:0]
	return nil
}

func (s expect) play(p *player) error {
	return p.expect(s.event(s.bytes(p)))
}

func (mayEcho) play(p *player) error {
	for _, want := range p.owed {
		if e := p.next(); !e.equal(want) {
			p.back = &e
			return nil
		}
	}
	return nil
}

func (wait) play(p *player) error {
	p.flush()
	if p.o.Pause > 0 {
		time.Sleep(p.o.Pause)
	} else {
		p.o.yield()
	}
	return nil
}

func (s repeat) play(p *player) error {
	for p.turn = 0; p.turn < s.times && !p.enough(); p.turn++ {
		if err := p.run(s.steps); err != nil {
			return err
		}
	}
	return nil
}

func (done) play(p *player) error {
	p.close()
	return closed{[]int{wire.CloseNormal}}.play(p)
}

func (s closed) play(p *player) error {
	e := p.next()
	switch {
	case e.flags == protocol.Close && (s.codes == nil || e.code == wire.CloseNoStatus || slices.Contains(s.codes, e.code)):
		return p.finish()
	case e.dropped && s.codes == nil:
		return lax(fmt.Sprintf("expected an answer to CLOSE, got %v", e))
	case s.codes == nil:
		return fmt.Errorf("expected an answer to CLOSE, got %v", e)
	}
	return fmt.Errorf("expected CLOSE %v in answer to CLOSE, got %v", list(s.codes), e)
}

func (s fail) play(p *player) error {
	e := p.next()
	if s.early && e.silent {
		p.lax = "the peer failed the connection only after receiving more"
		return nil
	}
	if s.soft && len(p.owed) > 0 && e.equal(p.owed[0]) {
		p.lax = fmt.Sprintf("the peer accepted what it could have refused with CLOSE %v", list(s.codes))
		return done{}.play(p)
	}
	err := p.failed(e, s.codes)
	if err == nil && s.early {
		return errOver
	}
	return err
}

// expect checks that the next event is want.
func (p *player) expect(want event) error {
	e := p.next()
	if e.equal(want) {
		return nil
	}
	if p.c.failing != nil && e.over() {
		if err := p.failed(e, p.c.failing); err != nil {
			return err
		}
		return lax(fmt.Sprintf("the peer failed the connection, rightly, but without sending %v", want))
	}
	return fmt.Errorf("expected %v, got %v", want, e)
}

// failed checks that e is the peer failing the connection with one of codes,
// and ends the case.
func (p *player) failed(e event, codes []int) error {
	switch {
	case e.dropped:
		return nil
	case e.flags != protocol.Close:
		return fmt.Errorf("expected CLOSE %v or the end of the stream, got %v", list(codes), e)
	}
	if err := p.finish(); err != nil {
		return err
	}
	switch {
	case slices.Contains(codes, e.code):
		return nil
	case e.code == wire.CloseNoStatus:
		return lax(fmt.Sprintf("expected CLOSE %v, got one without a code", list(codes)))
	}
	return fmt.Errorf("expected CLOSE %v, got %v", list(codes), e)
}

// finish answers the peer's CLOSE, unless ours was sent, and waits for the end of
// the stream.
func (p *player) finish() error {
	p.close()
	p.flush()
	if p.server {
		closeWrite(p.conn)
	}
	e := p.next()
	switch {
	case e.dropped:
		return nil
	case e.silent && p.server:
		return errors.New("expected the client to end the stream after the server did")
	case e.silent:
		return errors.New("expected the server to end the stream after the closing handshake")
	}
	return fmt.Errorf("expected the end of the stream after CLOSE, got %v", e)
}

// list formats alternatives.
func list(codes []int) string {
	s := fmt.Sprint(codes[0])
	for _, c := range codes[1:] {
		s += fmt.Sprint(" or ", c)
	}
	return s
}
