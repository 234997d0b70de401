package curlew_test

import (
	"context"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
	"github.com/curlew-ws/curlew/internal/wire"
)

// Our CLOSE goes first; what still comes is discarded. A server that does not
// drop the connection is given a second, a client none: that is ours to do.
func TestShutdown(t *testing.T) {
	for _, test := range []struct {
		name   string
		server bool
		drop   time.Duration // when the peer drops, behind its CLOSE
		want   time.Duration
	}{
		{"server drops at once", false, 0, 0},
		{"server drops soon", false, 300 * time.Millisecond, 300 * time.Millisecond},
		{"server does not drop", false, time.Hour, time.Second},
		{"as server", true, time.Hour, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := pipePair(t, nil)
				if test.server {
					c, p = serverPair(t, nil)
				}
				go func() {
					p.send(textFrame("before"))
					p.expect(closeFrame(4321, "that's it"))
					for range 100 {
						p.send(binaryFrame(letters(10_000)), pingFrame("?"), rawFrame{wTextGo, "x"}, rawFrame{wCont, "y"})
					}
					p.send(closeFrame(4321, ""))
					time.AfterFunc(test.drop, func() { p.Close() })
				}()
				start := time.Now()
				wantNil(t, c.Shutdown(t.Context(), 4321, "that's it"))
				if took := time.Since(start); took != test.want {
					t.Errorf("took %v, want %v", took, test.want)
				}
				wantError(t, c.Send(curlew.Text, nil), net.ErrClosed)
			})
		})
	}
}

// serverPair is pipePair of a server.
func serverPair(t testing.TB, o *curlew.AcceptOptions) (*curlew.Conn, *wirePeer) {
	theirs, ours := curlewtest.Pipe()
	return newPair(t, ours, theirs, true, o)
}

// The peer's CLOSE was first, seen or not: it has been answered, once.
func TestShutdownBehindThePeer(t *testing.T) {
	for _, seen := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c, p := pipePair(t, nil)
			p.send(closeFrame(4000, "you"))
			if seen {
				wantNext(t, c, curlew.Close, closeFrame(4000, "you").payload)
				p.expect(closeFrame(4000, ""))
			}
			wantNil(t, c.Shutdown(t.Context(), 1000, "me"))
			if !seen {
				p.expect(closeFrame(1000, "me"))
			}
			p.expectEnd()
		})
	}
}

func TestShutdownAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := bothEnds(t, nil)
		done := make(chan error)
		start := time.Now()
		go func() { done <- server.Shutdown(t.Context(), 4001, "server") }()
		wantNil(t, client.Shutdown(t.Context(), 4002, "client"))
		wantNil(t, <-done)
		if took := time.Since(start); took != 0 {
			t.Errorf("took %v", took)
		}
	})
}

func TestShutdownCodes(t *testing.T) {
	for _, code := range closeCodes {
		valid := code >= 3000 && code <= 4999 || code >= 1000 && code <= 1014 && code != 1004 && code != 1006
		synctest.Test(t, func(t *testing.T) {
			c, p := pipePair(t, nil)
			if !valid {
				wantError(t, c.Shutdown(t.Context(), code, ""), curlew.ErrUsage)
				wantNil(t, c.Send(curlew.Text, nil)) // nothing happened
				return
			}
			go func() {
				p.expect(closeFrame(code, "why"))
				p.send(rawFrame{wClose, ""})
				p.Close()
			}()
			wantNil(t, c.Shutdown(t.Context(), code, "why"))
		})
	}
}

// closeCodes are those around which RFC 6455 and its registry draw lines.
var closeCodes = []int{
	-1, 0, 1, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015, 1016,
	1017, 1999, 2000, 2999, 3000, 3001, 3999, 4000, 4999, 5000, 5001, 32768, 65535, 1<<16 + 1000,
}

// A reason is cut at a character, so that code and reason make 125 bytes.
func TestShutdownReason(t *testing.T) {
	for _, reason := range []string{"", letters(122), letters(123), letters(124), letters(1000), strings.Repeat("ü", 61), strings.Repeat("ü", 62), "x" + strings.Repeat("ü", 62), strings.Repeat("€", 42), strings.Repeat("\U0001f426", 40)} {
		synctest.Test(t, func(t *testing.T) {
			c, p := pipePair(t, nil)
			go func() {
				f := p.frame()
				_, got, err := curlew.ParseClose([]byte(f.payload))
				if err != nil || !strings.HasPrefix(reason, got) || len(got) > 123 || len(reason) > 123 && len(got) < 123-utf8.UTFMax+1 || len(reason) <= 123 && got != reason {
					t.Errorf("reason %q arrived as %q, %v", reason, got, err)
				}
				p.send(rawFrame{wClose, ""})
				p.Close()
			}()
			wantNil(t, c.Shutdown(t.Context(), 1000, reason))
		})
	}
}

