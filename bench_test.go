package curlew

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/curlew-ws/curlew/dial"
	"github.com/curlew-ws/curlew/internal/handshake"
	"github.com/curlew-ws/curlew/internal/wire"
)

// endless is a stream that gives the same bytes for ever and takes all.
type endless struct {
	net.Conn
	wire []byte
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.wire[e.at:])
	e.at = (e.at + n) % len(e.wire)
	return n, nil
}

func (e *endless) Write(p []byte) (int, error)      { return len(p), nil }
func (e *endless) Close() error                     { return nil }
func (e *endless) LocalAddr() net.Addr              { return nil }
func (e *endless) RemoteAddr() net.Addr             { return nil }
func (e *endless) SetReadDeadline(time.Time) error  { return nil }
func (e *endless) SetWriteDeadline(time.Time) error { return nil }

// frames are many frames of n bytes from a server.
func frames(n int) []byte {
	one := wire.Header{Fin: true, Opcode: wire.OpBinary, Length: int64(n)}.Append(nil)
	return bytes.Repeat(append(one, make([]byte, n)...), max(1, 1<<20/(n+4)))
}

var benchSizes = []int{125, 1 << 10, 64 << 10}

func BenchmarkRecv(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := NewConn(&endless{wire: frames(n)}, false, nil)
			p := make([]byte, 64<<10)
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				for {
					m, err := c.Recv(p)
					if err != nil {
						b.Fatal(err)
					}
					if m.MessageEnd() {
						break
					}
				}
			}
		})
	}
}

func BenchmarkNext(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := NewConn(&endless{wire: frames(n)}, false, nil)
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				for {
					_, m, err := c.Next()
					if err != nil {
						b.Fatal(err)
					}
					if m.MessageEnd() {
						break
					}
				}
			}
		})
	}
}

func BenchmarkReadMessage(b *testing.B) {
	c := NewConn(&endless{wire: frames(125)}, false, nil)
	var p []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if _, p, err = c.ReadMessage(b.Context(), p[:0]); err != nil {
			b.Fatal(err)
		}
	}
}

// A context that could end costs what one that cannot does.
func BenchmarkReadMessageContext(b *testing.B) {
	c := NewConn(&endless{wire: frames(125)}, false, nil)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var p []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if _, p, err = c.ReadMessage(ctx, p[:0]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOnChunk(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := NewConn(&endless{wire: frames(n)}, false, nil)
			b.SetBytes(int64(n))
			b.ReportAllocs()
			left := b.N
			err := c.Perform(context.Background(), Handler{OnChunk: func(_ *Conn, _ []byte, m Meta) error {
				if m.MessageEnd() {
					left--
				}
				if left == 0 {
					return io.EOF
				}
				return nil
			}})
			if err != io.EOF {
				b.Fatal(err)
			}
		})
	}
}

func BenchmarkNextReader(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			benchReader(b, &endless{wire: frames(n)}, n, func(r io.Reader, p []byte) error {
				for {
					if _, err := r.Read(p); err == io.EOF {
						return nil
					} else if err != nil {
						return err
					}
				}
			})
		})
	}
}

func BenchmarkWriteTo(b *testing.B) {
	copyTo := func(w io.Writer) func(io.Reader, []byte) error {
		return func(r io.Reader, _ []byte) error { _, err := io.Copy(w, r); return err }
	}
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) { benchReader(b, &endless{wire: frames(n)}, n, copyTo(takesAll{})) })
	}
	const large = 16 << 20
	b.Run("splice", func(b *testing.B) {
		ours, theirs, err := tcp()
		if err != nil {
			b.Fatal(err)
		}
		defer theirs.Close()
		go func() {
			p := frames(large)
			for {
				if _, err := theirs.Write(p); err != nil {
					return
				}
			}
		}()
		to, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
		if err != nil {
			b.Fatal(err)
		}
		defer to.Close()
		benchReader(b, ours, large, copyTo(to))
	})
}

// A takesAll takes what is written to it.
type takesAll struct{}

func (takesAll) Write(p []byte) (int, error) { return len(p), nil }

