//go:build unix

package curlew_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
	"github.com/curlew-ws/curlew/internal/deflate"
	"github.com/curlew-ws/curlew/internal/wire"
)

// The tests of constant memory run the client in a process of its own, this
// test binary again, and ask the system for its peak. CURLEW_FULL_SIZE=1 makes
// them as long as the promise: 8 GiB a frame.
const (
	memoryRole  = "CURLEW_MEMORY_ROLE" // what the child is to do
	memoryURL   = "CURLEW_MEMORY_URL"
	memorySize  = "CURLEW_MEMORY_SIZE"
	memoryLimit = 32 << 20
)

func memoryFrame() int64 {
	if os.Getenv("CURLEW_FULL_SIZE") != "" {
		return 8 << 30
	}
	return 1 << 30
}

func TestMemoryRecv(t *testing.T)    { testMemory(t, "recv", plain(frameServer)) }
func TestMemoryNext(t *testing.T)    { testMemory(t, "next", plain(frameServer)) }
func TestMemoryPerform(t *testing.T) { testMemory(t, "perform", plain(frameServer)) }
func TestMemoryReader(t *testing.T)  { testMemory(t, "reader", plain(frameServer)) }

// One compressed message whose bytes, inflated, are as many.
func TestMemoryInflate(t *testing.T) { testMemory(t, "inflate", deflatedServer) }
func TestMemoryDeflate(t *testing.T) { testMemory(t, "deflate", inflatingServer) }

// A file or pipe gets a large frame by splice: the client reads its beginning
// and no more, which the system's count of its calls of read shows.
func TestMemoryFile(t *testing.T) { testSpliced(t, testMemory(t, "file", plain(frameServer))) }
func TestMemoryPipe(t *testing.T) { testSpliced(t, testMemory(t, "pipe", plain(frameServer))) }

func testSpliced(t *testing.T, out string) {
	if runtime.GOOS != "linux" {
		return
	}
	_, after, _ := strings.Cut(out, "reads ")
	reads, err := strconv.Atoi(strings.Fields(after + " ?")[0])
	if err != nil {
		t.Fatalf("the client does not say how often it read:\n%s", out)
	}
	least := memoryFrame() >> 20
	t.Logf("%d reads, where copying takes at least %d", reads, least)
	if int64(reads) >= least {
		t.Error("it was copied")
	}
}

// A sender that is faster than the reader: what libcurl then takes is the size
// of what was sent.
func TestMemorySlowReader(t *testing.T) { testMemory(t, "slow", plain(smallFramesServer)) }

func TestMemorySend(t *testing.T) { testMemory(t, "send", plain(countingServer)) }

// testMemory runs role in a child against a server that serve plays, and
// returns what the child said.
func testMemory(t *testing.T, role string, serve func(net.Conn, int64) error) (said string) {
	if raceEnabled {
		t.Skip("the race detector's own memory counts as the process's; run without -race")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	size := memoryFrame()
	served := make(chan error, 1)
	go func() { served <- serveOne(l, size, serve) }()
	child := exec.Command(os.Args[0], "-test.run=^TestMemoryChild$")
	child.Env = append(os.Environ(), memoryRole+"="+role, memoryURL+"=ws://"+l.Addr().String(), memorySize+"="+strconv.FormatInt(size, 10))
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("the client: %v\n%s", err, out)
	}
	if err := <-served; err != nil {
		t.Fatalf("the server: %v", err)
	}
	_, after, _ := strings.Cut(string(out), "peak ")
	peak, err := strconv.ParseInt(strings.Fields(after + " ?")[0], 10, 64)
	if err != nil {
		t.Fatalf("the client does not say its peak:\n%s", out)
	}
	t.Logf("%d MiB passed at a peak of %.1f MiB", size>>20, float64(peak)/(1<<20))
	if peak > memoryLimit {
		t.Errorf("came a peak of %d bytes, expected at most %d", peak, memoryLimit)
	}
	return string(out)
}

