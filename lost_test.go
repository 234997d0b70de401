package curlew_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
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
			synctest.Test(t, func(t *testing.T) {
				ours, _ := tlsOver(t, func(testing.TB) (net.Conn, net.Conn) { return curlewtest.Pipe() })
				c := curlew.NewConn(ours, false, nil)
				ctx := t.Context()
				if way == "context" {
					var cancel func()
					ctx, cancel = context.WithTimeout(ctx, time.Second)
					defer cancel()
				} else {
					c.SetWriteDeadline(time.Now().Add(time.Second))
				}
				err := c.WriteMessage(ctx, curlew.Binary, make([]byte, 1<<20)) // the peer takes nothing
				if !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("the send's error is %v", err)
				}
				for _, when := range []string{"lost", "closed"} {
					err := receive(c)
					if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) ||
						!errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "lost") {
						t.Errorf("%s, %s, %s: came %v, want io.ErrUnexpectedEOF and why", name, way, when, err)
					}
					c.Close()
				}
			})
		}
	}
}
