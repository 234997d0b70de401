package curlew

import (
	"fmt"
	"time"
)

// closeTime is how long our answer to the peer's CLOSE has to get out.
const closeTime = 5 * time.Second

// A closeAnswer ends a session whose answer to the peer's CLOSE does not get
// out. The program's own answer, of NoAutoClose, has all the time that the
// program wants; but no write may take longer than closeTime.
type closeAnswer struct {
	s     *sender
	timer *time.Timer
	own   bool   // the answer is the program's
	begun uint64 // the last write when the time began
}

// newCloseAnswer begins the time. mu is held.
func newCloseAnswer(s *sender, own bool) *closeAnswer {
	a := &closeAnswer{s: s, own: own, begun: s.begun}
	a.timer = time.AfterFunc(closeTime, a.over)
	return a
}

// end ends the time: the answer is out, or never will be.
func (a *closeAnswer) end() {
	if a != nil {
		a.timer.Stop()
	}
}

// over gives the connection up unless the answer is out.
func (a *closeAnswer) over() {
	s := a.s
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closeDone():
	case a.own && !(s.busy() && s.begun == a.begun):
		a.begun = s.begun
		a.timer.Reset(closeTime)
	default:
		s.lose(fmt.Sprintf("the answer to the peer's CLOSE did not get out within %v", closeTime), s.peer)
	}
}
