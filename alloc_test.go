package curlew_test

import (
	"context"
	"errors"
	"net"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
)

// A loopStream gives the same bytes for ever, and takes all it is given.
type loopStream struct {
	net.Conn
	wire []byte
	at   int
}

func (s *loopStream) Read(p []byte) (int, error) {
	n := copy(p, s.wire[s.at:])
	s.at = (s.at + n) % len(s.wire)
	return n, nil
}

func (s *loopStream) Write(p []byte) (int, error)      { return len(p), nil }
func (s *loopStream) Close() error                     { return nil }
func (s *loopStream) LocalAddr() net.Addr              { return nil }
func (s *loopStream) RemoteAddr() net.Addr             { return nil }
func (s *loopStream) SetReadDeadline(time.Time) error  { return nil }
func (s *loopStream) SetWriteDeadline(time.Time) error { return nil }

// mixed are frames of every length of header, text, fragments and empty ones.
func mixed() []byte {
	return wireBytes(false, textFrame("hällo"), binaryFrame(letters(1000)), binaryFrame(letters(70_000)), binaryFrame(""),
		rawFrame{wTextGo, "one"}, rawFrame{wContGo, ""}, rawFrame{wCont, "three"}, pongFrame("x"))
}

// Nothing is allocated per frame, received or sent.
func TestNothingAllocatedPerFrame(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector sync.Pool drops what it is given, at random")
	}
	p, big := make([]byte, 64<<10), make([]byte, 200_000)
	prepared, err := curlew.Prepare(curlew.Text, p[:100])
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(c *curlew.Conn) error{
		"Recv":              func(c *curlew.Conn) error { _, err := c.Recv(p); return err },
		"Recv small":        func(c *curlew.Conn) error { _, err := c.Recv(p[:100]); return err },
		"Next":              func(c *curlew.Conn) error { _, _, err := c.Next(); return err },
		"Send":              func(c *curlew.Conn) error { return c.Send(curlew.Text, p[:100]) },
		"Send big":          func(c *curlew.Conn) error { return c.Send(curlew.Binary, big) },
		"SendInPlace":       func(c *curlew.Conn) error { return c.SendInPlace(curlew.Binary, big) },
		"SendInPlace small": func(c *curlew.Conn) error { return c.SendInPlace(curlew.Binary, big[:100]) },
		"Send empty":        func(c *curlew.Conn) error { return c.Send(curlew.Ping, nil) },
		"fragments": func(c *curlew.Conn) error {
			return errors.Join(c.Send(curlew.Text|curlew.Cont, p[:9]), c.Send(curlew.Text, p[:9]))
		},
		"StartFrame": func(c *curlew.Conn) error {
			return errors.Join(c.StartFrame(curlew.Binary, 2000), c.SendPayload(p[:1000]), c.SendPayload(p[:1000]))
		},
		"Cork": func(c *curlew.Conn) error {
			b := c.Cork()
			return errors.Join(b.Send(curlew.Text, p[:100]), b.Send(curlew.Text, p[:100]), b.Flush())
		},
		"Cork large": func(c *curlew.Conn) error {
			b := c.Cork()
			return errors.Join(b.Send(curlew.Text, p[:100]), b.Send(curlew.Binary, big), b.Send(curlew.Ping, nil), b.Flush())
		},
		"SendPrepared": func(c *curlew.Conn) error { return c.SendPrepared(prepared) },
		"WriteMessage": func(c *curlew.Conn) error { return c.WriteMessage(context.Background(), curlew.Text, p[:100]) },
	} {
		t.Run(name, func(t *testing.T) {
			c := curlew.NewConn(&loopStream{wire: mixed()}, false, nil)
			defer c.Close()
			var err error
			if n := testing.AllocsPerRun(1000, func() { err = errors.Join(err, f(c)) }); n != 0 || err != nil {
				t.Errorf("came %v allocations a call and %v, expected none", n, err)
			}
		})
	}
}

// A Conn fits the allocator's class of 704 bytes, of which the allocator takes 8.
func TestConnSize(t *testing.T) {
	if size := reflect.TypeFor[curlew.Conn]().Size(); size > 696 {
		t.Errorf("a Conn has %d bytes; what is above 696 costs every idle connection 64", size)
	}
}

// Nothing is allocated per call of OnChunk.
func TestNothingAllocatedPerCallback(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector sync.Pool drops what it is given, at random")
	}
	c := curlew.NewConn(&loopStream{wire: mixed()}, false, nil)
	const chunks = 10_000
	var before, after runtime.MemStats
	calls, enough := 0, errors.New("enough")
	err := c.Perform(t.Context(), curlew.Handler{OnChunk: func(*curlew.Conn, []byte, curlew.Meta) error {
		switch calls++; calls {
		case 100:
			runtime.ReadMemStats(&before)
		case 100 + chunks:
			runtime.ReadMemStats(&after)
			return enough
		}
		return nil
	}})
	if err != enough {
		t.Fatal(err)
	}
	// Now and then the garbage collector takes a buffer, or the runtime allocates for itself.
	if n := after.Mallocs - before.Mallocs; n > chunks/100 {
		t.Errorf("%d chunks came with %d allocations, expected none for each", chunks, n)
	}
}
