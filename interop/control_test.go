package interop

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"testing"

	"github.com/curlew-ws/curlew"
)

// pings is how many PINGs a peer is asked to send.
const pings = 7

// TestPingAnswered receives PINGs, which curlew answers by itself. The peer
// counts the PONGs with the right payload.
func TestPingAnswered(t *testing.T) {
	for name, start := range scripted {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := fmt.Sprintf("ws://%s/ping?count=%d", start(t).addr(), pings)
			want := fmt.Sprint(pings)

			t.Run("Recv", func(t *testing.T) {
				r := receiver{t: t}
				recvInto(make([]byte, 64))(t, connect(t, &plain, url), r.take)
				if got := string(r.messages[0].data); got != want {
					t.Errorf("the peer counted %s right PONGs, expected %s", got, want)
				}
			})
			t.Run("ReadMessage", func(t *testing.T) {
				_, got, err := connect(t, &plain, url).ReadMessage(withPatience(t), nil)
				if err != nil || string(got) != want {
					t.Errorf("the peer counted %q right PONGs (%v), expected %s", got, err, want)
				}
			})
			t.Run("Perform", func(t *testing.T) {
				r := receiver{t: t}
				err := plain.Perform(withPatience(t), url, curlew.Handler{
					OnChunk: func(_ *curlew.Conn, chunk []byte, m curlew.Meta) error {
						if r.take(chunk, m) {
							return curlew.ErrStop
						}
						return nil
					},
				})
				if err != nil || string(r.messages[0].data) != want {
					t.Errorf("the peer counted %q right PONGs (%v), expected %s", r.messages[0].data, err, want)
				}
			})
		})
	}
}

// TestPingDelivered answers PINGs by hand, with NoAutoPong.
func TestPingDelivered(t *testing.T) {
	for name, start := range scripted {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := fmt.Sprintf("ws://%s/ping?count=%d", start(t).addr(), pings)
			conn := connect(t, &curlew.Client{NoAutoPong: true}, url)
			r := receiver{t: t}
			var ping []byte
			var received int
			recvInto(make([]byte, 50))(t, conn, func(chunk []byte, m curlew.Meta) bool {
				if m.Flags != curlew.Ping {
					return r.take(chunk, m)
				}
				if ping = append(ping, chunk...); m.FrameEnd() {
					received++
					if err := conn.Send(curlew.Pong, ping); err != nil {
						t.Fatalf("send the PONG: %v", err)
					}
					ping = ping[:0]
				}
				return false
			})
			if got := string(r.messages[0].data); received != pings || got != fmt.Sprint(pings) {
				t.Errorf("got %d PINGs and the peer counted %s right PONGs, expected %d", received, got, pings)
			}
		})
	}
}

// TestPing pings every peer and waits for the PONG.
func TestPing(t *testing.T) {
	for _, peer := range echoers {
		t.Run(peer.name, func(t *testing.T) {
			t.Parallel()
			e := peer.start(t)
			conn := connect(t, &e.client, e.url)
			for range 3 {
				if _, err := conn.Ping(withPatience(t)); err != nil {
					t.Fatalf("Ping: %v", err)
				}
			}
		})
	}
}

// TestPeerCloses receives the peer's CLOSE, with every kind of code, by every
// kind of method. The peer must see its own code in the answer.
func TestPeerCloses(t *testing.T) {
	for name, start := range scripted {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			for _, want := range []curlew.CloseError{
				{Code: curlew.CloseNormal, Reason: ""},
				{Code: curlew.CloseGoingAway, Reason: "tschüß"},
				{Code: 3000, Reason: "a"},
				{Code: 4999, Reason: fmt.Sprintf("%0123d", 0)},
			} {
				t.Run(fmt.Sprint(want.Code), func(t *testing.T) {
					testPeerCloses(t, s, "&code="+fmt.Sprint(want.Code)+"&reason="+url.QueryEscape(want.Reason), want)
				})
			}
		})
	}
}

// TestPeerClosesWithoutCode receives an empty CLOSE.
func TestPeerClosesWithoutCode(t *testing.T) {
	t.Parallel()
	testPeerCloses(t, npmWS(t), "", curlew.CloseError{Code: curlew.CloseNoStatus})
}

