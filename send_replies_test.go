package curlew_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// A PING is answered while nothing else comes, by a receive that goes on to wait.
func TestLonePing(t *testing.T) {
	for _, kind := range streamKinds {
		t.Run(kind.name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			ours, theirs := kind.make(t)
			c, peer := newPair(t, ours, theirs, false, nil)
			end := make(chan error, 1)
			go func() { _, _, err := c.Next(); end <- err }()
			for i := range 100 {
				p := fmt.Sprint("ping ", i)
				peer.send(rawFrame{wPing, p})
				peer.expect(rawFrame{wPong, p})
			}
			c.Close()
			<-end
		})
	}
}

// A PING that comes in many pieces is answered whole, and not delivered.
func TestSplitPing(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipePair(t, nil)
		received := later(func() error { _, _, err := c.Next(); return err })
		long := strings.Repeat("0123456789", 12)
		for _, b := range wireBytes(false, rawFrame{wPing, long}, rawFrame{wPing, ""}) {
			peer.sendBytes([]byte{b})
			blocked(t, received)
		}
		peer.expect(rawFrame{wPong, long}, rawFrame{wPong, ""})
		peer.send(rawFrame{wText, ""})
		if err := <-received; err != nil {
			t.Error(err)
		}
	})
}

// With NoAutoPong PINGs are delivered, in chunks as other frames are, and nothing is sent.
func TestNoAutoPong(t *testing.T) {
	curlewtest.NoLeaks(t)
	c, peer := pipePair(t, &curlew.AcceptOptions{NoAutoPong: true})
	peer.send(rawFrame{wTextGo, "a"}, rawFrame{wPing, "ping"}, rawFrame{wPing, ""}, rawFrame{wCont, "b"})
	peer.closeWrite()
	got, _ := receiveAll(c, curlewtest.Fixed(3))
	samePieces(t, got, []piece{{curlew.Text | curlew.Cont, 0, "a", 0}, {curlew.Ping, 0, "pin", 1}, {curlew.Ping, 3, "g", 0},
		{curlew.Ping, 0, "", 0}, {curlew.Text, 0, "b", 0}})
	if err := c.Send(curlew.Pong, []byte("by hand")); err != nil {
		t.Error(err)
	}
	peer.expect(rawFrame{wPong, "by hand"})
	c.Close()
	peer.expectEnd()
}

// PINGs that come within a frame of ours are answered right behind it, in
// order; of more than 64 the newest takes the place of the last.
func TestPingInOpenFrame(t *testing.T) {
	for _, pings := range []int{1, 2, 63, 64, 65, 200} {
		t.Run(fmt.Sprint(pings), func(t *testing.T) {
			curlewtest.NoLeaks(t)
			synctest.Test(t, func(t *testing.T) {
				c, peer := pipePair(t, &curlew.AcceptOptions{WriteBuffer: 512})
				if err := errors.Join(c.StartFrame(curlew.Binary, 4), c.SendPayload([]byte("ab"))); err != nil {
					t.Fatal(err)
				}
				var want []rawFrame
				for i := range pings {
					p := fmt.Sprint("number ", i)
					peer.send(rawFrame{wPing, p})
					want = append(want[:min(i, 63)], rawFrame{wPong, p})
				}
				received := later(func() error { _, _, err := c.Next(); return err })
				blocked(t, received)
				if err := errors.Join(c.SendPayload([]byte("cd")), c.Send(curlew.Text, []byte("next"))); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				c.Close()
				<-received
				got, err := readWire(peer.r, true)
				if err != nil {
					t.Fatal(err)
				}
				var texts int
				for i, f := range got { // "next" may be among the answers, not within the frame
					if f.first == wText {
						got = append(got[:i:i], got[i+1:]...)
						texts++
						break
					}
				}
				wantFrames(t, got, append([]rawFrame{{wBinary, "abcd"}}, want...)...)
				if texts != 1 {
					t.Error("the next frame is missing")
				}
			})
		})
	}
}

