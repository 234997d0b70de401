package curlew_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/internal/handshake"
)

// What a connection costs is measured against a server in a process of its
// own, this test binary again, so that nothing of the server counts.
const silentRole = "CURLEW_SILENT_SERVER"

// silentServer starts a server that agrees to every opening handshake, and to
// compression, says nothing then, and ends with the test.
func silentServer(t *testing.T) (url string) {
	child := exec.Command(os.Args[0], "-test.run=^TestSilentServer$")
	child.Env = append(os.Environ(), silentRole+"=1")
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); child.Wait() })
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server does not say where it is: %v", err)
	}
	return "ws://" + strings.TrimSpace(addr)
}

// TestSilentServer is the server in the child; by itself it has nothing to do.
func TestSilentServer(t *testing.T) {
	if os.Getenv(silentRole) == "" {
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(l.Addr())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	for {
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			defer c.Close()
			if agree(c) == nil {
				io.Copy(io.Discard, c)
			}
		}()
	}
}

// agree answers an opening handshake.
func agree(c net.Conn) error {
	var parser handshake.RequestParser
	buf := make([]byte, 0, 4096)
	for {
		n, err := c.Read(buf[len(buf):cap(buf)])
		if err != nil {
			return err
		}
		buf = buf[:len(buf)+n]
		r, _, err := parser.Parse(buf)
		if err != nil {
			return err
		}
		if r == nil {
			continue
		}
		extension := ""
		if r.Header.Get("Sec-WebSocket-Extensions") != "" {
			extension = "permessage-deflate"
		}
		head, err := handshake.AppendResponse(nil, r.Header.Get("Sec-WebSocket-Key"), "", extension, nil)
		if err == nil {
			_, err = c.Write(head)
		}
		return err
	}
}

// A Dial allocates little, most of it in net.
func TestDialAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector sync.Pool drops what it is given, at random")
	}
	url := silentServer(t)
	for name, test := range map[string]struct {
		client curlew.Client
		most   float64
	}{
		"plain":       {most: 28},
		"compressing": {curlew.Client{Compression: &curlew.Compression{}}, 42},
	} {
		n := testing.AllocsPerRun(100, func() {
			c, err := test.client.Dial(context.Background(), url)
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
		})
		t.Logf("%s: Dial and Close allocate %v times", name, n)
		if n > test.most {
			t.Errorf("%s: Dial and Close allocate %v times, expected at most %v", name, n, test.most)
		}
	}
}

// A connection on which a goroutine waits holds no more than it must: a small
// Conn, no buffer, the smallest stack.
func TestIdleMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector's own memory counts as well; run without -race")
	}
	for name, test := range map[string]struct {
		heap   int64
		client curlew.Client
		wait   func(*curlew.Conn) // nil: a Multi does
	}{
		"a Multi":        {heap: 2000},
		"Next":           {heap: 2450, wait: func(c *curlew.Conn) { c.Next() }},
		"Recv":           {heap: 2450, wait: func(c *curlew.Conn) { c.Recv(make([]byte, 1)) }},
		"ReadMessage":    {heap: 2450, wait: func(c *curlew.Conn) { c.ReadMessage(context.Background(), nil) }},
		"with a context": {heap: 2650, wait: func(c *curlew.Conn) { c.ReadMessage(t.Context(), nil) }},
		"with heartbeat": {heap: 2600, client: curlew.Client{PingInterval: time.Hour}, wait: func(c *curlew.Conn) { c.Next() }},
		"compressing":    {heap: 3000 + 18<<10, client: curlew.Client{Compression: &curlew.Compression{}}, wait: func(c *curlew.Conn) { c.Next() }},
	} {
		t.Run(name, func(t *testing.T) {
			if inChild(t) {
				return
			}
			const conns = 400
			shared := 1               // connections that make what all share
			most := int64(2048 + 500) // of stack, which the runtime takes in pieces of 32 KiB, for itself too
			if test.wait == nil {
				most = 500
			}
			mostHeap := test.heap
			if runtime.GOOS != "linux" {
				mostHeap += 600 // what net holds for a socket differs
			}
			m := multiOrSkip(t, test.wait == nil)
			url := silentServer(t)
			all := make([]*curlew.Conn, shared+conns)
			open := func(i int) {
				c, err := test.client.Dial(context.Background(), url)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { c.Close() })
				all[i] = c
				for i := 0; i < 20 && test.client.Compression != nil; i++ {
					if err := c.WriteMessage(context.Background(), curlew.Binary, memoryText()[i<<10:][:2<<10]); err != nil {
						t.Fatal(err)
					}
				}
				if test.wait != nil {
					go test.wait(c)
				} else if err := m.Add(c); err != nil {
					t.Fatal(err)
				}
			}
			for i := range shared {
				open(i)
			}
			crowd := make(chan bool)
			defer close(crowd)
			for range conns { // that a goroutine begins with the smallest stack: the runtime goes by the average
				go func() { <-crowd }()
			}
			heap, stack := memoryNow()
			for i := shared; i < len(all); i++ {
				open(i)
			}
			heapAfter, stackAfter := memoryNow()
			perHeap, perStack := (heapAfter-heap)/conns, (stackAfter-stack)/conns
			t.Logf("%s: a connection has %d bytes of heap and %d of stack", name, perHeap, perStack)
			if perHeap > mostHeap || perStack > most {
				t.Errorf("a connection has %d bytes of heap and %d of stack, expected at most %d and %d", perHeap, perStack, mostHeap, most)
			}
			runtime.KeepAlive(all)
		})
	}
}

