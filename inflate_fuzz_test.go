package curlew_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
	"github.com/curlew-ws/curlew/internal/deflate"
)

// deflateRequest opens a session with permessage-deflate.
const deflateRequest = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
	"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"

// FuzzConnInflate gives a Conn a compressed message of any bytes, in fragments
// of any size with control frames between them, in pieces of any size, between
// two messages that are not compressed. What comes is what the inflater makes
// of the bytes by themselves, or the beginning of it and the right breach.
func FuzzConnInflate(f *testing.F) {
	for i, text := range []string{"", "x", "hello, hello", letters(3000), strings.Repeat("\x00", 100_000)} {
		p := deflate.NewDeflater(9, 15, false).Append(nil, []byte(text), true)
		f.Add(p, uint64(i))
		f.Add(append(p, 0x07), uint64(i+100)) // a block of a type that is none
		f.Add(p[:len(p)/2], uint64(i+200))
	}
	f.Fuzz(func(t *testing.T, payload []byte, seed uint64) {
		want, bad := inflatedAlone(payload)
		if len(want) > 1<<20 {
			return
		}
		r := rand.New(rand.NewPCG(seed, 1))
		limit := int64(0)
		if r.IntN(3) == 0 {
			limit = 100 + int64(r.IntN(5000))
		}
		c := inflatingConn(t, r, payload, limit)
		defer c.Close()
		if got, err := wholeMessage(c, r); string(got) != "before" || err != nil {
			t.Fatalf("in front came %q, %v", got, err)
		}
		got, err := wholeMessage(c, r)
		tooLong := limit > 0 && int64(len(want)) > limit
		var breach *curlew.ProtocolError
		switch {
		case errors.As(err, &breach):
			if !bytes.HasPrefix(want, got) {
				t.Fatalf("came %d bytes, not those that the inflater makes of it", len(got))
			}
			if limit > 0 && int64(len(got)) > limit {
				t.Errorf("%d bytes came behind the limit of %d", len(got), limit)
			}
			if !(breach.Code == curlew.CloseTooBig && tooLong || breach.Code == curlew.CloseInvalidData && bad) {
				t.Errorf("came %v; corrupt: %v, too long: %v", err, bad, tooLong)
			}
			return
		case err != nil || bad || tooLong:
			t.Fatalf("came %d bytes, %v; corrupt: %v, too long: %v", len(got), err, bad, tooLong)
		case !bytes.Equal(got, want):
			t.Fatalf("came %d bytes, the inflater makes %d others", len(got), len(want))
		}
		if got, err := wholeMessage(c, r); string(got) != "behind" || err != nil {
			t.Fatalf("behind it came %q, %v", got, err)
		}
		if _, err := wholeMessage(c, r); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("the end is %v", err)
		}
	})
}

// inflatedAlone inflates a payload in one piece.
func inflatedAlone(payload []byte) (all []byte, bad bool) {
	z := deflate.NewInflater(15, true)
	defer z.Close()
	z.Feed(payload, true)
	for {
		p, err := z.Next()
		all = append(all, p...)
		if err != nil || len(all) > 1<<20 {
			return all, err != nil && err != io.EOF
		}
	}
}

// inflatingConn makes a server of which the client sends payload as a
// compressed message, between two others.
func inflatingConn(t *testing.T, r *rand.Rand, payload []byte, limit int64) *curlew.Conn {
	frames := []rawFrame{{wText, "before"}}
	for first := byte(0x42); ; first = wContGo {
		n := r.IntN(len(payload) + 1)
		if r.IntN(4) == 0 {
			n = len(payload)
		}
		for range r.IntN(3) {
			frames = append(frames, rawFrame{[]byte{wPing, wPong}[r.IntN(2)], "between"})
		}
		if n == len(payload) {
			frames = append(frames, rawFrame{first | 0x80, string(payload)})
			break
		}
		frames = append(frames, rawFrame{first, string(payload[:n])})
		payload = payload[n:]
	}
	frames = append(frames, rawFrame{wBinary, "behind"})
	stream := &scripted{}
	for rest := append([]byte(deflateRequest), wireBytes(true, frames...)...); len(rest) > 0; {
		n := min(len(rest), 1+r.IntN(1+r.IntN(2000)))
		stream.pieces = append(stream.pieces, rest[:n])
		rest = rest[n:]
	}
	c, err := curlewtest.Upgrade(t.Context(), stream, &curlew.AcceptOptions{Compression: &curlew.Compression{}, MaxMessage: limit, ReadBuffer: 512})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wholeMessage receives a data message by Next or by Recv, and checks what
// each chunk says of itself.
func wholeMessage(c *curlew.Conn, r *rand.Rand) (all []byte, err error) {
	room := make([]byte, 1+r.IntN(1000))
	for {
		var p []byte
		var m curlew.Meta
		if r.IntN(2) == 0 {
			p, m, err = c.Next()
		} else {
			m, err = c.Recv(room)
			p = room[:m.Len]
		}
		if err != nil {
			return all, err
		}
		if m.Flags&(curlew.Text|curlew.Binary) == 0 {
			continue
		}
		compressed := m.Flags&curlew.Compressed != 0
		switch {
		case m.Len != len(p), compressed && m.Offset != int64(len(all)), compressed && (m.BytesLeft == 0) != m.MessageEnd():
			return all, errors.New("the Meta of a chunk is wrong")
		case len(p) == 0 && !m.MessageEnd():
			return all, errors.New("an empty chunk within a message")
		}
		if all = append(all, p...); m.MessageEnd() {
			return all, nil
		}
	}
}