// Ten thousand PINGs, frames in pieces and four senders of messages: every
// frame on the wire is whole, and each sender's are in order.
func TestInterleave(t *testing.T) {
	const pings, pieces, senders, messages = 10000, 300, 4, 500
	for _, kind := range streamKinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			curlewtest.NoLeaks(t)
			ours, theirs := kind.make(t)
			c, peer := newPair(t, ours, theirs, false, &curlew.AcceptOptions{WriteBuffer: 2048})
			var all sync.WaitGroup
			check := func(err error) {
				if err != nil {
					t.Error(err)
				}
			}
			all.Go(func() {
				w := bufio.NewWriterSize(peer.Conn, 700)
				for i := range pings {
					w.Write(wireBytes(false, rawFrame{wPing, fmt.Sprint(i)}))
				}
				w.Write(wireBytes(false, rawFrame{wText, "end of PINGs"}))
				check(w.Flush())
			})
			var frames []rawFrame
			all.Go(func() {
				for len(frames) == 0 || frames[len(frames)-1].first != wClose {
					f, err := readRawFrame(peer.r, true)
					if err != nil {
						t.Error(err)
						c.Close() // or all wait for ever
						return
					}
					frames = append(frames, f)
				}
			})
			var busy sync.WaitGroup
			busy.Go(func() {
				_, p, err := c.ReadMessage(t.Context(), nil) // which may come in two pieces
				if string(p) != "end of PINGs" || err != nil {
					t.Errorf("received %q, %v", p, err)
				}
			})
			for s := range senders {
				busy.Go(func() {
					for i := range messages {
						check(c.WriteMessage(t.Context(), curlew.Text, []byte(interleaved(s, i)+longer(i))))
					}
				})
			}
			busy.Go(func() {
				for i := range pieces {
					p := []byte(interleaved(senders, i) + strings.Repeat("piece by piece", i%400))
					check(c.StartFrame(curlew.Binary, int64(len(p))))
					for rest := p; len(rest) > 0; {
						n := min(len(rest), 1+i%700)
						check(c.SendPayload(rest[:n]))
						rest = rest[n:]
						runtime.Gosched()
					}
				}
			})
			busy.Wait()
			check(c.Send(curlew.Close, nil)) // behind the answers to the last PINGs
			all.Wait()
			checkInterleaved(t, frames, pings, senders, pieces, messages)
		})
	}
}

// interleaved is what message number i of sender s begins with.
func interleaved(s, i int) string { return fmt.Sprintf("%d,%d;", s, i) }

// longer is what follows in TestInterleave: every tenth message takes many writes.
func longer(i int) string { return strings.Repeat("longer than the buffer", i%10/9*400) }

func checkInterleaved(t *testing.T, frames []rawFrame, pings, senders, pieces, messages int) {
	t.Helper()
	next := make([]int, senders+1)
	pong, pongs := -1, 0
	for _, f := range frames {
		var s, i int
		switch f.first {
		case wPong:
			if _, err := fmt.Sscan(f.payload, &i); err != nil || i <= pong {
				t.Fatalf("PONG %q behind %d", f.payload, pong)
			}
			pong, pongs = i, pongs+1
		case wText, wBinary:
			if _, err := fmt.Sscanf(f.payload, "%d,%d;", &s, &i); err != nil || i != next[s] {
				t.Fatalf("frame %v, wanted %d", f, next[s])
			}
			next[s]++
			want := interleaved(s, i)
			if s == senders {
				want += strings.Repeat("piece by piece", i%400)
			} else {
				want += longer(i)
			}
			if f.payload != want || (s == senders) != (f.first == wBinary) {
				t.Fatalf("frame %v is not %.40q", f, want)
			}
		case wClose:
		default:
			t.Fatalf("frame %v", f)
		}
	}
	for s, n := range next {
		if s < senders && n != messages || s == senders && n != pieces {
			t.Errorf("%d frames of sender %d", n, s)
		}
	}
	if pong != pings-1 || pongs < 64 {
		t.Errorf("%d PONGs, the last for PING %d", pongs, pong)
	}
}

