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

// Stage is a step of Dial.
type Stage string

// The stages of Dial, in order.
const (
	Resolve Stage = "resolve" // the URL, overrides and name lookup
	Connect Stage = "connect" // TCP or a Unix socket
	Proxy   Stage = "proxy"   // connecting to a proxy, and its replies
	TLS     Stage = "TLS"     // the handshake with the host; inside a Proxy error, with the proxy
)

// Error is the error of Dial. errors.Is and errors.As find its cause, which may be
//
//   - a *net.DNSError, or a system error such as syscall.ECONNREFUSED
//   - a *tls.CertificateVerificationError, or another error of crypto/tls
//   - a *[ConnectError] or *[SOCKSError], the refusal of a proxy
//   - an *[OptionError], an invalid field of Config
//   - a *[TimeoutError], or context.Cause of the context
//
// If connecting to a proxy fails, Stage is Proxy and Addr is the address of the
// proxy. Err is then another *Error, whose Stage is the one that failed.
type Error struct {
	Stage Stage
	Addr  string // host:port, or a path
	Err   error
}

func (e *Error) Error() string {
	return "dial: " + e.detail()
}

// detail returns the message without the name of the package, for nested errors.
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

// cause returns Err without what detail already says, as in the system's "dial tcp
// 127.0.0.1:1: connect: connection refused" for the Addr 127.0.0.1:1.
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

// Timeout reports whether a time limit ended the stage: one of Config, the deadline
// of the context, or a limit of the operating system.
func (e *Error) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(e.Err, &t) && t.Timeout()
}

// OptionError is the cause of an Error if a field of Config is invalid.
type OptionError struct {
	Name string // the field of Config
	Err  error  // what is wrong with it
}

func (e *OptionError) Error() string { return fmt.Sprintf("dial.Config.%s: %v", e.Name, e.Err) }

// Unwrap returns Err.
func (e *OptionError) Unwrap() error { return e.Err }

// invalidOption returns the OptionError of the field name.
func invalidOption(name, format string, args ...any) error {
	return &OptionError{Name: name, Err: fmt.Errorf(format, args...)}
}

// TimeoutError is the cause of an Error if a time limit of Config has passed.
// errors.Is reports that it is a context.DeadlineExceeded.
type TimeoutError struct {
	Name  string // the field of Config that sets the limit
	Limit time.Duration
}

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("timed out: exceeds dial.Config.%s (%v); a larger value waits longer", e.Name, e.Limit)
}

// Timeout returns true.
func (e *TimeoutError) Timeout() bool { return true }

// Is reports whether target is context.DeadlineExceeded.
func (e *TimeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// limit returns a context that ends after d. The cause is a TimeoutError with name,
// the field that sets d.
func limit(ctx context.Context, name string, d time.Duration) (context.Context, context.CancelFunc) {
	if d <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, d, &TimeoutError{Name: name, Limit: d})
}

// fail returns the Error of a stage. If ctx has ended, the cause is that of ctx.
func fail(ctx context.Context, stage Stage, addr string, err error) error {
	return &Error{Stage: stage, Addr: addr, Err: cause(ctx, err)}
}

// cause returns the cause of the end of ctx, or err if ctx has not ended. An
// operation that has its own timer for the deadline may be earlier than ctx.
func cause(ctx context.Context, err error) error {
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// several are the errors of several attempts, all of which failed.
type several []error

func (s several) Error() string {
	var text []string
	for _, err := range s {
		text = append(text, err.Error())
	}
	return strings.Join(text, "; ")
}

func (s several) Unwrap() []error { return s }

// plainPort is what a port may use instead of TLS.
const plainPort = "plain ws://"

// advice returns what to do about causes whose text does not say it.
func advice(err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "; to trust it, add its issuer to tls.Config.RootCAs (curl --cacert)"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "; does the port use " + plainPort + " instead?"
	}
	return ""
}