func tcp() (ours, theirs net.Conn, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	if ours, err = net.Dial("tcp", l.Addr().String()); err != nil {
		return nil, nil, err
	}
	theirs, err = l.Accept()
	return ours, theirs, err
}

// benchReader lets read take message after message of n bytes from s.
func benchReader(b *testing.B, s net.Conn, n int, read func(r io.Reader, p []byte) error) {
	c, p := NewConn(s, false, nil), make([]byte, 64<<10)
	defer c.Close()
	b.SetBytes(int64(n))
	b.ReportAllocs()
	for b.Loop() {
		_, r, err := c.NextReader(context.Background())
		if err == nil {
			err = read(r, p)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSend(b *testing.B) {
	for _, n := range append(benchSizes, 1<<20) {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := NewConn(&endless{wire: frames(n)}, false, nil)
			p := make([]byte, n)
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				if err := c.Send(Binary, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBatch(b *testing.B) {
	for _, n := range benchSizes[:2] {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := NewConn(&endless{wire: frames(1)}, false, nil)
			p := make([]byte, n)
			b.SetBytes(int64(n))
			b.ReportAllocs()
			batch := c.Cork()
			for b.Loop() {
				if err := batch.Send(Binary, p); err != nil {
					b.Fatal(err)
				}
			}
			if err := batch.Flush(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// The contexts are one that cannot end, and one that can, over a socket whose
// peer reads and over a stream of which nothing is known.
func BenchmarkWriteMessage(b *testing.B) {
	for _, stream := range []string{"socket", "other"} {
		for _, ctx := range []context.Context{context.Background(), b.Context()} {
			b.Run(fmt.Sprintf("%s/ends=%t", stream, ctx.Done() != nil), func(b *testing.B) {
				var s net.Conn = &endless{wire: frames(1)}
				if stream == "socket" {
					s = drained(b)
				}
				c := NewConn(s, false, nil)
				defer c.Close()
				p := make([]byte, 125)
				b.ReportAllocs()
				for b.Loop() {
					if err := c.WriteMessage(ctx, Binary, p); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// drained returns a TCP connection whose peer reads all that comes.
func drained(b *testing.B) net.Conn {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	ours, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	theirs, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	go func() {
		defer theirs.Close()
		for p := make([]byte, 256<<10); err == nil; {
			_, err = theirs.Read(p)
		}
	}()
	return ours
}

// Where SendInPlace pays, and a server's Send, which does not copy either.
func BenchmarkSendLarge(b *testing.B) {
	for _, n := range []int{8 << 10, 16 << 10, 64 << 10, 1 << 20} {
		for name, send := range map[string]func(c *Conn, p []byte) error{
			"Send":        func(c *Conn, p []byte) error { return c.Send(Binary, p) },
			"SendInPlace": func(c *Conn, p []byte) error { return c.SendInPlace(Binary, p) },
		} {
			for _, server := range []bool{false, true} {
				b.Run(fmt.Sprintf("%d/%s/server=%t", n, name, server), func(b *testing.B) {
					c := NewConn(drained(b), server, nil)
					defer c.Close()
					p := make([]byte, n)
					b.SetBytes(int64(n))
					b.ReportAllocs()
					for b.Loop() {
						if err := send(c, p); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}

var _ io.ReadWriter = (*endless)(nil)

// An answering stream agrees to one opening handshake.
type answering struct {
	endless
	head [256]byte
}

func (a *answering) Write(p []byte) (int, error) {
	const field = "Sec-WebSocket-Key: "
	key := p[bytes.Index(p, []byte(field))+len(field):][:24]
	a.wire = append(a.head[:0], "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	a.wire = append(a.wire, handshake.AcceptKey(string(key))...)
	a.wire = append(a.wire, "\r\n\r\n"...)
	return len(p), nil
}

// BenchmarkDial is all of a Dial but the network, and the answer.
func BenchmarkDial(b *testing.B) {
	var stream answering
	c := Client{Net: dial.Config{NetDial: func(context.Context, string, string) (net.Conn, error) { return &stream, nil }}}
	b.ReportAllocs()
	for b.Loop() {
		conn, err := c.Dial(context.Background(), "ws://127.0.0.1:8080/chat")
		if err != nil {
			b.Fatal(err)
		}
		conn.Close()
	}
}