// A flood of PINGs from a peer that reads nothing takes no more memory, and
// what comes in between is received; a write deadline ends it.
func TestPingFlood(t *testing.T) {
	curlewtest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipePair(t, nil)
		flood := wireBytes(false, rawFrame{wPing, strings.Repeat("flood", 25)}, rawFrame{wPing, "x"}, rawFrame{wPing, ""})
		flood = []byte(strings.Repeat(string(flood), 500))
		heap := func() uint64 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		const rounds = 200 // 13 MB, 300,000 PINGs
		var before uint64
		for i := range rounds {
			if i == 20 { // every buffer has been filled by now
				before = heap()
			}
			sent := later(func() error { peer.sendBytes(flood); peer.send(rawFrame{wText, fmt.Sprint(i)}); return nil })
			if p, _, err := c.Next(); string(p) != fmt.Sprint(i) || err != nil {
				t.Fatalf("%q %v", p, err)
			}
			<-sent
		}
		if after := heap(); after > before+1<<20 {
			t.Errorf("the heap grew from %d to %d bytes", before, after)
		}
		c.SetWriteDeadline(time.Now().Add(time.Second))
		start := time.Now()
		_, _, err := c.Next()
		wantError(t, err, io.ErrUnexpectedEOF)
		if took := time.Since(start); took != time.Second {
			t.Errorf("ended after %v", took)
		}
		c.SetDeadline(time.Time{})
		wantError(t, c.Send(curlew.Text, nil), curlew.ErrLost)
		peer.cut = true
		for _, f := range <-peer.drain() {
			if f.first != wPong {
				t.Fatalf("frame %v", f)
			}
		}
	})
}

// The flusher ends when nothing is left to do, also if that is a PONG which may
// not follow our CLOSE.
func TestFlusherEnds(t *testing.T) {
	for _, first := range []curlew.Flags{curlew.Text, curlew.Close} {
		synctest.Test(t, func(t *testing.T) {
			c, peer := pipePair(t, nil)
			if err := c.Send(first, nil); err != nil {
				t.Fatal(err)
			}
			peer.send(pingFrame("?"), textFrame("behind"))
			if p, _, err := c.Next(); string(p) != "behind" || err != nil {
				t.Fatal(string(p), err)
			}
			synctest.Wait()
			all := make([]byte, 1<<20)
			for _, g := range strings.Split(string(all[:runtime.Stack(all, true)]), "\n\n") {
				if strings.Contains(g, "synctest bubble") && strings.Contains(g, "flusher") {
					t.Errorf("behind flags %d this is left:\n%s", first, g)
				}
			}
		})
	}
}

// A peer that does one thing at a time, and echoes, never locks up with us,
// however little the stream holds: receiving does not wait for sending.
func TestEchoWithFullStream(t *testing.T) {
	for _, room := range []int{20, 300, 5000} {
		t.Run(fmt.Sprint(room), func(t *testing.T) {
			curlewtest.NoLeaks(t)
			synctest.Test(t, func(t *testing.T) {
				const senders, messages = 8, 25
				c, peer := narrow(t, room, &curlew.AcceptOptions{WriteBuffer: 512})
				echo := later(func() error {
					for n := 0; ; n++ {
						f, err := readRawFrame(peer.r, true)
						if err == io.EOF {
							return nil
						}
						if err != nil {
							return err
						}
						if f.first == wPong {
							continue
						}
						peer.send(rawFrame{wPing, fmt.Sprint(n)}, f, rawFrame{wPing, "behind"})
					}
				})
				var sending sync.WaitGroup
				for s := range senders {
					sending.Go(func() {
						for i := range messages {
							p := interleaved(s, i) + strings.Repeat("x", 100*s)
							if err := c.WriteMessage(t.Context(), curlew.Text, []byte(p)); err != nil {
								t.Error(err)
							}
						}
					})
				}
				next := make([]int, senders)
				for range senders * messages {
					_, p, err := c.ReadMessage(t.Context(), nil)
					if err != nil {
						t.Fatal(err)
					}
					var s, i int
					if _, err := fmt.Sscanf(string(p), "%d,%d;", &s, &i); err != nil || i != next[s] {
						t.Fatalf("echo %.20q, wanted %d", p, next[s])
					}
					next[s]++
				}
				sending.Wait()
				go func() { // what comes besides
					for {
						if _, _, err := c.Next(); err != nil {
							return
						}
					}
				}()
				synctest.Wait()
				c.Close()
				if err := <-echo; err != nil && err != io.ErrUnexpectedEOF {
					t.Error(err)
				}
			})
		})
	}
}
