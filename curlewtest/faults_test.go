package curlewtest_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew/curlewtest"
	"golang.org/x/net/nettest"
)

// harmless are wrappers, and stacks of them, that never reach their fault or
// only change sizes: to a user they are ordinary connections.
var harmless = map[string]func(net.Conn) net.Conn{
	"split reads":  func(c net.Conn) net.Conn { return curlewtest.SplitReads(c, curlewtest.Random(1, 700)) },
	"split writes": func(c net.Conn) net.Conn { return curlewtest.SplitWrites(c, curlewtest.Random(2, 700)) },
	"never stalls": func(c net.Conn) net.Conn { s, _ := curlewtest.StallReads(c, 1<<40); return s },
	"released":     func(c net.Conn) net.Conn { s, release := curlewtest.StallReads(c, 0); release(); return s },
	"never cut": func(c net.Conn) net.Conn {
		return curlewtest.CutReads(curlewtest.CutWrites(c, 1<<40, syscall.EPIPE), 1<<40, io.EOF)
	},
}

func TestWrappersAreConns(t *testing.T) {
	t.Parallel()
	for name, wrap := range harmless {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				c1, c2 = curlewtest.Pipe()
				c1 = wrap(c1)
				return c1, c2, func() { c1.Close(); c2.Close() }, nil
			})
		})
	}
}

// The pieces change neither the bytes nor their order.
func TestFaultsKeepBytes(t *testing.T) {
	t.Parallel()
	wrappers := map[string]func(c net.Conn, seed uint64) net.Conn{
		"bytes":    func(c net.Conn, _ uint64) net.Conn { return curlewtest.SplitReads(c, curlewtest.Fixed(1)) },
		"sizes":    func(c net.Conn, s uint64) net.Conn { return curlewtest.SplitReads(c, curlewtest.Random(s, 50)) },
		"timeouts": func(c net.Conn, _ uint64) net.Conn { return curlewtest.TimeoutReads(c) },
		"writes":   func(c net.Conn, s uint64) net.Conn { return curlewtest.SplitWrites(c, curlewtest.Random(s, 50)) },
		"short":    func(c net.Conn, s uint64) net.Conn { return curlewtest.ShortWrites(c, curlewtest.Random(s, 50)) },
		"all": func(c net.Conn, s uint64) net.Conn {
			c = curlewtest.SplitReads(curlewtest.SplitWrites(c, curlewtest.Random(s, 9)), curlewtest.Random(s, 7))
			return curlewtest.TimeoutReads(curlewtest.ShortWrites(c, curlewtest.Fixed(0)))
		},
	}
	for name, wrap := range wrappers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(20) {
				r := rand.New(rand.NewPCG(seed, 1))
				bubble(t, 1+r.IntN(100), func(t *testing.T, a, b net.Conn) {
					a, b = wrap(a, seed), wrap(b, seed)
					defer a.Close()
					defer b.Close()
					sent := make([]byte, 1+r.IntN(3000))
					for i := range sent {
						sent[i] = byte(r.Uint32())
					}
					go func() {
						wantErr(t, writeAll(a, sent), nil)
						wantErr(t, a.(interface{ CloseWrite() error }).CloseWrite(), nil)
					}()
					got, _, _, err := readAll(b)
					if err != nil || !bytes.Equal(got, sent) {
						t.Errorf("seed %d: got %d of %d bytes, or others: %v", seed, len(got), len(sent), err)
					}
				})
			}
		})
	}
}

func TestSplitReads(t *testing.T) {
	t.Parallel()
	bubble(t, 100, func(t *testing.T, a, b net.Conn) {
		mustWrite(t, a, "abcdefgh")
		a.Close()
		_, sizes, timeouts, _ := readAll(curlewtest.TimeoutReads(curlewtest.SplitReads(b, curlewtest.Fixed(3))))
		if len(sizes) != 3 || sizes[0] != 3 || sizes[2] != 2 {
			t.Errorf("pieces of %v", sizes)
		}
		if timeouts != len(sizes)+1 {
			t.Errorf("%d time-outs around %d pieces", timeouts, len(sizes))
		}
	})
}

func TestRandomRepeats(t *testing.T) {
	t.Parallel()
	a, b, other := curlewtest.Random(7, 100), curlewtest.Random(7, 100), curlewtest.Random(8, 100)
	differs := false
	for range 100 {
		n := a()
		if n != b() || n < 1 || n > 100 {
			t.Fatalf("size %d is out of range or differs for the same seed", n)
		}
		differs = differs || n != other()
	}
	if !differs {
		t.Error("the seed makes no difference")
	}
}

