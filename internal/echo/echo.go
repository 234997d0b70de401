// Package echo holds the sessions of echo servers, for package curlewtest and for curlew serve.
package echo

import (
	"context"
	"errors"
	"io"

	"github.com/curlew-ws/curlew"
)

// Messages answers every message with itself, PING with PONG and CLOSE with CLOSE.
// When the session ends, it closes c and returns. It keeps a message in memory,
// up to c's MaxMessage. It returns nil where [curlew.Conn.Perform] would, else the
// error that ended the session. If ctx ends it, that is the cause of ctx.
func Messages(ctx context.Context, c *curlew.Conn) error {
	defer c.Close()
	for m, err := range c.Messages(ctx) {
		if err == nil {
			err = c.WriteMessage(ctx, m.Flags, m.Data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Chunks is Messages chunk by chunk, in constant memory. It answers each frame,
// while it arrives, with a frame of the same length. Fragments stay fragments. It
// does not receive while it sends, so a peer must receive while it sends. The
// frames of a compressed message are answered uncompressed, one for each of its
// chunks. A CLOSE of any code ends the session with nil.
func Chunks(ctx context.Context, c *curlew.Conn) error {
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	buf := make([]byte, 32<<10)
	for {
		m, err := c.Recv(buf)
		if err == nil {
			err = answer(c, buf[:m.Len], m)
		}
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, io.EOF):
			return nil
		default:
			return err
		}
	}
}

// answer sends a chunk back. It drops what c itself answers, and what needs no
// answer.
func answer(c *curlew.Conn, p []byte, m curlew.Meta) error {
	switch {
	case m.Flags&(curlew.Text|curlew.Binary) == 0:
		return nil
	case m.Flags&curlew.Compressed != 0:
		return c.Send(m.Flags&^curlew.Compressed, p)
	case m.Offset == 0:
		if err := c.StartFrame(m.Flags, int64(m.Len)+m.BytesLeft); err != nil || m.Len == 0 {
			return err
		}
	}
	return c.SendPayload(p)
}
