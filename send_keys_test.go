package curlew_test

import (
	"bytes"
	be "encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// maskingKeys returns the keys of the frames on the wire b.
func maskingKeys(t *testing.T, b []byte) (keys []uint32) {
	t.Helper()
	for len(b) > 0 {
		var h [14]byte
		copy(h[:], b)
		size, length := 2, uint64(h[1]&0x7F)
		switch length {
		case 126:
			size, length = 4, uint64(be.BigEndian.Uint16(h[2:]))
		case 127:
			size, length = 10, be.BigEndian.Uint64(h[2:])
		}
		if h[1]&0x80 == 0 || uint64(len(b)) < uint64(size)+4+length {
			t.Fatalf("behind %d frames is % .16x: not a masked frame", len(keys), b)
		}
		keys = append(keys, be.BigEndian.Uint32(h[size:]))
		b = b[uint64(size)+4+length:]
	}
	return keys
}

// wantFreshKeys checks that there are at least n keys, none 0, and all different
// but for two, which may be the same by chance.
func wantFreshKeys(t *testing.T, keys []uint32, n int) {
	t.Helper()
	if len(keys) < n {
		t.Errorf("%d frames got through, expected at least %d", len(keys), n)
	}
	seen := map[uint32]bool{}
	for i, key := range keys {
		if key == 0 {
			t.Errorf("the key of frame %d is 0", i)
		}
		seen[key] = true
	}
	if len(seen) < len(keys)-1 {
		t.Errorf("%d frames have %d keys", len(keys), len(seen))
	}
}

// fragments sends n frames of a message by NextWriter, and the one that ends it.
func fragments(t *testing.T, c *curlew.Conn, n int) error {
	w, err := c.NextWriter(t.Context(), curlew.Binary)
	if err != nil {
		return err
	}
	_, err = w.Write(make([]byte, n*512))
	return errors.Join(err, w.Close())
}

// pieceByPiece sends a frame by StartFrame and SendPayload.
func pieceByPiece(c *curlew.Conn, size, piece int) error {
	err := c.StartFrame(curlew.Binary, int64(size))
	for ; size > 0 && err == nil; size -= piece {
		err = c.SendPayload(make([]byte, min(size, piece)))
	}
	return err
}

// Each frame has a key of its own, RFC 6455 section 5.3, however it is sent and
// whatever stands in the buffer before it.
func TestRememberedMaskingKeys(t *testing.T) {
	const frames = 200 // the keys are drawn 64 at a time
	prepared, err := curlew.Prepare(curlew.Text, []byte("the same for all"))
	if err != nil {
		t.Fatal(err)
	}
	repeat := func(send func(i int) error) (err error) {
		for i := 0; i < frames && err == nil; i++ {
			err = send(i)
		}
		return err
	}
	for name, send := range map[string]func(c *curlew.Conn) error{
		"Send": func(c *curlew.Conn) error {
			return repeat(func(i int) error { return c.Send(curlew.Text, make([]byte, i)) })
		},
		"control": func(c *curlew.Conn) error { return repeat(func(int) error { return c.Send(curlew.Pong, nil) }) },
		"WriteMessage": func(c *curlew.Conn) error {
			return repeat(func(i int) error { return asMessage(t, c, make([]byte, i)) })
		},
		"SendPrepared": func(c *curlew.Conn) error { return repeat(func(int) error { return c.SendPrepared(prepared) }) },
		"NextWriter":   func(c *curlew.Conn) error { return fragments(t, c, frames) },
		"fragments": func(c *curlew.Conn) error {
			return errors.Join(repeat(func(i int) error { return c.Send(curlew.Text|curlew.Cont, make([]byte, i)) }), c.Send(0, nil))
		},
		"in pieces": func(c *curlew.Conn) error { return repeat(func(i int) error { return pieceByPiece(c, i*10, 100) }) },
		"in place": func(c *curlew.Conn) error {
			return repeat(func(i int) error { return c.SendInPlace(curlew.Binary, make([]byte, 16<<10+i)) })
		},
		"batch": func(c *curlew.Conn) error {
			b := c.Cork()
			return errors.Join(repeat(func(i int) error { return b.Send(curlew.Binary, make([]byte, i)) }), b.Flush())
		},
		"batch of control frames": func(c *curlew.Conn) error {
			b := c.Cork()
			return errors.Join(repeat(func(i int) error { return b.Send(curlew.Ping, nil) }), b.Flush())
		},
		"batch of pieces": func(c *curlew.Conn) error {
			b := c.Cork()
			return errors.Join(repeat(func(i int) error { return b.Send(curlew.Text|curlew.Cont, nil) }), b.Send(0, nil), b.Flush())
		},
	} {
		for _, size := range []int{512, 0} {
			t.Run(fmt.Sprintf("%s/%d", name, size), func(t *testing.T) {
				t.Parallel()
				curlewtest.NoLeaks(t)
				ours, theirs := curlewtest.Pipe()
				c := curlew.NewConn(ours, false, &curlew.AcceptOptions{WriteBuffer: size})
				wire := make(chan []byte, 1)
				go func() {
					b, _ := io.ReadAll(theirs)
					wire <- b
				}()
				if err := send(c); err != nil {
					t.Error(err)
				}
				c.Close()
				least := frames
				if name == "NextWriter" && size == 0 {
					least = 2
				}
				wantFreshKeys(t, maskingKeys(t, <-wire), least)
			})
		}
	}
}

// A gathering stream keeps what is written, and lets the first write wait.
type gathering struct {
	net.Conn
	gate chan struct{}
	b    bytes.Buffer
}

func (g *gathering) Write(p []byte) (int, error) {
	<-g.gate
	g.b.Write(p)
	return g.Conn.Write(p)
}

// So has each of those that are queued behind a write in progress, and of the
// answers to PINGs.
func TestRememberedMaskingKeysOfQueue(t *testing.T) {
	curlewtest.NoLeaks(t)
	ours, theirs := curlewtest.Pipe()
	g := &gathering{Conn: ours, gate: make(chan struct{})}
	c, peer := newPair(t, g, theirs, false, nil)
	first := make(chan error, 1)
	go func() { first <- c.Send(curlew.Text, nil) }()
	const pings, frames = 8, 100
	for range pings {
		peer.send(pingFrame("answer"))
	}
	peer.send(textFrame(""))
	if _, _, err := c.Next(); err != nil {
		t.Fatal(err)
	}
	var sends []<-chan error
	for range frames {
		done := make(chan error, 1)
		go func() { done <- c.Send(curlew.Text, []byte("queued")) }()
		sends = append(sends, done)
	}
	close(g.gate)
	for _, done := range append(sends, first) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	for range 1 + pings + frames {
		peer.frame()
	}
	c.Close()
	wantFreshKeys(t, maskingKeys(t, g.b.Bytes()), 1+pings+frames)
}
