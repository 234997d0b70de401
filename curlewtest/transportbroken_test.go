package curlewtest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
	"github.com/curlew-ws/curlew/dial"
)

// overPipe makes tr, nil being the built-in transport, over pipes, for a bubble.
func overPipe(tr curlew.Transport) curlewtest.MakeTransport {
	return func(tb testing.TB, answer func(*http.Request) curlewtest.Answer) curlewtest.Endpoint {
		var mu sync.Mutex
		var ends []net.Conn
		tb.Cleanup(func() { // what a broken transport leaves blocked
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

// check runs one check in a bubble and returns what it said, "" if it passed.
func check(t *testing.T, name string, tr curlew.Transport) (said string) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{TB: t}
		r.run(func() { curlewtest.RunCheck(r, name, overPipe(tr)) })
		said = r.said()
		time.Sleep(2 * time.Hour) // for goroutines that were left behind on purpose
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

// Every check finds what it is for.
func TestTransportFinds(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, b := range brokenTransports {
		t.Run(b.check+": "+b.defect, func(t *testing.T) {
			if said := check(t, b.check, b.transport); !strings.Contains(said, b.says) || said == "" {
				t.Errorf("want it to say %q, it said %q", b.says, said)
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
	{"large transfers both ways", "a bit is wrong", "the server read other bytes", stream(func(c net.Conn) net.Conn { return &flipWrites{Conn: c} })},
	{"large transfers both ways", "a read is wrong", "other bytes were read", stream(func(c net.Conn) net.Conn { return &flipReads{Conn: c} })},
	{"large transfers both ways", "writes fail", "an error of its own", stream(func(c net.Conn) net.Conn { return failing{c} })},
	{"many small writes", "one is dropped", "waited 20s for the echo", stream(func(c net.Conn) net.Conn { return &dropsSmall{Conn: c} })},
	{"many small writes", "counts are wrong", "Write wrote 1 of 2 bytes", stream(func(c net.Conn) net.Conn { return miscounts{c} })},
	{"timeouts lose nothing", "what was read before is lost", "expected 84 bytes, behind", stream(func(c net.Conn) net.Conn { return loses{c} })},
	{"timeouts lose nothing", "deadlines are ignored", "waited 20s for the bytes between", stream(func(c net.Conn) net.Conn { return neverLate{c} })},
	{"timeouts lose nothing", "the first one is final", "expected 84 bytes", stream(func(c net.Conn) net.Conn { return &stuck{Conn: c} })},
	{"deadline wakes a read", "it is for later reads", "waited 20s for a Read whose", stream(func(c net.Conn) net.Conn { return &lateDeadlines{Conn: c} })},
	{"deadline wakes a read", "the first one is final", "waited 20s for the bytes", stream(func(c net.Conn) net.Conn { return &deaf{Conn: c} })},
	{"deadline wakes a write", "it is for later writes", "waited 20s for a Write whose", stream(func(c net.Conn) net.Conn { return &lateDeadlines{Conn: c} })},
	{"past deadline", "it is ignored", "waited 20s for a Read that is to fail", stream(func(c net.Conn) net.Conn { return &notBefore{Conn: c} })},
	{"past deadline", "another error", "expected an error that is", stream(func(c net.Conn) net.Conn { return otherTimeout{c} })},
	{"past deadline", "no timeout", "whose Timeout method says true", stream(func(c net.Conn) net.Conn { return noTimeout{c} })},
	{"deadline taken back", "it stays", "a Read whose deadline was taken back: ", stream(func(c net.Conn) net.Conn { return keepsDeadline{c} })},
	{"close wakes both", "it does not", "waited 20s for a Read behind Close", stream(func(c net.Conn) net.Conn { return neverCloses{c} })},
	{"close wakes both", "by another error", "a Write that was blocked at Close: expected", stream(func(c net.Conn) net.Conn { return ownErrors{c} })},
	{"after close", "end of file", "Read behind Close: expected", stream(func(c net.Conn) net.Conn { return endOfFile{c} })},
	{"after close", "another error", "Write behind Close: expected", stream(func(c net.Conn) net.Conn { return ownErrors{c} })},
	{"end by the peer", "unexpected", "expected io.EOF, got unexpected EOF", stream(func(c net.Conn) net.Conn { return unexpectedEnd{c} })},
	{"end by the peer", "the tail is lost", "bytes: unexpected EOF", stream(func(c net.Conn) net.Conn { return &losesTail{Conn: c} })},
	{"half close", "closes all", "expected the bytes", stream(func(c net.Conn) net.Conn { return closesAll{c} })},
	{"half close", "closes nothing", "waited 20s for the bytes", stream(func(c net.Conn) net.Conn { return closesNothing{c} })},
	{"early bytes", "one is lost", "expected the bytes", stream(func(c net.Conn) net.Conn { return &losesFirst{Conn: c} })},
	{"addresses", "there are none", "expected two, got", stream(func(c net.Conn) net.Conn { return noAddrs{c} })},
	{"addresses", "a goroutine is left", "goroutines left behind", stream(func(c net.Conn) net.Conn { go time.Sleep(time.Hour); return c })},
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

// oneLock lets one call in at a time; a channel is what a bubble can wait on.
func oneLock(c net.Conn) net.Conn { return locked{c, make(chan struct{}, 1)} }

type locked struct {
	net.Conn
	turn chan struct{}
}

func (c locked) Read(p []byte) (int, error) {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	return c.Conn.Read(p)
}

func (c locked) Write(p []byte) (int, error) {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	return c.Conn.Write(p)
}

type flipWrites struct {
	net.Conn
	n int
}

func (c *flipWrites) Write(p []byte) (int, error) {
	if c.n++; c.n == 100 {
		p = bytes.Clone(p)
		p[0] ^= 1
	}
	return c.Conn.Write(p)
}

type flipReads struct {
	net.Conn
	n int
}

func (c *flipReads) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.n++; c.n == 100 && n > 0 {
		p[n-1] ^= 1
	}
	return n, err
}

var errOwn = errors.New("an error of its own")

type failing struct{ net.Conn }

func (c failing) Write(p []byte) (int, error) { return 0, errOwn }

type dropsSmall struct {
	net.Conn
	n int
}

func (c *dropsSmall) Write(p []byte) (int, error) {
	if c.n++; c.n == 1000 {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

type miscounts struct{ net.Conn }

func (c miscounts) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	return n - 1, err
}

// loses gives three bytes a Read, or none of them.
type loses struct{ net.Conn }

func (c loses) Read(p []byte) (int, error) {
	n, err := io.ReadFull(c.Conn, p[:min(3, len(p))])
	if err != nil {
		n = 0
	}
	return n, err
}

type neverLate struct{ net.Conn }

func (neverLate) SetReadDeadline(time.Time) error { return nil }

// stuck keeps its first error, also if that is a timeout.
type stuck struct {
	net.Conn
	err error
}

func (c *stuck) Read(p []byte) (n int, err error) {
	if c.err == nil {
		n, c.err = c.Conn.Read(p)
	}
	return n, c.err
}

// lateDeadlines sets deadlines when the next call begins.
type lateDeadlines struct {
	net.Conn
	mu          sync.Mutex
	read, write time.Time
}

func (c *lateDeadlines) set(field *time.Time, t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	*field = t
	return nil
}

func (c *lateDeadlines) get(field *time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return *field
}

func (c *lateDeadlines) SetReadDeadline(t time.Time) error  { return c.set(&c.read, t) }
func (c *lateDeadlines) SetWriteDeadline(t time.Time) error { return c.set(&c.write, t) }

func (c *lateDeadlines) Read(p []byte) (int, error) {
	c.Conn.SetReadDeadline(c.get(&c.read))
	return c.Conn.Read(p)
}

func (c *lateDeadlines) Write(p []byte) (int, error) {
	c.Conn.SetWriteDeadline(c.get(&c.write))
	return c.Conn.Write(p)
}

// deaf reads nothing any more behind a timeout.
type deaf struct {
	net.Conn
	timedOut bool
}

func (c *deaf) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		late := errors.Is(err, os.ErrDeadlineExceeded)
		if !c.timedOut || late || err != nil {
			c.timedOut = c.timedOut || late
			return n, err
		}
	}
}

// notBefore takes a deadline that has passed for none.
type notBefore struct{ net.Conn }

func (c *notBefore) SetReadDeadline(t time.Time) error {
	if !t.After(time.Now()) {
		t = time.Now().Add(time.Hour)
	}
	return c.Conn.SetReadDeadline(t)
}

type otherTimeout struct{ net.Conn }

func (c otherTimeout) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		err = errOwn
	}
	return n, err
}

type noTimeout struct{ net.Conn }

type untimely struct{ error }

func (untimely) Is(err error) bool { return err == os.ErrDeadlineExceeded }

func (c noTimeout) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		err = untimely{errOwn}
	}
	return n, err
}

type keepsDeadline struct{ net.Conn }

func (c keepsDeadline) SetDeadline(t time.Time) error {
	if t.IsZero() {
		return nil
	}
	return c.Conn.SetDeadline(t)
}

type neverCloses struct{ net.Conn }

func (neverCloses) Close() error { return nil }

type ownErrors struct{ net.Conn }

func (c ownErrors) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if err != nil {
		err = errOwn
	}
	return n, err
}

type endOfFile struct{ net.Conn }

func (c endOfFile) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if errors.Is(err, net.ErrClosed) {
		err = io.EOF
	}
	return n, err
}

type unexpectedEnd struct{ net.Conn }

func (c unexpectedEnd) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// losesTail stops giving what comes, but for its end.
type losesTail struct {
	net.Conn
	n int
}

func (c *losesTail) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	for c.n += n; c.n > 150_000 && err == nil; {
		n, err = c.Conn.Read(p)
	}
	return n, err
}

