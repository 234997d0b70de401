package curlew

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

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
