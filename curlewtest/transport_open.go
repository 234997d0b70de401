package curlewtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/internal/wirescript"
)

func checkEarly(x *trial) {
	sizes := make(chan int, 1)
	early := func(size int) []byte { return bytes.Repeat([]byte("early."), size/6+1)[:size] }
	x.serve(func(*http.Request) Answer {
		return Answer{Early: early(<-sizes), Stream: func(s net.Conn) {
			io.WriteString(s, "later")
			echoBytes(s)
		}}
	})
	for _, size := range []int{1, 10, 5000, 200_000} {
		sizes <- size
		c := x.stream(context.Background(), nil)
		x.expect(c, "e")
		x.expect(c, string(early(size)[1:])+"later")
		x.write(c, "echo")
		x.expect(c, "echo")
	}
}

// errCause is the cause with which checks end contexts.
var errCause = errors.New("the check ended the context")

func checkManyOpens(x *trial) {
	x.serve(func(*http.Request) Answer { return Answer{Stream: echoBytes} })
	const many = 8
	opened := make(chan error, many)
	for i := range many {
		go func() {
			c, err := x.dial(context.Background(), nil)
			if err == nil {
				text := fmt.Sprint("stream ", i)
				c.NetConn().Write([]byte(text))
				err = readExactly(c.NetConn(), text)
				c.Close()
			}
			opened <- err
		}()
	}
	for range many {
		if err := recvWithin(x, "streams that were opened at once", opened); err != nil {
			x.Errorf("one of %d streams at once: %v", many, err)
		}
	}
}

func checkRefusal(x *trial) {
	body := bytes.Repeat([]byte("not for you. "), 1000)
	x.serve(func(*http.Request) Answer {
		return Answer{Status: http.StatusForbidden, Header: http.Header{"X-Why": {"because"}}, Body: body}
	})
	_, err := x.dial(context.Background(), nil)
	var he *curlew.HandshakeError
	if !errors.As(err, &he) || he.Response == nil {
		x.Fatalf("a refusal: expected a *HandshakeError with the response, got %v", err)
	}
	if r := he.Response; r.StatusCode != http.StatusForbidden || r.Header.Get("X-Why") != "because" {
		x.Errorf("a refusal: expected the status 403 and X-Why: because, got %d and %v", r.StatusCode, r.Header)
	}
	if !bytes.Equal(he.Body, body) {
		x.Errorf("a refusal's body: expected %s, got %s", wirescript.Show(body), wirescript.Show(he.Body))
	}
	if x.endpoint.Transport != nil {
		x.checkRefusedOpen(body)
	}
}

// checkRefusedOpen checks the same refusal as Open itself returns it.
func (x *trial) checkRefusedOpen(want []byte) {
	u, err := url.Parse(x.endpoint.URL)
	if err != nil {
		x.Fatalf("the endpoint's URL: %v", err)
	}
	s, resp, err := x.endpoint.Transport.Open(context.Background(), &curlew.Request{URL: u, Header: http.Header{}, Net: &x.endpoint.Net})
	if s != nil || resp == nil || err != nil {
		x.Fatalf("Open of a refusal: expected (nil, response, nil), got (%v, %v, %v)", s, resp, err)
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); err != nil || !bytes.Equal(got, want) {
		x.Errorf("the body of a refused Open: expected %s, got %s: %v", wirescript.Show(want), wirescript.Show(got), err)
	}
}

func checkCancelled(x *trial) {
	x.serve(func(*http.Request) Answer { return Answer{Stream: sink} })
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errCause)
	const when = "with a context that had ended"
	x.wantErr("Open "+when, x.failsToOpen(when, ctx, nil), errCause)
}

// failsToOpen returns the error of an Open that must fail.
func (x *trial) failsToOpen(when string, ctx context.Context, change func(*curlew.Client)) error {
	x.Helper()
	return x.within("Open "+when, func() error {
		c, err := x.dial(ctx, change)
		if c != nil {
			c.Close()
		}
		return err
	})
}

