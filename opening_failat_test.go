package curlew_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
	"github.com/curlew-ws/curlew/dial"
)

// failingOpenings are opening handshakes of which every call of the stream's
// Read and Write is made to fail. serve is the other end of each stream, up to
// the one on which it upgrades.
var failingOpenings = map[string]struct {
	url    string
	client curlew.Client
	serve  func(s net.Conn, upgrade func(net.Conn))
}{
	"plain": {"ws://h/", curlew.Client{Subprotocols: []string{"a"}, Compression: &curlew.Compression{}}, func(s net.Conn, upgrade func(net.Conn)) { upgrade(s) }},
	"TLS": {"wss://h/", curlew.Client{Net: dial.Config{TLS: &tls.Config{InsecureSkipVerify: true}}}, func(s net.Conn, upgrade func(net.Conn)) {
		upgrade(tls.Server(s, &tls.Config{Certificates: []tls.Certificate{testCertificate()}}))
	}},
	"HTTP proxy": {"ws://h/", curlew.Client{Net: dial.Config{Proxy: proxyAt("http://p:1")}}, func(s net.Conn, upgrade func(net.Conn)) {
		answerRequest(s, "200 OK")
		upgrade(s)
	}},
	"SOCKS4 proxy": {"ws://1.2.3.4/", curlew.Client{Net: dial.Config{Proxy: proxyAt("socks4://p:1")}}, func(s net.Conn, upgrade func(net.Conn)) {
		io.ReadFull(s, make([]byte, 9))
		s.Write([]byte{0, 90, 0, 0, 0, 0, 0, 0})
		upgrade(s)
	}},
	"SOCKS5 proxy": {"ws://h/", curlew.Client{Net: dial.Config{Proxy: proxyAt("socks5h://p:1")}}, func(s net.Conn, upgrade func(net.Conn)) {
		io.ReadFull(s, make([]byte, 3))
		s.Write([]byte{5, 0})
		io.ReadFull(s, make([]byte, 8))
		s.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		upgrade(s)
	}},
	"challenge": {"ws://h/", curlew.Client{Auth: curlew.DigestAuth("u", "p")}, func(s net.Conn, upgrade func(net.Conn)) {
		if answerRequest(s, "401 Unauthorized", `WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"`) {
			upgrade(s)
		}
	}},
	"redirect": {"ws://h/", curlew.Client{MaxRedirects: 1}, func(s net.Conn, upgrade func(net.Conn)) {
		in := bufio.NewReader(s)
		if r, err := http.ReadRequest(in); err == nil && r.URL.Path != "/there" {
			io.WriteString(s, "HTTP/1.1 302 Found\r\nContent-Length: 2\r\nLocation: /there\r\n\r\n..")
		} else if err == nil {
			upgradeRequest(s, in, r)
		}
	}},
}

func proxyAt(raw string) func(*url.URL) (*url.URL, error) {
	return func(*url.URL) (*url.URL, error) { return url.Parse(raw) }
}

// answerRequest reads a request and answers it, unless that is a repetition
// with credentials on a stream of its own.
func answerRequest(s net.Conn, status string, lines ...string) bool {
	in := bufio.NewReader(s)
	r, err := http.ReadRequest(in)
	if err != nil {
		return false
	}
	if r.Header.Get("Authorization") != "" {
		upgradeRequest(s, in, r)
		return false
	}
	head := "HTTP/1.1 " + status + "\r\n"
	for _, line := range append(lines, "Content-Length: 0", "") {
		if r.Method != http.MethodConnect || line == "" {
			head += line + "\r\n"
		}
	}
	_, err = io.WriteString(s, head)
	return err == nil
}

// upgradeRequest is curlewtest.Upgrade where the request has been read.
func upgradeRequest(s net.Conn, in *bufio.Reader, r *http.Request) {
	w := &hijacked{ResponseWriter: httptest.NewRecorder(), s: s, rw: bufio.NewReadWriter(in, bufio.NewWriter(s))}
	if c, err := curlew.Accept(w, r, nil); err == nil {
		c.Next() // until the client has had enough
		c.Close()
	}
}

