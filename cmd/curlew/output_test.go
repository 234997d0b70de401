package main

import (
	"bytes"
	"context"
	"os"
	"testing"

	"github.com/curlew-ws/curlew"
)

// A counter counts what it is given, and in how many writes.
type counter struct {
	writes int
	bytes.Buffer
	wrote func()
}

func (c *counter) Write(p []byte) (int, error) {
	c.writes++
	if c.wrote != nil {
		defer c.wrote()
	}
	return c.Buffer.Write(p)
}

// perform runs a session within the test, with w as standard output.
func perform(t *testing.T, w *counter, args ...string) {
	t.Helper()
	in, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	c := newConfig(std{in, os.Stdout, os.Stderr})
	c.stdout.w = w
	if err := c.parse(args); err != nil {
		t.Fatal(err)
	}
	if err := c.perform(); err != nil {
		t.Error(err)
	}
}

// TestOutputWrites: messages that came together are written together, but with
// --no-buffer.
func TestOutputWrites(t *testing.T) {
	t.Parallel()
	const n = 1000
	talk := func(c *curlew.Conn) {
		batch := c.Cork()
		for range n {
			batch.Send(curlew.Text, []byte("x"))
		}
		batch.Flush()
		c.Shutdown(context.Background(), curlew.CloseNormal, "")
	}
	for _, test := range []struct {
		args     []string
		min, max int
	}{
		{nil, 1, n / 10},
		{[]string{"--count", "7"}, 1, 7},
		{[]string{"--no-buffer"}, n, n},
		{[]string{"--limit-rate", "1G"}, n, n},
	} {
		out := new(counter)
		perform(t, out, append(test.args, sessions(t, nil, talk))...)
		want := n
		if len(test.args) == 2 && test.args[0] == "--count" {
			want = 7
		}
		if got := bytes.Count(out.Bytes(), []byte("x\n")); got != want || out.Len() != 2*want {
			t.Errorf("%v: expected %d messages, came %d, in %d bytes", test.args, want, got, out.Len())
		}
		if out.writes < test.min || out.writes > test.max {
			t.Errorf("%v: expected %d to %d writes, came %d", test.args, test.min, test.max, out.writes)
		}
	}
}

// TestOutputIsNotHeldBack: what came is written before curlew waits for more,
// be that more another message, the rest of this one, or the end of --idle.
func TestOutputIsNotHeldBack(t *testing.T) {
	t.Parallel()
	written := make(chan struct{}, 10)
	url := sessions(t, nil, func(c *curlew.Conn) {
		for _, part := range []struct {
			f    curlew.Flags
			text string
		}{{curlew.Text, "one"}, {curlew.Text | curlew.Cont, "two"}, {curlew.Text, " three"}} {
			if c.Send(part.f, []byte(part.text)) != nil {
				return
			}
			<-written
		}
		c.StartFrame(curlew.Binary, 2)
		for _, part := range []string{"4", "5"} {
			c.SendPayload([]byte(part))
			<-written
		}
		c.Next()
	})
	out := &counter{wrote: func() { written <- struct{}{} }}
	perform(t, out, "--linger", "inf", "--idle", "0.2", url)
	if got := out.String(); got != "one\ntwo three\n45" {
		t.Errorf("came %q", got)
	}
}
