package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/dial"
)

// Exit codes. Those below 100 are curl's, where curl has a number for the cause.
const (
	codeScheme      = 1
	codeUsage       = 2
	codeURL         = 3
	codeProxyName   = 5
	codeName        = 6
	codeConnect     = 7
	codeReply       = 8
	codePartial     = 18
	codeRefused     = 22
	codeWrite       = 23
	codeRead        = 26
	codeTimeout     = 28
	codeTLS         = 35
	codeInterface   = 45
	codeRedirects   = 47
	codeSyntax      = 49
	codeNothing     = 52
	codeSend        = 55
	codeReceive     = 56
	codeCert        = 58
	codeCiphers     = 59
	codeCertificate = 60
	codeLimit       = 63
	codeCACert      = 77
	codePin         = 90
	codeProxy       = 97
	codeDrop        = 110
	codeRejected    = 111
	codePolicy      = 112
	codeServer      = 113
	codeRegistered  = 115
	codeApplication = 116
	codeInterrupt   = 130
	codeTerminate   = 143
)

// An exit is a row of the table of exit codes.
type exit struct {
	code  int
	cause string
	match func(error) bool // nil: the tool says so itself, by a failure
}

// exits is the table. For an error, the first row that matches counts.
var exits = []exit{
	{0, "the session ended well: the server closed it with code 1000, 1001 or none, or --count, --linger or --idle ended it", nil},
	{codeScheme, "the URL's scheme is none of ws, wss, http and https", nil},
	{codeUsage, "the command line is wrong", is(curlew.ErrUsage)},
	{codeURL, "the URL is malformed", nil},
	{codeInterface, "the interface, address or port of --interface or --local-port cannot be used", unbound},
	{codeSyntax, "the value of --resolve, --connect-to, --dns-servers or --doh-url is malformed", isA[*dial.OptionError]},
	{codeTimeout, "a time limit has passed: --max-time, --connect-timeout and its like, or a PING that was not answered", timedOut},
	{codeProxyName, "the proxy's name could not be resolved", atProxy(dial.Resolve)},
	{codeName, "the host's name could not be resolved", at(dial.Resolve)},
	{codeConnect, "connecting to the host or the proxy failed, or an HTTP proxy refused to", unreachable},
	{codePin, "the server's key is none of those of --pinnedpubkey, or its file cannot be used", isA[*dial.PinError]},
	{codeCertificate, "the server's certificate cannot be trusted", untrusted},
	{codeTLS, "the TLS handshake failed", tlsFailed},
	{codeProxy, "the proxy answered wrongly, or a SOCKS proxy refused", at(dial.Proxy)},
	{codeRedirects, "more redirects than --max-redirs allows", redirected},
	{codeRefused, "the server refused the upgrade; its status and body are printed", refused},
	{codeNothing, "the server ended the connection without an answer to the handshake", unanswered},
	{codeLimit, "more came than a --max- option allows, or the head of the server's answer is too large", isA[*curlew.LimitError]},
	{codeReceive, "the server broke the protocol, or receiving failed", broken},
	{codeReply, "the server's answer to the handshake is not a valid one", isA[*curlew.HandshakeError]},
	{codeRejected, "the server closed with 1002, 1003, 1007, 1009 or 1010: it rejects what was sent", closed(1002, 1003, 1007, 1009, 1010)},
	{codePolicy, "the server closed with 1008: against its policy", closed(1008)},
	{codeServer, "the server closed with 1011 to 1014: it failed, restarts, or wants it tried again later", closed(1011, 1012, 1013, 1014)},
	{codeRegistered, "the server closed with a registered code, 3000 to 3999", closedIn(3000, 3999)},
	{codeApplication, "the server closed with a code of the application, 4000 to 4999", closedIn(4000, 4999)},
	{codeDrop, "the connection was dropped without CLOSE", dropped},
	{codeSend, "sending failed, or the session ended before all of the input was sent", nil},
	{codePartial, "the session ended before --count messages or that of --until came, or within a message", nil},
	{codeWrite, "the output could not be written", nil},
	{codeRead, "the input could not be read, or is not text", nil},
	{codeCert, "the client certificate of --cert cannot be used", nil},
	{codeCiphers, "a cipher suite of --ciphers is not known", nil},
	{codeCACert, "the file of --cacert or --capath cannot be used", nil},
	{codeInterrupt, "interrupted (SIGINT)", nil},
	{codeTerminate, "terminated (SIGTERM)", nil},
}

