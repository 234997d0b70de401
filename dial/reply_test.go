package dial

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew/internal/testpeer"
)

const accepted = "HTTP/1.1 200 OK\r\n\r\n"

// TestRememberedConnectFraming checks that odd fields about a body are ignored in a 2xx
// reply, and that a refusal with such fields is still a refusal.
func TestRememberedConnectFraming(t *testing.T) {
	t.Parallel()
	for _, fields := range []string{
		"Transfer-Encoding: chunked\r\nContent-Length: 0", "Transfer-Encoding: gzip", "Transfer-Encoding:", "Content-Length: x", "Content-Length: -1",
		"Content-Length: 1\r\nContent-Length: 2", "Content-Length: 5, 5", "Content-Length: 99999999999999999999", "Via: a\r\n b",
	} {
		addr := testpeer.Serve(t, func(c net.Conn) {
			c.Read(make([]byte, 1000))
			io.WriteString(c, "HTTP/1.1 200 OK\r\n"+fields+"\r\n\r\nfirst bytes")
		})
		conn := mustDial(t, via(mustURL(t, "http://"+addr)), "ws://far.example")
		if got, err := io.ReadAll(conn); string(got) != "first bytes" || err != nil {
			t.Errorf("after %q: got %q, %v", fields, got, err)
		}
		addr = testpeer.Serve(t, func(c net.Conn) {
			c.Read(make([]byte, 1000))
			io.WriteString(c, "HTTP/1.1 403 No\r\n"+fields+"\r\n\r\n2\r\nno\r\n0\r\n\r\n")
		})
		err := failure(t, t.Context(), via(mustURL(t, "http://"+addr)), "ws://far.example", Proxy)
		refusal, ok := errors.AsType[*ConnectError](err)
		if !ok || refusal.Response.StatusCode != 403 {
			t.Errorf("refused with %q: got %v", fields, err)
			continue
		}
		if body, err := io.ReadAll(refusal.Response.Body); !strings.Contains(string(body), "no") && len(body) != 5 || err != nil {
			t.Errorf("refused with %q: got a body of %q, %v", fields, body, err)
		}
	}
}

// TestRememberedLongProxyReason checks that a long reason does not make a long error.
func TestRememberedLongProxyReason(t *testing.T) {
	t.Parallel()
	addr := testpeer.Serve(t, func(c net.Conn) {
		c.Read(make([]byte, 1000))
		io.WriteString(c, "HTTP/1.1 403 "+strings.Repeat("No", 20_000)+"\r\nContent-Length: 0\r\n\r\n")
	})
	err := failure(t, t.Context(), via(mustURL(t, "http://"+addr)), "ws://far.example", Proxy)
	if len(err.Error()) > 300 || !strings.Contains(err.Error(), "403") {
		t.Errorf("got %d bytes: %.400v", len(err.Error()), err)
	}
}

// TestConnectStream checks that the stream begins directly after the head of a 2xx
// reply, whatever the head says and whatever interim replies precede it.
func TestConnectStream(t *testing.T) {
	t.Parallel()
	for _, head := range []string{
		accepted,
		"HTTP/1.0 200 Connection established\n\n",
		"HTTP/1.1 299 \r\nContent-Length: 3\r\nX: y\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" + accepted,
		"HTTP/1.1 200 OK\r\nX-Long: " + strings.Repeat("x", 9000) + "\r\n\r\n",
	} {
		addr := testpeer.Serve(t, func(c net.Conn) {
			c.Read(make([]byte, 1000))
			io.WriteString(c, head+"first bytes")
		})
		conn := mustDial(t, via(mustURL(t, "http://"+addr)), "ws://far.example")
		if got, err := io.ReadAll(conn); string(got) != "first bytes" || err != nil {
			t.Errorf("after %.40q: got %q, %v", head, got, err)
		}
		if _, ok := conn.(*net.TCPConn); !ok {
			t.Errorf("after %.40q: got a %T", head, conn)
		}
	}
}

func TestConnectBadReplies(t *testing.T) {
	t.Parallel()
	for reply, says := range map[string]string{
		"":                                           "unexpected EOF",
		"HTTP/1.1 200 OK\r\nX: y\r\n":                "unexpected EOF",
		"SSH-2.0-something\r\n":                      `expected "HTTP/" at its start, got "SSH-2"`,
		"HTTP/2 200\r\n\r\n":                         "invalid reply to CONNECT",
		"HTTP/2.0 200 OK\r\n\r\n":                    "invalid reply to CONNECT",
		"HTTP/1.1 abc\r\n\r\n":                       "invalid reply to CONNECT",
		"HTTP/1.1 200 OK\r\nno colon\r\n\r":          "EOF",
		"HTTP/1.1 200 OK\r\nno colon\r\n\r\n":        "invalid reply to CONNECT",
		"HTTP/1.1 200 " + strings.Repeat("O", 70000): "exceeds 65536",
		"HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 20000):                         "exceeds 65536",
		strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 100):                              "interim",
		strings.Repeat("HTTP/1.1 103 Hints\r\n"+strings.Repeat("X: y\r\n", 99)+"\r\n", 9): "interim",
	} {
		gone := make(chan struct{})
		addr := testpeer.Serve(t, func(c net.Conn) {
			c.Read(make([]byte, 1000))
			io.WriteString(c, reply)
			c.(*net.TCPConn).CloseWrite()
			silent(c)
			close(gone)
		})
		err := failure(t, t.Context(), via(mustURL(t, "http://"+addr)), "ws://far.example", Proxy)
		if !strings.Contains(err.Error(), says) || len(err.Error()) > 300 {
			t.Errorf("%.30q: got %.500v, want %q", reply, err, says)
		}
		<-gone
	}
}

// TestConnectEndlessBody checks that no more of the body of a refusal is received than
// is kept.
func TestConnectEndlessBody(t *testing.T) {
	t.Parallel()
	for _, head := range []string{"Transfer-Encoding: chunked\r\n\r\n", "Content-Length: 9999999999\r\n\r\n" + strings.Repeat("x", 4100), "\r\n"} {
		ours, theirs := net.Pipe()
		sent := make(chan int, 1)
		go func() {
			theirs.Read(make([]byte, 1000))
			io.WriteString(theirs, "HTTP/1.1 403 No\r\n"+head)
			n := 0
			for n < 1<<20 { // or else it might never end
				k, err := io.WriteString(theirs, "1000\r\n"+strings.Repeat("x", 0x1000)+"\r\n")
				if n += k; err != nil {
					break
				}
			}
			theirs.Close()
			sent <- n
		}()
		c := via(mustURL(t, "http://proxy.example"))
		c.NetDial = func(context.Context, string, string) (net.Conn, error) { return ours, nil }
		err := failure(t, t.Context(), c, "ws://far.example", Proxy)
		if _, ok := errors.AsType[*ConnectError](err); !ok {
			t.Errorf("%.40q: got %v", head, err)
		}
		if n := <-sent; n > 2*maxReplyBody {
			t.Errorf("%.40q: %d bytes of the body were received", head, n)
		}
	}
}
