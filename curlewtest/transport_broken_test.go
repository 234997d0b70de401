package curlewtest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
	"github.com/curlew-ws/curlew/dial"
)

// overPipe returns a MakeTransport for tr over pipes, for a bubble. A nil tr is the
// built-in transport.
func overPipe(tr curlew.Transport) curlewtest.MakeTransport {
	return func(tb testing.TB, answer func(*http.Request) curlewtest.Answer) curlewtest.Endpoint {
		var mu sync.Mutex
		var ends []net.Conn
		tb.Cleanup(func() { // for what a broken transport leaves blocked
			mu.Lock()
			defer mu.Unlock()
			for _, c := range ends {
				c.Close()
			}
		})
		pipe := func(context.Context, string, string) (net.Conn, error) {
			a, b := curlewtest.Pipe()
			mu.Lock()
			defer mu.Unlock()
			ends = append(ends, a, b)
			go func() {
				defer b.Close()
				serveAnswer(b, answer)
			}()
			return a, nil
		}
		return curlewtest.Endpoint{Transport: tr, Net: dial.Config{NetDial: pipe}, URL: "ws://localhost/"}
	}
}

// around is the built-in transport with changes.
type around struct {
	stream func(net.Conn) net.Conn // nil: none
	open   func(ctx context.Context, r *curlew.Request, next opener) (net.Conn, *curlew.Response, error)
}

type opener func(context.Context, *curlew.Request) (net.Conn, *curlew.Response, error)

func (a around) Open(ctx context.Context, r *curlew.Request) (net.Conn, *curlew.Response, error) {
	if a.open != nil {
		return a.open(ctx, r, a.builtIn)
	}
	return a.builtIn(ctx, r)
}

func (a around) builtIn(ctx context.Context, r *curlew.Request) (net.Conn, *curlew.Response, error) {
	client := curlew.Client{Net: *r.Net, Header: r.Header, RawMode: true}
	c, err := client.Dial(ctx, r.URL.String())
	var he *curlew.HandshakeError
	switch {
	case errors.As(err, &he) && he.Response != nil:
		resp := &curlew.Response{Response: he.Response.Response}
		resp.Body = io.NopCloser(bytes.NewReader(he.Body))
		return nil, resp, nil
	case err != nil:
		return nil, nil, err
	}
	s := c.NetConn()
	if a.stream != nil {
		s = a.stream(s)
	}
	return s, &curlew.Response{Response: c.Response().Response}, nil
}

// check runs one check in a bubble and returns its failure, "" if it passed.
func check(t *testing.T, name string, tr curlew.Transport) (said string) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{TB: t}
		r.run(func() { curlewtest.RunCheck(r, name, overPipe(tr)) })
		said = r.said()
		time.Sleep(2 * time.Hour) // for goroutines that were leaked on purpose
	})
	return said
}

func TestTransportOverPipe(t *testing.T) {
	t.Parallel()
	for what, tr := range map[string]curlew.Transport{"built-in": nil, "around": around{}} {
		for _, name := range curlewtest.Checks() {
			if said := check(t, name, tr); said != "" {
				t.Errorf("%s: %s: %s", what, name, said)
			}
		}
	}
}

// Every check finds the defect it is for.
func TestTransportFinds(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, b := range brokenTransports {
		t.Run(b.check+": "+b.defect, func(t *testing.T) {
			if said := check(t, b.check, b.transport); !strings.Contains(said, b.says) || said == "" {
				t.Errorf("got the failure %q, want %q in it", said, b.says)
			}
		})
		found[b.check] = true
	}
	for _, name := range curlewtest.Checks() {
		if !found[name] {
			t.Errorf("nothing shows that the check %q can fail", name)
		}
	}
}

func stream(f func(net.Conn) net.Conn) around { return around{stream: f} }

