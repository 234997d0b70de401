package interop

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
)

const cut = "/cut?size=1000000&sent=1000"

// TestKilledInsideFrame kills the peer in the middle of a frame. What it sent must
// be delivered, and the end must not look like an ordinary one.
func TestKilledInsideFrame(t *testing.T) {
	t.Parallel()
	s := npmWS(t)
	conn := connect(t, &plain, "ws://"+s.addr()+cut)
	var got []byte
	recvInto(make([]byte, 300))(t, conn, func(chunk []byte, m curlew.Meta) bool {
		got = append(got, chunk...)
		if m.BytesLeft != int64(1_000_000-len(got)) {
			t.Fatalf("got %+v after %d bytes of 1000000", m, len(got)-m.Len)
		}
		return len(got) == 1000
	})
	if !bytes.Equal(got, pattern(1000)) {
		t.Error("got wrong bytes")
	}
	s.kill()
	for range 2 {
		if m, err := conn.Recv(make([]byte, 300)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("Recv: %+v, %v, expected io.ErrUnexpectedEOF", m, err)
		}
	}
}

// TestDropped has the peer drop the connection without CLOSE, inside a frame
// and between two.
func TestDropped(t *testing.T) {
	t.Parallel()
	base := "ws://" + npmWS(t).addr() + "/cut?end="
	for _, end := range []string{"fin&size=70000&sent=69999", "reset&size=70000&sent=69999", "fin&size=70000&sent=70000"} {
		t.Run(end, func(t *testing.T) {
			conn := connect(t, &plain, base+end)
			var err error
			for err == nil {
				_, err = conn.Recv(make([]byte, 4096))
			}
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("Recv: %v, expected io.ErrUnexpectedEOF", err)
			}
			_, _, err = connect(t, &plain, base+end).ReadMessage(withPatience(t), nil)
			if end == "fin&size=70000&sent=70000" {
				return // a complete message
			}
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("ReadMessage: %v, expected io.ErrUnexpectedEOF", err)
			}
			err = plain.Perform(withPatience(t), base+end, curlew.Handler{})
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("Perform: %v, expected io.ErrUnexpectedEOF", err)
			}
		})
	}
}

// TestTimedOutReceives lets receives time out, before the frame and within it,
// over TCP and over TLS. No byte may be lost.
func TestTimedOutReceives(t *testing.T) {
	t.Parallel()
	s := npmWS(t)
	f := nginx(t, s.addr())
	client := f.trusting()
	for name, url := range map[string]string{"TCP": "ws://" + s.addr() + cut, "TLS": f.url(goodPort, cut)} {
		t.Run(name, func(t *testing.T) {
			conn := connect(t, &client, url)
			var got []byte
			buf := make([]byte, 7)
			for timeouts := 0; timeouts < 3 || len(got) < 1000; {
				conn.SetReadDeadline(time.Now().Add(time.Millisecond))
				m, err := conn.Recv(buf)
				switch {
				case errors.Is(err, os.ErrDeadlineExceeded):
					timeouts++
				case err != nil:
					t.Fatalf("Recv after %d bytes: %v", len(got), err)
				case m.Offset != int64(len(got)):
					t.Fatalf("got %+v after %d bytes", m, len(got))
				}
				got = append(got, buf[:m.Len]...)
			}
			if !bytes.Equal(got, pattern(1000)) {
				t.Errorf("got %d bytes, expected the 1000 that were sent", len(got))
			}
		})
	}
}
