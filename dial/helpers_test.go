package dial

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curlew-ws/curlew/internal/testpeer"
)

// canary is the secret in all these tests. No error may contain it.
const canary = "hush-hush"

// TestMain fails if a goroutine is left running after the tests.
func TestMain(m *testing.M) {
	before := stacks()
	code := m.Run()
	if code == 0 && !eventually(func() bool { return len(stacks()) <= len(before) }) {
		os.Stderr.WriteString("goroutines left over:\n" + strings.Join(stacks(), "\n\n") + "\n")
		code = 1
	}
	os.Exit(code)
}

// echo sends back what it receives.
func echo(c net.Conn) { io.Copy(c, c) }

// silent receives until the peer closes, and sends nothing.
func silent(c net.Conn) { io.Copy(io.Discard, c) }

func mustURL(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// mustDial dials. The connection is closed at the end of the test.
func mustDial(t testing.TB, c *Config, rawURL string) net.Conn {
	t.Helper()
	conn, _, err := c.Dial(t.Context(), mustURL(t, rawURL))
	if err != nil {
		t.Fatalf("Dial: %v", err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// mustEcho checks that conn is connected to an echo server.
func mustEcho(t testing.TB, conn net.Conn) {
	t.Helper()
	if _, err := conn.Write([]byte("over there")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len("over there"))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "over there" {
		t.Fatalf("echo: got %q, %v", got, err)
	}
}

// failure dials, checks that this fails at stage, and returns the error.
func failure(t testing.TB, ctx context.Context, c *Config, rawURL string, stage Stage) *Error {
	t.Helper()
	conn, _, err := c.Dial(ctx, mustURL(t, rawURL))
	if conn != nil {
		conn.Close()
		t.Fatalf("Dial %s succeeded, want an error at %q", rawURL, stage)
	}
	e, ok := err.(*Error)
	if !ok || e.Stage != stage {
		t.Fatalf("Dial %s: got %v, want an error at %q", rawURL, err, stage)
	}
	if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, canary) {
		t.Errorf("the error contains a secret: %s", text)
	}
	return e
}

// closedAddr returns an address of this machine on which nothing listens.
func closedAddr(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// stacks returns the stacks of all goroutines, except those of the runtime.
func stacks() []string {
	buf := make([]byte, 1<<20)
	all := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
	var own []string
	for _, s := range all {
		if !strings.Contains(s, "os/signal") {
			own = append(own, s)
		}
	}
	return own
}

// eventually polls a condition for which there is no event to wait for.
func eventually(cond func() bool) bool {
	for range 500 {
		if cond() {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// record collects what a fake proxy was asked for.
type record struct {
	mu   sync.Mutex
	seen []string
}

func (r *record) add(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, s)
}

func (r *record) all() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.seen, " ")
}

// tunnelTo copies both ways between c and backend until one of them ends.
func tunnelTo(c net.Conn, backend string) {
	b, err := net.Dial("tcp", backend)
	if err != nil {
		return
	}
	var done sync.WaitGroup
	for _, way := range [][2]net.Conn{{b, c}, {c, b}} {
		done.Go(func() {
			io.Copy(way[0], way[1])
			b.Close()
			c.Close()
		})
	}
	done.Wait()
}

// httpProxy returns a handler that records the targets and connects to backend, or
// to the target if backend is "".
func httpProxy(r *record, backend string) func(net.Conn) {
	return httpProxyReplying(r, backend, func(*http.Request) string { return "HTTP/1.1 200 OK\r\n\r\n" })
}

// httpProxyReplying returns a handler that sends what reply returns, and opens the
// tunnel if that is a 200. If it is empty, it closes the connection.
func httpProxyReplying(r *record, backend string, reply func(*http.Request) string) func(net.Conn) {
	return func(c net.Conn) {
		in := bufio.NewReader(c)
		for {
			req, err := http.ReadRequest(in)
			if err != nil || req.Method != http.MethodConnect || in.Buffered() > 0 {
				return
			}
			r.add(req.RequestURI)
			text := reply(req)
			if text == "" {
				return
			}
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
			if strings.HasPrefix(text, "HTTP/1.1 200") {
				tunnelTo(c, cmp.Or(backend, req.RequestURI))
				return
			}
		}
	}
}

// socks4Proxy returns a handler that records "user@target" and connects to backend
// or the target.
func socks4Proxy(r *record, backend string) func(net.Conn) {
	return func(c net.Conn) {
		var head [8]byte
		if _, err := io.ReadFull(c, head[:]); err != nil || head[0] != 4 || head[1] != 1 {
			return
		}
		user, _ := readNUL(c)
		host := netip.AddrFrom4([4]byte(head[4:])).String()
		if strings.HasPrefix(host, "0.0.0.") {
			host, _ = readNUL(c)
		}
		target := joinPort(host, head[2:4])
		r.add(user + "@" + target)
		c.Write([]byte{0, 90, 1, 2, 3, 4, 5, 6})
		tunnelTo(c, cmp.Or(backend, target))
	}
}

// socks5Proxy returns a handler that records "user:password@target" and connects to
// backend or the target. It requires the password "secret" of a user other than "".
func socks5Proxy(r *record, backend string, needUser bool) func(net.Conn) {
	return func(c net.Conn) {
		who, err := socks5Greet(c, needUser)
		if err != nil {
			return
		}
		var head [4]byte
		io.ReadFull(c, head[:])
		var host string
		switch head[3] {
		case 1, 4:
			b := make([]byte, map[byte]int{1: 4, 4: 16}[head[3]])
			io.ReadFull(c, b)
			ip, _ := netip.AddrFromSlice(b)
			host = ip.String()
		case 3:
			host = readCounted(c)
		}
		var port [2]byte
		io.ReadFull(c, port[:])
		target := joinPort(host, port[:])
		r.add(who + "@" + target)
		c.Write(append([]byte{5, 0, 0, 3, 4}, "name\x00\x01"...))
		tunnelTo(c, cmp.Or(backend, target))
	}
}

func socks5Greet(c net.Conn, needUser bool) (who string, err error) {
	var version [1]byte
	io.ReadFull(c, version[:])
	methods := readCounted(c)
	switch {
	case !needUser:
		_, err = c.Write([]byte{5, 0})
		return "", err
	case !strings.Contains(methods, "\x02"):
		c.Write([]byte{5, 0xff})
		return "", errors.New("no common method")
	}
	c.Write([]byte{5, 2})
	io.ReadFull(c, version[:])
	who = readCounted(c) + ":" + readCounted(c)
	if !strings.HasSuffix(who, ":secret") {
		c.Write([]byte{1, 1})
		return "", errors.New("wrong password")
	}
	_, err = c.Write([]byte{1, 0})
	return who, err
}

func readCounted(c io.Reader) string {
	var n [1]byte
	io.ReadFull(c, n[:])
	b := make([]byte, n[0])
	io.ReadFull(c, b)
	return string(b)
}

func readNUL(c io.Reader) (string, error) {
	var s []byte
	for {
		var b [1]byte
		if _, err := io.ReadFull(c, b[:]); err != nil || b[0] == 0 {
			return string(s), err
		}
		s = append(s, b[0])
	}
}

func joinPort(host string, port []byte) string {
	return net.JoinHostPort(host, strconv.Itoa(int(binary.BigEndian.Uint16(port))))
}

// proxyServer starts a fake proxy for scheme and returns its URL.
func proxyServer(t testing.TB, scheme, userinfo string, r *record, backend string) *url.URL {
	t.Helper()
	var handler func(net.Conn)
	switch scheme {
	case "http":
		handler = httpProxy(r, backend)
	case "https":
		handler = testpeer.WithTLS(&tls.Config{Certificates: []tls.Certificate{testpeer.NewAuthority().Issue(t, "127.0.0.1")}}, httpProxy(r, backend))
	case "socks4", "socks4a":
		handler = socks4Proxy(r, backend)
	default:
		handler = socks5Proxy(r, backend, userinfo != "")
	}
	return mustURL(t, scheme+"://"+userinfo+testpeer.Serve(t, handler))
}

// via returns a Config that uses the proxy at u.
func via(u *url.URL) *Config {
	return &Config{Proxy: ProxyURL(u), ProxyTLS: testpeer.NewAuthority().Trust(), TLS: testpeer.NewAuthority().Trust()}
}
