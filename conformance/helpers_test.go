package conformance

import (
	"context"
	"net"
	"net/url"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
	"github.com/curlew-ws/curlew/dial"
)

// A peer is an endpoint under test: it makes its side of the opening handshake
// on conn, echoes until the session ends, and closes conn.
type peer func(ctx context.Context, conn net.Conn, server bool)

type namedPeer struct {
	name string
	peer peer
}

// peers are the endpoints that every case is played against. The engine is left
// out under the race detector: it runs on one goroutine.
func peers() []namedPeer {
	all := []namedPeer{
		{"engine", enginePeer(faults{})},
		{"messages", session(open, curlewtest.Echo)},
		{"chunks", session(open, echoChunks)},
	}
	if raceEnabled {
		return all[1:]
	}
	return all
}

// session returns a peer that opens a session and echoes.
func session(open opener, echo func(context.Context, *curlew.Conn) error) peer {
	return func(ctx context.Context, conn net.Conn, server bool) {
		c, err := open(ctx, conn, server)
		if err == nil {
			echo(ctx, c) // the case reports what is wrong
		}
	}
}

type opener func(ctx context.Context, conn net.Conn, server bool) (*curlew.Conn, error)

// open makes curlew's opening handshake, with compression if the other side
// wants it.
func open(ctx context.Context, conn net.Conn, server bool) (*curlew.Conn, error) {
	return openWith(curlew.AcceptOptions{Compression: &curlew.Compression{}})(ctx, conn, server)
}

func openWith(o curlew.AcceptOptions) opener {
	return func(ctx context.Context, conn net.Conn, server bool) (*curlew.Conn, error) {
		if server {
			return curlewtest.Upgrade(ctx, conn, &o)
		}
		client := curlew.Client{
			Compression: o.Compression, NoAutoPong: o.NoAutoPong, NoAutoClose: o.NoAutoClose, NoUTF8Check: o.NoUTF8Check,
			Net: dial.Config{NetDial: func(context.Context, string, string) (net.Conn, error) { return conn, nil }},
		}
		return client.Dial(ctx, "ws://localhost"+target(ctx))
	}
}

// targetKey is the context's key for the path and query that a client requests.
type targetKey struct{}

func withTarget(ctx context.Context, target string) context.Context {
	return context.WithValue(ctx, targetKey{}, target)
}

func target(ctx context.Context) string {
	if t, ok := ctx.Value(targetKey{}).(string); ok {
		return t
	}
	return "/"
}

// echoChunks answers each chunk in kind: with a part of a frame that StartFrame
// began or, for a compressed message, with a fragment.
func echoChunks(_ context.Context, c *curlew.Conn) error {
	defer c.Close()
	buf := make([]byte, 4000)
	for {
		m, err := c.Recv(buf)
		if err != nil {
			return err
		}
		if err := echoChunk(c, buf[:m.Len], m); err != nil {
			return err
		}
	}
}

func echoChunk(c *curlew.Conn, p []byte, m curlew.Meta) error {
	switch {
	case m.Flags&(curlew.Text|curlew.Binary) == 0:
		return nil
	case m.Flags&curlew.Compressed != 0:
		return c.Send(m.Flags, p)
	case m.Offset == 0:
		if err := c.StartFrame(m.Flags, int64(m.Len)+m.BytesLeft); err != nil || m.Len == 0 {
			return err
		}
	}
	return c.SendPayload(p)
}

// exclusions are the cases that curlew does not pass.
var exclusions = sync.OnceValues(func() (Exclusions, error) {
	f, err := os.Open("exclusions.txt")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadExclusions(f)
})

// check checks that r passed, unless it is excluded.
func check(t *testing.T, r Result) {
	t.Helper()
	x, err := exclusions()
	if err != nil {
		t.Fatalf("exclusions.txt: %v", err)
	}
	if len(x.Unexpected([]Result{r})) > 0 {
		t.Errorf("%v (%s)", r, r.Case.Title)
	}
}

// roles are the peer's roles.
var roles = map[string]bool{"client": false, "server": true}

// played returns the cases to play. Under the race detector three sizes are
// enough for compression.
func played() []*Case {
	return slices.DeleteFunc(Cases(), func(c *Case) bool {
		n := numbers(c.ID)
		return raceEnabled && n[0] >= 12 && n[2] != 1 && n[2] != 5 && n[2] != 11
	})
}

// playPipe plays c against p, as a server if server is true, in a bubble of its own.
func playPipe(t *testing.T, c *Case, p peer, server bool) (r Result) {
	o := Options{Pause: time.Second, Yield: func() { time.Sleep(time.Nanosecond) }}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		clientEnd, serverEnd := curlewtest.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			if server {
				p(ctx, serverEnd, true)
			} else {
				p(ctx, clientEnd, false)
			}
		}()
		if server {
			r = c.Connect(ctx, clientEnd, &url.URL{Scheme: "ws", Host: "localhost", Path: "/"}, o)
		} else {
			r = c.Serve(ctx, serverEnd, o)
		}
		cancel()
		<-done
	})
	return r
}

// startPeer starts a server of p.
func startPeer(t *testing.T, p peer) (*url.URL, func(context.Context) (net.Conn, error)) {
	t.Helper()
	s := curlewtest.NewServer(t, "ws", func(ctx context.Context, c net.Conn) error {
		p(ctx, c, true)
		return nil
	})
	u, err := url.Parse(s.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	return u, func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", u.Host) }
}

// startListener makes l play until the test ends.
func startListener(t *testing.T, l *Listener) (addr string) {
	t.Helper()
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- l.Serve(ctx, tcp) }()
	t.Cleanup(func() {
		cancel()
		if err := <-over; err != context.Canceled {
			t.Errorf("Serve: %v, expected the context's cause", err)
		}
	})
	return tcp.Addr().String()
}

// report returns the text that a Listener sends for a path.
func report(t *testing.T, addr, path string) string {
	t.Helper()
	c, err := curlew.Dial(t.Context(), "ws://"+addr+path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, text, err := c.ReadMessage(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
