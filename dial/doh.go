package dial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
)

const maxDNSMessage = 1<<16 - 1

// lookupDoH looks up host by DNS over HTTPS (RFC 8484). It asks for both families
// concurrently.
func (d *dialing) lookupDoH(ctx context.Context, family, host string) ([]netip.Addr, error) {
	server, err := url.Parse(d.DoHURL)
	if err != nil || server.Scheme != "https" || server.Host == "" {
		return nil, invalidOption("DoHURL", "expected an https URL")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	query := dohQuery{d.dohTransport(ctx), server, host}

	var wait sync.WaitGroup
	var ip6, ip4 []netip.Addr
	var err6, err4 error
	if family != "ip4" {
		wait.Go(func() { ip6, err6 = query.do(ctx, dnsmessage.TypeAAAA) })
	}
	if family != "ip6" {
		wait.Go(func() { ip4, err4 = query.do(ctx, dnsmessage.TypeA) })
	}
	wait.Wait()
	ips := append(ip6, ip4...)
	switch err := errors.Join(err6, err4); {
	case len(ips) > 0:
		return ofFamily(family, ips) // a server may answer what was not asked
	case err != nil:
		return nil, fmt.Errorf("DNS over HTTPS by %s: %w", server.Host, err)
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, Server: server.Host, IsNotFound: true}
}

// dohTransport returns a transport to the server. It connects as to any host, but
// without proxies, and without DNS over HTTPS. Its connections end with ctx, while
// those of an http.Transport may outlive the context of a request.
func (d *dialing) dohTransport(ctx context.Context) *http.Transport {
	plain := *d.Config
	plain.DoHURL, plain.IPVersion = "", 0 // IPVersion is for the host
	return &http.Transport{
		TLSClientConfig:   d.DoHTLS.Clone(),
		ForceAttemptHTTP2: true,
		DialContext: func(_ context.Context, network, addr string) (net.Conn, error) {
			conn, err := (&dialing{Config: &plain}).direct(ctx, network, addr)
			if err == nil {
				context.AfterFunc(ctx, func() { conn.Close() })
			}
			return conn, err
		},
		MaxResponseHeaderBytes: maxDNSMessage,
	}
}

// dohQuery is a query to a server for the addresses of a host.
type dohQuery struct {
	transport *http.Transport
	server    *url.URL
	host      string
}

// do returns the addresses of one type. It is not an error if there is none.
func (q dohQuery) do(ctx context.Context, kind dnsmessage.Type) ([]netip.Addr, error) {
	question, err := packQuestion(q.host, kind)
	if err != nil {
		return nil, err
	}
	request := (&http.Request{
		Method: http.MethodPost, URL: q.server, ContentLength: int64(len(question)),
		Body:   io.NopCloser(bytes.NewReader(question)),
		Header: http.Header{"Content-Type": {"application/dns-message"}, "Accept": {"application/dns-message"}},
	}).WithContext(ctx)
	response, err := q.transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answered with %q", response.Status)
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxDNSMessage))
	if err != nil {
		return nil, err
	}
	return unpackAnswer(answer)
}

// packQuestion returns the query. Its ID is 0, so that HTTP caches work.
func packQuestion(host string, kind dnsmessage.Type) ([]byte, error) {
	name, err := dnsmessage.NewName(fullName(host))
	if err != nil {
		return nil, err
	}
	message := dnsmessage.Message{
		Header:    dnsmessage.Header{RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: name, Type: kind, Class: dnsmessage.ClassINET}},
	}
	return message.Pack()
}

func fullName(host string) string {
	if host[len(host)-1] == '.' {
		return host
	}
	return host + "."
}

// unpackAnswer returns the addresses in an answer, including those of aliases.
func unpackAnswer(b []byte) ([]netip.Addr, error) {
	var message dnsmessage.Message
	if err := message.Unpack(b); err != nil {
		return nil, fmt.Errorf("invalid answer: %w", err)
	}
	if code := message.RCode; code != dnsmessage.RCodeSuccess && code != dnsmessage.RCodeNameError {
		return nil, fmt.Errorf("the answer is %v", code)
	}
	var ips []netip.Addr
	for _, r := range message.Answers {
		switch body := r.Body.(type) {
		case *dnsmessage.AResource:
			ips = append(ips, netip.AddrFrom4(body.A))
		case *dnsmessage.AAAAResource:
			ips = append(ips, netip.AddrFrom16(body.AAAA))
		}
	}
	return ips, nil
}
