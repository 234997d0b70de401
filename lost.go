package curlew

import (
	"errors"
	"fmt"
	"io"
)

// A lostError is why sends fail on a connection that is lost: errors.Is finds
// [ErrLost].
type lostError struct {
	what  string
	cause error
	found error // what errors.Is finds of the cause
}

func (e *lostError) Error() string {
	return fmt.Sprintf("curlew: %s, the connection is lost: %v", e.what, e.cause)
}

func (e *lostError) Is(target error) bool { return target == ErrLost }

func (e *lostError) Unwrap() error { return e.found }

// lostBefore is what the calls return that follow the one that cause ended. The
// end of that one's time is told but not found by errors.Is: it would look like
// the end of their own, after which they may try again.
func lostBefore(what string, cause error) *lostError {
	e := &lostError{what: what, cause: cause}
	if !isTimeout(cause) {
		e.found = cause
	}
	return e
}

// lost is what receiving returns where err ended the connection. It must not be
// the end of a send's time, either: after one of its own receiving goes on.
func lost(err error) error {
	if e, ok := errors.AsType[*lostError](err); ok && e.found == nil {
		return fmt.Errorf("%w: %w", err, io.ErrUnexpectedEOF)
	}
	return err
}
