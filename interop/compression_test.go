package interop

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/curlew-ws/curlew"
)

var compressions = []curlew.Compression{
	{},
	{Level: 9, MinSize: 1},
	{ClientNoTakeover: true},
	{ServerNoTakeover: true},
	{ClientNoTakeover: true, ServerNoTakeover: true},
	{ClientWindowBits: 9, ServerWindowBits: 9},
	{ClientWindowBits: 12, ServerWindowBits: 15, Level: 5},
}

// TestCompression exchanges compressed messages, RFC 7692.
func TestCompression(t *testing.T) {
	for name, path := range map[string]string{"npm ws": "/deflate", "python websockets": "/echo"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := "ws://" + scripted[name](t).addr() + path
			for _, c := range compressions {
				t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) { testCompression(t, url, c) })
			}
		})
	}
}

func testCompression(t *testing.T, url string, c curlew.Compression) {
	var sent, received atomic.Int64 // bytes of the stream
	client := curlew.Client{Compression: &c, Trace: &curlew.Trace{Bytes: func(out bool, p []byte) {
		if out {
			sent.Add(int64(len(p)))
		} else {
			received.Add(int64(len(p)))
		}
	}}}
	conn := connect(t, &client, url)
	if agreed := conn.Response().Header.Get("Sec-WebSocket-Extensions"); !strings.HasPrefix(agreed, "permessage-deflate") {
		t.Fatalf("got the extensions %q, expected permessage-deflate", agreed)
	}
	for _, size := range []int{0, 1, 125, 126, 65535, 65536, 1 << 20} {
		exchangeDeflated(t, conn, noise(size))
		exchangeDeflated(t, conn, ascii(size))
	}

	sentBefore, receivedBefore := sent.Load(), received.Load()
	const size = 1 << 20
	exchangeDeflated(t, conn, ascii(size))
	// The text was sent twice each way.
	if out, in := sent.Load()-sentBefore, received.Load()-receivedBefore; out > size/10 || in > size/10 {
		t.Errorf("two times %d bytes of repetitive text took %d bytes to send and %d to receive", size, out, in)
	}
}

// exchangeDeflated has p echoed twice: by chunk methods and by message methods.
func exchangeDeflated(t *testing.T, conn *curlew.Conn, p []byte) {
	t.Helper()
	wait := inBackground(t, func() error { return conn.Send(curlew.Binary|curlew.Compressed, p) })
	if got := nextInflated(t, conn); !bytes.Equal(got, p) {
		t.Fatalf("Send and Next: sent %d bytes, got %d others", len(p), len(got))
	}
	wait()

	ctx := withPatience(t)
	wait = inBackground(t, func() error { return conn.WriteMessage(ctx, curlew.Binary, p) })
	_, got, err := conn.ReadMessage(ctx, nil)
	if err != nil || !bytes.Equal(got, p) {
		t.Fatalf("WriteMessage and ReadMessage: sent %d bytes, got %d others (%v)", len(p), len(got), err)
	}
	wait()
}

// TestCompressionOfMany sends in turn on more connections than may keep a
// compressor each. So most messages are deflated by another compressor than the
// previous one on that connection. To the peer it must be one stream.
func TestCompressionOfMany(t *testing.T) {
	for name, path := range map[string]string{"npm ws": "/deflate", "python websockets": "/echo"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := "ws://" + scripted[name](t).addr() + path
			many := make([]*curlew.Conn, 2*max(16, 4*runtime.GOMAXPROCS(0)))
			for i := range many {
				c := compressions[i%len(compressions)]
				c.ClientNoTakeover = false
				many[i] = connect(t, &curlew.Client{Compression: &c}, url)
			}
			for size := 300; size < 50_000; size *= 2 {
				for i, conn := range many {
					exchangeDeflated(t, conn, bytes.Repeat(noise(200+i), size/200))
				}
			}
		})
	}
}

// nextInflated receives one compressed message and checks its chunks.
func nextInflated(t *testing.T, conn *curlew.Conn) (data []byte) {
	t.Helper()
	next(t, conn, func(chunk []byte, m curlew.Meta) bool {
		if m.Flags&^curlew.Cont != curlew.Binary|curlew.Compressed || m.Offset != int64(len(data)) || m.Len != len(chunk) {
			t.Fatalf("got %+v with %d bytes after %d of a compressed binary message", m, len(chunk), len(data))
		}
		data = append(data, chunk...)
		more := m.Flags&curlew.Cont != 0
		if more != (m.BytesLeft == -1) || more == m.MessageEnd() {
			t.Fatalf("%+v: expected Cont and -1 bytes left together, on all chunks but the last", m)
		}
		return !more
	})
	return data
}

// noise returns bytes that do not compress, the same in each run.
func noise(size int) []byte {
	p := make([]byte, size)
	rand.NewChaCha8([32]byte{}).Read(p)
	return p
}