func TestShortWrites(t *testing.T) {
	t.Parallel()
	bubble(t, 100, func(t *testing.T, a, b net.Conn) {
		a = curlewtest.ShortWrites(a, curlewtest.Fixed(3))
		mustWrite(t, a, "abc")
		n, err := a.Write([]byte("defg"))
		wantErr(t, err, os.ErrDeadlineExceeded)
		if n != 3 {
			t.Errorf("%d bytes written, want 3", n)
		}
		wantRead(t, b, "abcdef")
	})
}

func TestStallReads(t *testing.T) {
	t.Parallel()
	bubble(t, 100, func(t *testing.T, a, b net.Conn) {
		b, release := curlewtest.StallReads(b, 2)
		mustWrite(t, a, "abcd")
		wantRead(t, b, "ab")

		b.SetReadDeadline(time.Now().Add(time.Hour))
		_, err := b.Read(make([]byte, 1))
		wantErr(t, err, os.ErrDeadlineExceeded)
		b.SetDeadline(time.Time{})

		go func() { synctest.Wait(); release(); release() }()
		wantRead(t, b, "cd")
		a.Close()
		_, err = b.Read(make([]byte, 1))
		wantErr(t, err, io.EOF)
	})
}

func TestStallReadsClose(t *testing.T) {
	t.Parallel()
	bubble(t, 100, func(t *testing.T, a, b net.Conn) {
		b, _ = curlewtest.StallReads(b, 0)
		mustWrite(t, a, "never read")
		go func() { synctest.Wait(); b.Close() }()
		_, err := b.Read(make([]byte, 1))
		wantErr(t, err, net.ErrClosed)
	})
}

func TestCutReads(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ err, writes error }{
		{io.EOF, io.ErrClosedPipe},
		{syscall.ECONNRESET, syscall.ECONNRESET},
	} {
		bubble(t, 100, func(t *testing.T, a, b net.Conn) {
			b = curlewtest.CutReads(b, 3, c.err)
			mustWrite(t, a, "abcdef")
			wantRead(t, b, "abc")
			mustWrite(t, b, "not cut yet")
			for range 2 {
				n, err := b.Read(make([]byte, 9))
				wantErr(t, err, c.err)
				if n != 0 {
					t.Errorf("%d bytes after the cut", n)
				}
			}
			_, err := b.Write([]byte("x"))
			wantErr(t, err, c.writes)
			wantErr(t, b.SetDeadline(time.Now()), nil)

			got, err := io.ReadAll(a)
			if string(got) != "not cut yet" || err != nil {
				t.Errorf("the peer read %q, %v", got, err)
			}
			wantErr(t, b.Close(), nil)
			wantErr(t, b.Close(), net.ErrClosed)
			_, err = b.Read(make([]byte, 1))
			wantErr(t, err, net.ErrClosed)
			wantErr(t, b.SetReadDeadline(time.Now()), net.ErrClosed)
			wantErr(t, b.SetWriteDeadline(time.Now()), net.ErrClosed)
		})
	}
}

func TestCutWrites(t *testing.T) {
	t.Parallel()
	bubble(t, 100, func(t *testing.T, a, b net.Conn) {
		a = curlewtest.CutWrites(a, 5, syscall.EPIPE)
		blocked := make(chan error, 1)
		go func() { _, err := a.Read(make([]byte, 1)); blocked <- err }()
		synctest.Wait()
		mustWrite(t, a, "abc")
		n, err := a.Write([]byte("defg"))
		wantErr(t, err, syscall.EPIPE)
		if n != 2 {
			t.Errorf("%d bytes written, want 2", n)
		}
		wantErr(t, <-blocked, syscall.EPIPE)
		_, err = a.Write([]byte("h"))
		wantErr(t, err, syscall.EPIPE)
		got, err := io.ReadAll(b)
		if string(got) != "abcde" || err != nil {
			t.Errorf("the peer read %q, %v", got, err)
		}
	})
}

// noHalf is a connection without CloseWrite.
type noHalf struct{ net.Conn }

func TestCloseWriteUnsupported(t *testing.T) {
	t.Parallel()
	a, b := curlewtest.Pipe()
	defer a.Close()
	defer b.Close()
	c := curlewtest.TimeoutReads(noHalf{a}).(interface{ CloseWrite() error })
	wantErr(t, c.CloseWrite(), errors.ErrUnsupported)
}
