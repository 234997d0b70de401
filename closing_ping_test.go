package curlew_test

import (
	"context"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
)

// answer answers the next n PINGs, each a second after it came.
func (p *wirePeer) answer(n int) {
	for range n {
		f := p.frame()
		if f.first != wPing {
			p.t.Errorf("the peer got %v, want a PING", f)
			return
		}
		time.AfterFunc(time.Second, func() { p.send(pongFrame(f.payload)) })
	}
}

func wantRTT(t testing.TB, c *curlew.Conn, want time.Duration) {
	t.Helper()
	if rtt, err := c.Ping(t.Context()); rtt != want || err != nil {
		t.Errorf("Ping: %v, %v, want %v", rtt, err, want)
	}
}

func wantNext(t testing.TB, c *curlew.Conn, f curlew.Flags, want string) {
	t.Helper()
	if p, m, err := c.Next(); m.Flags != f || string(p) != want || err != nil {
		t.Errorf("Next: flags %d %q, %v, want flags %d %q", m.Flags, p, err, f, want)
	}
}

// With nobody receiving, Ping does: PINGs are answered, others' PONGs dropped,
// its own is not delivered.
func TestPingAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		go p.answer(3)
		for range 3 {
			wantRTT(t, c, time.Second)
		}
		go func() {
			f := p.frame()
			p.send(pingFrame("yours"), pongFrame(""), pongFrame("8 bytes!"), pongFrame(f.payload[:7]))
			p.expect(pongFrame("yours"))
			time.Sleep(2 * time.Second)
			p.send(pongFrame(f.payload), textFrame("x"))
		}()
		wantRTT(t, c, 2*time.Second)
		wantNext(t, c, curlew.Text, "x")
	})
}

// Data stays, whole or in part: whoever receives it finds the PONG behind it.
func TestPingBehindData(t *testing.T) {
	for name, receive := range map[string]func(t *testing.T, c *curlew.Conn){
		"ReadMessage": func(t *testing.T, c *curlew.Conn) {
			f, p, err := c.ReadMessage(t.Context(), nil)
			wantMessage(t, curlew.Message{Flags: curlew.Text, Data: []byte("some data")}, f, p, err)
		},
		"NextReader": func(t *testing.T, c *curlew.Conn) {
			_, r, err := c.NextReader(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if p, err := io.ReadAll(r); string(p) != "some data" || err != nil {
				t.Errorf("%q, %v", p, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := pipePair(t, nil)
				go p.answer(1)
				p.send(rawFrame{wTextGo, "some "}, rawFrame{wCont, "data"})
				done := make(chan bool)
				go func() {
					defer close(done)
					wantRTT(t, c, 3*time.Second) // with the time that the data kept the PONG waiting
				}()
				time.Sleep(3 * time.Second)
				receive(t, c)
				<-done
				p.send(closeFrame(1000, ""))
				_, _, err := c.ReadMessage(t.Context(), nil)
				wantClose(t, err, 1000, "")
			})
		})
	}
}

// Where nobody takes the data, ctx ends the wait, and the late PONG is not
// delivered to who receives next.
func TestPingEndsWithContext(t *testing.T) {
	for _, sent := range [][]rawFrame{nil, {textFrame("x")}, {rawFrame{wTextGo, ""}}, {closeFrame(1000, "")}} {
		synctest.Test(t, func(t *testing.T) {
			c, p := pipePair(t, nil)
			p.send(sent...)
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errCause)
			defer cancel()
			_, err := c.Ping(ctx)
			if len(sent) > 0 && sent[0].first == wClose {
				wantClose(t, err, 1000, "")
			} else {
				wantError(t, err, errCause)
			}
			p.send(pongFrame(p.frame().payload))
			p.send(pongFrame("other"))
			for _, f := range piecesOf(0, sent...) {
				wantNext(t, c, f.flags, f.data)
			}
			if len(sent) == 0 || sent[0].first != wClose {
				wantNext(t, c, curlew.Pong, "other")
			}
		})
	}
}

