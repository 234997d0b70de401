package curlew

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/curlew-ws/curlew/internal/handshake"
)

// emptyBlocks is a fragment of 65,535 bytes that inflates to nothing.
func emptyBlocks() []byte {
	frame := []byte{0x00, 126, 0xFF, 0xFF}
	for range 0xFFFF / 5 {
		frame = append(frame, 0x00, 0x00, 0x00, 0xFF, 0xFF)
	}
	return frame
}

// A compressed message that never ends and inflates to nothing reaches
// MaxMessage too, by its bytes on the wire, and the default of ReadMessage.
func TestRememberedEmptyBlocksCount(t *testing.T) {
	receive := map[string]func(c *Conn) error{
		"Next":        untilError(func(c *Conn) error { _, _, err := c.Next(); return err }),
		"ReadMessage": untilError(func(c *Conn) error { _, _, err := c.ReadMessage(context.Background(), nil); return err }),
		"NextReader": untilError(func(c *Conn) error {
			_, r, err := c.NextReader(context.Background())
			if err == nil {
				_, err = io.Copy(io.Discard, r)
			}
			return err
		}),
		"Perform": func(c *Conn) error { return c.Perform(context.Background(), Handler{}) },
	}
	for method, call := range receive {
		for _, limit := range []int64{1, 100_000, 0} {
			if limit == 0 && method != "ReadMessage" {
				continue // chunks have no limit of their own
			}
			t.Run(method, func(t *testing.T) {
				ours, theirs := net.Pipe()
				o := &AcceptOptions{MaxMessage: limit, Compression: &Compression{}}
				c := newConn(ours, false, o, nil, &handshake.Deflate{ClientBits: 15, ServerBits: 15})
				defer c.Close()
				taken := make(chan int64)
				go func() { taken <- sendEmptyBlocks(theirs) }()
				err := call(c)
				var reached *LimitError
				if !errors.As(err, &reached) || reached.Name != "MaxMessage" {
					t.Errorf("an endless message of nothing is %v, want a LimitError of MaxMessage", err)
				}
				theirs.Close()
				most := limit
				if limit == 0 {
					most = defaultMaxMessage
				}
				if n := <-taken; n > most+most/8+1<<20 {
					t.Errorf("with MaxMessage %d it took %d bytes", limit, n)
				}
			})
		}
	}
}

func untilError(receive func(c *Conn) error) func(c *Conn) error {
	return func(c *Conn) (err error) {
		for err == nil {
			err = receive(c)
		}
		return err
	}
}

// sendEmptyBlocks sends the message until the stream ends or 200 MB are sent,
// and returns how much it was.
func sendEmptyBlocks(to net.Conn) (sent int64) {
	defer to.Close()
	frame := emptyBlocks()
	if _, err := to.Write([]byte{0x42, 0}); err != nil {
		return 0
	}
	for sent < 200_000_000 {
		n, err := to.Write(frame)
		if sent += int64(n); err != nil {
			break
		}
	}
	return sent
}