// TestMemoryChild is the client in the child; by itself it has nothing to do.
func TestMemoryChild(t *testing.T) {
	role, ok := memoryClients[os.Getenv(memoryRole)]
	if !ok {
		return
	}
	size, err := strconv.ParseInt(os.Getenv(memorySize), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	var client curlew.Client
	if name := os.Getenv(memoryRole); name == "inflate" || name == "deflate" {
		client.Compression = &curlew.Compression{}
	}
	c, err := client.Dial(context.Background(), os.Getenv(memoryURL))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got, err := role(c, size); err != nil || got != size {
		t.Fatalf("came %d bytes and %v, expected %d", got, err, size)
	}
	fmt.Println("peak", peakMemory(t))
	if io, err := os.ReadFile("/proc/self/io"); err == nil {
		_, after, _ := strings.Cut(string(io), "syscr:")
		fmt.Println("reads", strings.Fields(after)[0])
	}
}

// peakMemory returns the peak of this process in bytes. On Linux getrusage's
// begins with that of the process that started us.
func peakMemory(t *testing.T) int64 {
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		_, after, _ := strings.Cut(string(status), "VmHWM:")
		kib, err := strconv.ParseInt(strings.Fields(after)[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return kib << 10
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "darwin" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) << 10 // of 32 bits on 32-bit systems
}

var memoryClients = map[string]func(c *curlew.Conn, size int64) (int64, error){
	"recv": func(c *curlew.Conn, size int64) (n int64, err error) {
		p := make([]byte, 64<<10)
		for n < size {
			m, err := c.Recv(p)
			if err != nil || m.Offset != n || m.Offset+int64(m.Len)+m.BytesLeft != size {
				return n, fmt.Errorf("%+v: %w", m, err)
			}
			n += int64(m.Len)
		}
		return n, nil
	},
	"next": func(c *curlew.Conn, size int64) (n int64, err error) {
		for n < size {
			p, _, err := c.Next()
			if err != nil {
				return n, err
			}
			n += int64(len(p))
		}
		return n, nil
	},
	"perform": func(c *curlew.Conn, size int64) (n int64, err error) {
		err = c.Perform(context.Background(), curlew.Handler{OnChunk: func(_ *curlew.Conn, p []byte, m curlew.Meta) error {
			n += int64(len(p))
			if m.MessageEnd() {
				return io.EOF // not ErrStop: this server answers no CLOSE
			}
			return nil
		}})
		if err == io.EOF {
			err = nil
		}
		return n, err
	},
	"reader": func(c *curlew.Conn, size int64) (n int64, err error) {
		_, r, err := c.NextReader(context.Background())
		if err != nil {
			return 0, err
		}
		return io.Copy(io.Discard, r)
	},
	"file": func(c *curlew.Conn, size int64) (n int64, err error) {
		f, err := os.CreateTemp("", "curlew")
		if err != nil {
			return 0, err
		}
		defer os.Remove(f.Name())
		return copyMessage(c, f)
	},
	"pipe": func(c *curlew.Conn, size int64) (n int64, err error) {
		cmd := exec.Command("cat") // to nowhere
		to, err := cmd.StdinPipe()
		if err != nil {
			return 0, err
		}
		if err := cmd.Start(); err != nil {
			return 0, err
		}
		n, err = copyMessage(c, to)
		return n, errors.Join(err, to.Close()) // no Wait, which would make its reads ours
	},
	"slow": func(c *curlew.Conn, size int64) (n int64, err error) {
		p, h := make([]byte, 4<<10), sha256.New()
		for n < size {
			m, err := c.Recv(p)
			if err != nil {
				return n, err
			}
			h.Write(p[:m.Len]) // the work that makes us slower than the sender
			n += int64(m.Len)
		}
		return n, nil
	},
	"inflate": func(c *curlew.Conn, size int64) (n int64, err error) {
		for {
			p, m, err := c.Next()
			if err != nil || m.MessageEnd() {
				return n + int64(len(p)), err
			}
			n += int64(len(p))
		}
	},
	"deflate": func(c *curlew.Conn, size int64) (n int64, err error) {
		w, err := c.NextWriter(context.Background(), curlew.Binary)
		if err != nil {
			return 0, err
		}
		for n < size {
			k, err := w.Write(memoryText())
			if n += int64(k); err != nil {
				return n, err
			}
		}
		if err := w.Close(); err != nil {
			return n, err
		}
		return n, c.Shutdown(context.Background(), curlew.CloseNormal, "")
	},
	"send": func(c *curlew.Conn, size int64) (n int64, err error) {
		if err := c.StartFrame(curlew.Binary, size); err != nil {
			return 0, err
		}
		p := make([]byte, 256<<10)
		for n < size {
			if err := c.SendPayload(p[:min(int64(len(p)), size-n)]); err != nil {
				return n, err
			}
			n += min(int64(len(p)), size-n)
		}
		return n, nil
	},
}

// copyMessage gives the next message to w.
func copyMessage(c *curlew.Conn, w io.Writer) (int64, error) {
	_, r, err := c.NextReader(context.Background())
	if err != nil {
		return 0, err
	}
	return io.Copy(w, r)
}

// serveOne serves one connection.
func serveOne(l net.Listener, size int64, serve func(net.Conn, int64) error) error {
	c, err := l.Accept()
	if err != nil {
		return err
	}
	defer c.Close()
	return serve(c, size)
}

// plain is serve behind an opening handshake that agrees on nothing.
func plain(serve func(net.Conn, int64) error) func(net.Conn, int64) error {
	return func(c net.Conn, size int64) error {
		if _, err := curlewtest.Upgrade(context.Background(), c, nil); err != nil {
			return err
		}
		return serve(c, size)
	}
}

// deflatedServer sends one compressed message of one frame: memoryText,
// deflated once, again and again.
func deflatedServer(c net.Conn, size int64) error {
	if _, err := curlewtest.Upgrade(context.Background(), c, &curlew.AcceptOptions{Compression: &curlew.Compression{}}); err != nil {
		return err
	}
	block := append(deflate.NewDeflater(6, 15, false).Append(nil, memoryText(), true), 0x00, 0x00, 0xFF, 0xFF)
	times := size / int64(len(memoryText()))
	h := wire.Header{Fin: true, RSV: wire.RSV1, Opcode: wire.OpBinary, Length: times * int64(len(block))}
	if _, err := c.Write(h.Append(nil)); err != nil {
		return err
	}
	for range times {
		if _, err := c.Write(block); err != nil {
			return err
		}
	}
	io.Copy(io.Discard, c) // until the client drops
	return nil
}

// inflatingServer receives one compressed message, and counts its bytes.
func inflatingServer(s net.Conn, size int64) error {
	c, err := curlewtest.Upgrade(context.Background(), s, &curlew.AcceptOptions{Compression: &curlew.Compression{}})
	if err != nil {
		return err
	}
	f, r, err := c.NextReader(context.Background())
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, r)
	if err != nil || n != size || f != curlew.Binary|curlew.Compressed {
		return fmt.Errorf("came %d bytes of flags %#x, %w", n, uint32(f), err)
	}
	if _, _, err := c.ReadMessage(context.Background(), nil); unlessClosed(err) != nil {
		return err
	}
	return nil
}

// frameServer sends one frame of size bytes.
func frameServer(c net.Conn, size int64) error {
	return sendFrames(c, size, size)
}

// smallFramesServer sends frames of 16 KiB, size bytes in all.
func smallFramesServer(c net.Conn, size int64) error {
	return sendFrames(c, size, 16<<10)
}

func sendFrames(c net.Conn, size, frame int64) error {
	head := wire.Header{Fin: true, Opcode: wire.OpBinary, Length: frame}.Append(nil)
	p := make([]byte, 256<<10)
	for sent := int64(0); sent < size; {
		if _, err := c.Write(head); err != nil {
			return err
		}
		for left := frame; left > 0; {
			n, err := c.Write(p[:min(left, int64(len(p)))])
			if err != nil {
				return err
			}
			left -= int64(n)
		}
		sent += frame
	}
	io.Copy(io.Discard, c) // until the client drops
	return nil
}

// countingServer receives one frame, and checks its length and that it unmasks
// to zeros at its end.
func countingServer(c net.Conn, size int64) error {
	head := make([]byte, wire.MaxHeaderLen)
	if _, err := io.ReadFull(c, head); err != nil {
		return err
	}
	h, n := wire.ParseHeader(head)
	if n != len(head) || h.Length != size || !h.Masked || h.Opcode != wire.OpBinary {
		return fmt.Errorf("came the header %+v of %d bytes", h, n)
	}
	if _, err := io.CopyN(io.Discard, c, size-4); err != nil {
		return err
	}
	if _, err := io.ReadFull(c, head[:4]); err != nil {
		return err
	}
	if wire.Mask(head, head[:4], h.Key); string(head[:4]) != "\x00\x00\x00\x00" {
		return fmt.Errorf("the last bytes unmask to %x, expected zeros", head[:4])
	}
	if n, err := c.Read(head); err != io.EOF && !strings.Contains(fmt.Sprint(err), "reset") {
		return fmt.Errorf("behind the frame came %d bytes, %v", n, err)
	}
	return nil
}