var brokenTransports = []struct {
	check, defect string
	says          string
	transport     around
}{
	{"read while writing", "one lock", "waited 20s for the bytes", stream(oneLock)},
	{"write while reading", "one lock", "waited 20s for a Write", stream(oneLock)},
	{"large transfers both ways", "a bit is wrong", "the server read bytes that differ", stream(func(c net.Conn) net.Conn { return &flipWrites{Conn: c} })},
	{"large transfers both ways", "a read is wrong", "the bytes read differ", stream(func(c net.Conn) net.Conn { return &flipReads{Conn: c} })},
	{"large transfers both ways", "writes fail", "an error of its own", stream(func(c net.Conn) net.Conn { return failing{c} })},
	{"many small writes", "one is dropped", "waited 20s for the echo", stream(func(c net.Conn) net.Conn { return &dropsSmall{Conn: c} })},
	{"many small writes", "counts are wrong", "Write wrote 1 of 2 bytes", stream(func(c net.Conn) net.Conn { return miscounts{c} })},
	{"timeouts lose nothing", "what was read before is lost", "expected 84 bytes, got", stream(func(c net.Conn) net.Conn { return loses{c} })},
	{"timeouts lose nothing", "deadlines are ignored", "waited 20s for the bytes between", stream(func(c net.Conn) net.Conn { return neverLate{c} })},
	{"timeouts lose nothing", "the first one is final", "expected 84 bytes", stream(func(c net.Conn) net.Conn { return &stuck{Conn: c} })},
	{"deadline wakes a read", "it is for later reads", "waited 20s for a Read whose", stream(func(c net.Conn) net.Conn { return &lateDeadlines{Conn: c} })},
	{"deadline wakes a read", "the first one is final", "waited 20s for the bytes", stream(func(c net.Conn) net.Conn { return &deaf{Conn: c} })},
	{"deadline wakes a write", "it is for later writes", "waited 20s for a Write whose", stream(func(c net.Conn) net.Conn { return &lateDeadlines{Conn: c} })},
	{"past deadline", "it is ignored", "waited 20s for a Read that is to fail", stream(func(c net.Conn) net.Conn { return &notBefore{Conn: c} })},
	{"past deadline", "another error", "expected an error that is", stream(func(c net.Conn) net.Conn { return otherTimeout{c} })},
	{"past deadline", "no timeout", "whose Timeout method returns true", stream(func(c net.Conn) net.Conn { return noTimeout{c} })},
	{"deadline cleared", "it stays", "a Read whose deadline was cleared: ", stream(func(c net.Conn) net.Conn { return keepsDeadline{c} })},
	{"close wakes both", "it does not", "waited 20s for a Read after Close", stream(func(c net.Conn) net.Conn { return neverCloses{c} })},
	{"close wakes both", "by another error", "a Write that was blocked at Close: expected", stream(func(c net.Conn) net.Conn { return ownErrors{c} })},
	{"after close", "end of file", "Read after Close: expected", stream(func(c net.Conn) net.Conn { return endOfFile{c} })},
	{"after close", "another error", "Write after Close: expected", stream(func(c net.Conn) net.Conn { return ownErrors{c} })},
	{"end by the peer", "unexpected", "expected io.EOF, got unexpected EOF", stream(func(c net.Conn) net.Conn { return unexpectedEnd{c} })},
	{"end by the peer", "the tail is lost", "bytes: unexpected EOF", stream(func(c net.Conn) net.Conn { return &losesTail{Conn: c} })},
	{"half close", "closes all", "expected the bytes", stream(func(c net.Conn) net.Conn { return closesAll{c} })},
	{"half close", "closes nothing", "waited 20s for the bytes", stream(func(c net.Conn) net.Conn { return closesNothing{c} })},
	{"early bytes", "one is lost", "expected the bytes", stream(func(c net.Conn) net.Conn { return &losesFirst{Conn: c} })},
	{"addresses", "there are none", "expected two, got", stream(func(c net.Conn) net.Conn { return noAddrs{c} })},
	{"addresses", "a goroutine is left", "goroutines leaked", stream(func(c net.Conn) net.Conn { go time.Sleep(time.Hour); return c })},
	{"many at once", "streams are mixed up", "streams at once", around{open: sharedStream()}},
	{"refusal", "is an error", "with the response, got", around{open: refusalIsError}},
	{"refusal", "has no body", "a refusal's body: expected", around{open: refusalWithoutBody}},
	{"context ended before", "it is not looked at", "Open with a context that had ended: expected", around{open: deafOpen}},
	{"context ended before", "its cause is lost", "expected an error that is", around{open: causeless}},
	{"context ends unanswered", "it is not looked at", "waited 20s for Open", around{open: deafOpen}},
	{"context ends unanswered", "the connection stays", "waited 20s for the server to see", around{open: abandons}},
	{"context ends at every call", "it is not looked at", "waited 20s for Open", around{open: deafOpen}},
	{"context ends at every call", "the connection stays", "waited 20s for the end of the connection", around{open: abandons}},
	{"context ends at every call", "its cause is lost", "at call 0 of the connection below: expected", around{open: causeless}},
	{"context ends afterwards", "the stream with it", "a stream must outlive", around{open: tied}},
	{"trace", "a byte is lost", "waited 20s for what was sent", stream(func(c net.Conn) net.Conn { return &losesFirst{Conn: c} })},
}