type closesAll struct{ net.Conn }

func (c closesAll) CloseWrite() error { return c.Close() }

type closesNothing struct{ net.Conn }

func (closesNothing) CloseWrite() error { return nil }

type losesFirst struct {
	net.Conn
	lost bool
}

func (c *losesFirst) Read(p []byte) (int, error) {
	if !c.lost {
		c.lost = true
		io.ReadFull(c.Conn, make([]byte, 1))
	}
	return c.Conn.Read(p)
}

type noAddrs struct{ net.Conn }

func (noAddrs) LocalAddr() net.Addr { return nil }

// sharedStream gives the first stream to all.
func sharedStream() func(context.Context, *curlew.Request, opener) (net.Conn, *curlew.Response, error) {
	var mu sync.Mutex
	var c net.Conn
	var resp *curlew.Response
	return func(ctx context.Context, r *curlew.Request, next opener) (_ net.Conn, _ *curlew.Response, err error) {
		mu.Lock()
		defer mu.Unlock()
		if c == nil {
			c, resp, err = next(ctx, r)
		}
		return c, &curlew.Response{Response: resp.Response}, err
	}
}

func refusalIsError(ctx context.Context, r *curlew.Request, next opener) (net.Conn, *curlew.Response, error) {
	c, resp, err := next(ctx, r)
	if c == nil {
		err = errOwn
	}
	return c, resp, err
}

