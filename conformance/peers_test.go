package conformance

import (
	"context"
	"net"

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
