package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

// Stage is a part of the way to the host.
type Stage string

// The stages of Dial, in their order.
const (
	Resolve Stage = "resolve" // the URL, overrides and name lookup
	Connect Stage = "connect" // TCP or unix socket
	Proxy   Stage = "proxy"   // anything on the way to a proxy or said by it
	TLS     Stage = "TLS"     // the handshake with the host, or inside a Proxy error with the proxy
)

// Error is what Dial fails with. Err is the cause: *net.DNSError,
// syscall.ECONNREFUSED, *tls.CertificateVerificationError, *[ConnectError],
// *[SOCKSError], *[OptionError], *[TimeoutError], context.Cause of the context,
// and so on, all found by errors.Is and errors.As.
//
// If a proxy could not be reached, Stage is Proxy, Addr is the proxy's, and Err
// is an *Error of its own that tells the stage at which that failed.
type Error struct {
	Stage Stage
	Addr  string // host:port or path that the stage was about
	Err   error
}

func (e *Error) Error() string {
	return "dial: " + e.detail()
}

// detail is the message without the package's name, which nested errors share.
func (e *Error) detail() string {
	doing := string(e.Stage)
	switch e.Stage {
	case Connect:
		doing = "connect to"
	case TLS:
		doing = "TLS handshake with"
	}
	if nested, ok := e.Err.(*Error); ok {
		text := nested.detail()
		if e.Stage == Proxy {
			text = strings.Replace(text, plainPort, "plain http://", 1)
		}
		return fmt.Sprintf("%s %s: %s", doing, e.Addr, text)
	}
	return fmt.Sprintf("%s %s: %v%s", doing, e.Addr, e.cause(), advice(e.Err))
}

// cause is Err without what detail says already: the system's "dial tcp
// 127.0.0.1:1: connect: connection refused" for an Addr of 127.0.0.1:1.
func (e *Error) cause() error {
	op, ok := e.Err.(*net.OpError)
	if !ok || op.Op != "dial" || op.Addr == nil || op.Addr.String() != e.Addr {
		return e.Err
	}
	if call, ok := op.Err.(*os.SyscallError); ok && call.Syscall == "connect" {
		return call.Err
	}
	return op.Err
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Timeout reports whether a time limit ended the stage: one of Config, the
// context's deadline, or the operating system's own.
func (e *Error) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(e.Err, &t) && t.Timeout()
}

// OptionError is the cause of an Error when a field of Config cannot be used as
// it is.
type OptionError struct {
	Name string // the field of Config
	Err  error  // what is wrong with it
}

func (e *OptionError) Error() string { return fmt.Sprintf("dial.Config.%s: %v", e.Name, e.Err) }

// Unwrap returns Err.
func (e *OptionError) Unwrap() error { return e.Err }

// wrong makes the OptionError of a field.
func wrong(name, format string, args ...any) error {
	return &OptionError{Name: name, Err: fmt.Errorf(format, args...)}
}

// TimeoutError is the cause of an Error when a limit of Config has passed.
// errors.Is finds context.DeadlineExceeded in it.
type TimeoutError struct {
	Name  string // the field of Config that sets the limit
	Limit time.Duration
}

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("not done within the %v of dial.Config.%s; a larger value waits longer", e.Limit, e.Name)
}

// Timeout returns true.
func (e *TimeoutError) Timeout() bool { return true }

// Is makes the error one of context.DeadlineExceeded's kind.
func (e *TimeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// limit gives ctx an end after d, whose cause names the field that said so.
func limit(ctx context.Context, name string, d time.Duration) (context.Context, context.CancelFunc) {
	if d <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, d, &TimeoutError{Name: name, Limit: d})
}

// fail makes the Error of a stage, with the end of ctx as its cause if ctx has ended.
func fail(ctx context.Context, stage Stage, addr string, err error) error {
	return &Error{Stage: stage, Addr: addr, Err: cause(ctx, err)}
}

// cause is why ctx ended, or err if it has not. An operation that watches the
// deadline by a timer of its own can be ahead of ctx by a moment.
func cause(ctx context.Context, err error) error {
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// several is the failure of all of a number of attempts.
type several []error

func (s several) Error() string {
	var text []string
	for _, err := range s {
		text = append(text, err.Error())
	}
	return strings.Join(text, "; ")
}

func (s several) Unwrap() []error { return s }

// plainPort is what a port for the host may speak in place of TLS.
const plainPort = "plain ws://"

// advice says what to do about causes whose own text does not.
func advice(err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "; to trust it, put its issuer into tls.Config.RootCAs (curl --cacert)"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "; does the port speak " + plainPort + " instead?"
	}
	return ""
}
