package curlewtest_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew/curlewtest"
	"golang.org/x/net/nettest"
)

func TestPipeIsAConn(t *testing.T) {
	t.Parallel()
	// The suite writes 13 bytes to an echo before it reads: smaller buffers
	// would, rightly, block both.
	for name, size := range map[string]int{"usual": curlewtest.PipeBuffer, "small": 13} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				c1, c2 = curlewtest.PipeSize(size)
				return c1, c2, func() { c1.Close(); c2.Close() }, nil
			})
		})
	}
}

func TestPipeBothWrite(t *testing.T) {
	t.Parallel()
	bubble(t, 4, func(t *testing.T, a, b net.Conn) {
		mustWrite(t, a, "ping")
		mustWrite(t, b, "pong")
		wantRead(t, a, "pong")
		wantRead(t, b, "ping")
	})
}

func TestPipeReadDeadline(t *testing.T) {
	t.Parallel()
	bubble(t, 8, func(t *testing.T, a, b net.Conn) {
		start := time.Now()
		a.SetReadDeadline(start.Add(time.Hour))
		_, err := a.Read(make([]byte, 1))
		wantErr(t, err, os.ErrDeadlineExceeded)
		if waited := time.Since(start); waited != time.Hour {
			t.Errorf("waited %v, want an hour", waited)
		}
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("%v is not a time-out", err)
		}

		mustWrite(t, b, "kept")
		if n, err := a.Read(make([]byte, 4)); n != 0 {
			t.Errorf("read %d bytes past the deadline, %v", n, err)
		}
		a.SetReadDeadline(time.Time{})
		wantRead(t, a, "kept")
	})
}

// A deadline set while a call is blocked counts: an earlier one wakes the call, a
// later one or none lets it continue.
func TestPipeDeadlineSetElsewhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		after time.Duration // of the new deadline; 0: none
		wait  time.Duration // until the read ends
		err   error
	}{
		{"earlier", time.Second, time.Second, os.ErrDeadlineExceeded},
		{"past", -time.Second, 0, os.ErrDeadlineExceeded},
		{"later", time.Hour, time.Hour, os.ErrDeadlineExceeded},
		{"cleared", 0, 2 * time.Hour, io.EOF},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bubble(t, 8, func(t *testing.T, a, b net.Conn) {
				start := time.Now()
				a.SetDeadline(start.Add(time.Minute))
				time.AfterFunc(2*time.Hour, func() { b.Close() })
				go func() {
					synctest.Wait()
					var at time.Time
					if c.after != 0 {
						at = time.Now().Add(c.after)
					}
					a.SetReadDeadline(at)
				}()
				_, err := a.Read(make([]byte, 1))
				wantErr(t, err, c.err)
				if waited := time.Since(start); waited != c.wait {
					t.Errorf("waited %v, want %v", waited, c.wait)
				}
			})
		})
	}
}

func TestPipeWriteDeadline(t *testing.T) {
	t.Parallel()
	bubble(t, 4, func(t *testing.T, a, b net.Conn) {
		a.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := a.Write([]byte("abcdef"))
		wantErr(t, err, os.ErrDeadlineExceeded)
		if n != 4 {
			t.Errorf("%d bytes written, want 4", n)
		}
		a.SetWriteDeadline(time.Time{})
		go mustWrite(t, a, "ef")
		wantRead(t, b, "abcdef")
	})
}

// A Write that waits for its turn times out with nothing written.
func TestPipeWritesTakeTurns(t *testing.T) {
	t.Parallel()
	bubble(t, 3, func(t *testing.T, a, b net.Conn) {
		const each, writers = 100, 5
		for i := range byte(writers) {
			go a.Write(bytes.Repeat([]byte{'a' + i}, each))
		}
		got := make([]byte, each*writers)
		io.ReadFull(b, got)
		for i := 0; i < len(got); i += each {
			if !bytes.Equal(got[i:i+each], bytes.Repeat(got[i:i+1], each)) {
				t.Fatalf("writes mingled: %q", got[i:i+each])
			}
		}

		go a.Write(make([]byte, each))
		synctest.Wait()
		a.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := a.Write([]byte("late"))
		wantErr(t, err, os.ErrDeadlineExceeded)
		if n != 0 {
			t.Errorf("%d bytes written out of turn", n)
		}
	})
}

func TestPipeClose(t *testing.T) {
	t.Parallel()
	bubble(t, 4, func(t *testing.T, a, b net.Conn) {
		mustWrite(t, a, "last")
		ends := make(chan error, 3)
		read := func(c net.Conn) { _, err := c.Read(make([]byte, 1)); ends <- err }
		write := func(c net.Conn) { _, err := c.Write([]byte("more")); ends <- err }
		expect := func(want error) { t.Helper(); wantErr(t, <-ends, want) }

		go read(a)
		synctest.Wait()
		wantErr(t, a.Close(), nil)
		expect(net.ErrClosed)
		for _, call := range []func(net.Conn){read, write} {
			call(a)
			expect(net.ErrClosed)
		}
		wantErr(t, a.SetDeadline(time.Now()), net.ErrClosed)
		wantErr(t, a.Close(), net.ErrClosed)

		wantRead(t, b, "last")
		read(b)
		expect(io.EOF)
		write(b)
		expect(io.ErrClosedPipe)
	})
}

func TestPipeCloseWakesBlockedWrites(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]error{"own": net.ErrClosed, "peer": io.ErrClosedPipe} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, 4, func(t *testing.T, a, b net.Conn) {
				closer := map[string]net.Conn{"own": a, "peer": b}[name]
				go func() { synctest.Wait(); closer.Close() }()
				n, err := a.Write([]byte("abcdef"))
				wantErr(t, err, want)
				if n != 4 {
					t.Errorf("%d bytes written, want 4", n)
				}
			})
		})
	}
}

func TestPipeCloseWrite(t *testing.T) {
	t.Parallel()
	bubble(t, 8, func(t *testing.T, a, b net.Conn) {
		mustWrite(t, a, "asked")
		wantErr(t, a.(interface{ CloseWrite() error }).CloseWrite(), nil)
		_, err := a.Write([]byte("x"))
		wantErr(t, err, io.ErrClosedPipe)

		got, err := io.ReadAll(b)
		if string(got) != "asked" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
		mustWrite(t, b, "answer")
		wantRead(t, a, "answer")
	})
}

func TestPipeEmptyCalls(t *testing.T) {
	t.Parallel()
	bubble(t, 8, func(t *testing.T, a, b net.Conn) {
		if n, err := a.Read(nil); n != 0 || err != nil {
			t.Errorf("empty read: %d, %v", n, err)
		}
		mustWrite(t, a, "")
		b.Close()
		_, err := a.Write(nil)
		wantErr(t, err, io.ErrClosedPipe)
	})
}
