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
// package comment describes its language. Several connections may follow it at the same time.
type Script struct{ s *wirescript.Script }

// A ScriptError is a line of a script that is invalid, or that failed because of the other end or the
// network.
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

// ParseScript parses a wire script. The name is for errors, which are [*ScriptError]. ParseScript keeps no
// reference to text.
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

// Roles reports which roles the script can play. That is both, unless it has the line role or lines that
// only one role can follow.
func (s *Script) Roles() (server, client bool) { return s.s.Roles() }

// Serve follows the script on c as the server, and closes c. With every call, a script for several
// connections continues with its next part, and starts again after the last. Serve blocks until the script
// or ctx ends, or the other end does something else. That is a [*ScriptError]. The end of ctx is one too,
// around its cause, unless the script has stalled: then it is no error.
func (s *Script) Serve(ctx context.Context, c net.Conn) error {
	return scriptError(s.s.Play(ctx, ctx, c, true))
}

// Connect is like Serve, as the client: c leads to the server.
func (s *Script) Connect(ctx context.Context, c net.Conn) error {
	return scriptError(s.s.Play(ctx, ctx, c, false))
}

// scriptError returns err as a ScriptError if it is a wirescript.Error, otherwise unchanged.
func scriptError(err error) error {
	var e *wirescript.Error
	if !errors.As(err, &e) {
		return err
	}
	return &ScriptError{e.File, e.Line, e.Text, e.Err}
}