// When the peer does not answer, reads or not, or a frame of ours stays open,
// the context decides, or a deadline.
func TestShutdownUnanswered(t *testing.T) {
	for name, prepare := range map[string]func(c *curlew.Conn, p *wirePeer){
		"silent": func(*curlew.Conn, *wirePeer) {},
		"data for ever": func(_ *curlew.Conn, p *wirePeer) {
			go func() {
				for {
					if _, err := p.Write(wireBytes(false, textFrame("x"))); err != nil {
						return
					}
					time.Sleep(time.Millisecond)
				}
			}()
		},
		"frame open":               func(c *curlew.Conn, _ *wirePeer) { c.StartFrame(curlew.Text, 1) },
		"frame of the peer's open": func(_ *curlew.Conn, p *wirePeer) { p.sendBytes([]byte("\x81\x05hell")) },
		"stream full": func(c *curlew.Conn, _ *wirePeer) {
			go c.Send(curlew.Binary, make([]byte, 1<<20))
			synctest.Wait()
		},
	} {
		for _, by := range []string{"context", "deadline"} {
			t.Run(name+" "+by, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c, p := pipePair(t, nil)
					prepare(c, p)
					ctx, want := t.Context(), os.ErrDeadlineExceeded
					if by == "context" {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeoutCause(ctx, 3*time.Second, errCause)
						defer cancel()
						want = errCause
					} else {
						c.SetDeadline(time.Now().Add(3 * time.Second))
					}
					start := time.Now()
					err := c.Shutdown(ctx, 1000, "")
					if took := time.Since(start); took != 3*time.Second {
						t.Errorf("took %v", took)
					}
					if wantError(t, err, want); err == nil || !strings.Contains(err.Error(), "closing handshake") {
						t.Errorf("the error does not say what was not done: %v", err)
					}
					io.Copy(io.Discard, p.r) // the connection is dropped
					wantError(t, c.Send(curlew.Text, nil), net.ErrClosed)
					time.Sleep(time.Second) // the peer's goroutine sees it
				})
			})
		}
	}
}

func TestShutdownFails(t *testing.T) {
	for _, test := range []struct {
		name  string
		bytes []byte
		want  func(t testing.TB, err error)
	}{
		{"half-closed", nil, func(t testing.TB, err error) { wantError(t, err, io.ErrUnexpectedEOF) }},
		{"half-closed in a frame", []byte("\x81\x05hell"), func(t testing.TB, err error) { wantError(t, err, io.ErrUnexpectedEOF) }},
		{"half-closed in a CLOSE", []byte("\x88\x02\x03"), func(t testing.TB, err error) { wantError(t, err, io.ErrUnexpectedEOF) }},
		{"protocol error", []byte("\x81\x02ok\x83\x00"), func(t testing.TB, err error) { wantProtocolError(t, err, 1002, 4) }},
		{"bad CLOSE", []byte("\x88\x01\x03"), func(t testing.TB, err error) { wantProtocolError(t, err, 1002, 2) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := pipePair(t, nil)
				p.sendBytes(test.bytes)
				p.closeWrite()
				test.want(t, c.Shutdown(t.Context(), 1000, ""))
				p.expect(closeFrame(1000, ""))
				p.expectEnd()
			})
		})
	}
}

// What is queued goes out before the CLOSE.
func TestShutdownWritesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := smallPair(t, 100, nil)
		for range 10 {
			go c.Send(curlew.Text, []byte(letters(90)))
		}
		synctest.Wait()
		go func() {
			for range 10 {
				p.expect(textFrame(letters(90)))
			}
			p.expect(closeFrame(1000, ""))
			p.send(closeFrame(1000, ""))
			p.Close()
		}()
		wantNil(t, c.Shutdown(t.Context(), 1000, ""))
	})
}

// Beside message methods, Shutdown may be called from anywhere; they get what
// comes until the peer's CLOSE, then say that it came.
func TestShutdownBesideReadMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		type result struct {
			n   int
			err error
		}
		done := make(chan result)
		go func() {
			for n := 0; ; n++ {
				if _, _, err := c.ReadMessage(t.Context(), nil); err != nil {
					done <- result{n, err}
					return
				}
			}
		}()
		go func() {
			p.expect(closeFrame(1000, "end"))
			time.Sleep(time.Second)
			p.send(textFrame("late"), closeFrame(1000, "end"))
			p.Close()
		}()
		wantNil(t, c.Shutdown(t.Context(), 1000, "end"))
		r := <-done
		if r.n > 1 {
			t.Errorf("%d messages", r.n)
		}
		wantClose(t, r.err, 1000, "end")
	})
}

// Whoever calls Shutdown as well is told that the session is over, and nobody hangs.
func TestShutdownByMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := bothEnds(t, nil)
		go server.Perform(t.Context(), curlew.Handler{})
		done := make(chan error)
		const many = 10
		for range many {
			go func() { done <- client.Shutdown(t.Context(), 1000, "") }()
		}
		good := 0
		for range many {
			if err := <-done; err == nil {
				good++
			} else {
				wantError(t, err, net.ErrClosed)
			}
		}
		if good == 0 {
			t.Error("nobody was told that the handshake was completed")
		}
		wantError(t, client.Shutdown(t.Context(), 1000, ""), net.ErrClosed)
	})
}

