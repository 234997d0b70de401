package curlewtest_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/curlew-ws/curlew/curlewtest"
)

// bubble runs f in a synctest bubble with the ends of a pipe of the given size.
func bubble(t *testing.T, size int, f func(t *testing.T, a, b net.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a, b := curlewtest.PipeSize(size)
		defer a.Close()
		defer b.Close()
		f(t, a, b)
	})
}

func wantErr(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("error is %v, want %v", got, want)
	}
}

// wantRead checks that the next bytes of c are exactly want.
func wantRead(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Errorf("read %q, %v; want %q", got[:n], err, want)
	}
}

func mustWrite(t *testing.T, c net.Conn, s string) {
	t.Helper()
	if n, err := c.Write([]byte(s)); n != len(s) || err != nil {
		t.Errorf("wrote %d of %q: %v", n, s, err)
	}
}

// writeAll writes p, continuing after time-outs as a caller of ShortWrites must.
func writeAll(c net.Conn, p []byte) error {
	for len(p) > 0 {
		n, err := c.Write(p)
		if p = p[n:]; err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
	}
	return nil
}

// readAll reads to the end, continuing after time-outs. It returns the sizes of
// the pieces too.
func readAll(c net.Conn) (all []byte, sizes []int, timeouts int, err error) {
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		all = append(all, buf[:n]...)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			timeouts++
		case err == io.EOF:
			return all, sizes, timeouts, nil
		case err != nil:
			return all, sizes, timeouts, err
		default:
			sizes = append(sizes, n)
		}
	}
}

func mustParse(t testing.TB, text string) *curlewtest.Script {
	t.Helper()
	s, err := curlewtest.ParseScript("test.txt", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// play follows a script as the server, or as the client, with peer at the
// other end of a pipe, and returns the script's error.
func play(t *testing.T, server bool, text string, peer func(t *testing.T, c net.Conn)) (err error) {
	t.Helper()
	s := mustParse(t, text)
	bubble(t, curlewtest.PipeBuffer, func(t *testing.T, a, b net.Conn) {
		done := make(chan error, 1)
		go func() {
			if server {
				done <- s.Serve(t.Context(), b)
			} else {
				done <- s.Connect(t.Context(), b)
			}
		}()
		peer(t, a)
		a.Close()
		err = <-done
	})
	return err
}

// sent returns all bytes that a script sends.
func sent(t *testing.T, server bool, text string) string {
	t.Helper()
	var got []byte
	err := play(t, server, text, func(t *testing.T, c net.Conn) { got, _ = io.ReadAll(c) })
	wantErr(t, err, nil)
	return string(got)
}

func unhex(s string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return string(b)
}

// request is a client's opening handshake; accept is the Accept for its key.
const (
	request = "GET /chat?x=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nX-Two: a\r\nX-Two: b\r\n\r\n"
	accept   = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" // of the key in RFC 6455 section 1.3
	response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + "\r\n\r\n"
)

func readHead(t *testing.T, c net.Conn) (head []byte) {
	for !strings.HasSuffix(string(head), "\r\n\r\n") {
		var b [1]byte
		if _, err := io.ReadFull(c, b[:]); err != nil {
			t.Errorf("reading a head: %v", err)
			return head
		}
		head = append(head, b[0])
	}
	return head
}

// dialStream connects to a server without an opening handshake.
func dialStream(t testing.TB, s *curlewtest.Server) (net.Conn, error) {
	u, err := parseURL(s.URL)
	if err != nil {
		return nil, err
	}
	c, _, err := s.Net.Dial(t.Context(), u, "http/1.1")
	return c, err
}

func parseURL(s string) (*url.URL, error) { return url.Parse(s) }

// A recorder is a testing.TB that keeps its failures instead of reporting them,
// so that a test can check that a check fails.
type recorder struct {
	testing.TB
	mu       sync.Mutex
	text     []string
	failed   bool
	cleanups []func()
}

// run calls f on a goroutine, which f may end by Fatal, then the cleanups.
func (r *recorder) run(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer r.clean()
		f()
	}()
	<-done
}

// clean calls the cleanups, the remaining ones too if one calls Fatal.
func (r *recorder) clean() {
	if len(r.cleanups) == 0 {
		return
	}
	last := len(r.cleanups) - 1
	f := r.cleanups[last]
	r.cleanups = r.cleanups[:last]
	defer r.clean()
	f()
}

func (r *recorder) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.text, "\n")
}

func (r *recorder) add(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text, r.failed = append(r.text, text), true
}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *recorder) Error(args ...any) { r.add(fmt.Sprintln(args...)) }

func (r *recorder) Errorf(f string, a ...any) { r.add(fmt.Sprintf(f, a...)) }

func (r *recorder) Fatal(args ...any) { r.Error(args...); runtime.Goexit() }

func (r *recorder) Fatalf(f string, a ...any) { r.Errorf(f, a...); runtime.Goexit() }
