package main

import (
	"context"
	"fmt"
	"net"
	"regexp"

	"github.com/curlew-ws/curlew"
)

// An until looks for the message of --until. It compares each one that comes, and keeps
// that as far as it is compared.
type until struct {
	re    *regexp.Regexp
	only  bool // nothing but the message is written
	kept  []byte
	state matching // of the current message
	found bool
}

// maxCompared is how much of a message is compared.
const maxCompared = 64 << 20

// A matching is what is known of a message.
type matching uint8

const (
	undecided matching = iota
	matches
	differs
)

func newUntil(c *config) *until {
	if c.until == nil {
		return nil
	}
	return &until{re: c.until, only: c.only}
}

// look compares a chunk's message, and returns what is to be written of it now.
func (u *until) look(p []byte, m curlew.Meta) (now []byte, write bool) {
	before := u.state
	n := min(len(p), maxCompared-len(u.kept))
	u.kept = append(u.kept, p[:n]...)
	if before == undecided && (m.MessageEnd() || len(u.kept) == maxCompared) {
		u.state = differs
		if u.re.Match(u.kept) {
			u.state = matches
		}
	}
	now = p
	if u.only && before == undecided {
		now = append(u.kept, p[n:]...)
	}
	write = !u.only || u.state == matches
	if m.MessageEnd() {
		u.found = u.state == matches
		u.state, u.kept = undecided, u.kept[:0]
	}
	return now, write
}

// missing is the error of a session that ended without the message; why says how.
func (u *until) missing(messages int, why string) error {
	if u == nil || u.found {
		return nil
	}
	return &failure{codePartial, fmt.Errorf("expected a message that matches --until, got %d others, %s", messages, why)}
}

// awaitTurn waits, with --lockstep, for an answer to the message before.
func (s *session) awaitTurn(ctx context.Context) error {
	if !s.c.lockstep {
		return nil
	}
	if s.asked {
		select {
		case <-s.answers:
		case <-ctx.Done():
			return net.ErrClosed
		}
	}
	s.asked = true
	select {
	case <-s.answers: // of which nobody knows what it answers
	default:
	}
	return nil
}

// answered takes note of a message that came, for awaitTurn.
func (s *session) answered() {
	select {
	case s.answers <- struct{}{}:
	default:
	}
}

// setUntil is --until.
func setUntil(c *config, value string) (err error) {
	c.until, err = regexp.Compile(value)
	return err
}

// finishUntil says which options do not go together.
func (c *config) finishUntil() error {
	switch {
	case c.only && c.until == nil:
		return usagef("option --only needs --until, which says what to write")
	case c.lockstep && c.reconnect:
		return usagef("options --lockstep and --reconnect do not go together: a message that gets no answer would stop all that follow, in every session")
	}
	return nil
}
