package curlewtest

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/internal/wirescript"
)

// A Script is a wire script: what one end of a connection sends, expects and does to the network. The
// package comment describes its language. Any number of connections may follow it at the same time.
type Script struct{ s *wirescript.Script }

// A ScriptError is a line of a script that is invalid, or that the other end, or the network, failed to
// follow.
type ScriptError struct {
	File string
	Line int
	Text string // the line
	Err  error  // what was received instead
}

func (e *ScriptError) Error() string {
	return fmt.Sprintf("%s:%d: %s: %v", e.File, e.Line, e.Text, e.Err)
}

// Unwrap returns Err.
func (e *ScriptError) Unwrap() error { return e.Err }

// ParseScript parses a wire script. The name is for errors, which are [*ScriptError]. Nothing of text is
// kept.
func ParseScript(name string, text []byte) (*Script, error) {
	s, err := wirescript.Parse(name, text)
	if err != nil {
		return nil, scriptError(err)
	}
	s.Echo = func(ctx context.Context, c net.Conn, server bool) error {
		return Echo(ctx, curlew.NewConn(c, server, nil))
	}
	return &Script{s}, nil
}

// Roles reports which roles the script can play: both, unless it says role or has lines that only one of
// them can do.
func (s *Script) Roles() (server, client bool) { return s.s.Roles() }

// Serve follows the script on c as the server, and closes c. A script for several connections goes on to
// its next part with every call, and after the last begins again. It blocks until the script has ended, ctx
// has, or the other end did not follow, which is a [*ScriptError]. The end of ctx is one too, around its
// cause, unless the script was stalled: then it is no error.
func (s *Script) Serve(ctx context.Context, c net.Conn) error {
	return scriptError(s.s.Play(ctx, ctx, c, true))
}

// Connect is Serve as the client: c leads to the server.
func (s *Script) Connect(ctx context.Context, c net.Conn) error {
	return scriptError(s.s.Play(ctx, ctx, c, false))
}

// scriptError returns err as a ScriptError, if it is one of the language.
func scriptError(err error) error {
	var e *wirescript.Error
	if !errors.As(err, &e) {
		return err
	}
	return &ScriptError{e.File, e.Line, e.Text, e.Err}
}
