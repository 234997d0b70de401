package main

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/curlew-ws/curlew"
)

// report says on standard error what err is, in a line, and returns the exit code.
func (c *config) report(err error) int {
	code := exitCode(err)
	if err == nil || quiet(err) || c.silent && !c.showError && code != codeUsage {
		return code
	}
	fmt.Fprintf(c.stderr, "curlew: (%d) %s\n", code, c.advised(err))
	if h, ok := errors.AsType[*curlew.HandshakeError](err); ok && h.Response != nil {
		c.writeRefusal(h)
	}
	return code
}

// note tells what is going on.
func (c *config) note(format string, args ...any) {
	if !c.silent {
		fmt.Fprintf(c.stderr, "curlew: "+format+"\n", args...)
	}
}

// quiet reports whether the user knows already: the output was closed, or it
// was the user who interrupted.
func quiet(err error) bool {
	return errors.Is(err, syscall.EPIPE) || interrupted(err)
}

// plain is the error's text without prefixes that say nothing here, and
// harmless to a terminal.
func plain(err error) string {
	text := err.Error()
	for _, prefix := range []string{"curlew: ", "dial: ", "wrong use: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	if !isA[*curlew.CloseError](err) { // whose text is the server's
		text = inOptions.Replace(text)
	}
	return string(escape(nil, []byte(strings.ReplaceAll(text, "\n", " "))))
}

// inOptions says by options what the library says by its fields.
var inOptions = strings.NewReplacer(
	"Subprotocols: subprotocol", "--subprotocol: name",
	"MaxRedirects", "--max-redirs", "MaxFrame", "--max-frame", "MaxMessage", "--max-message",
	"dial.Config.ConnectTimeout", "--connect-timeout", "PongTimeout", "--pong-timeout",
	"dial.Config.TLSTimeout", "--tls-timeout", "Client.HandshakeTimeout", "--handshake-timeout", "HandshakeTimeout", "--handshake-timeout",
	"dial.Config.Resolve", "--resolve", "dial.Config.ConnectTo", "--connect-to", "dial.Config.DNSServers", "--dns-servers",
	"dial.Config.DoHURL", "--doh-url", "dial.Config.Interface", "--interface", "dial.Config.LocalPort", "--local-port",
	"put its issuer into tls.Config.RootCAs (curl --cacert)", "name its issuer's file by --cacert",
	"Options.Password is empty (curl --pass)", "no password is given: --pass, or what follows a colon in --cert, gives it",
	"user and password in its URL, or dial.Config.ProxyAuth", "--proxy-user",
)

func usagef(format string, args ...any) error {
	return &failure{codeUsage, fmt.Errorf(format, args...)}
}

// asUsage makes err one of the command line, unless it has a code already.
func asUsage(err error) error {
	if isA[*failure](err) {
		return err
	}
	return &failure{codeUsage, err}
}
