//go:build unix

package curlew_test

import (
	"context"
	"net"
	"testing"
)

// A context that can end costs nothing where the message is there already, even
// if each takes a read of its own. Windows waits in another way.
func TestContextAllocs(t *testing.T) {
	for name, streams := range map[string]func(testing.TB) (net.Conn, net.Conn){"tcp": tcpPair, "unix": unixStreams} {
		ours, theirs := streams(t)
		c, _ := newPair(t, ours, theirs, false, nil)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		frame, buf := wireBytes(false, textFrame("a short text")), make([]byte, 100)
		wantNoAllocs(t, name, func() error {
			if _, err := theirs.Write(frame); err != nil {
				return err
			}
			_, _, err := c.ReadMessage(ctx, buf[:0])
			return err
		})
	}
}
