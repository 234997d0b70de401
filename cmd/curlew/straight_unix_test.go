//go:build unix

package main

import (
	"crypto/sha256"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// bigFrames is a server of two messages of a frame each, with a PING and a
// small message between them. It returns what they are when written raw.
func bigFrames(t *testing.T, size int64) (url, sum string) {
	want := sha256.New()
	io.Copy(want, repeated("one", size))
	want.Write([]byte("between"))
	io.Copy(want, repeated("two", size))
	return sessions(t, nil, func(c *curlew.Conn) {
		sendFrame(c, repeated("one", size), size)
		c.Send(curlew.Ping, nil)
		c.Send(curlew.Binary, []byte("between"))
		sendFrame(c, repeated("two", size), size)
		if m, err := c.Recv(make([]byte, 64)); err != nil || m.Flags != curlew.Pong {
			t.Errorf("expected a PONG, came %+v and %v", m, err)
		}
	}), hexSum(want)
}

// sendFrame begins a BINARY frame of size bytes and sends of it what r has.
func sendFrame(c *curlew.Conn, r io.Reader, size int64) error {
	if err := c.StartFrame(curlew.Binary, size); err != nil {
		return err
	}
	p := make([]byte, 256<<10)
	for {
		n, err := r.Read(p)
		if n > 0 {
			err = c.SendPayload(p[:n])
		}
		if err != nil {
			return err
		}
	}
}

// TestStraight: large frames come to a file and to a pipe as they are, and on
// Linux past the process, which hardly reads.
func TestStraight(t *testing.T) {
	t.Parallel()
	size, _ := pipeSizes()
	for _, test := range []struct {
		name string
		args []string
		past bool
	}{
		{"pipe", nil, true},
		{"file", []string{"-o", "out"}, true},
		{"files", []string{"--framing-out", "file", "-o", "out%d"}, true},
		{"counted", []string{"--stats"}, false},
		{"slow", []string{"-o", "out", "--limit-rate", "10G"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			url, want := bigFrames(t, size)
			dir, sum := t.TempDir(), sha256.New()
			cmd := exec.Command("curlew-status", append([]string{"--framing-out", "raw", "--count", "3", "--linger", "inf", url}, test.args...)...)
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "STATUS=status")
			stderr := new(strings.Builder)
			cmd.Stdout, cmd.Stderr = sum, stderr
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v: %s", err, stderr)
			}
			files, _ := filepath.Glob(filepath.Join(dir, "out*"))
			for _, name := range files {
				hashFile(t, sum, name)
			}
			if hexSum(sum) != want {
				t.Error("what was written is not what was sent")
			}
			status := filepath.Join(dir, "status")
			if peak := peakMemory(t, status); peak > maxMemory {
				t.Errorf("curlew used %d bytes of memory, more than %d", peak, maxMemory)
			}
			if runtime.GOOS != "linux" {
				return
			}
			if read := statusField(t, status, "rchar:"); test.past != (read < size/4) {
				t.Errorf("the process read %d bytes of %d", read, 2*size)
			}
		})
	}
}

func hashFile(t *testing.T, sum io.Writer, name string) {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	io.Copy(sum, f)
}

// TestStraightSlow: what still comes is waited for, and what does not is not;
// what came is written either way.
func TestStraightSlow(t *testing.T) {
	t.Parallel()
	curlewtest.NoLeaks(t)
	const size, step = 1 << 20, 32 << 10
	over := make(chan struct{})
	url := sessions(t, nil, func(c *curlew.Conn) {
		c.StartFrame(curlew.Binary, size)
		for range size / step {
			time.Sleep(100 * time.Millisecond)
			c.SendPayload(make([]byte, step))
		}
		c.StartFrame(curlew.Binary, size)
		c.SendPayload(make([]byte, size/2))
		<-over
	})
	out, err := exec.Command("curlew", "--framing-out", "raw", "--linger", "2", "--count", "2", url).Output()
	close(over)
	if e, ok := err.(*exec.ExitError); !ok || e.ExitCode() != codePartial {
		t.Errorf("expected exit code %d, came %v", codePartial, err)
	}
	if len(out) != size*3/2 {
		t.Errorf("expected %d bytes, came %d", size*3/2, len(out))
	}
}

// TestStraightEnds: whoever reads the output may stop within a large frame, and
// an interrupt ends the session there.
func TestStraightEnds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		end  func(t *testing.T, cmd *exec.Cmd, out *os.File)
		code int
	}{
		{"closed", func(t *testing.T, cmd *exec.Cmd, out *os.File) { out.Close() }, codeWrite},
		{"interrupted", func(t *testing.T, cmd *exec.Cmd, out *os.File) {
			cmd.Process.Signal(os.Interrupt)
			io.Copy(io.Discard, out)
		}, codeInterrupt},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			curlewtest.NoLeaks(t)
			url := sessions(t, nil, func(c *curlew.Conn) {
				c.Send(curlew.Binary, []byte("ready\n"))
				const endless = 1 << 50
				sendFrame(c, repeated("y", endless), endless)
			})
			cmd, out, stderr := start(t, "--framing-out", "raw", "--linger", "inf", url)
			defer out.Close()
			io.CopyN(io.Discard, out, 4<<20)
			test.end(t, cmd, out)
			cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != test.code || stderr.Len() > 0 {
				t.Errorf("exit code %d, standard error %q", code, stderr)
			}
		})
	}
}