// A Ping that has given up leaves the peer's CLOSE to who receives behind it, and
// looks no more at what that one does: for -race, so that nothing here may tell
// the one of the other's end.
func TestPingEndsBesideReadMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errCause)
		defer cancel()
		pinged, received := make(chan error, 1), make(chan error, 1)
		go func() {
			_, err := c.Ping(ctx)
			pinged <- err
		}()
		p.frame()
		go func() {
			_, _, err := c.ReadMessage(t.Context(), nil)
			received <- err
		}()
		time.Sleep(2 * time.Second)
		p.send(closeFrame(1000, "end"))
		wantClose(t, <-received, 1000, "end")
		wantError(t, <-pinged, errCause)
	})
}

func TestPingEndsWithReadDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		c.SetReadDeadline(time.Now().Add(time.Second))
		_, err := c.Ping(t.Context())
		wantError(t, err, os.ErrDeadlineExceeded)
		c.SetReadDeadline(time.Time{})
		p.frame()
		go p.answer(1)
		wantRTT(t, c, time.Second)
	})
}

// The write deadline is for the PING, not for the PONG.
func TestPingAndWriteDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		go p.answer(1)
		go c.ReadMessage(t.Context(), nil)
		synctest.Wait()
		c.SetWriteDeadline(time.Now().Add(time.Second / 2))
		wantRTT(t, c, time.Second)
		_, err := c.Ping(t.Context())
		wantError(t, err, os.ErrDeadlineExceeded)
		c.Close()
	})
}

// Beside message methods any number of Pings may wait, from any goroutine.
func TestPingBesideOthers(t *testing.T) {
	for name, receive := range map[string]func(ctx context.Context, c *curlew.Conn) error{
		"ReadMessage": func(ctx context.Context, c *curlew.Conn) error { _, _, err := c.ReadMessage(ctx, nil); return err },
		"Messages": func(ctx context.Context, c *curlew.Conn) error {
			for _, err := range c.Messages(ctx) {
				return err
			}
			return io.EOF
		},
		"NextReader": func(ctx context.Context, c *curlew.Conn) error {
			_, r, err := c.NextReader(ctx)
			if err == nil {
				_, err = io.Copy(io.Discard, r)
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const pings = 10
				c, p := pipePair(t, nil)
				go p.answer(pings * 3)
				received := make(chan int)
				go func() {
					n := 0
					for receive(t.Context(), c) == nil {
						n++
					}
					received <- n
				}()
				done := make(chan bool)
				for range pings {
					go func() {
						for range 3 {
							wantRTT(t, c, time.Second)
						}
						done <- true
					}()
				}
				for range 5 {
					time.Sleep(300 * time.Millisecond)
					p.send(textFrame("x"))
				}
				for range pings {
					<-done
				}
				synctest.Wait()
				p.send(closeFrame(1000, ""))
				if n := <-received; n != 5 {
					t.Errorf("%d messages", n)
				}
			})
		})
	}
}

// Several Pings with nobody else receiving take turns at it.
func TestPingsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		const pings = 10
		go p.answer(pings)
		done := make(chan bool)
		for range pings {
			go func() {
				wantRTT(t, c, time.Second)
				done <- true
			}()
		}
		for range pings {
			<-done
		}
		synctest.Wait()
		p.send(textFrame("x"))
		wantNext(t, c, curlew.Text, "x")
	})
}

// One PONG may answer several PINGs, RFC 6455 section 5.5.3: it is the last's.
func TestPingOnePongForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		done := make(chan bool)
		for range 3 {
			go func() {
				wantRTT(t, c, 2*time.Second)
				done <- true
			}()
		}
		p.frame()
		p.frame()
		last := p.frame()
		time.Sleep(2 * time.Second)
		p.send(pongFrame(last.payload), pongFrame(last.payload), pongFrame("other"))
		for range 3 {
			<-done
		}
		p.send(textFrame("x"))
		for { // the second PONG answers a PING of ours too
			b, m, err := c.Next()
			if err != nil || m.Flags == curlew.Pong && string(b) != "other" {
				t.Errorf("%v %q, %v", m, b, err)
			}
			if m.Flags == curlew.Text {
				break
			}
		}
	})
}

