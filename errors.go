package curlew

import (
	"errors"
	"fmt"

	"github.com/curlew-ws/curlew/internal/protocol"
)

// Errors a caller may branch on with errors.Is.
var (
	// ErrUsage means that the call is wrong, not the connection, which goes on
	// as if it had not been made. The error's text says what is wrong.
	ErrUsage = errors.New("curlew: wrong use")
	// ErrFrameOpen means that a frame begun by StartFrame, or left open by a
	// SendError, has not had all its payload yet: go on with SendPayload.
	ErrFrameOpen = errors.New("curlew: a frame is open; give it the rest of its payload with SendPayload")
	// ErrClosing means that our CLOSE was sent, behind which nothing may be sent.
	ErrClosing = errors.New("curlew: our CLOSE was sent; nothing may be sent behind it")
	// ErrLost means that the connection was lost, at this send or before: nothing
	// can be sent any more. Receiving returns it, too, if that is how it ended. A send that only waited for its turn is no ErrLost,
	// and may be tried again.
	ErrLost = errors.New("curlew: the connection is lost")
	// ErrPongTimeout means that the peer sent nothing, did not answer a PING, and
	// took nothing of what we sent, for as long as PingInterval and PongTimeout
	// allow.
	ErrPongTimeout = errors.New("curlew: the peer did not answer a PING in time (PongTimeout)")
	// ErrAgain means that TryRecv found nothing to hand on, and did not wait.
	// libcurl's CURLE_AGAIN.
	ErrAgain = errors.New("curlew: nothing is there yet")
	// ErrPause, returned by OnChunk or Upload, pauses that direction until
	// Conn.Resume; OnChunk gets the same chunk again. libcurl's
	// CURL_WRITEFUNC_PAUSE and CURL_READFUNC_PAUSE.
	ErrPause = errors.New("curlew: pause until Resume")
	// ErrStop, returned by a callback, ends the session: CLOSE 1000 is sent, the
	// peer has 5 seconds to answer, and Perform returns nil. In raw mode, which
	// has no CLOSE, the connection is dropped.
	ErrStop = errors.New("curlew: stop the transfer")
)

func usage(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUsage, fmt.Sprintf(format, args...))
}

// A HandshakeError means that the server refused the upgrade, or that its
// answer is not a valid one (RFC 6455 section 4.1).
type HandshakeError struct {
	Response *Response // nil if no response head came
	Body     []byte    // of the response, up to 64 KiB
	Err      error     // what was expected and what came
}

func (e *HandshakeError) Error() string { return "curlew: opening handshake: " + e.Err.Error() }

// Unwrap returns Err.
func (e *HandshakeError) Unwrap() error { return e.Err }

// A ProtocolError means that the peer broke RFC 6455, or a limit that was set
// (errors.As finds the [LimitError]). It is final: a CLOSE with Code was sent
// unless a frame of ours was half sent, and every later call returns the same
// error.
type ProtocolError struct {
	Code   int   // the close code sent
	Offset int64 // of the first wrong byte in the stream of received bytes; near it within a compressed message
	Err    error // what was expected and what came
}

func (e *ProtocolError) Error() string {
	return fmt.Sprintf("curlew: protocol error at byte %d of the stream (close code %d): %v", e.Offset, e.Code, e.Err)
}

// Unwrap returns Err.
func (e *ProtocolError) Unwrap() error { return e.Err }

// A CloseError means that the peer closed the session with a CLOSE frame.
type CloseError struct {
	Code   int    // CloseNoStatus if the frame had none
	Reason string // UTF-8, from the peer: escape it before showing it
}

func (e *CloseError) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("curlew: the peer closed the session with code %d", e.Code)
	}
	return fmt.Sprintf("curlew: the peer closed the session with code %d, %q", e.Code, e.Reason)
}

// normal reports whether the peer's CLOSE is an ordinary end.
func (e *CloseError) normal() bool {
	return e.Code == CloseNormal || e.Code == CloseGoingAway || e.Code == CloseNoStatus
}

// A LimitError means that something was larger than an option allows, or than
// a response's head may be, which no option changes.
type LimitError struct {
	Name  string // the field of Client or AcceptOptions that sets the limit, if one does
	Limit int64  // its value, bytes or a count
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("more came than %s allows, which is %d", e.Name, e.Limit)
}

// A SendError means that the write deadline passed when part of a frame was
// taken. On plain streams the frame is open: go on with SendPayload(p[Sent:]),
// also if Sent is len(p), after setting a new deadline. Over TLS, where a
// write that timed out cannot go on, the connection is lost instead. In raw
// mode, which has no frames, go on with Send(0, p[Sent:]).
type SendError struct {
	Sent int   // payload bytes taken; they need not be sent again
	Err  error // errors.Is finds os.ErrDeadlineExceeded
}

func (e *SendError) Error() string {
	return fmt.Sprintf("curlew: sent %d bytes, then: %v; the frame is open, go on with SendPayload (in raw mode, with Send)", e.Sent, e.Err)
}

// Unwrap returns Err.
func (e *SendError) Unwrap() error { return e.Err }

// A SinkError means that the writer given to WriteTo, of NextReader's reader,
// failed, and not the connection: both may have timed out. What the writer did
// not take can still be read, or given to another.
type SinkError struct {
	Err error // the writer's
}

func (e *SinkError) Error() string {
	return fmt.Sprintf("curlew: the writer failed, and not the connection: %v", e.Err)
}

// Unwrap returns Err.
func (e *SinkError) Unwrap() error { return e.Err }

// protocolError turns the engine's error into the user's.
func protocolError(err error) *ProtocolError {
	var pe *protocol.Error
	if !errors.As(err, &pe) {
		pe = &protocol.Error{Code: CloseInternal, Err: err}
	}
	out := ProtocolError(*pe)
	var l *protocol.Limit
	if errors.As(pe.Err, &l) {
		out.Err = &LimitError{Name: l.Name, Limit: l.Limit}
	}
	return &out
}
