package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// messageScript holds every kind of frame, messageList its messages.
var (
	messageScript = []rawFrame{
		textFrame("hello"), pingFrame("1"), binaryFrame(""),
		{wTextGo, "grüße"}, pongFrame("not ours"), {wContGo, ""}, pingFrame("2"), {wCont, "!"},
		{wBinaryGo, ""}, {wCont, ""}, binaryFrame(letters(1000)),
	}
	messageList = []curlew.Message{
		{Flags: curlew.Text, Data: []byte("hello")}, {Flags: curlew.Binary, Data: []byte{}}, {Flags: curlew.Text, Data: []byte("grüße!")},
		{Flags: curlew.Binary, Data: []byte{}}, {Flags: curlew.Binary, Data: []byte(letters(1000))},
	}
)

// wantMessage fails the test unless f and p are m.
func wantMessage(t testing.TB, m curlew.Message, f curlew.Flags, p []byte, err error) {
	t.Helper()
	if err != nil || f != m.Flags || string(p) != string(m.Data) {
		t.Errorf("got %d bytes, flags %v, error %v; want %d bytes %.20q, flags %v", len(p), f, err, len(m.Data), m.Data, m.Flags)
	}
}

func TestReadMessage(t *testing.T) {
	for _, size := range []int{1, 2, 3, 7, 100, 1 << 20} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := curlewtest.Pipe()
			c, p := newPair(t, curlewtest.SplitReads(ours, curlewtest.Fixed(size)), theirs, false, nil)
			p.send(append(messageScript, closeFrame(1003, "what?"))...)
			for _, m := range messageList {
				f, got, err := c.ReadMessage(t.Context(), []byte("before"))
				wantMessage(t, curlew.Message{Flags: m.Flags, Data: append([]byte("before"), m.Data...)}, f, got, err)
			}
			for range 2 {
				_, _, err := c.ReadMessage(t.Context(), nil)
				wantClose(t, err, 1003, "what?")
			}
			p.expect(pongFrame("1"), pongFrame("2"), closeFrame(1003, ""))
		})
	}
}

// Frames larger than the receive buffer go straight into the message.
func TestReadMessageLarge(t *testing.T) {
	for _, sizes := range [][]int{{1 << 20}, {100_000, 0, 300_000, 1, 700}, {65536, 65535, 65537}} {
		synctest.Test(t, func(t *testing.T) {
			c, p := pipePair(t, nil)
			want := ""
			var frames []rawFrame
			for i, n := range sizes {
				f := rawFrame{wContGo, letters(n)}
				if i == 0 {
					f.first = wBinaryGo
				}
				frames = append(frames, f, pingFrame("x"))
				want += f.payload
			}
			frames = append(frames, rawFrame{wCont, ""}, textFrame("next"))
			go p.send(frames...)
			f, got, err := c.ReadMessage(t.Context(), nil)
			wantMessage(t, curlew.Message{Flags: curlew.Binary, Data: []byte(want)}, f, got, err)
			f, got, err = c.ReadMessage(t.Context(), got[:0])
			wantMessage(t, curlew.Message{Flags: curlew.Text, Data: []byte("next")}, f, got, err)
		})
	}
}

// repeatedly is a stream that gives the same bytes for ever, and takes all.
type repeatedly struct {
	net.Conn
	p []byte
	n int
}

func (r *repeatedly) Read(p []byte) (n int, err error) {
	for n < len(p) {
		k := copy(p[n:], r.p[r.n:])
		n, r.n = n+k, (r.n+k)%len(r.p)
	}
	return n, nil
}
func (r *repeatedly) Write(p []byte) (int, error)      { return len(p), nil }
func (r *repeatedly) SetReadDeadline(time.Time) error  { return nil }
func (r *repeatedly) SetWriteDeadline(time.Time) error { return nil }

// onRepeatedly makes a Conn that receives frames for ever.
func onRepeatedly(t testing.TB, server bool, frames ...rawFrame) *curlew.Conn {
	s, _ := curlewtest.Pipe()
	c := curlew.NewConn(&repeatedly{Conn: s, p: wireBytes(server, frames...)}, server, nil)
	t.Cleanup(func() { c.Close() })
	return c
}

func TestMessageAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector empties pools")
	}
	for _, n := range []int{0, 10, 1000, 100_000} {
		c := onRepeatedly(t, false, textFrame(letters(n)))
		buf, p := make([]byte, 0, n), []byte(letters(n))
		for name, f := range map[string]func() error{
			"ReadMessage":  func() (err error) { _, buf, err = c.ReadMessage(context.Background(), buf[:0]); return err },
			"WriteMessage": func() error { return c.WriteMessage(context.Background(), curlew.Text, p) },
		} {
			if got := testing.AllocsPerRun(100, func() { wantNilB(t, f()) }); got != 0 {
				t.Errorf("%s of %d bytes allocates %v times", name, n, got)
			}
		}
		if len(buf) != n {
			t.Errorf("%d bytes of %d", len(buf), n)
		}
	}
}

