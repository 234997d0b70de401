package interop

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
)

// fragmentations are lists of fragment lengths.
var fragmentations = [][]int64{
	{0},
	{1, 1},
	{0, 5, 0},
	{125, 126, 127},
	{65535, 65536, 1},
	{0, 0, 0, 200000, 0},
}

// TestFragments receives messages in fragments, by every chunk method and by
// ReadMessage, and checks the fragments.
func TestFragments(t *testing.T) {
	for _, peer := range []struct {
		name  string
		start func(testing.TB) *server
		query string
		end   []int64 // fragments that the peer adds
	}{
		{"npm ws", npmWS, "", nil},
		{"npm ws with PINGs between", npmWS, "&ping=1", nil},
		{"python websockets", pythonWebsockets, "", []int64{0}},
	} {
		t.Run(peer.name, func(t *testing.T) {
			t.Parallel()
			base := "ws://" + peer.start(t).addr() + "/fragments?sizes="
			for _, sizes := range fragmentations {
				list := strings.ReplaceAll(strings.Trim(fmt.Sprint(sizes), "[]"), " ", ",")
				t.Run(list, func(t *testing.T) {
					testFragments(t, base+list+peer.query, slices.Concat(sizes, peer.end))
				})
			}
		})
	}
}

func testFragments(t *testing.T, url string, sizes []int64) {
	var total int64
	for _, size := range sizes {
		total += size
	}
	want := pattern(int(total))
	for name, receive := range map[string]receiving{
		"Recv into 1000 bytes": recvInto(make([]byte, 1000)),
		"Recv into 128 KiB":    recvInto(make([]byte, 128<<10)),
		"Next":                 next,
	} {
		r := receiver{t: t}
		receive(t, connect(t, &plain, url), r.take)
		if m := r.messages[0]; !slices.Equal(m.frames, sizes) || !bytes.Equal(m.data, want) {
			t.Errorf("%s: got fragments %v with %d bytes, expected %v", name, m.frames, len(m.data), sizes)
		}
	}
	kind, data, err := connect(t, &plain, url).ReadMessage(withPatience(t), nil)
	if err != nil || kind != curlew.Binary || !bytes.Equal(data, want) {
		t.Errorf("ReadMessage: kind %b, %d bytes, %v; expected %d bytes", kind, len(data), err, total)
	}
}

// TestTextCutInsideCharacters receives text whose fragments end in the middle
// of characters, which is valid (RFC 6455 section 8.1).
func TestTextCutInsideCharacters(t *testing.T) {
	t.Parallel()
	const text = "aß€😀" // 1, 2, 3 and 4 bytes
	base := "ws://" + npmWS(t).addr() + "/fragments?text=" + url.QueryEscape(text)
	for cut := range len(text) + 1 {
		conn := connect(t, &plain, fmt.Sprintf("%s&sizes=%d,%d", base, cut, len(text)-cut))
		r := receiver{t: t}
		next(t, conn, r.take)
		if m := r.messages[0]; m.kind != curlew.Text || string(m.data) != text {
			t.Errorf("cut at %d: got %q of kind %b, expected %q", cut, m.data, m.kind, text)
		}
	}
}

// fragmenters send pattern(size) as one message of several fragments.
var fragmenters = map[string]func(t *testing.T, c *curlew.Conn, p []byte) error{
	"Send": func(_ *testing.T, c *curlew.Conn, p []byte) error {
		for len(p) > 1000 {
			if err := c.Send(curlew.Binary|curlew.Cont, p[:1000]); err != nil {
				return err
			}
			p = p[1000:]
		}
		return c.Send(curlew.Binary, p)
	},
	"StartFrame": func(_ *testing.T, c *curlew.Conn, p []byte) error {
		half := len(p) / 2
		if err := c.StartFrame(curlew.Binary|curlew.Cont, int64(half)); err != nil {
			return err
		}
		for piece := range slices.Chunk(p[:half], 999) {
			if err := c.SendPayload(piece); err != nil {
				return err
			}
		}
		if err := c.StartFrame(curlew.Binary, int64(len(p)-half)); err != nil {
			return err
		}
		return c.SendPayload(p[half:])
	},
	"NextWriter": func(t *testing.T, c *curlew.Conn, p []byte) error {
		w, err := c.NextWriter(withPatience(t), curlew.Binary)
		if err != nil {
			return err
		}
		// Only Write is offered, so that the copy is made in pieces.
		if _, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{bytes.NewReader(p)}, make([]byte, 997)); err != nil {
			return err
		}
		return w.Close()
	},
}

// TestSendFragments sends messages in fragments, and checks that the peers got them whole.
func TestSendFragments(t *testing.T) {
	for _, peer := range echoers {
		t.Run(peer.name, func(t *testing.T) {
			t.Parallel()
			e := peer.start(t)
			for name, send := range fragmenters {
				t.Run(name, func(t *testing.T) {
					p := pattern(100_000)
					if e.pieces {
						p = ascii(len(p))
					}
					conn := connect(t, &e.client, e.url)
					wait := inBackground(t, func() error { return send(t, conn, p) })
					r := receiver{t: t}
					next(t, conn, func(chunk []byte, m curlew.Meta) bool { return r.take(chunk, m) && r.bytes() >= len(p) })
					wait()
					if !bytes.Equal(joined(r.messages)[0].data, p) {
						t.Errorf("the echo differs from what was sent")
					}
				})
			}
		})
	}
}

// TestLargeFrame receives one frame of 16 MiB in a small buffer.
func TestLargeFrame(t *testing.T) {
	t.Parallel()
	const size = 16 << 20
	conn := connect(t, &plain, fmt.Sprintf("ws://%s/big?size=%d", npmWS(t).addr(), size))
	period := pattern(251 + 32<<10)
	var got int64
	recvInto(make([]byte, 32<<10))(t, conn, func(chunk []byte, m curlew.Meta) bool {
		if m.Flags != curlew.Binary || m.Offset != got || m.Offset+int64(m.Len)+m.BytesLeft != size {
			t.Fatalf("got %+v at offset %d of one BINARY frame of %d bytes", m, got, size)
		}
		if !bytes.Equal(chunk, period[got%251:][:m.Len]) {
			t.Fatalf("got wrong bytes in the %d from offset %d", m.Len, got)
		}
		got += int64(m.Len)
		return m.MessageEnd()
	})
	if got != size {
		t.Errorf("got %d bytes, expected %d", got, size)
	}
}
