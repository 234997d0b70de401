package curlewtest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/curlew-ws/curlew"
)

// oneLock lets only one call run at a time. Its lock is a channel, on which a
// bubble can wait.
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

// loses returns at most three bytes a Read; a Read that returns fewer loses them.
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

// stuck keeps its first error, even if that is a timeout.
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

// lateDeadlines sets deadlines only when the next call begins.
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

func (c *lateDeadlines) SetReadDeadline(t time.Time) error { return c.set(&c.read, t) }

func (c *lateDeadlines) SetWriteDeadline(t time.Time) error { return c.set(&c.write, t) }

func (c *lateDeadlines) Read(p []byte) (int, error) {
	c.Conn.SetReadDeadline(c.get(&c.read))
	return c.Conn.Read(p)
}

func (c *lateDeadlines) Write(p []byte) (int, error) {
	c.Conn.SetWriteDeadline(c.get(&c.write))
	return c.Conn.Write(p)
}

// deaf reads nothing more after a timeout.
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

// notBefore ignores a deadline that has passed.
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

// losesTail stops returning what arrives, but for its end.
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

// sharedStream returns the first stream to every Open.
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

// abandons returns when ctx ends, and continues in the background.
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

// tied closes the stream when the context ends.
func tied(ctx context.Context, r *curlew.Request, next opener) (net.Conn, *curlew.Response, error) {
	c, resp, err := next(ctx, r)
	if err == nil {
		context.AfterFunc(ctx, func() { c.Close() })
	}
	return c, resp, err
}
