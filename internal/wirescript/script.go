package wirescript

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// A Script is a wire script: what one end of a connection sends, expects and
// does to the network. Package curlewtest describes its language. It may be
// followed on any number of connections, also concurrently.
type Script struct {
	Echo Session // carries out the statement echo

	// Admit, if not nil, returns an error to refuse a client's request with status 403. HeadTime is how
	// long a client has to send its request; 0 means no limit.
	Admit    func(r *http.Request) error
	HeadTime time.Duration

	file           string
	parts          [][]step // one for each connection
	server, client bool     // the roles it can play
	turn           atomic.Uint64
}

// A Session echoes every message of the peer, until the session ends. The opening
// handshake has been made. Server is our role.
type Session func(ctx context.Context, c net.Conn, server bool) error

// A step is a parsed line of a script.
type step struct {
	line int
	text string
	do   func(p *player) error
}

// An Error is a line of a script that is invalid, or that failed because of the
// other end or the network.
type Error struct {
	File string
	Line int
	Text string // the line
	Err  error  // what was received instead
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d: %s: %v", e.File, e.Line, e.Text, e.Err)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Roles reports which roles the script can play. That is both, unless it has the
// line role or lines that only one role can follow.
func (s *Script) Roles() (server, client bool) { return s.server, s.client }

// Play follows the script on c as the server or as the client, and closes c. Each call follows the next
// of the script's connections, and the first again after the last. It blocks until the script or ctx ends,
// or the other end does something else, which is an [*Error]. The end of ctx is one too, around its cause.
// The end of soft ends, without an error, only a script that has stalled, waits or echoes.
func (s *Script) Play(ctx, soft context.Context, c net.Conn, server bool) error {
	defer c.Close()
	if server && !s.server || !server && !s.client {
		return &Error{s.file, 1, "role", errors.New("the script is for the other role")}
	}
	defer context.AfterFunc(ctx, func() { c.SetDeadline(past) })()
	part := s.parts[(s.turn.Add(1)-1)%uint64(len(s.parts))]
	p := &player{script: s, ctx: ctx, soft: soft, conn: c, server: server}
	last := step{text: "end of the script"}
	if len(part) > 0 {
		last.line = part[len(part)-1].line
	}
	last.do = func(p *player) error { return errors.Join(p.open(), p.flush()) }
	err := p.run(append(part[:len(part):len(part)], last))
	if err == errOver {
		return nil
	}
	return err
}

// errOver ends a script before its last line.
var errOver = errors.New("the script is over")

// run does steps until one fails.
func (p *player) run(steps []step) error {
	for _, s := range steps {
		err := s.do(p)
		if err == nil {
			continue
		}
		var nested *Error
		if err == errOver || errors.As(err, &nested) {
			return err
		}
		if p.ctx.Err() != nil {
			err = fmt.Errorf("%w (%v)", context.Cause(p.ctx), err)
		}
		return &Error{p.script.file, s.line, s.text, err}
	}
	return nil
}
