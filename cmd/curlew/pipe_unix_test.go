//go:build unix

package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// The sizes of the pipes below; CURLEW_PIPES=full makes them a gibibyte and a
// million lines.
func pipeSizes() (bytes int64, lines int) {
	if os.Getenv("CURLEW_PIPES") == "full" {
		return 1 << 30, 1_000_000
	}
	return 64 << 20, 50_000
}

// maxMemory is what curlew may use, in bytes: some 15 MiB, and three times as
// much under the race detector.
const maxMemory = 64 << 20

// through runs curlew with input, and returns a hash of its output.
func through(t *testing.T, input io.Reader, args ...string) string {
	status := filepath.Join(t.TempDir(), "status")
	cmd := exec.Command("curlew-status", args...)
	cmd.Env = append(os.Environ(), "STATUS="+status)
	sum, stderr := sha256.New(), new(bytes.Buffer)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = input, sum, stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	if peak := peakMemory(t, status); peak > maxMemory {
		t.Errorf("curlew used %d bytes of memory, more than %d", peak, maxMemory)
	}
	return hexSum(sum)
}

// peakMemory returns the peak in a status file of Linux; elsewhere, where
// there is none, it is not known, and 0.
func peakMemory(t *testing.T, status string) int64 {
	if runtime.GOOS != "linux" {
		return 0
	}
	peak := statusField(t, status, "VmHWM:") // in KiB
	t.Logf("peak %d KiB", peak)
	return peak << 10
}

// statusField returns a number that tellStatus wrote.
func statusField(t *testing.T, status, name string) int64 {
	text, err := os.ReadFile(status)
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), name)
	field, _, _ := strings.Cut(strings.TrimSpace(after), "\n")
	n, err := strconv.ParseInt(strings.TrimSuffix(field, " kB"), 10, 64)
	if err != nil {
		t.Fatalf("no %s in what curlew told of itself: %v", name, err)
	}
	return n
}

func hexSum(h hash.Hash) string { return fmt.Sprintf("%x", h.Sum(nil)) }

// repeated is a reader of n bytes of text, again and again.
func repeated(text string, n int64) io.Reader {
	return io.LimitReader(&repeater{text: bytes.Repeat([]byte(text), 64<<10)}, n)
}

type repeater struct {
	text []byte
	at   int
}

func (r *repeater) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		c := copy(p[n:], r.text[r.at:])
		n += c
		r.at = (r.at + c) % len(r.text)
	}
	return n, nil
}

// TestPipe: bytes go through an echo server unchanged, in constant memory, as one
// message and as they come.
func TestPipe(t *testing.T) {
	t.Parallel()
	_, url := serving(t, "127.0.0.1:0")
	size, _ := pipeSizes()
	const text = "y\n\x00\xff"
	want := sha256.New()
	io.Copy(want, repeated(text, size))
	for _, args := range [][]string{
		{"--framing-in", "message", "--framing-out", "raw", "--count", "1", "--linger", "inf"},
		{"-T", ".", "--linger", "3"},
	} {
		if got := through(t, repeated(text, size), append(args, "--binary", url)...); got != hexSum(want) {
			t.Errorf("%v: what came back is not what was sent", args)
		}
	}
}

// TestPipeLines: so do lines.
func TestPipeLines(t *testing.T) {
	t.Parallel()
	_, url := serving(t, "127.0.0.1:0")
	_, lines := pipeSizes()
	text := new(bytes.Buffer)
	for i := range lines {
		text.WriteString(strconv.Itoa(i) + "\n")
	}
	want := sha256.Sum256(text.Bytes())
	if got := through(t, bufio.NewReader(text), "--count", strconv.Itoa(lines), "--linger", "inf", url); got != fmt.Sprintf("%x", want) {
		t.Error("what came back is not what was sent")
	}
}