// With NoAutoClose the answer is the caller's; Recv ends at the peer's CLOSE.
func TestNoAutoClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, &curlew.AcceptOptions{NoAutoClose: true})
		p.send(textFrame("x"), closeFrame(4000, "why"))
		wantNext(t, c, curlew.Text, "x")
		wantNext(t, c, curlew.Close, closeFrame(4000, "why").payload)
		_, _, err := c.Next()
		wantError(t, err, io.EOF)
		wantNil(t, c.Send(curlew.Text, []byte("one more thing")))
		wantNil(t, c.Send(curlew.Close, curlew.AppendClose(nil, 4001, "because")))
		wantClose(t, c.Send(curlew.Text, nil), 4000, "why")
		_, _, err = c.Next()
		wantError(t, err, io.EOF)
		p.expect(textFrame("one more thing"), closeFrame(4001, "because"))
		p.Close()
		wantNil(t, c.Shutdown(t.Context(), 1000, ""))
	})
}

func TestNoAutoCloseShutdown(t *testing.T) {
	for _, first := range []string{"peer", "we"} {
		synctest.Test(t, func(t *testing.T) {
			c, p := pipePair(t, &curlew.AcceptOptions{NoAutoClose: true})
			go func() {
				if first == "peer" {
					p.send(closeFrame(4000, ""))
				}
				p.expect(closeFrame(1000, "ours"))
				if first == "we" {
					p.send(closeFrame(1000, ""))
				}
				p.Close()
			}()
			if first == "peer" {
				wantNext(t, c, curlew.Close, closeFrame(4000, "").payload)
			}
			wantNil(t, c.Shutdown(t.Context(), 1000, "ours"))
		})
	}
}

func TestNoAutoClosePerform(t *testing.T) {
	for _, answers := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			c, p := pipePair(t, &curlew.AcceptOptions{NoAutoClose: true})
			p.send(closeFrame(1000, "done"))
			var got []piece
			start := time.Now()
			err := c.Perform(t.Context(), curlew.Handler{OnChunk: func(c *curlew.Conn, chunk []byte, m curlew.Meta) error {
				got = append(got, pieceOf(chunk, m))
				if answers {
					return c.Send(curlew.Close, chunk)
				}
				return nil
			}})
			wantNil(t, err)
			samePieces(t, got, piecesOf(0, closeFrame(1000, "done")))
			want := time.Duration(0) // there is no reason to wait for a server that was not answered
			if answers {
				want = time.Second
				p.expect(closeFrame(1000, "done"))
			}
			if took := time.Since(start); took != want {
				t.Errorf("took %v, want %v", took, want)
			}
			p.expectEnd()
		})
	}
}

// Behind the peer's CLOSE Recv waits until the answer is on the stream, or the
// read deadline passes.
func TestRecvAwaitsTheAnswer(t *testing.T) {
	for _, by := range []string{"room", "deadline", "Close"} {
		t.Run(by, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := smallPair(t, 100, nil)
				go c.Send(curlew.Binary, make([]byte, 1000))
				synctest.Wait()
				p.send(closeFrame(1000, ""))
				wantNext(t, c, curlew.Close, closeFrame(1000, "").payload)
				want, sent := io.EOF, []rawFrame{binaryFrame(string(make([]byte, 1000))), closeFrame(1000, "")}
				done := make(chan bool, 1)
				switch by {
				case "room":
					time.AfterFunc(time.Second, func() {
						p.expect(sent...)
						done <- true
					})
				case "deadline":
					c.SetReadDeadline(time.Now().Add(time.Second))
				case "Close":
					time.AfterFunc(time.Second, func() { c.Close() })
					want = net.ErrClosed
				}
				start := time.Now()
				_, _, err := c.Next()
				if wantError(t, err, want); time.Since(start) != time.Second {
					t.Errorf("took %v", time.Since(start))
				}
				switch by {
				case "room":
					<-done
				case "deadline": // the answer is still on its way
					p.expect(sent...)
					wantClose(t, c.Send(curlew.Text, nil), 1000, "")
				}
			})
		})
	}
}

// Both ends' codes are checked: a peer's that may not be sent is a breach.
func TestPeersCloseCodes(t *testing.T) {
	for _, code := range closeCodes {
		if code < 0 || code > 65535 {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			c, p := pipePair(t, nil)
			p.send(closeFrame(code|1<<20, "x")) // 1<<20 does not reach the wire
			_, _, err := c.ReadMessage(t.Context(), nil)
			if wire.ValidCloseCode(code) {
				wantClose(t, err, code, "x")
				p.expect(closeFrame(code, ""))
			} else {
				wantProtocolError(t, err, 1002, 2)
				p.expect(closeFrame(1002, ""))
			}
		})
	}
}