func wantNilB(t testing.TB, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

// A message may be interrupted at any byte, any number of times, by context or
// deadline, and comes whole in the end, from ReadMessage or Messages.
func TestReadMessageInterrupted(t *testing.T) {
	frames := []rawFrame{{wTextGo, "grüße, "}, pingFrame("?"), {wContGo, ""}, {wCont, letters(130)}, binaryFrame("next")}
	all := wireBytes(false, frames...)
	want := curlew.Message{Flags: curlew.Text, Data: []byte("grüße, " + letters(130))}
	end := len(all) - len(wireBytes(false, frames[4]))
	for _, by := range []string{"context", "deadline"} {
		interrupted := func(t *testing.T, c *curlew.Conn, dst []byte) {
			t.Helper()
			ctx, wantErr := t.Context(), os.ErrDeadlineExceeded
			if by == "context" {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeoutCause(ctx, time.Second, errCause)
				defer cancel()
				wantErr = errCause
			} else {
				c.SetReadDeadline(time.Now().Add(time.Second))
				defer c.SetReadDeadline(time.Time{})
			}
			f, p, err := c.ReadMessage(ctx, dst)
			if wantError(t, err, wantErr); f != 0 || p != nil {
				t.Errorf("with an error came %d bytes, flags %v", len(p), f)
			}
		}
		for k := range end {
			t.Run(fmt.Sprint(by, " at ", k), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c, p := pipePair(t, nil)
					p.sendBytes(all[:k])
					interrupted(t, c, nil)
					interrupted(t, c, make([]byte, 3, 1000))
					p.sendBytes(all[k:])
					if k%2 == 0 {
						f, got, err := c.ReadMessage(t.Context(), []byte("before"))
						wantMessage(t, curlew.Message{Flags: want.Flags, Data: append([]byte("before"), want.Data...)}, f, got, err)
					} else {
						for m, err := range c.Messages(t.Context()) {
							wantMessage(t, want, m.Flags, m.Data, err)
							break
						}
					}
					f, got, err := c.ReadMessage(t.Context(), nil)
					wantMessage(t, curlew.Message{Flags: curlew.Binary, Data: []byte("next")}, f, got, err)
				})
			})
		}
		t.Run(by+" at every byte", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := pipePair(t, nil)
				buf := make([]byte, 0, 1000)
				for k := range end - 1 {
					interrupted(t, c, buf)
					copy(buf[:cap(buf)], strings.Repeat("#", cap(buf))) // the caller's memory is the caller's
					p.sendBytes(all[k : k+1])
				}
				p.sendBytes(all[end-1:])
				f, got, err := c.ReadMessage(t.Context(), buf)
				wantMessage(t, want, f, got, err)
			})
		})
	}
}

func TestReadMessageLimits(t *testing.T) {
	const most = 64 << 20
	head := func(first byte, n uint64) []byte { return appendWireHeader(nil, false, first, n, 0) }
	small := wireBytes(false, rawFrame{wBinaryGo, letters(60)})
	for _, test := range []struct {
		name  string
		max   int64
		bytes []byte // what comes at once; then the peer is silent
		limit int64  // of the error, 0: none comes
	}{
		{"frame of the default limit", 0, head(wBinary, most), 0},
		{"frame beyond the default limit", 0, head(wBinary, most+1), most},
		{"message beyond the default limit", 0, append(small, head(wContGo, most-59)...), most},
		{"message of the default limit", 0, append(small, head(wContGo, most-60)...), 0},
		{"message beyond all limits", 0, append(small, head(wContGo, 1<<63-1)...), most},
		{"frame beyond all limits", 0, head(wBinary, 1<<63-1), most},
		{"frame of a limit", 100, wireBytes(false, rawFrame{wBinaryGo, letters(100)}), 0},
		{"frame beyond a limit", 100, head(wBinary, 101), 100},
		{"message beyond a limit", 100, append(small, head(wCont, 41)...), 100},
		{"limit above the default", most + 10, head(wBinary, most+10), 0},
		{"beyond a limit above the default", most + 10, head(wBinary, most+11), most + 10},
		{"no limit", -1, head(wBinary, 1<<62), 0},
		{"no limit, two frames", -1, append(small, head(wCont, 1<<63-1)...), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := pipePair(t, &curlew.AcceptOptions{MaxMessage: test.max})
				p.sendBytes(append(test.bytes, 'x')) // one byte of payload behind the last header
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errCause)
				defer cancel()
				before := allocated()
				_, _, err := c.ReadMessage(ctx, nil)
				if grown := allocated() - before; grown > 1<<20 {
					t.Errorf("%d bytes were allocated for a message of which few came", grown)
				}
				if test.limit == 0 {
					wantError(t, err, errCause)
					return
				}
				wantLimit(t, err, "MaxMessage", test.limit)
				p.expect(closeFrame(1009, ""))
				_, _, again := c.ReadMessage(t.Context(), nil)
				if again != err {
					t.Errorf("then came %v", again)
				}
			})
		})
	}
}

