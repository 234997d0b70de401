package interop

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/dial"
)

// echoer is a peer that sends back what it receives.
type echoer struct {
	client curlew.Client
	url    string
	pieces bool // it sends the bytes back as text, in messages of its own making
}

var echoers = []struct {
	name  string
	start func(t testing.TB) echoer
}{
	{"npm ws", func(t testing.TB) echoer {
		return echoer{url: "ws://" + npmWS(t).addr() + "/echo"}
	}},
	{"python websockets", func(t testing.TB) echoer {
		return echoer{url: "ws://" + pythonWebsockets(t).addr() + "/echo"}
	}},
	{"libwebsockets", func(t testing.TB) echoer {
		mirror := curlew.Client{Subprotocols: []string{"lws-mirror-protocol"}}
		return echoer{mirror, "ws://" + libwebsockets(t).addr() + "/", true}
	}},
	{"npm ws through nginx with TLS", func(t testing.TB) echoer {
		f := nginx(t, npmWS(t).addr())
		return echoer{client: f.trusting(), url: f.url(goodPort, "/echo")}
	}},
}

// trusting returns a client that trusts only the front's authority.
func (f *front) trusting() curlew.Client {
	return curlew.Client{Net: dial.Config{TLS: &tls.Config{RootCAs: f.ca.pool()}}}
}

// talk sends messages of kind f and returns the echoes.
type talk func(t *testing.T, e echoer, f curlew.Flags, messages [][]byte) []message

var talks = []struct {
	name string
	talk talk
}{
	{"Recv", func(t *testing.T, e echoer, f curlew.Flags, messages [][]byte) []message {
		return talkChunks(t, e, f, messages, recvInto(make([]byte, 4099)))
	}},
	{"Next", func(t *testing.T, e echoer, f curlew.Flags, messages [][]byte) []message {
		return talkChunks(t, e, f, messages, next)
	}},
	{"messages", talkMessages},
	{"Perform", talkPerform},
}

// TestEcho sends messages of every length class to every peer, in every way
// there is, and checks that they are echoed unchanged.
func TestEcho(t *testing.T) {
	for _, peer := range echoers {
		t.Run(peer.name, func(t *testing.T) {
			t.Parallel()
			e := peer.start(t)
			for _, way := range talks {
				t.Run(way.name+"/binary", func(t *testing.T) { testEcho(t, e, way.talk, curlew.Binary, pattern) })
				t.Run(way.name+"/text", func(t *testing.T) { testEcho(t, e, way.talk, curlew.Text, ascii) })
			}
		})
	}
}

func testEcho(t *testing.T, e echoer, talk talk, f curlew.Flags, payload func(size int) []byte) {
	sizes := []int{0, 1, 125, 126, 127, 65535, 65536, 1 << 20}
	if e.pieces {
		sizes, f, payload = sizes[1:], curlew.Text, ascii
	}
	var sent [][]byte
	for _, size := range sizes {
		sent = append(sent, payload(size))
	}
	echoes := talk(t, e, f, sent)
	if e.pieces {
		echoes, sent = joined(echoes), [][]byte{bytes.Join(sent, nil)}
	}
	if len(echoes) != len(sent) {
		t.Fatalf("sent %d messages, got %d", len(sent), len(echoes))
	}
	for i, m := range echoes {
		if m.kind != f || !bytes.Equal(m.data, sent[i]) {
			t.Errorf("sent %d bytes of kind %b, got %d bytes of kind %b", len(sent[i]), f, len(m.data), m.kind)
		}
	}
}

// joined joins messages of one kind into one.
func joined(messages []message) []message {
	whole := messages[0]
	for _, m := range messages[1:] {
		whole.data = append(whole.data, m.data...)
		whole.kind |= m.kind
	}
	return []message{whole}
}

// talkChunks sends by Send and receives chunk by chunk.
func talkChunks(t *testing.T, e echoer, f curlew.Flags, messages [][]byte, receive receiving) []message {
	conn := connect(t, &e.client, e.url)
	r := receiver{t: t}
	total := 0
	for _, m := range messages {
		total += len(m)
		wait := inBackground(t, func() error { return conn.Send(f, m) })
		receive(t, conn, func(chunk []byte, meta curlew.Meta) bool {
			return r.take(chunk, meta) && r.bytes() >= total
		})
		wait()
	}
	return r.messages
}

// talkMessages sends by WriteMessage and receives by ReadMessage.
func talkMessages(t *testing.T, e echoer, f curlew.Flags, messages [][]byte) (echoes []message) {
	conn := connect(t, &e.client, e.url)
	ctx := withPatience(t)
	for _, m := range messages {
		wait := inBackground(t, func() error { return conn.WriteMessage(ctx, f, m) })
		for got := -1; got < len(m); {
			kind, data, err := conn.ReadMessage(ctx, nil)
			if err != nil {
				t.Fatalf("ReadMessage: %v", err)
			}
			echoes = append(echoes, message{kind: kind, data: data})
			got = max(got, 0) + len(data)
		}
		wait()
	}
	return echoes
}

// talkPerform sends everything by Upload without waiting for an answer. It stops
// when OnChunk has received everything.
func talkPerform(t *testing.T, e echoer, f curlew.Flags, messages [][]byte) []message {
	up := uploader{kind: f, messages: messages}
	r := receiver{t: t}
	want := len(bytes.Join(messages, nil))
	err := e.client.Perform(withPatience(t), e.url, curlew.Handler{
		Upload: up.upload,
		OnChunk: func(_ *curlew.Conn, chunk []byte, m curlew.Meta) error {
			if r.take(chunk, m) && r.bytes() >= want {
				return curlew.ErrStop
			}
			return nil
		},
	})
	if err != nil {
		t.Fatalf("Perform: %v", err)
	}
	return r.messages
}

// uploader is an Upload callback that sends each message as one frame.
type uploader struct {
	kind     curlew.Flags
	messages [][]byte // not begun yet
	rest     []byte   // of the open frame
}

func (u *uploader) upload(c *curlew.Conn, buf []byte) (int, error) {
	if len(u.rest) == 0 {
		if len(u.messages) == 0 {
			return 0, io.EOF
		}
		u.rest, u.messages = u.messages[0], u.messages[1:]
		if err := c.StartFrame(u.kind, int64(len(u.rest))); err != nil {
			return 0, fmt.Errorf("StartFrame: %w", err)
		}
	}
	n := copy(buf, u.rest)
	u.rest = u.rest[n:]
	return n, nil
}
