package curlew_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

const (
	beatInterval = 30 * time.Second
	beatTimeout  = 7 * time.Second
)

// beating runs a test in a bubble with a client that has a heartbeat.
func beating(t *testing.T, test func(t *testing.T, c *curlew.Conn, peer *wirePeer)) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipePair(t, &curlew.AcceptOptions{PingInterval: beatInterval, PongTimeout: beatTimeout})
		test(t, c, peer)
	})
}

// arrives reads a frame that must arrive at one instant.
func arrives(t *testing.T, peer *wirePeer, at time.Time) rawFrame {
	t.Helper()
	f := peer.frame()
	if now := time.Now(); !now.Equal(at) {
		t.Errorf("%v arrived %v too late", f, now.Sub(at))
	}
	return f
}

func next(c *curlew.Conn) func() error {
	return func() error { _, _, err := c.Next(); return err }
}

// A PING follows PingInterval of silence, ErrPongTimeout PongTimeout more.
func TestHeartbeat(t *testing.T) {
	beating(t, func(t *testing.T, c *curlew.Conn, peer *wirePeer) {
		start := time.Now()
		end := later(next(c))
		if f := arrives(t, peer, start.Add(beatInterval)); f.first != wPing || len(f.payload) != 8 {
			t.Errorf("%v", f)
		}
		wantError(t, <-end, curlew.ErrPongTimeout)
		if took := time.Since(start); took != beatInterval+beatTimeout {
			t.Errorf("after %v", took)
		}
		peer.expectEnd()
		for _, again := range []error{next(c)(), c.Send(curlew.Text, nil), c.StartFrame(curlew.Text, 1), c.Cork().Flush()} {
			if again != curlew.ErrPongTimeout {
				t.Errorf("then %v", again)
			}
		}
	})
}

// PongTimeout is PingInterval if it is not set; raw mode has no heartbeat.
func TestHeartbeatDefaults(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, _ := pipePair(t, &curlew.AcceptOptions{PingInterval: time.Second})
		start := time.Now()
		wantError(t, next(c)(), curlew.ErrPongTimeout)
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("after %v", took)
		}
		c, peer := pipePair(t, &curlew.AcceptOptions{PingInterval: time.Second, RawMode: true})
		end := later(next(c))
		time.Sleep(time.Hour)
		blocked(t, end)
		peer.Close()
		if err := <-end; err != io.EOF {
			t.Error(err)
		}
	})
}

// The PONGs that answer our PINGs are not delivered, all others are; both are life.
func TestHeartbeatPongs(t *testing.T) {
	beating(t, func(t *testing.T, c *curlew.Conn, peer *wirePeer) {
		start := time.Now()
		end := later(next(c))
		for range 5 {
			f := arrives(t, peer, start.Add(beatInterval))
			time.Sleep(beatTimeout - 1)
			peer.send(rawFrame{wPong, f.payload})
			start = time.Now()
			blocked(t, end)
		}
		peer.send(rawFrame{wPong, "unasked"})
		if err := <-end; err != nil {
			t.Fatal(err)
		}
		peer.send(rawFrame{wPong, "12345678"})
		if p, m, err := c.Next(); string(p) != "12345678" || m.Flags != curlew.Pong || err != nil {
			t.Errorf("%q %+v %v", p, m, err)
		}
	})
}

// Bytes are life, not frames: one a beat is enough.
func TestHeartbeatBytes(t *testing.T) {
	beating(t, func(t *testing.T, c *curlew.Conn, peer *wirePeer) {
		received := later(func() error { _, _, err := c.ReadMessage(t.Context(), nil); return err })
		for _, b := range wireBytes(false, rawFrame{wText, "a slow frame"}) {
			blocked(t, received)
			time.Sleep(beatInterval - 1)
			peer.sendBytes([]byte{b})
		}
		if err := <-received; err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		c.Close()
		peer.expectEnd() // without a PING
	})
}

