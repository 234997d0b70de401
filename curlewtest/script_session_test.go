package curlewtest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// writeSizes records the size of each Write to a connection.
type writeSizes struct {
	net.Conn
	sizes *[]int
}

func (c writeSizes) Write(p []byte) (int, error) {
	*c.sizes = append(*c.sizes, len(p))
	return c.Conn.Write(p)
}

// What is sent is collected until another kind of line.
func TestScriptWrites(t *testing.T) {
	t.Parallel()
	s := mustParse(t, `
handshake none
send raw 0102
send raw 03
flush
flush
send raw 04
expect raw "x"
split 2
send raw 0506070809
wait 1h
split 0
send raw 0a0b0c
`)
	bubble(t, 100, func(t *testing.T, a, b net.Conn) {
		var sizes []int
		start := time.Now()
		go mustWrite(t, a, "x")
		wantErr(t, s.Serve(t.Context(), writeSizes{b, &sizes}), nil)
		if got := fmt.Sprint(sizes); got != "[3 1 2 2 1 3]" {
			t.Errorf("writes of %s bytes", got)
		}
		if time.Since(start) != time.Hour {
			t.Errorf("waited %v", time.Since(start))
		}
	})
}

func TestScriptStall(t *testing.T) {
	t.Parallel()
	bubble(t, 100, func(t *testing.T, a, b net.Conn) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- mustParse(t, "handshake none\nsend raw \"x\"\nstall\nsend raw \"y\"").Serve(ctx, b) }()
		wantRead(t, a, "x")
		synctest.Wait()
		cancel()
		wantErr(t, <-done, nil)
		got, err := io.ReadAll(a)
		if len(got) > 0 || err != nil {
			t.Errorf("got %q, %v after the stall", got, err)
		}
	})
}

// The end of the context is an error if the script was waiting.
func TestScriptContext(t *testing.T) {
	t.Parallel()
	for _, script := range []string{"expect request", "send text", "handshake none\nsend raw 200*00", "handshake none\nexpect eof"} {
		bubble(t, 100, func(t *testing.T, a, b net.Conn) {
			over := errors.New("over")
			ctx, cancel := context.WithCancelCause(t.Context())
			done := make(chan error, 1)
			go func() { done <- mustParse(t, script).Serve(ctx, b) }()
			synctest.Wait()
			cancel(over)
			err := <-done
			var se *curlewtest.ScriptError
			if !errors.As(err, &se) || !errors.Is(err, over) {
				t.Errorf("%s: %v", script, err)
			}
		})
	}
}

func TestScriptConnections(t *testing.T) {
	t.Parallel()
	s := mustParse(t, "handshake none\nsend raw \"1\"\nconnection\nhandshake none\nsend raw \"2\"")
	for i := range 4 {
		bubble(t, 100, func(t *testing.T, a, b net.Conn) {
			wantErr(t, s.Serve(t.Context(), b), nil)
			wantRead(t, a, fmt.Sprint(1+i%2))
		})
	}
}

// With the line echo, the peer runs a whole session by itself.
func TestScriptEcho(t *testing.T) {
	t.Parallel()
	bubble(t, 1000, func(t *testing.T, a, b net.Conn) {
		done := make(chan error, 2)
		go func() { done <- mustParse(t, "handshake none\nexpect ping\nsend pong\necho").Serve(t.Context(), a) }()
		go func() {
			done <- mustParse(t, `
handshake none
send ping
send text more "hel"
send cont "lo"
expect pong
expect message text "hello"
send ping "?"
expect pong "?"
send close 1000
expect close 1000
expect eof
`).Connect(t.Context(), b)
		}()
		wantErr(t, <-done, nil)
		wantErr(t, <-done, nil)
	})
}

// documented is the example of the package comment. It runs in both roles, with
// the library at the other end.
const documented = `
# The answer to a PING comes between fragments, RFC 6455 section 5.5.
send text more "hel"
send ping "here?"
expect pong "here?"
send cont "lo"
expect message text "hello"
send close 1000 "bye"
expect close 1000
expect eof
`

func TestScriptAgainstLibrary(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"ws", "wss", "unix"} {
		t.Run("server "+scheme, func(t *testing.T) {
			t.Parallel()
			s := curlewtest.NewScriptServer(t, scheme, documented)
			c, err := (&curlew.Client{Net: s.Net}).Dial(t.Context(), s.URL)
			if err != nil {
				t.Fatal(err)
			}
			wantErr(t, curlewtest.Echo(t.Context(), c), nil)
		})
		t.Run("client "+scheme, func(t *testing.T) {
			t.Parallel()
			s := curlewtest.NewEchoServer(t, scheme, nil)
			c, err := dialStream(t, s)
			if err != nil {
				t.Fatal(err)
			}
			wantErr(t, mustParse(t, documented).Connect(t.Context(), c), nil)
		})
	}
}

func TestScriptResets(t *testing.T) {
	t.Parallel()
	s := curlewtest.NewScriptServer(t, "ws", "handshake none\nexpect raw \"x\"\nreset")
	c, err := dialStream(t, s)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	mustWrite(t, c, "x")
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("want a reset, got %v", err)
	}
}

// The line drop sends no close_notify over TLS, the end of a script does.
func TestScriptDropsTLS(t *testing.T) {
	t.Parallel()
	for script, notify := range map[string]bool{"drop": false, "": true} {
		s := curlewtest.NewScriptServer(t, "wss", "handshake none\nexpect raw \"x\"\n"+script)
		s.Net.TLS.MaxVersion = tls.VersionTLS12 // so that nothing follows its handshake
		c, err := dialStream(t, s)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		mustWrite(t, c, "x")
		rest, _ := io.ReadAll(c.(*tls.Conn).NetConn())
		if notify != (len(rest) > 0) {
			t.Errorf("%q: got % x at the end", script, rest)
		}
	}
}

// A client that does not follow the script is an error of the test.
func TestScriptServerReports(t *testing.T) {
	t.Parallel()
	tb := &recorder{TB: t}
	tb.run(func() {
		s := curlewtest.NewScriptServer(tb, "ws", "handshake none\nexpect raw \"x\"")
		c, err := dialStream(t, s)
		if err != nil {
			t.Error(err)
			return
		}
		mustWrite(t, c, "y")
		io.Copy(io.Discard, c) // until the server has received it, and ends the session
		c.Close()
		s.Close()
	})
	if !strings.Contains(tb.said(), `script:2: expect raw "x": expected 1 bytes, got 1, which differ from byte 0 on: "y"`) {
		t.Errorf("the server said %q", tb.said())
	}
}
