//go:build unix

package main

import (
	"net/http"
	"testing"

	"github.com/curlew-ws/curlew"
)

// TestRememberedErrorInLine: on a terminal an error was glued to a message that
// was cut off.
func TestRememberedErrorInLine(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"-v"}, {"-d", "x"}, {"-N"}, {"--framing-out", "raw"}} {
		url := sessions(t, &curlew.AcceptOptions{RawMode: true}, func(c *curlew.Conn) {
			c.Send(0, []byte("\x81\x7chello"))
			drop(c, &http.Request{})
		})
		s := onScreen(t, t.TempDir(), append(args, url)...)
		s.see(`hello.*\r\n(?s:.*)\r*curlew: the last message is incomplete.*\r\n(?s:.*)curlew: \(110\)`)
		s.ends(110)
	}
}
