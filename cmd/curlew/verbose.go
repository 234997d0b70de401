package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http/httptrace"
	"strings"

	"github.com/curlew-ws/curlew"
)

// verboseTrace is -v: heads as curl shows them, then a line a frame; -vv: a
// line a chunk, with the time. Lines with * tell of the connections before that.
func (c *config) verboseTrace() curlew.Trace {
	t := c.teller(c.stderr, c.traceTime || c.verbose > 1)
	c.tellConnections(t)
	return curlew.Trace{
		Head: func(sent bool, head []byte) {
			for line := range strings.Lines(string(c.maskedHead(head))) {
				t.tell(arrow(sent) + string(escape(nil, []byte(strings.TrimRight(line, "\r\n")))) + "\n")
			}
		},
		Chunk: func(sent bool, p []byte, m curlew.Meta) {
			switch {
			case c.verbose > 1:
				t.tell(arrow(sent) + chunkLine(p, m) + "\n")
			case m.Offset == 0:
				t.tell(arrow(sent) + frameLine(p, m) + "\n")
			}
		},
	}
}

// tellConnections tells of connections that are made, and of their TLS.
func (c *config) tellConnections(t *teller) {
	tell := func(format string, args ...any) {
		t.tell("* " + string(escape(nil, fmt.Appendf(nil, format, args...))) + "\n")
	}
	c.connections = &httptrace.ClientTrace{
		ConnectStart: func(network, addr string) { tell("trying %s", addr) },
		ConnectDone: func(network, addr string, err error) {
			if err != nil {
				tell("not connected: %v", err)
				return
			}
			tell("connected to %s", addr)
		},
	}
	for _, config := range []*tls.Config{c.client.Net.TLS, c.client.Net.ProxyTLS} {
		if config == nil {
			continue
		}
		pinned := config.VerifyConnection
		config.VerifyConnection = func(s tls.ConnectionState) error {
			tellTLS(tell, s)
			if pinned == nil {
				return nil
			}
			return pinned(s)
		}
	}
}

// tellTLS tells what was agreed on, and who the other end is.
func tellTLS(tell func(format string, args ...any), s tls.ConnectionState) {
	about := ""
	if s.NegotiatedProtocol != "" {
		about += ", ALPN " + s.NegotiatedProtocol
	}
	if s.DidResume {
		about += ", resumed"
	}
	tell("%s, %s%s", tls.VersionName(s.Version), tls.CipherSuiteName(s.CipherSuite), about)
	if len(s.PeerCertificates) == 0 {
		return
	}
	checked := ""
	if len(s.VerifiedChains) == 0 {
		checked = ", not checked"
	}
	cert := s.PeerCertificates[0]
	tell("certificate of %q, issued by %q, valid until %s%s", cert.Subject, cert.Issuer, cert.NotAfter.Format("2006-01-02"), checked)
}

// watched is ctx for the making of connections.
func (c *config) watched(ctx context.Context) context.Context {
	if c.connections == nil {
		return ctx
	}
	return httptrace.WithClientTrace(ctx, c.connections)
}
