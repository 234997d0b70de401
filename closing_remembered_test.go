package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
)

// chunkLoops are the ways to receive chunk by chunk, each until the session ends.
var chunkLoops = map[string]func(c *curlew.Conn, each func(p []byte, m curlew.Meta)) error{
	"Recv": func(c *curlew.Conn, each func([]byte, curlew.Meta)) error {
		buf := make([]byte, 100)
		for {
			m, err := c.Recv(buf)
			if err != nil {
				return err
			}
			each(buf[:m.Len], m)
		}
	},
	"Next": func(c *curlew.Conn, each func([]byte, curlew.Meta)) error {
		for {
			p, m, err := c.Next()
			if err != nil {
				return err
			}
			each(p, m)
		}
	},
}

// pingPeer answers PINGs, and sends messages all the while, each of which says
// its number and length. It ends with CLOSE.
func pingPeer(p *wirePeer, messages int, pings <-chan struct{}) {
	var mu sync.Mutex
	go func() {
		for {
			f, err := readRawFrame(p.r, p.masked)
			if err != nil || f.first == wClose {
				return
			}
			mu.Lock()
			p.send(pongFrame(f.payload))
			mu.Unlock()
		}
	}()
	for i := range messages {
		mu.Lock()
		p.send(rawFrame{wTextGo, fmt.Sprint(i, " ")}, rawFrame{wCont, letters(i % 300)})
		mu.Unlock()
	}
	<-pings
	mu.Lock()
	p.send(closeFrame(1000, ""))
	mu.Unlock()
}

// Ping next to another goroutine's Recv or Next received at the same time as
// that, and corrupted the stream.
func TestRememberedPingNextToChunkMethods(t *testing.T) {
	const messages, pings = 2000, 200
	for name, loop := range chunkLoops {
		for _, kind := range streamKinds {
			t.Run(name+"/"+kind.name, func(t *testing.T) {
				ours, theirs := kind.make(t)
				c, p := newPair(t, ours, theirs, false, nil)
				pinged := make(chan struct{})
				go pingPeer(p, messages, pinged)
				go func() {
					defer close(pinged)
					for range pings {
						if _, err := c.Ping(t.Context()); err != nil {
							t.Errorf("Ping: %v", err)
							return
						}
					}
				}()
				var text []byte
				got := 0
				err := loop(c, func(p []byte, m curlew.Meta) {
					if m.Flags&curlew.Text != 0 {
						text = append(text, p...)
					}
					if m.MessageEnd() && m.Flags&curlew.Text != 0 {
						if want := fmt.Sprint(got, " ") + letters(got%300); string(text) != want {
							t.Errorf("message %d: got %q, expected %q", got, text, want)
						}
						got, text = got+1, text[:0]
					}
				})
				if err != io.EOF || got != messages {
					t.Errorf("got %d messages and %v, expected %d and io.EOF", got, err, messages)
				}
			})
		}
	}
}

// A view that Next returned stays as it is while Ping receives.
func TestRememberedPingLeavesTheViewOfNext(t *testing.T) {
	ours, theirs := tcpPair(t)
	c, p := newPair(t, ours, theirs, false, nil)
	go func() {
		p.send(textFrame("a view"))
		for range 100 {
			f := p.frame()
			p.send(pingFrame("overwrites"))
			p.expect(pongFrame("overwrites"))
			p.send(pongFrame(f.payload))
		}
	}()
	view, _, err := c.Next()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < 100 && err == nil; i++ {
			_, err = c.Ping(t.Context())
		}
		done <- err
	}()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			return
		default:
			if string(view) != "a view" {
				t.Fatalf("the view reads %q now", view)
			}
		}
	}
}

