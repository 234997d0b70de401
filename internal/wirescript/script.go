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
// followed on any number of connections, also at once.
type Script struct {
	Echo Session // does the statement echo

	// Admit, if not nil, refuses a client's request by an error; the answer is 403 then. HeadTime is how
	// long a client has for its request; 0 is no limit.
	Admit    func(r *http.Request) error
	HeadTime time.Duration

	file           string
	parts          [][]step // one for each connection
	server, client bool     // the roles it can play
	turn           atomic.Uint64
}

// A Session answers every message that comes from the peer with itself, to the session's end. The opening
// handshake is over. Server says which role we have.
type Session func(ctx context.Context, c net.Conn, server bool) error

// A step is a line of a script, ready to be done.
type step struct {
	line int
	text string
	do   func(p *player) error
}

// A Error is a line of a script that is wrong, or that the other end, or
// the network, failed to follow.
type Error struct {
	File string
	Line int
	Text string // the line
	Err  error  // what came instead
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d: %s: %v", e.File, e.Line, e.Text, e.Err)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Roles reports which roles the script can play: both, unless it says role or
// has lines that only one of them can do.
func (s *Script) Roles() (server, client bool) { return s.server, s.client }

// Play follows the script on c as the server or as the client, and closes c. Each call follows the next
// of the script's connections; after the last comes the first again. It blocks until the script has ended,
// ctx has, or the other end did not follow, which is an [*Error]. The end of ctx is one too, around its
// cause. The end of soft ends, without an error, only a script that was stalled, waits or echoes.
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