func refusalWithoutBody(ctx context.Context, r *curlew.Request, next opener) (net.Conn, *curlew.Response, error) {
	c, resp, err := next(ctx, r)
	resp.Body = http.NoBody
	return c, resp, err
}

func deafOpen(_ context.Context, r *curlew.Request, next opener) (net.Conn, *curlew.Response, error) {
	return next(context.Background(), r)
}

func causeless(ctx context.Context, r *curlew.Request, next opener) (net.Conn, *curlew.Response, error) {
	c, resp, err := next(ctx, r)
	if err != nil {
		err = ctx.Err()
	}
	return c, resp, err
}

// abandons returns when ctx ends, and goes on in the background.
func abandons(ctx context.Context, r *curlew.Request, next opener) (net.Conn, *curlew.Response, error) {
	type result struct {
		c    net.Conn
		resp *curlew.Response
		err  error
	}
	done := make(chan result, 1)
	go func() {
		c, resp, err := next(context.WithoutCancel(ctx), r)
		done <- result{c, resp, err}
	}()
	select {
	case r := <-done:
		return r.c, r.resp, r.err
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
}

// tied ends the stream with the context.
func tied(ctx context.Context, r *curlew.Request, next opener) (net.Conn, *curlew.Response, error) {
	c, resp, err := next(ctx, r)
	if err == nil {
		context.AfterFunc(ctx, func() { c.Close() })
	}
	return c, resp, err
}
