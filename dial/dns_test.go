package dial

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/curlew-ws/curlew/internal/testpeer"
	"golang.org/x/net/dns/dnsmessage"
)

// dnsServer starts a DNS server on UDP, which answers with dnsAnswer until the test
// ends.
func dnsServer(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 2000)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			c.WriteTo(dnsAnswer(b[:n]), from)
		}
	}()
	t.Cleanup(func() { c.Close(); <-done })
	return c.LocalAddr().String()
}

// dnsAnswer returns the answer to a question. Names that begin with "known" have the
// address 127.0.0.1, those with "broken" fail, others do not exist.
func dnsAnswer(question []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) != 1 {
		return nil
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	q := m.Questions[0]
	switch name := q.Name.String(); {
	case strings.HasPrefix(name, "broken"):
		m.RCode = dnsmessage.RCodeServerFailure
	case !strings.HasPrefix(name, "known"):
		m.RCode = dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeA:
		alias := dnsmessage.MustNewName("alias.example.")
		m.Answers = []dnsmessage.Resource{
			{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1}, Body: &dnsmessage.CNAMEResource{CNAME: alias}},
			{Header: dnsmessage.ResourceHeader{Name: alias, Class: q.Class, TTL: 1}, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}},
		}
	}
	b, _ := m.Pack()
	return b
}

func TestDNSServers(t *testing.T) {
	t.Parallel()
	server, addr := dnsServer(t), testpeer.Serve(t, echo)
	_, port, _ := net.SplitHostPort(addr)
	start := time.Now()
	conn, took, err := (&Config{DNSServers: []string{server}}).Dial(t.Context(), mustURL(t, "ws://known.example:"+port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if all := time.Since(start); took.Lookup <= 0 || took.Connect <= 0 || took.Lookup+took.Connect > all {
		t.Errorf("took %+v, of %v", took, all)
	}
	mustEcho(t, conn)

	err = failure(t, t.Context(), &Config{DNSServers: []string{server, "127.0.0.1:1"}}, "ws://other.example", Resolve)
	if e, ok := errors.AsType[*net.DNSError](err); !ok || !e.IsNotFound || e.Server != server {
		t.Errorf("got %v", err)
	}
	// A server that does not answer is skipped.
	dead := closedAddr(t)
	mustEcho(t, mustDial(t, &Config{DNSServers: []string{dead, server}}, "ws://known.example:"+port))

	for in, want := range map[string]string{"1.1.1.1": "1.1.1.1:53", "1.1.1.1:54": "1.1.1.1:54", "::1": "[::1]:53", "[::1]:54": "[::1]:54"} {
		if got, err := serverAddr(in); got != want || err != nil {
			t.Errorf("serverAddr(%s) = %s, %v", in, got, err)
		}
	}
}
