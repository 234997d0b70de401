package curlewtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/dial"
	"github.com/curlew-ws/curlew/internal/wirescript"
)

// MakeTransport starts a server for one check of [TestTransport] and returns how
// a client reaches it with the transport under test. The server calls answer for
// each opening handshake, on a goroutine of its own, and does what the [Answer]
// says. Whatever clients do is no error. The server is closed in tb's cleanup.
type MakeTransport func(tb testing.TB, answer func(r *http.Request) Answer) Endpoint

// An Endpoint is a server as a client sees it.
type Endpoint struct {
	Transport curlew.Transport // the one under test; nil is HTTP/1.1
	Net       dial.Config
	URL       string
}

// An Answer is what a server does with an opening handshake.
type Answer struct {
	// Stream serves the stream; it is closed when Stream returns. Nil refuses.
	Stream func(s net.Conn)
	// Early is the stream's first bytes, sent before Stream is called. They are
	// sent in one piece with the response's head where possible.
	Early []byte
	// Status, Header and Body are those of a refusal.
	Status int
	Header http.Header
	Body   []byte
}

// TestTransport checks the contract of a [curlew.Transport], of its streams and
// of Open. Each check is a subtest with a server of its own. It tests through a
// Client in raw mode. It injects faults below by wrapping Net.NetDial; a transport
// that does not dial by NetDial skips these.
//
// A transport that passes works with a Client. This test is the authority on that.
func TestTransport(t *testing.T, make MakeTransport) {
	for _, c := range transportChecks {
		t.Run(c.name, func(t *testing.T) {
			NoLeaks(t)
			c.run(&trial{TB: t, make: make})
		})
	}
}

// transportChecks are the checks, one for each part of the contract.
var transportChecks = []struct {
	name string
	run  func(x *trial)
}{
	{"read while writing", checkReadWhileWriting},
	{"write while reading", checkWriteWhileReading},
	{"large transfers both ways", checkTransfer},
	{"many small writes", checkSmall},
	{"timeouts lose nothing", checkTimeouts},
	{"deadline wakes a read", checkReadDeadline},
	{"deadline wakes a write", checkWriteDeadline},
	{"past deadline", checkPastDeadline},
	{"deadline cleared", checkDeadlineCleared},
	{"close wakes both", checkCloseWakes},
	{"after close", checkAfterClose},
	{"end by the peer", checkPeerCloses},
	{"half close", checkCloseWrite},
	{"early bytes", checkEarly},
	{"addresses", checkAddrs},
	{"many at once", checkManyOpens},
	{"refusal", checkRefusal},
	{"context ended before", checkCancelled},
	{"context ends unanswered", checkUnanswered},
	{"context ends at every call", checkInterrupted},
	{"context ends afterwards", checkContextOver},
	{"trace", checkTrace},
}

// patience is how long a check waits for what must happen.
const patience = 20 * time.Second

// pause gives a goroutine time to block. That cannot be awaited; if the time is
// too short, the check is only easier to pass.
const pause = 5 * time.Millisecond

// A trial is one check of one transport.
type trial struct {
	testing.TB
	make MakeTransport

	endpoint Endpoint

	mu      sync.Mutex
	streams []<-chan struct{} // closed when the server's stream has ended
}

// serve starts the server.
func (x *trial) serve(answer func(r *http.Request) Answer) {
	x.Helper()
	x.endpoint = x.make(x, func(r *http.Request) Answer {
		a := answer(r)
		if serve := a.Stream; serve != nil {
			a.Stream = func(s net.Conn) {
				defer x.began()()
				serve(s)
			}
		}
		return a
	})
	x.Cleanup(x.awaitStreams)
}

// netDial returns the function that the endpoint's client dials with.
func (x *trial) netDial() dial.Func {
	if f := x.endpoint.Net.NetDial; f != nil {
		return f
	}
	return new(net.Dialer).DialContext
}

// dial opens a stream with a client, changed by change if that is not nil.
func (x *trial) dial(ctx context.Context, change func(*curlew.Client)) (*curlew.Conn, error) {
	c := curlew.Client{Transport: x.endpoint.Transport, Net: x.endpoint.Net, RawMode: true}
	if change != nil {
		change(&c)
	}
	return c.Dial(ctx, x.endpoint.URL)
}

// open opens a stream to a server that answers with a.
func (x *trial) open(a Answer) net.Conn {
	x.Helper()
	x.serve(func(*http.Request) Answer { return a })
	return x.stream(context.Background(), nil)
}

// stream opens one more stream, which is closed at the end of the check.
func (x *trial) stream(ctx context.Context, change func(*curlew.Client)) net.Conn {
	x.Helper()
	c, err := x.dial(ctx, change)
	if err != nil {
		x.Fatalf("Open: %v", err)
	}
	x.Cleanup(func() { c.Close() })
	return c.NetConn()
}

// began records that a stream of the server's began; ended records its end.
func (x *trial) began() (ended func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	done := make(chan struct{})
	x.streams = append(x.streams, done)
	return func() { close(done) }
}

// awaitStreams waits for the server's streams to end, once the client's are closed.
func (x *trial) awaitStreams() {
	x.mu.Lock()
	streams := x.streams
	x.mu.Unlock()
	for _, s := range streams {
		recvWithin(x, "the server's streams to end once the client's are closed", s)
	}
}

// recvWithin receives from ch, and ends the check if nothing arrives.
func recvWithin[T any](x *trial, what string, ch <-chan T) (v T) {
	x.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case v = <-ch:
	case <-timer.C:
		x.Fatalf("waited %v for %s", patience, what)
	}
	return v
}

// inBackground calls f on a goroutine and returns the channel of its error.
func inBackground(f func() error) <-chan error {
	ch := make(chan error, 1)
	go func() { ch <- f() }()
	return ch
}

// within returns f's error, and ends the check if f does not return.
func (x *trial) within(what string, f func() error) error {
	x.Helper()
	return recvWithin(x, what, inBackground(f))
}

// expect reads exactly want.
func (x *trial) expect(c net.Conn, want string) {
	x.Helper()
	if err := x.within("the bytes "+wirescript.Show([]byte(want)), func() error { return readExactly(c, want) }); err != nil {
		x.Error(err)
	}
}

// write writes all of s.
func (x *trial) write(c net.Conn, s string) {
	x.Helper()
	if err := x.within("a Write", func() error { return writeAll(c, []byte(s)) }); err != nil {
		x.Error(err)
	}
}

// failedRead returns the error of a Read that must fail.
func (x *trial) failedRead(c net.Conn) error {
	x.Helper()
	return x.within("a Read that is to fail", func() error {
		n, err := c.Read(make([]byte, 1))
		if n != 0 {
			return fmt.Errorf("Read returned %d bytes", n)
		}
		return err
	})
}

// failedWrite returns the error of a Write that must fail.
func (x *trial) failedWrite(c net.Conn) error {
	x.Helper()
	return x.within("a Write that is to fail", func() error {
		n, err := c.Write([]byte("x"))
		if n != 0 {
			return fmt.Errorf("Write returned %d bytes: %w", n, err)
		}
		return err
	})
}

// wantErr checks that err is want, by errors.Is, and a timeout where want is one.
func (x *trial) wantErr(what string, err, want error) {
	x.Helper()
	if !errors.Is(err, want) {
		x.Errorf("%s: expected an error that is %q, got %v", what, want, err)
	}
	var ne net.Error
	if want == os.ErrDeadlineExceeded && !(errors.As(err, &ne) && ne.Timeout()) {
		x.Errorf("%s: expected an error whose Timeout method returns true, got %v", what, err)
	}
}