// exitCode is the exit code for err.
func exitCode(err error) int {
	if err == nil {
		return 0
	}
	if f, ok := errors.AsType[*failure](err); ok && f.code != 0 {
		return f.code
	}
	for _, e := range exits {
		if e.match != nil && e.match(err) {
			return e.code
		}
	}
	return codeReceive
}

// A failure is an error whose exit code the tool knows best.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func at(stage dial.Stage) func(error) bool {
	return func(err error) bool {
		e, ok := errors.AsType[*dial.Error](err)
		return ok && e.Stage == stage
	}
}

// atProxy matches a failed stage of reaching the proxy.
func atProxy(stage dial.Stage) func(error) bool {
	return func(err error) bool {
		e, ok := errors.AsType[*dial.Error](err)
		return ok && e.Stage == dial.Proxy && at(stage)(e.Err)
	}
}

// unbound matches a connection that could not be given its end on this machine.
func unbound(err error) bool {
	o, option := errors.AsType[*dial.OptionError](err)
	call, bound := errors.AsType[*os.SyscallError](err)
	return option && (o.Name == "Interface" || o.Name == "LocalPort") || bound && call.Syscall == "bind"
}

func unreachable(err error) bool {
	return at(dial.Connect)(err) || atProxy(dial.Connect)(err) || isA[*dial.ConnectError](err)
}

func tlsFailed(err error) bool { return at(dial.TLS)(err) || atProxy(dial.TLS)(err) }

func timedOut(err error) bool {
	e, ok := errors.AsType[*dial.Error](err)
	return ok && e.Timeout() || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, curlew.ErrPongTimeout)
}

func untrusted(err error) bool {
	return isA[*tls.CertificateVerificationError](err) || isA[x509.UnknownAuthorityError](err) || isA[x509.HostnameError](err)
}

// answer is the response that a refusal came with, nil if there is none.
func answer(err error) *curlew.Response {
	if h, ok := errors.AsType[*curlew.HandshakeError](err); ok && h.Response != nil {
		return h.Response
	}
	return nil
}

func refused(err error) bool {
	r := answer(err)
	return r != nil && r.StatusCode != http.StatusSwitchingProtocols
}

func redirected(err error) bool {
	l, ok := errors.AsType[*curlew.LimitError](err)
	return ok && l.Name == "MaxRedirects"
}

func unanswered(err error) bool {
	return isA[*curlew.HandshakeError](err) && answer(err) == nil && errors.Is(err, io.ErrUnexpectedEOF)
}

// broken matches a breach of the protocol, and a connection that failed before
// the server's answer to the handshake: by a reset, or an alert of TLS.
func broken(err error) bool {
	return isA[*curlew.ProtocolError](err) || isA[*curlew.HandshakeError](err) && answer(err) == nil && isA[*net.OpError](err)
}

func dropped(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, net.ErrClosed)
}

func closed(codes ...int) func(error) bool {
	return func(err error) bool {
		e, ok := errors.AsType[*curlew.CloseError](err)
		for _, code := range codes {
			if ok && e.Code == code {
				return true
			}
		}
		return false
	}
}

func closedIn(low, high int) func(error) bool {
	return func(err error) bool {
		e, ok := errors.AsType[*curlew.CloseError](err)
		return ok && low <= e.Code && e.Code <= high
	}
}