const childRole = "CURLEW_CHILD"

// inChild runs the test in a process of its own, where nothing is left of those
// before it, and says that it did; in that process it does nothing.
func inChild(t *testing.T) bool {
	if os.Getenv(childRole) != "" {
		return false
	}
	child := exec.Command(os.Args[0], "-test.v", "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$")
	child.Env = append(os.Environ(), childRole+"=1")
	out, err := child.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	return true
}

// multiOrSkip makes a Multi, if it is needed, where there can be one.
func multiOrSkip(t *testing.T, needed bool) *curlew.Multi {
	if !needed {
		return nil
	}
	m, err := curlew.NewMulti()
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// memoryNow is the memory in use once every goroutine waits and nothing is
// left to collect, not even in pools, which keep what they have over one
// collection.
func memoryNow() (heap, stack int64) {
	var before, now runtime.MemStats
	settled := 0
	for runtime.ReadMemStats(&now); ; {
		time.Sleep(50 * time.Millisecond) // goroutines on their way are not to be seen from here
		before = now
		runtime.GC()
		runtime.ReadMemStats(&now)
		grown := int64(now.HeapAlloc) - int64(before.HeapAlloc)
		if settled++; now.StackInuse != before.StackInuse || grown >= 1<<10 || grown <= -1<<10 {
			settled = 0
		}
		if settled == 2 {
			return int64(now.HeapAlloc), int64(now.StackInuse)
		}
	}
}

// A connection that is closed holds no compressor; closed in the middle of a
// message it is garbage with its compressor.
func TestClosedHoldsNoCompressor(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector's own memory counts as well; run without -race")
	}
	url := silentServer(t)
	compressed := curlew.Binary | curlew.Compressed
	closed := func(flags ...curlew.Flags) *curlew.Conn {
		c, err := (&curlew.Client{Compression: &curlew.Compression{}}).Dial(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for _, f := range flags {
			if err := c.Send(f, memoryText()[:2<<10]); err != nil {
				t.Fatal(err)
			}
		}
		return c
	}
	memoryText() // which is not to count
	heap, _ := memoryNow()
	var all [10]*curlew.Conn
	for i := range all {
		closed(compressed, compressed|curlew.Cont)
		all[i] = closed(compressed)
	}
	runtime.GC() // once more for what is in pools
	after, _ := memoryNow()
	if held := after - heap; held > 600<<10 {
		t.Errorf("20 closed connections, 10 of them garbage, hold %d bytes", held)
	}
	runtime.KeepAlive(&all)
}

// Messages that are begun and do not go on, as those to peers that do not read,
// hold a buffer and a history each, and few compressors.
func TestOpenMessagesHoldFewCompressors(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector's own memory counts as well; run without -race")
	}
	const conns = 100
	url := silentServer(t)
	for _, alone := range []bool{false, true} {
		client := curlew.Client{Compression: &curlew.Compression{ClientNoTakeover: alone}}
		heap, _ := memoryNow()
		for range conns {
			c, err := client.Dial(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			w, err := c.NextWriter(t.Context(), curlew.Binary)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(memoryText()[:200<<10]); err != nil {
				t.Fatal(err)
			}
			defer runtime.KeepAlive(w)
		}
		runtime.GC() // once more for what is in pools
		after, _ := memoryNow()
		most := conns*(64+8+8)<<10 + int64(max(16, 4*runtime.GOMAXPROCS(0)))*1_500_000
		if held := after - heap; held > most {
			t.Errorf("ClientNoTakeover %t: %d messages that wait hold %d bytes, want at most %d", alone, conns, held, most)
		}
	}
}