// Shutdown next to another goroutine's Recv or Next waits for its turn, so that
// whatever is handed on is right.
func TestRememberedShutdownNextToChunkMethods(t *testing.T) {
	for name, loop := range chunkLoops {
		t.Run(name, func(t *testing.T) {
			ours, theirs := tcpPair(t)
			c, p := newPair(t, ours, theirs, false, nil)
			started := make(chan struct{})
			go func() {
				for i := 0; ; i++ {
					if _, err := p.Write(wireBytes(false, textFrame(letters(i%300)))); err != nil {
						return
					}
				}
			}()
			go func() {
				for {
					f, err := readRawFrame(p.r, p.masked)
					if err != nil {
						return
					}
					if f.first == wClose {
						p.Close()
						return
					}
				}
			}()
			go func() {
				<-started
				c.Shutdown(t.Context(), 1000, "")
			}()
			once, got := sync.OnceFunc(func() { close(started) }), 0
			err := loop(c, func(p []byte, m curlew.Meta) {
				once()
				if m.Offset == 0 && int64(m.Len)+m.BytesLeft != int64(got%300) {
					t.Errorf("message %d has %d bytes", got, int64(m.Len)+m.BytesLeft)
				}
				if m.MessageEnd() {
					got++
				}
			})
			var protocol *curlew.ProtocolError
			if err == nil || errors.As(err, &protocol) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A chunk method that left data unread, and is not called again, does not keep
// Shutdown from discarding it; nor a message method from taking it.
func TestShutdownAfterChunkMethod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		p.send(textFrame("one"), textFrame("two"), textFrame("three"))
		wantNext(t, c, curlew.Text, "one")
		f, got, err := c.ReadMessage(t.Context(), nil)
		wantMessage(t, curlew.Message{Flags: curlew.Text, Data: []byte("two")}, f, got, err)
		p.send(textFrame("four"))
		wantNext(t, c, curlew.Text, "three")
		go func() {
			p.frame()
			p.send(closeFrame(1000, ""))
			p.Close()
		}()
		if err := c.Shutdown(t.Context(), 1000, ""); err != nil {
			t.Error(err)
		}
	})
}

// A chunk method waits while Ping receives, and goes on when that ends.
func TestChunkMethodWhilePingReceives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		pinged := make(chan error, 1)
		go func() {
			_, err := c.Ping(ctx)
			pinged <- err
		}()
		p.frame()
		synctest.Wait()
		received := make(chan error, 1)
		go func() {
			_, err := c.Recv(make([]byte, 10))
			received <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-pinged; !errors.Is(err, context.Canceled) {
			t.Errorf("Ping: %v", err)
		}
		p.send(textFrame("x"))
		if err := <-received; err != nil {
			t.Errorf("Recv: %v", err)
		}
	})
}

// The read deadline ends the wait for a turn to receive, too.
func TestChunkMethodDeadlineWhilePingReceives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		pinged := make(chan error, 1)
		go func() {
			_, err := c.Ping(t.Context())
			pinged <- err
		}()
		p.frame()
		synctest.Wait()
		c.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := c.Recv(make([]byte, 10)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Recv: got %v, expected the deadline", err)
		}
		if err := <-pinged; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Ping: got %v, expected the deadline", err)
		}
	})
}

// After a protocol error Close waited up to 100 ms for the peer to end the
// stream: it waits no longer than until our CLOSE is written.
func TestRememberedCloseDoesNotAwaitThePeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		p.sendBytes([]byte{0xff, 0xff})
		_, err := c.Recv(make([]byte, 10))
		var protocol *curlew.ProtocolError
		if !errors.As(err, &protocol) {
			t.Fatalf("got %v, expected a protocol error", err)
		}
		start := time.Now()
		c.Close()
		if took := time.Since(start); took > 0 { // of the bubble's clock, which only waiting moves
			t.Errorf("Close took %v", took)
		}
		p.expect(closeFrame(1002, ""))
		p.expectEnd()
	})
}

// The goroutine that receives finds the peer's CLOSE and calls Close: to Shutdown,
// which waits for its turn, the closing handshake is complete.
func TestRememberedShutdownNextToCloseThatReceived(t *testing.T) {
	loops := maps.Clone(chunkLoops)
	loops["ReadMessage"] = func(c *curlew.Conn, each func([]byte, curlew.Meta)) error {
		_, _, err := c.ReadMessage(context.Background(), nil)
		return err
	}
	for name, loop := range loops {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := pipePair(t, nil)
				received := make(chan error, 1)
				go func() {
					err := loop(c, func([]byte, curlew.Meta) {})
					c.Close()
					received <- err
				}()
				synctest.Wait()
				go func() {
					p.expect(closeFrame(1000, ""))
					p.send(closeFrame(1000, ""))
					p.Close()
				}()
				if err := c.Shutdown(t.Context(), 1000, ""); err != nil {
					t.Errorf("Shutdown: %v", err)
				}
				var peer *curlew.CloseError
				if err := <-received; err != io.EOF && !errors.Is(err, net.ErrClosed) && !errors.As(err, &peer) {
					t.Errorf("the receiving goroutine got %v", err)
				}
			})
		})
	}
}