// allocated is how many bytes were ever allocated.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func wantLimit(t testing.TB, err error, name string, limit int64) {
	t.Helper()
	var le *curlew.LimitError
	var pe *curlew.ProtocolError
	if !errors.As(err, &le) || *le != (curlew.LimitError{Name: name, Limit: limit}) || !errors.As(err, &pe) || pe.Code != 1009 {
		t.Errorf("got error %v, want a limit %s of %d, close code 1009", err, name, limit)
	}
}

// NextReader and chunks have no default limit.
func TestDefaultLimitIsOfWholeMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		p.sendBytes(append(appendWireHeader(nil, false, wBinary, 1<<40, 0), "abc"...))
		_, r, err := c.NextReader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.ReadFull(r, make([]byte, 3)); n != 3 || err != nil {
			t.Error(n, err)
		}
	})
}

func TestMessages(t *testing.T) {
	for _, test := range []struct {
		name string
		end  []byte // what comes behind the messages; then the stream ends
		want func(t testing.TB, err error)
	}{
		{"1000", wireBytes(false, closeFrame(1000, "")), nil},
		{"1001", wireBytes(false, closeFrame(1001, "")), nil},
		{"no code", wireBytes(false, rawFrame{wClose, ""}), nil},
		{"1011", wireBytes(false, closeFrame(1011, "x")), func(t testing.TB, err error) { wantClose(t, err, 1011, "x") }},
		{"drop", nil, func(t testing.TB, err error) { wantError(t, err, io.ErrUnexpectedEOF) }},
		{"drop in a frame", []byte("\x81\x05hell"), func(t testing.TB, err error) { wantError(t, err, io.ErrUnexpectedEOF) }},
		{"bad frame", []byte("\x83\x00"), func(t testing.TB, err error) {
			wantProtocolError(t, err, 1002, int64(len(wireBytes(false, messageScript...))))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := pipePair(t, nil)
				p.send(messageScript...)
				p.sendBytes(test.end)
				p.closeWrite()
				n, ended := 0, false
				for m, err := range c.Messages(t.Context()) {
					switch {
					case ended:
						t.Error("the loop goes on behind an error")
					case n < len(messageList):
						wantMessage(t, messageList[n], m.Flags, m.Data, err)
						n++
					case test.want == nil:
						t.Errorf("expected a silent end, came %v, %v", m, err)
					default:
						test.want(t, err)
						ended = true
					}
				}
				if n != len(messageList) || ended != (test.want != nil) {
					t.Errorf("%d messages, error: %v", n, ended)
				}
			})
		})
	}
}

// Each turn may leave the loop, and another loop goes on.
func TestMessagesInManyLoops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		p.send(append(messageScript, closeFrame(1000, ""))...)
		for _, want := range messageList {
			for m, err := range c.Messages(t.Context()) {
				wantMessage(t, want, m.Flags, m.Data, err)
				break
			}
		}
		for m, err := range c.Messages(t.Context()) {
			t.Errorf("came %v, %v", m, err)
		}
	})
}

// Any number of goroutines may call ReadMessage: each message goes to one.
func TestReadMessageByMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const readers, n = 8, 400
		c, p := smallPair(t, 1000, nil)
		got := make(chan string, n)
		done := make(chan error)
		for range readers {
			go func() {
				for {
					_, p, err := c.ReadMessage(t.Context(), nil)
					if err != nil {
						done <- err
						return
					}
					got <- string(p)
				}
			}()
		}
		for i := range n {
			half := strings.Repeat(fmt.Sprintf("%03d", i), 30)
			p.send(rawFrame{wTextGo, half}, rawFrame{wCont, half})
		}
		p.send(closeFrame(1000, ""))
		for range readers {
			wantClose(t, <-done, 1000, "")
		}
		seen := map[string]bool{}
		for range n {
			m := <-got
			if len(m) != 180 || strings.Repeat(m[:3], 60) != m || seen[m] {
				t.Fatalf("message %q", m)
			}
			seen[m] = true
		}
	})
}

// One that waits for another's ReadMessage stops with its own context.
func TestReadMessageTurnEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		done := make(chan string)
		go func() {
			_, p, err := c.ReadMessage(t.Context(), nil)
			done <- fmt.Sprint(string(p), err)
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errCause)
		defer cancel()
		_, _, err := c.ReadMessage(ctx, nil)
		wantError(t, err, errCause)
		_, _, err = c.NextReader(ctx)
		wantError(t, err, errCause)
		p.send(textFrame("x"))
		if got := <-done; got != "x<nil>" {
			t.Error(got)
		}
	})
}
