package curlew_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
)

// A deadline after which receiving may go on is never mistaken for one that cost
// the connection, a send's: whoever receives in a loop would do so for ever.
func TestReceiveFromLostByDeadline(t *testing.T) {
	for name, receive := range map[string]func(c *curlew.Conn) error{
		"Recv": func(c *curlew.Conn) error { _, err := c.Recv(make([]byte, 1)); return err },
		"Next": func(c *curlew.Conn) error { _, _, err := c.Next(); return err },
		"ReadMessage": func(c *curlew.Conn) error {
			_, _, err := c.ReadMessage(context.Background(), nil)
			return err
		},
	} {
		for _, way := range []string{"deadline", "context"} {
			t.Run(name+" "+way, func(t *testing.T) {
				ours, theirs := tlsPair(t)
				defer theirs.Close()
				c := curlew.NewConn(ours, false, nil)
				limit := time.Now().Add(50 * time.Millisecond)
				ctx := context.Background()
				if way == "context" {
					var cancel func()
					ctx, cancel = context.WithDeadline(ctx, limit)
					defer cancel()
				} else {
					c.SetWriteDeadline(limit)
				}
				var err error
				for err == nil { // the peer takes nothing
					err = c.WriteMessage(ctx, curlew.Binary, make([]byte, 1<<20))
				}
				if !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("the send's error is %v", err)
				}
				for _, when := range []string{"lost", "closed"} {
					err := receive(c)
					if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) ||
						!errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "lost") {
						t.Errorf("%s: came %v, want io.ErrUnexpectedEOF and why", when, err)
					}
					c.Close()
				}
			})
		}
	}
}
