package curlewtest

import (
	"context"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/internal/echo"
)

// Echo answers every message with itself, PING with PONG and CLOSE with CLOSE.
// When the session ends, it closes c and returns. It keeps a message in memory,
// up to c's MaxMessage. It returns nil where [curlew.Conn.Perform] would, else
// the error that ended the session. If ctx ends it, that is the cause of ctx.
func Echo(ctx context.Context, c *curlew.Conn) error { return echo.Messages(ctx, c) }

// EchoChunks is Echo chunk by chunk, in constant memory. It answers each frame,
// while it arrives, with a frame of the same length. Fragments stay fragments. It
// does not receive while it sends, so a peer must receive while it sends. The
// frames of a compressed message are answered uncompressed, one for each of its
// chunks. A CLOSE of any code ends the session with nil.
func EchoChunks(ctx context.Context, c *curlew.Conn) error { return echo.Chunks(ctx, c) }
