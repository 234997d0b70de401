package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http/httptrace"
	"slices"
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
			if kept := c.keptBack(head); sent && len(kept) > 0 {
				c.tell("not for another host without --location-trusted: %s", strings.Join(kept, ", "))
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

// keptBack are the headers that were given and are not in a request's head, since
// a redirect led to another host.
func (c *config) keptBack(head []byte) (names []string) {
	if bytes.HasPrefix(head, []byte("CONNECT ")) {
		return nil
	}
	text := strings.ToLower(string(head))
	for name, values := range c.client.Header {
		if len(values) > 0 && !strings.Contains(text, "\n"+strings.ToLower(name)+":") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// tellConnections makes -v tell of connections that are made, and of their TLS.
func (c *config) tellConnections(t *teller) {
	c.tell = func(format string, args ...any) {
		t.tell("* " + string(escape(nil, fmt.Appendf(nil, format, args...))) + "\n")
	}
	for _, config := range []*tls.Config{c.client.Net.TLS, c.client.Net.ProxyTLS} {
		if config == nil {
			continue
		}
		pinned := config.VerifyConnection
		config.VerifyConnection = func(s tls.ConnectionState) error {
			c.tellTLS(s)
			if pinned == nil {
				return nil
			}
			return pinned(s)
		}
	}
}

// watched is ctx for making connections that -v tells of.
func (c *config) watched(ctx context.Context) context.Context {
	if c.tell == nil {
		return ctx
	}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		ConnectStart: func(network, addr string) { c.tell("trying %s", addr) },
		ConnectDone: func(network, addr string, err error) {
			if err != nil {
				c.tell("not connected: %v", err)
				return
			}
			c.tell("connected to %s", addr)
		},
	})
}

// tellTLS tells what was agreed on, and who the other end is.
func (c *config) tellTLS(s tls.ConnectionState) {
	about := ""
	if s.NegotiatedProtocol != "" {
		about += ", ALPN " + s.NegotiatedProtocol
	}
	if s.DidResume {
		about += ", resumed"
	}
	c.tell("%s, %s%s", tls.VersionName(s.Version), tls.CipherSuiteName(s.CipherSuite), about)
	if len(s.VerifiedChains) > 0 {
		c.tellCertificate(s.PeerCertificates, "")
	} else {
		c.tellCertificate(s.PeerCertificates, ", not checked")
	}
}

// tellUntrusted tells of the certificate for which a connection failed.
func (c *config) tellUntrusted(err error) {
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok && c.tell != nil {
		c.tellCertificate(e.UnverifiedCertificates, ", not trusted")
	}
}

func (c *config) tellCertificate(chain []*x509.Certificate, how string) {
	if len(chain) == 0 {
		return
	}
	names := slices.Clone(chain[0].DNSNames)
	for _, ip := range chain[0].IPAddresses {
		names = append(names, ip.String())
	}
	c.tell("certificate of %q for %s, issued by %q, valid until %s%s",
		chain[0].Subject, cmp.Or(strings.Join(names, " "), "no host"), chain[0].Issuer, chain[0].NotAfter.Format("2006-01-02"), how)
}