func checkUnanswered(x *trial) {
	asked, over, gone := make(chan struct{}), make(chan struct{}), make(chan struct{})
	answer := sync.OnceFunc(func() { close(over) })
	defer answer()
	x.serve(func(*http.Request) Answer {
		close(asked)
		<-over
		return Answer{Stream: func(s net.Conn) {
			sink(s)
			close(gone)
		}}
	})
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		<-asked
		cancel(errCause)
	}()
	const when = "whose context ends while the server does not answer"
	x.wantErr("Open "+when, x.failsToOpen(when, ctx, nil), errCause)
	answer()
	recvWithin(x, "the server to see the client's end", gone)
}

// checkInterrupted ends the context at every call that Open makes on the
// connection below, which stops at that call.
func checkInterrupted(x *trial) {
	x.serve(func(*http.Request) Answer { return Answer{Stream: sink} })
	const most = 1000
	for n := range int64(most) {
		if x.interrupted(n) {
			return
		}
	}
	x.Errorf("Open still made calls when %d had been made", most)
}

// interrupted makes call n of Open the last one, and reports whether Open made
// fewer calls. Call 0 is that of NetDial.
func (x *trial) interrupted(n int64) (over bool) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	var left atomic.Int64
	left.Store(n)
	dialed, done := make(chan *halt, 16), make(chan struct{})
	defer close(done)
	netDial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := x.netDial()(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		h := newHalt(c, &left, done, func() { cancel(errCause) })
		dialed <- h
		if n == 0 {
			cancel(errCause)
			select {
			case <-ctx.Done():
			case <-done:
			}
			return nil, errors.Join(h.Close(), ctx.Err())
		}
		return h, nil
	}
	when := fmt.Sprintf("whose context ends at call %d of the connection below", n)
	err := x.failsToOpen(when, ctx, func(c *curlew.Client) { c.Net.NetDial = netDial })
	if err == nil { // it made no such call, or did not have to wait for it
		return left.Load() > 0 || len(dialed) == 0
	}
	x.wantErr("Open "+when, err, errCause)
	if len(dialed) > 0 {
		recvWithin(x, "the end of the connection below an Open "+when, (<-dialed).closed)
	}
	return x.Failed()
}

func checkContextOver(x *trial) {
	x.serve(func(*http.Request) Answer { return Answer{Stream: echoBytes} })
	ctx, cancel := context.WithCancelCause(context.Background())
	c := x.stream(ctx, nil)
	read := inBackground(func() error { return readExactly(c, "x") })
	cancel(errCause)
	for range 200 { // what ends with the context may take its time
		x.write(c, "x")
		if err := recvWithin(x, "the echo once Open's context has ended", read); err != nil {
			x.Errorf("a stream must outlive Open's context: %v", err)
			return
		}
		read = inBackground(func() error { return readExactly(c, "x") })
	}
	c.Close()
	<-read
}

func checkTrace(x *trial) {
	x.serve(func(*http.Request) Answer { return Answer{Early: []byte("early"), Stream: echoBytes} })
	var seen [2]bytes.Buffer // by direction, each of which is one goroutine's
	var heads [2]int
	side := map[bool]int{true: 1}
	c, err := x.dial(context.Background(), func(c *curlew.Client) {
		c.Trace = &curlew.Trace{
			Head:  func(sent bool, _ []byte) { heads[side[sent]]++ },
			Bytes: func(sent bool, p []byte) { seen[side[sent]].Write(p) },
		}
	})
	if err != nil {
		x.Fatalf("Open: %v", err)
	}
	defer c.Close()
	if err := c.Send(0, []byte("sent")); err != nil {
		x.Errorf("Send: %v", err)
	}
	var got []byte
	if err := x.within("what was sent to an echo", func() error {
		for len(got) < len("earlysent") {
			p, _, err := c.Next()
			if err != nil {
				return err
			}
			got = append(got, p...)
		}
		return nil
	}); err != nil {
		x.Errorf("Next: %v", err)
	}
	if string(got) != "earlysent" || seen[0].String() != "earlysent" || seen[1].String() != "sent" {
		x.Errorf("trace: %q was received and %q shown; %q was sent and %q shown", got, seen[0].Bytes(), "sent", seen[1].Bytes())
	}
	if x.endpoint.Transport == nil && (heads[0] != 1 || heads[1] != 1) {
		x.Errorf("trace: expected one head each way, got %d sent and %d received", heads[1], heads[0])
	}
}