// The time a PING waits for its turn does not count, and no other PING that
// overtakes it answers for it.
func TestPingWaitsForItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		c.StartFrame(curlew.Binary, 1)
		done := make(chan bool)
		for range 5 {
			go func() {
				wantRTT(t, c, time.Second)
				done <- true
			}()
		}
		time.Sleep(10 * time.Second)
		wantNil(t, c.SendPayload([]byte("!")))
		p.expect(binaryFrame("!"))
		var before string
		for range 5 {
			f := p.frame()
			if f.first != wPing || f.payload <= before {
				t.Errorf("PING %q behind %q", f.payload, before)
			}
			before = f.payload
			time.AfterFunc(time.Second, func() { p.send(pongFrame(f.payload)) })
		}
		for range 5 {
			<-done
		}
		synctest.Wait()
	})
}

func TestPingWithNoAutoPong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, &curlew.AcceptOptions{NoAutoPong: true})
		go p.answer(2)
		wantRTT(t, c, time.Second)
		p.send(pingFrame("for the user"))
		ctx, cancel := context.WithTimeoutCause(t.Context(), 5*time.Second, errCause)
		defer cancel()
		_, err := c.Ping(ctx)
		wantError(t, err, errCause)
		wantNext(t, c, curlew.Ping, "for the user")
	})
}

// What ends the session ends a Ping, alone or beside a ReadMessage.
func TestPingEnds(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(c *curlew.Conn, p *wirePeer)
		want func(t testing.TB, err error)
	}{
		{"CLOSE", func(_ *curlew.Conn, p *wirePeer) { p.send(closeFrame(1001, "bye")) }, func(t testing.TB, err error) { wantClose(t, err, 1001, "bye") }},
		{"drop", func(_ *curlew.Conn, p *wirePeer) { p.closeWrite() }, func(t testing.TB, err error) { wantError(t, err, io.ErrUnexpectedEOF) }},
		{"protocol error", func(_ *curlew.Conn, p *wirePeer) { p.sendBytes([]byte{0x83, 0}) }, func(t testing.TB, err error) { wantProtocolError(t, err, 1002, 0) }},
		{"Close", func(c *curlew.Conn, _ *wirePeer) { c.Close() }, func(t testing.TB, err error) { wantError(t, err, net.ErrClosed) }},
	} {
		for _, beside := range []bool{false, true} {
			for _, options := range []*curlew.AcceptOptions{nil, {NoAutoClose: true}} {
				t.Run(test.name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						c, p := pipePair(t, options)
						done := make(chan error, 1)
						if beside {
							go func() {
								_, _, err := c.ReadMessage(t.Context(), nil)
								done <- err
							}()
							synctest.Wait()
						}
						go func() {
							p.frame()
							time.Sleep(time.Second)
							test.do(c, p)
						}()
						start := time.Now()
						_, err := c.Ping(t.Context())
						if took := time.Since(start); took != time.Second {
							t.Errorf("took %v", took)
						}
						test.want(t, err)
						if beside {
							test.want(t, <-done)
						}
					})
				})
			}
		}
	}
}

func TestPingAfterOurClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := pipePair(t, nil)
		wantNil(t, c.Send(curlew.Close, nil))
		_, err := c.Ping(t.Context())
		wantError(t, err, curlew.ErrClosing)
	})
}

// Ping and the heartbeat do not take each other's answers for theirs.
func TestPingBesideHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, &curlew.AcceptOptions{PingInterval: 300 * time.Millisecond, PongTimeout: 5 * time.Second})
		go func() {
			for {
				f, err := readRawFrame(p.r, true)
				if err != nil {
					return
				}
				time.AfterFunc(time.Second, func() { p.send(pongFrame(f.payload)) })
			}
		}()
		done := make(chan error)
		go func() {
			_, _, err := c.ReadMessage(t.Context(), nil)
			done <- err
		}()
		for range 10 {
			rtt, err := c.Ping(t.Context())
			if err != nil || rtt != time.Second {
				t.Errorf("Ping: %v, %v", rtt, err)
			}
			time.Sleep(700 * time.Millisecond)
		}
		time.Sleep(1100 * time.Millisecond)
		c.Close()
		wantError(t, <-done, net.ErrClosed)
	})
}
