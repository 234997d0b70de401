package curlewtest

import (
	"context"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/internal/echo"
)

// Echo answers every message with itself, PING with PONG and CLOSE with CLOSE,
// until the session ends, then closes c. A message is kept in memory, at most
// c's MaxMessage of it. It returns nil where [curlew.Conn.Perform] would, else
// what ended the session. The end of ctx ends it, and its cause is returned then.
func Echo(ctx context.Context, c *curlew.Conn) error { return echo.Messages(ctx, c) }

// EchoChunks is Echo chunk by chunk. Each frame is answered by a frame of its
// length as it arrives, in constant memory, and fragments stay fragments. It
// does not receive while it sends, so a peer must receive while it sends. The
// frames of a compressed message are those that its chunks make, not
// compressed. A CLOSE of any code ends it with nil.
func EchoChunks(ctx context.Context, c *curlew.Conn) error { return echo.Chunks(ctx, c) }