// While nobody receives nothing is sent and nothing fails, and an application
// that comes back late finds what came in time.
func TestHeartbeatSlowApplication(t *testing.T) {
	for _, tls := range []bool{false, true} {
		t.Run(fmt.Sprintf("tls=%v", tls), func(t *testing.T) {
			curlewtest.NoLeaks(t)
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := curlewtest.Pipe()
				if tls {
					ours, theirs = tlsOver(t, func(testing.TB) (net.Conn, net.Conn) { return ours, theirs })
				}
				c, peer := newPair(t, ours, theirs, false, &curlew.AcceptOptions{PingInterval: beatInterval, PongTimeout: beatTimeout})
				time.Sleep(time.Hour)
				peer.send(rawFrame{wText, "came meanwhile"})
				time.Sleep(time.Hour)
				if err := next(c)(); err != nil {
					t.Fatal(err)
				}
				// A PING is on its way when the application goes away for a while.
				c.SetReadDeadline(time.Now().Add(beatInterval + time.Second))
				wantError(t, next(c)(), os.ErrDeadlineExceeded)
				c.SetReadDeadline(time.Time{})
				ping := peer.frame()
				if ping.first != wPing {
					t.Fatal(ping)
				}
				peer.send(rawFrame{wPong, ping.payload})
				time.Sleep(time.Hour)
				end := later(next(c))
				arrives(t, peer, time.Now().Add(beatInterval)) // the PONG was life when it was seen
				peer.send(rawFrame{wText, "alive"})
				if err := <-end; err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// A receiver that polls with deadlines shorter than any beat has a heartbeat, too.
func TestHeartbeatPolling(t *testing.T) {
	for _, every := range []time.Duration{4 * time.Millisecond, 9 * time.Millisecond, time.Second, 29 * time.Second} {
		t.Run(every.String(), func(t *testing.T) {
			beating(t, func(t *testing.T, c *curlew.Conn, peer *wirePeer) {
				start := time.Now()
				pinged := make(chan time.Duration, 1)
				go func() { peer.frame(); pinged <- time.Since(start) }()
				for {
					c.SetReadDeadline(time.Now().Add(every))
					err := next(c)()
					if errors.Is(err, curlew.ErrPongTimeout) {
						break
					}
					wantError(t, err, os.ErrDeadlineExceeded)
					if took := time.Since(start); took > 2*beatInterval {
						t.Fatalf("no end after %v", took)
					}
				}
				const slack = 20 * time.Millisecond // the moment that a late beat has
				if took := <-pinged; took < beatInterval || took > beatInterval+every+slack {
					t.Errorf("PING after %v", took)
				}
				if took := time.Since(start); took < beatInterval+beatTimeout || took > beatInterval+beatTimeout+2*(every+slack) {
					t.Errorf("ErrPongTimeout after %v", took)
				}
			})
		})
	}
}

// A peer that neither reads nor sends is given up although our own send is
// blocked, and that send ends with it.
func TestHeartbeatBlockedSend(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, _ := narrow(t, 10, &curlew.AcceptOptions{PingInterval: beatInterval, PongTimeout: beatTimeout})
		start := time.Now()
		sending := later(func() error { return c.Send(curlew.Binary, make([]byte, 1000)) })
		wantError(t, next(c)(), curlew.ErrPongTimeout)
		if took := time.Since(start); took > beatInterval+2*beatTimeout {
			t.Errorf("after %v", took)
		}
		wantError(t, <-sending, curlew.ErrPongTimeout)
	})
}

// ownFrames begin what keeps a PING waiting, and end it.
var ownFrames = map[string]func(c *curlew.Conn) (end func() error){
	"frame of a slow application": func(c *curlew.Conn) func() error {
		if err := c.StartFrame(curlew.Binary, 1); err != nil {
			return func() error { return err }
		}
		return func() error { return c.SendPayload([]byte("x")) }
	},
	"frame that was begun on the wire": func(c *curlew.Conn) func() error {
		if err := errors.Join(c.StartFrame(curlew.Binary, 2), c.SendPayload([]byte("x"))); err != nil {
			return func() error { return err }
		}
		return func() error { return c.SendPayload([]byte("x")) }
	},
	"batch": func(c *curlew.Conn) func() error { return c.Cork().Flush },
}

// While our own frame, or batch, keeps the PING waiting, its answer is not due
// for some time, nor as long as the peer takes what we send.
func TestHeartbeatBehindOwnFrame(t *testing.T) {
	slow := maps.Clone(ownFrames)
	slow["frame to a slow peer"] = func(c *curlew.Conn) func() error {
		sent := later(func() error { return c.Send(curlew.Binary, make([]byte, 60000)) })
		return func() error { return <-sent }
	}
	for name, begin := range slow {
		t.Run(name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			synctest.Test(t, func(t *testing.T) {
				c, peer := narrow(t, 1000, &curlew.AcceptOptions{PingInterval: beatInterval, PongTimeout: beatTimeout, WriteBuffer: 1024})
				end := begin(c)
				receiving := later(next(c))
				if name == "frame to a slow peer" {
					for range 50 { // 1000 bytes in less than PongTimeout
						time.Sleep(beatTimeout - time.Second)
						peer.keep(1000)
					}
				} else {
					time.Sleep(beatInterval + 4*beatTimeout - 1)
				}
				blocked(t, receiving)
				ended := later(end)
				for peer.frame().first != wPing {
				}
				if err := <-ended; err != nil {
					t.Fatal(err)
				}
				wantError(t, <-receiving, curlew.ErrPongTimeout) // now it is
			})
		})
	}
}

// A peer that is gone is found while our own frame, or batch, keeps the PING
// waiting, and nobody goes on with it: an echo by chunks whose peer vanished.
func TestRememberedSilenceEndsBehindOwnFrame(t *testing.T) {
	for name, begin := range ownFrames {
		t.Run(name, func(t *testing.T) {
			everyRole(t, func(t *testing.T, server, secure bool) {
				ours, theirs := curlewtest.Pipe()
				if secure {
					ours, theirs = tlsOver(t, func(testing.TB) (net.Conn, net.Conn) { return ours, theirs })
				}
				c, peer := newPair(t, ours, theirs, server, &curlew.AcceptOptions{PingInterval: beatInterval, PongTimeout: beatTimeout})
				end := begin(c)
				go io.Copy(io.Discard, theirs)
				start := time.Now()
				received := later(next(c))
				wantError(t, endsWithin(t, "Next", received, time.Hour), curlew.ErrPongTimeout)
				if took := time.Since(start); took < beatInterval+4*beatTimeout || took > beatInterval+5*beatTimeout {
					t.Errorf("after %v", took)
				}
				wantError(t, end(), curlew.ErrPongTimeout)
				peer.Close()
			})
		})
	}
}

// A peer that takes a stream of messages slowly is not given up, although it
// gets to the PING late.
func TestRememberedHeartbeatOfSlowUpload(t *testing.T) {
	for _, size := range []int{1, 100, 20000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			everyRole(t, func(t *testing.T, server, secure bool) {
				c, peer := narrowPair(t, server, secure, &curlew.AcceptOptions{PingInterval: beatInterval, PongTimeout: beatTimeout, WriteBuffer: 512})
				go func() {
					for c.Send(curlew.Binary, make([]byte, size)) == nil {
					}
				}()
				received := later(next(c))
				for i := range 50 {
					time.Sleep(beatTimeout - time.Second)
					if _, err := io.CopyN(io.Discard, peer.Conn, 3000); err != nil { // more than one write
						t.Fatalf("read %d: %v; receiving: %v", i, err, <-received)
					}
				}
				blocked(t, received)
				wantError(t, <-received, curlew.ErrPongTimeout) // now it takes nothing
			})
		})
	}
}
