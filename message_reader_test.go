package curlew_test

import (
	"context"
	"io"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

func TestNextReader(t *testing.T) {
	for _, size := range []int{1, 2, 3, 7, 100, 1 << 20} {
		for name, wrap := range map[string]func(io.Reader) io.Reader{
			"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "halves": iotest.HalfReader,
		} {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := curlewtest.Pipe()
				c, p := newPair(t, curlewtest.SplitReads(ours, curlewtest.Fixed(size)), theirs, false, nil)
				p.send(append(messageScript, closeFrame(1000, "done"))...)
				for _, m := range messageList {
					f, r, err := c.NextReader(t.Context())
					if err != nil {
						t.Fatal(name, err)
					}
					got, err := io.ReadAll(wrap(r))
					wantMessage(t, m, f, got, err)
					if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
						t.Errorf("behind the end: %d, %v", n, err)
					}
				}
				_, _, err := c.NextReader(t.Context())
				wantClose(t, err, 1000, "done")
				p.expect(pongFrame("1"), pongFrame("2"), closeFrame(1000, ""))
			})
		}
	}
}

// A reader is not given bytes of its message twice, nor waits for what it
// need not: it streams.
func TestNextReaderStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		p.send(rawFrame{wBinaryGo, "first"})
		f, r, err := c.NextReader(t.Context())
		if f != curlew.Binary || err != nil {
			t.Fatal(f, err)
		}
		buf := make([]byte, 100)
		for _, want := range []string{"first", "second", "third"} {
			if n, err := r.Read(buf[:0]); n != 0 || err != nil {
				t.Errorf("a read of nothing: %d, %v", n, err)
			}
			if n, err := r.Read(buf); string(buf[:n]) != want || err != nil {
				t.Errorf("%q, %v, want %q", buf[:n], err, want)
			}
			p.send(rawFrame{wContGo, map[string]string{"first": "second", "second": "third", "third": ""}[want]})
		}
		p.send(rawFrame{wCont, ""})
		if n, err := r.Read(buf); n != 0 || err != io.EOF {
			t.Errorf("%d, %v, want the end", n, err)
		}
	})
}

// What was not read is discarded by the next NextReader, with all that comes
// in between, and the old reader says that it is stale.
func TestNextReaderDiscards(t *testing.T) {
	for read := range 8 {
		synctest.Test(t, func(t *testing.T) {
			c, p := pipePair(t, nil)
			p.send(rawFrame{wTextGo, "abc"}, pingFrame("1"), pongFrame("x"), rawFrame{wContGo, ""}, rawFrame{wCont, "defg"}, textFrame("next"), closeFrame(1000, ""))
			_, old, err := c.NextReader(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if n, err := io.ReadFull(old, make([]byte, read)); n != read || err != nil {
				t.Error(n, err)
			}
			_, r, err := c.NextReader(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if read < 7 {
				_, err = old.Read(make([]byte, 1))
				wantError(t, err, curlew.ErrUsage)
			}
			if got, err := io.ReadAll(r); string(got) != "next" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
			p.expect(pongFrame("1"))
		})
	}
}

// A NextReader that was interrupted while it discarded leaves no hole: the old
// reader is stale, the next call finds the next message.
func TestNextReaderInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		p.send(rawFrame{wTextGo, "abc"})
		_, old, err := c.NextReader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errCause)
		defer cancel()
		_, _, err = c.NextReader(ctx)
		wantError(t, err, errCause)
		p.send(rawFrame{wCont, "def"}, textFrame("next"))
		n, err := old.Read(make([]byte, 10))
		if wantError(t, err, curlew.ErrUsage); n != 0 {
			t.Errorf("the old reader gave %d bytes behind a hole", n)
		}
		_, r, err := c.NextReader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); string(got) != "next" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// The reader's reads end with the context of its NextReader, and lose nothing
// to the next NextReader.
func TestNextReaderContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipePair(t, nil)
		p.send(rawFrame{wTextGo, "abc"})
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errCause)
		defer cancel()
		_, r, err := c.NextReader(ctx)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if wantError(t, err, errCause); string(got) != "abc" {
			t.Errorf("%q", got)
		}
		p.send(rawFrame{wCont, "def"}, textFrame("next"))
		_, r, err = c.NextReader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); string(got) != "next" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestNextReaderEnds(t *testing.T) {
	for _, test := range []struct {
		name string
		more []byte
		want func(t testing.TB, err error)
	}{
		{"CLOSE", wireBytes(false, closeFrame(1000, "enough")), func(t testing.TB, err error) { wantClose(t, err, 1000, "enough") }},
		{"drop", nil, func(t testing.TB, err error) { wantError(t, err, io.ErrUnexpectedEOF) }},
		{"drop in a frame", []byte("\x80\x05hell"), func(t testing.TB, err error) { wantError(t, err, io.ErrUnexpectedEOF) }},
		{"another message", []byte("\x81\x00"), func(t testing.TB, err error) { wantProtocolError(t, err, 1002, 5) }},
		{"bad text", []byte("\x80\x02\xff."), func(t testing.TB, err error) { wantProtocolError(t, err, 1007, 7) }},
	} {
		for _, discard := range []bool{false, true} {
			t.Run(test.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c, p := pipePair(t, nil)
					p.send(rawFrame{wTextGo, "abc"})
					_, r, err := c.NextReader(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					p.sendBytes(test.more)
					p.closeWrite()
					if discard {
						_, _, err = c.NextReader(t.Context())
					} else {
						_, err = io.ReadAll(r)
					}
					test.want(t, err)
				})
			})
		}
	}
}