type hijacked struct {
	http.ResponseWriter
	s  net.Conn
	rw *bufio.ReadWriter
}

func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) { return h.s, h.rw, nil }

// Whichever call fails while a session is opened, Dial returns that error,
// where it does not go on with another connection, and leaves nothing behind.
func TestFailAtDial(t *testing.T) {
	for name, o := range failingOpenings {
		t.Run(name, func(t *testing.T) {
			curlewtest.FailAt(t, func(t *testing.T, wrap func(net.Conn) net.Conn) (err error) {
				synctest.Test(t, func(t *testing.T) {
					var all []*noticing
					client := o.client
					client.Net.NetDial = func(context.Context, string, string) (net.Conn, error) {
						a, b := curlewtest.PipeSize(1000)
						go func() {
							defer b.Close()
							o.serve(b, serveOpening)
						}()
						all = append(all, &noticing{Conn: wrap(curlewtest.SplitReads(a, curlewtest.Fixed(50)))})
						return all[len(all)-1], nil
					}
					c, failed := client.Dial(t.Context(), o.url)
					if failed != nil && !errors.Is(failed, curlewtest.ErrInjected) {
						t.Errorf("%v, which is not what failed", failed)
					}
					if failed == nil && all[len(all)-1].hit.Load() {
						t.Error("a call failed, and Dial was content with the connection")
					}
					if err = failed; err == nil {
						c.Close()
					}
					for _, s := range all {
						if s.hit.Load() { // and another connection was as good, or Close failed
							err = curlewtest.ErrInjected
						}
					}
				})
				return err
			})
		})
	}
}

// serveOpening is the server of a session, which does nothing.
func serveOpening(s net.Conn) {
	if c, err := curlewtest.Upgrade(context.Background(), s, &curlew.AcceptOptions{Subprotocols: []string{"a"}, Compression: &curlew.Compression{}}); err == nil {
		c.Next()
		c.Close()
	}
}

// Whichever call fails below an HTTP server, Accept returns that error or is
// never called, and nothing is left behind.
func TestFailAtAccept(t *testing.T) {
	curlewtest.FailAt(t, func(t *testing.T, wrap func(net.Conn) net.Conn) (err error) {
		synctest.Test(t, func(t *testing.T) {
			a, b := curlewtest.Pipe()
			stream := &noticing{Conn: wrap(b)}
			err = curlewtest.ErrInjected // unless the handler is called
			server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				c, failed := curlew.Accept(w, r, nil)
				if err = failed; err == nil {
					_, _, err = c.ReadMessage(context.Background(), nil)
					err = unlessClosed(err)
					c.Close()
				}
			})}
			l := &oneListener{conn: make(chan net.Conn, 1)}
			l.conn <- stream
			served := make(chan error)
			go func() { served <- server.Serve(l) }()
			client := curlew.Client{Net: dial.Config{NetDial: func(context.Context, string, string) (net.Conn, error) { return a, nil }}}
			if c, failed := client.Dial(t.Context(), "ws://h/"); failed == nil {
				c.Shutdown(t.Context(), curlew.CloseNormal, "")
			}
			a.Close()
			synctest.Wait() // for the handler
			server.Close()
			l.Close()
			<-served
			if err != nil && !errors.Is(err, curlewtest.ErrInjected) {
				t.Errorf("%v, which is not what failed", err)
			}
			if err == nil && stream.hit.Load() {
				err = curlewtest.ErrInjected // behind the client's CLOSE
			}
		})
		return err
	})
}

// oneListener accepts one connection.
type oneListener struct {
	conn   chan net.Conn
	closed sync.Once
}

func (l *oneListener) Accept() (net.Conn, error) {
	if c, ok := <-l.conn; ok {
		return c, nil
	}
	return nil, fmt.Errorf("accept: %w", net.ErrClosed)
}

func (l *oneListener) Close() error {
	l.closed.Do(func() { close(l.conn) })
	return nil
}

func (*oneListener) Addr() net.Addr { return &net.TCPAddr{} }
