package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/curlew-ws/curlew"
)

// TestLines: lines are told apart however the reads cut them.
func TestLines(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":             nil,
		"one":          {"one"},
		"one\n":        {"one"},
		"one\ntwo":     {"one", "two"},
		"\n\none\n\n":  {"", "", "one", ""},
		"one\r\ntwo\n": {"one\r", "two"},
	} {
		in := newInput(iotest.OneByteReader(strings.NewReader(text)), curlew.Text, framingLine)
		var got []string
		for in.next() {
			got = append(got, string(in.message))
		}
		if in.err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: expected %q, got %q, %v", text, want, got, in.err)
		}
	}
}

// TestLongLine fails when what came of a line is looked at again with each read:
// a line of 200 MB took more than a minute so.
func TestLongLine(t *testing.T) {
	t.Parallel()
	split := splitAt('\n')
	data := []byte("a line that ends later")
	split(data, false)
	data[0] = '\n' // which nobody may see
	n, line, err := split(append(data, "\nnext"...), false)
	if n != len(data)+1 || len(line) != len(data) || err != nil {
		t.Errorf("expected the line of %d bytes, got %q", len(data), line)
	}
}

// TestRememberedLockstepEnds: with --lockstep the message of --until ends the
// session; it is no answer after which the next message goes out.
func TestRememberedLockstepEnds(t *testing.T) {
	t.Parallel()
	got := make(chan int, 1)
	url := sessions(t, nil, func(c *curlew.Conn) {
		n := 0
		for {
			_, text, err := c.ReadMessage(t.Context(), nil)
			if err != nil {
				break
			}
			n++
			c.Send(curlew.Text, text)
		}
		got <- n
	})
	for range 20 {
		cmd := exec.Command("curlew", "--lockstep", "--until", "a", url)
		cmd.Stdin = strings.NewReader("a\nb\nc\n")
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		if n := <-got; n != 1 {
			t.Fatalf("expected 1 message at the server, got %d", n)
		}
	}
}
