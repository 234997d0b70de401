package main

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/curlew-ws/curlew"
)

// patience decides how long the receiver waits, which it does by the
// connection's read deadline.
type patience struct {
	conn *curlew.Conn
	limits

	mu      sync.Mutex
	input   bool      // has ended
	sent    bool      // something was
	settled bool      // something came after that, and no message is incomplete
	over    bool      // nobody waits any more
	hurried bool      // the receiver takes what is there and does not wait
	because error     // interrupt's
	last    time.Time // and until when

	closedWith int    // the code of the peer's CLOSE, 0 if none came; the receiver's own, as are
	reason     string // its reason, and
	peer       error  // what it means, nil if it is a good end
}

// Limits are how long the receiver waits.
type limits struct {
	first   time.Duration // for an answer, from the input's end on
	linger  time.Duration // for more
	idle    time.Duration // always
	assumed bool          // first and linger are not what the user asked for
}

// untilAnswered is limits.first if nobody says otherwise: what a server does
// before it answers takes longer than what comes after that.
const untilAnswered = 10 * time.Second

// limits are what the options say, and what they leave open: whoever says how
// long silence may last, or what must come, does not mean the end of the input.
func (c *config) limits() limits {
	l := limits{c.linger, c.linger, c.idle, !slices.Contains(c.given, "linger")}
	switch {
	case !l.assumed:
	case c.reconnect || c.count > 0 || c.until != nil || slices.Contains(c.given, "idle"):
		l.first, l.linger = forever, forever
	default:
		l.first = untilAnswered
	}
	return l
}

// sending takes note of a message that is about to go out.
func (p *patience) sending() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent, p.settled = true, false
}

// inputEnded makes the receiver wait for first or linger and no longer. A
// session in which nothing was sent is for listening.
func (p *patience) inputEnded() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.input = true
	if p.assumed && !p.sent {
		p.first, p.linger = forever, forever
	}
	p.again()
}

// begin is the beginning of waiting.
func (p *patience) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.again()
}

// arrived makes the receiver wait once more, after a part of a message or its end.
func (p *patience) arrived(whole bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settled = whole
	p.again()
}

func (p *patience) again() {
	if limit := p.limit(); limit != forever && p.because == nil && !p.over && !p.hurried {
		p.conn.SetReadDeadline(time.Now().Add(limit))
	}
}

// hurry makes the receiver not wait at all, until takeTime.
func (p *patience) hurry() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.hurried {
		p.hurried = true
		p.conn.SetReadDeadline(time.Unix(1, 0))
	}
}

func (p *patience) takeTime() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hurried {
		p.hurried = false
		p.conn.SetReadDeadline(p.last) // zero: none
		p.again()
	}
}

// limit is how long the receiver waits for a message. The mutex is held, or the
// waiting is over.
func (p *patience) limit() time.Duration {
	switch {
	case !p.input:
		return p.idle
	case p.settled:
		return min(p.idle, p.linger)
	}
	return min(p.idle, p.first)
}

// longer is the option that waits longer than limit.
func (p *patience) longer(limit time.Duration) string {
	if limit == p.idle {
		return "--idle waits longer"
	}
	return "--linger waits longer"
}

// interrupt ends the session by err, when the receiver had so long to find a
// better reason.
func (p *patience) interrupt(err error, after time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.because == nil && !p.over {
		p.because, p.last = err, time.Now().Add(after)
		if !p.hurried {
			p.conn.SetReadDeadline(p.last)
		}
	}
}

// end is the end of waiting.
func (p *patience) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	p.conn.SetReadDeadline(time.Time{})
}

// cause is why the session was interrupted, nil if it was not.
func (p *patience) cause() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.because
}

// closed takes note of the peer's CLOSE, with which the session ends well or not.
func (p *patience) closed(payload []byte) {
	code, reason, err := curlew.ParseClose(payload)
	p.closedWith, p.reason = code, reason
	switch {
	case err != nil:
		p.peer = err
	case code == curlew.CloseNormal || code == curlew.CloseGoingAway || code == curlew.CloseNoStatus:
	default:
		p.peer = &curlew.CloseError{Code: code, Reason: reason}
	}
}

// ending says how the peer closed.
func (p *patience) ending() string {
	switch {
	case p.closedWith == curlew.CloseNoStatus:
		return "the server closed the session without a code"
	case p.reason == "":
		return fmt.Sprintf("the server closed the session with code %d", p.closedWith)
	}
	return fmt.Sprintf("the server closed the session with code %d, %q", p.closedWith, p.reason)
}