func testPeerCloses(t *testing.T, s *server, query string, want curlew.CloseError) {
	for way, receive := range map[string]func(t *testing.T, url string, want curlew.CloseError){
		"Next":        nextClose,
		"ReadMessage": readClose,
		"Perform":     performClose,
	} {
		t.Run(way, func(t *testing.T) {
			name := fmt.Sprint(way, want.Code)
			receive(t, "ws://"+s.addr()+"/close?name="+name+query, want)
			s.awaitLine(t, fmt.Sprintf("close %s %d ", name, want.Code))
		})
	}
}

func nextClose(t *testing.T, url string, want curlew.CloseError) {
	conn := connect(t, &plain, url)
	defer conn.Close()
	var payload []byte
	next(t, conn, func(chunk []byte, m curlew.Meta) bool {
		if m.Flags != curlew.Close {
			t.Fatalf("got %+v, expected a CLOSE", m)
		}
		payload = append(payload, chunk...)
		return m.FrameEnd()
	})
	code, reason, err := curlew.ParseClose(payload)
	if err != nil || code != want.Code || reason != want.Reason {
		t.Errorf("got CLOSE %d %q (%v), expected %d %q", code, reason, err, want.Code, want.Reason)
	}
	if _, _, err := conn.Next(); err != io.EOF {
		t.Errorf("Next after the CLOSE: %v, expected io.EOF", err)
	}
}

func readClose(t *testing.T, url string, want curlew.CloseError) {
	conn := connect(t, &plain, url)
	defer conn.Close()
	_, _, err := conn.ReadMessage(withPatience(t), nil)
	wantCloseError(t, err, want)
}

func performClose(t *testing.T, url string, want curlew.CloseError) {
	err := plain.Perform(withPatience(t), url, curlew.Handler{})
	switch want.Code {
	case curlew.CloseNormal, curlew.CloseGoingAway, curlew.CloseNoStatus:
		if err != nil {
			t.Errorf("Perform: %v, expected nil", err)
		}
	default:
		wantCloseError(t, err, want)
	}
}

func wantCloseError(t *testing.T, err error, want curlew.CloseError) {
	t.Helper()
	var got *curlew.CloseError
	if !errors.As(err, &got) || *got != want {
		t.Errorf("error %v, expected %v", err, &want)
	}
}

// TestShutdown closes with a code and a reason, which the peer must see.
func TestShutdown(t *testing.T) {
	for name, start := range scripted {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			for _, code := range []int{curlew.CloseNormal, curlew.CloseGoingAway, 3999, 4000} {
				conn := connect(t, &plain, fmt.Sprintf("ws://%s/echo?name=c%d", s.addr(), code))
				if err := conn.Send(curlew.Text, []byte("its echo is discarded")); err != nil {
					t.Fatalf("Send: %v", err)
				}
				if err := conn.Shutdown(withPatience(t), code, "so löng"); err != nil {
					t.Errorf("Shutdown(%d): %v", code, err)
				}
				s.awaitLine(t, fmt.Sprintf("close c%d %d so löng", code, code))
			}
		})
	}
}

// TestShutdownEverywhere closes a session with each peer.
func TestShutdownEverywhere(t *testing.T) {
	for _, peer := range echoers {
		t.Run(peer.name, func(t *testing.T) {
			t.Parallel()
			e := peer.start(t)
			conn := connect(t, &e.client, e.url)
			if err := conn.Shutdown(withPatience(t), curlew.CloseNormal, ""); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		})
	}
}

// TestLibwebsocketsCloses has libwebsockets send a CLOSE of its own, after a
// stream of numbers.
func TestLibwebsocketsCloses(t *testing.T) {
	t.Parallel()
	client := curlew.Client{Subprotocols: []string{"dumb-increment-protocol"}}
	conn := connect(t, &client, "ws://"+libwebsockets(t).addr()+"/")
	if got := conn.Subprotocol(); got != client.Subprotocols[0] {
		t.Errorf("subprotocol %q, expected %q", got, client.Subprotocols[0])
	}
	ctx := withPatience(t)
	for i := range 3 {
		kind, data, err := conn.ReadMessage(ctx, nil)
		if err != nil || kind != curlew.Text || string(data) != fmt.Sprint(i) {
			t.Fatalf("got message %q of kind %b (%v), expected text %d", data, kind, err, i)
		}
	}
	if err := conn.WriteMessage(ctx, curlew.Text, []byte("closeme\n")); err != nil {
		t.Fatal(err)
	}
	for {
		if _, _, err := conn.ReadMessage(ctx, nil); err != nil {
			wantCloseError(t, err, curlew.CloseError{Code: curlew.CloseGoingAway, Reason: "seeya"})
			return
		}
	}
}
