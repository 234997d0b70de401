//go:build unix

package curlew_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
	"github.com/curlew-ws/curlew/internal/wire"
)

// unixPair are the ends of a connection of which, unlike TCP, nothing moves on
// unless the peer reads.
func unixPair(t testing.TB) (ours *net.UnixConn, theirs net.Conn) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if theirs, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return c.(*net.UnixConn), theirs
}

// fill writes to a socket until it takes nothing more, and returns how much.
func fill(t testing.TB, s syscall.Conn) (n int) {
	raw, err := s.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{4096, 1} {
		for more := true; more; {
			raw.Write(func(fd uintptr) bool {
				k, err := syscall.Write(int(fd), make([]byte, size))
				if more = err == nil; more {
					n += k
				}
				return true
			})
		}
	}
	return n
}

// A context costs a message nothing where the socket takes it at once, and
// neither do large payloads that are written from where they are.
func TestNothingAllocatedOnSockets(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector sync.Pool drops what it is given, at random")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p := make([]byte, 100_000)
	for name, send := range map[string]func(c *curlew.Conn, p []byte) error{
		"WriteMessage": func(c *curlew.Conn, p []byte) error { return c.WriteMessage(ctx, curlew.Binary, p) },
		"Send":         func(c *curlew.Conn, p []byte) error { return c.Send(curlew.Binary, p) },
		"SendInPlace":  func(c *curlew.Conn, p []byte) error { return c.SendInPlace(curlew.Binary, p) },
		"Batch": func(c *curlew.Conn, p []byte) error {
			b := c.Cork()
			return errors.Join(b.Send(curlew.Binary, p), b.Flush())
		},
	} {
		for i := range 4 {
			server, size := i&1 != 0, []int{100, len(p)}[i/2]
			t.Run(fmt.Sprintf("%s/server=%v/%d", name, server, size), func(t *testing.T) {
				ours, theirs := unixPair(t)
				c := curlew.NewConn(ours, server, nil)
				defer c.Close()
				defer theirs.Close()
				ours.SetWriteBuffer(1 << 20) // so that nothing waits
				frame := make([]byte, wire.Header{Length: int64(size), Masked: !server}.Len()+size)
				n := testing.AllocsPerRun(100, func() {
					if err := send(c, p[:size]); err != nil {
						t.Fatal(err)
					}
					if _, err := io.ReadFull(theirs, frame); err != nil {
						t.Fatal(err)
					}
				})
				if n != 0 {
					t.Errorf("came %v allocations a call, expected none", n)
				}
			})
		}
	}
}

// A message that waits for the socket when its context ends is left out if no
// byte of it got through, and the session goes on.
func TestContextEndsWaitForSocket(t *testing.T) {
	for _, server := range []bool{false, true} {
		for _, size := range []int{0, 100, 100_000} {
			curlewtest.NoLeaks(t)
			ours, theirs := unixPair(t)
			c, peer := newPair(t, ours, theirs, server, nil)
			garbage := fill(t, ours)
			cause := errors.New("no longer")
			ctx, cancel := context.WithCancelCause(t.Context())
			done := make(chan error, 1)
			go func() { done <- c.WriteMessage(ctx, curlew.Text, make([]byte, size)) }()
			cancel(cause) // before it waits, or while it does
			wantError(t, <-done, cause)
			got := make(chan error, 1)
			go func() {
				_, err := io.ReadFull(peer.r, make([]byte, garbage))
				got <- err
			}()
			if err := c.WriteMessage(t.Context(), curlew.Text, []byte("another")); err != nil {
				t.Fatal(err)
			}
			if err := <-got; err != nil {
				t.Fatal(err)
			}
			peer.expect(rawFrame{wText, "another"})
		}
	}
}

// A write that has begun when its context ends takes the connection along.
func TestContextEndsHalfWrite(t *testing.T) {
	curlewtest.NoLeaks(t)
	ours, theirs := unixPair(t)
	c, _ := newPair(t, ours, theirs, false, nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("no longer")
	go func() {
		theirs.Read(make([]byte, 1))
		cancel(cause)
	}()
	err := c.WriteMessage(ctx, curlew.Binary, make([]byte, 16<<20))
	wantError(t, err, cause)
	wantError(t, c.Send(curlew.Text, nil), err)
}

// With a context that could end, the error of a socket that broke is what it is
// without one, and names the operation and the addresses.
func TestContextKeepsSocketError(t *testing.T) {
	curlewtest.NoLeaks(t)
	ours, theirs := unixPair(t)
	c, _ := newPair(t, ours, theirs, false, nil)
	theirs.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := c.WriteMessage(ctx, curlew.Text, bytes.Repeat([]byte("x"), 100))
	var op *net.OpError
	if !errors.Is(err, syscall.EPIPE) || !errors.As(err, &op) || op.Op != "write" || op.Addr == nil {
		t.Errorf("came %v", err)
	}
}
