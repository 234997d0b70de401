package curlew

import (
	"fmt"
	"time"
)

// closeTime is how long our answer to the peer's CLOSE has to get out.
const closeTime = 5 * time.Second

// A closeAnswer ends a session after the peer's last word if what we send then
// does not get out: our answer to its CLOSE; or, after a stream that ended without one,
// whatever the program sends. The program's own answer, of NoAutoClose, has all the
// time that the program wants. But no write may take longer than the limit.
type closeAnswer struct {
	s     *sender
	timer *time.Timer
	limit time.Duration
	what  string // did not get out
	cause error
	own   bool   // the program sends it
	begun uint64 // the last write when the time began
}

// newCloseAnswer begins the time of the answer to the peer's CLOSE. mu is held.
func newCloseAnswer(s *sender, own bool) *closeAnswer {
	a := &closeAnswer{s: s, limit: closeTime, what: "the answer to the peer's CLOSE", cause: s.peer, own: own}
	return a.begin()
}

// begin begins the time. mu is held.
func (a *closeAnswer) begin() *closeAnswer {
	a.begun = a.s.begun
	a.timer = time.AfterFunc(a.limit, a.over)
	return a
}

// streamEnded notes that receiving ended because of err, without a CLOSE. A peer that
// only ended its own side can still be sent to; but a write that waits for longer
// than lastSecond waits for one that is gone.
func (s *sender) streamEnded(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closeAnswer == nil && !s.dead {
		a := &closeAnswer{s: s, limit: lastSecond, what: "what was sent after the stream ended", cause: err, own: true}
		s.closeAnswer = a.begin()
	}
}

// end ends the time: the answer is out, or never will be.
func (a *closeAnswer) end() {
	if a != nil {
		a.timer.Stop()
	}
}

// over gives the connection up unless what we send gets out.
func (a *closeAnswer) over() {
	s := a.s
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closeDone():
	case a.own && !(s.busy() && s.begun == a.begun):
		a.begun = s.begun
		a.timer.Reset(a.limit)
	default:
		s.lose(fmt.Sprintf("%s did not get out within %v", a.what, a.limit), a.cause)
	}
}
