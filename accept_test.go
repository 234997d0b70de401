package curlew_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// acceptor starts a server that accepts sessions by o and hands what Accept
// returned to serve.
func acceptor(t *testing.T, start func(http.Handler) *httptest.Server, o *curlew.AcceptOptions, serve func(*curlew.Conn, error)) *httptest.Server {
	s := start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve(curlew.Accept(w, r, o)) }))
	t.Cleanup(s.Close)
	return s
}

// clientOf trusts s.
func clientOf(s *httptest.Server) curlew.Client {
	var c curlew.Client
	if s.TLS != nil {
		c.Net.TLS = s.Client().Transport.(*http.Transport).TLSClientConfig
	}
	return c
}

// echoMessages answers each message until the session ends.
func echoMessages(c *curlew.Conn, err error) error {
	if err != nil {
		return err
	}
	defer c.Close()
	for m, err := range c.Messages(context.Background()) {
		if err == nil {
			err = c.WriteMessage(context.Background(), m.Flags, m.Data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func TestAccept(t *testing.T) {
	for name, start := range map[string]func(http.Handler) *httptest.Server{"ws": httptest.NewServer, "wss": httptest.NewTLSServer} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			curlewtest.NoLeaks(t)
			done := make(chan error, 1)
			s := acceptor(t, start, &curlew.AcceptOptions{Header: http.Header{"X-Served-By": {"test"}}}, func(c *curlew.Conn, err error) {
				if err == nil && (c.Response() != nil || c.NetConn() != nil || c.RemoteAddr() == nil || c.Subprotocol() != "") {
					t.Errorf("%v, %v, %v, %q", c.Response(), c.NetConn(), c.RemoteAddr(), c.Subprotocol())
				}
				done <- echoMessages(c, err)
			})
			client := clientOf(s)
			c, err := client.Dial(t.Context(), wsURL(s))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if got := c.Response().Header.Get("X-Served-By"); got != "test" {
				t.Errorf("header %q", got)
			}
			for _, n := range []int{0, 1, 125, 126, 65535, 65536, 1 << 20} {
				go c.WriteMessage(t.Context(), curlew.Binary, []byte(letters(n)))
				f, p, err := c.ReadMessage(t.Context(), nil)
				wantMessage(t, curlew.Message{Flags: curlew.Binary, Data: []byte(letters(n))}, f, p, err)
			}
			if _, err := c.Ping(t.Context()); err != nil {
				t.Error(err)
			}
			wantNil(t, c.Shutdown(t.Context(), 1000, "bye"))
			wantNil(t, <-done)
		})
	}
}

func TestAcceptSubprotocol(t *testing.T) {
	for _, test := range []struct {
		speaks, offered []string
		want            string
	}{
		{nil, nil, ""},
		{nil, []string{"a"}, ""},
		{[]string{"a"}, nil, ""},
		{[]string{"a", "b"}, []string{"b", "a"}, "a"}, // the server's preference
		{[]string{"a", "b"}, []string{"c", "b"}, "b"},
		{[]string{"A"}, []string{"a"}, ""}, // names are compared byte by byte
		{[]string{"c"}, []string{"a", "b"}, ""},
	} {
		t.Run(fmt.Sprint(test.speaks, test.offered), func(t *testing.T) {
			curlewtest.NoLeaks(t)
			s := acceptor(t, httptest.NewServer, &curlew.AcceptOptions{Subprotocols: test.speaks}, func(c *curlew.Conn, err error) {
				if err != nil || c.Subprotocol() != test.want {
					t.Errorf("the server chose %q, want %q", c.Subprotocol(), test.want)
				}
				c.Close()
			})
			c, err := (&curlew.Client{Subprotocols: test.offered}).Dial(t.Context(), wsURL(s))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if c.Subprotocol() != test.want {
				t.Errorf("the client sees %q, want %q", c.Subprotocol(), test.want)
			}
		})
	}
}

// acceptRequest is a good request, with the fields of more in place of its own.
func acceptRequest(first string, more ...string) string {
	fields := []string{"Host: example.com", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}
	head := first + "\r\n"
	for _, f := range fields {
		name, _, _ := strings.Cut(f, ":")
		replaced := false
		for _, m := range more {
			replaced = replaced || strings.HasPrefix(m, name+":")
		}
		if !replaced {
			head += f + "\r\n"
		}
	}
	for _, m := range more {
		if !strings.HasSuffix(m, ":") { // a name alone takes the field out
			head += m + "\r\n"
		}
	}
	return head + "\r\n"
}

// Every refusal has its status and what belongs to it, and leaves the
// connection to the HTTP server: a good request behind it is accepted.
func TestAcceptRefuses(t *testing.T) {
	const get = "GET /chat HTTP/1.1"
	for _, test := range []struct {
		name, request string
		status        int
		header        string // that must be there
	}{
		{"method", acceptRequest("POST /chat HTTP/1.1"), 405, "Allow: GET"},
		{"version of HTTP", acceptRequest("GET /chat HTTP/1.0"), 505, ""},
		{"no upgrade", acceptRequest(get, "Upgrade:", "Connection:"), 426, "Upgrade: websocket"},
		{"another upgrade", acceptRequest(get, "Upgrade: h2c"), 426, "Upgrade: websocket"},
		{"no Connection", acceptRequest(get, "Connection:"), 426, "Sec-Websocket-Version: 13"},
		{"version 8", acceptRequest(get, "Sec-WebSocket-Version: 8"), 426, "Sec-Websocket-Version: 13"},
		{"no version", acceptRequest(get, "Sec-WebSocket-Version:"), 426, "Sec-Websocket-Version: 13"},
		{"no key", acceptRequest(get, "Sec-WebSocket-Key:"), 400, ""},
		{"short key", acceptRequest(get, "Sec-WebSocket-Key: dGhlIHNhbXBsZQ=="), 400, ""},
		{"two keys", acceptRequest(get, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400, ""},
		{"bad extensions", acceptRequest(get, "Sec-WebSocket-Extensions: a;;b"), 400, ""},
		{"bad subprotocols", acceptRequest(get, "Sec-WebSocket-Protocol: a b"), 400, ""},
		{"foreign origin", acceptRequest(get, "Origin: https://elsewhere.example"), 403, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			curlewtest.NoLeaks(t)
			refused := make(chan error, 2)
			s := acceptor(t, httptest.NewServer, nil, func(c *curlew.Conn, err error) {
				if err == nil {
					c.Close()
				}
				refused <- err
			})
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			io.WriteString(conn, test.request)
			r := bufio.NewReader(conn)
			resp, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != test.status || len(body) == 0 {
				t.Errorf("status %d, want %d; body %q, %v", resp.StatusCode, test.status, body, err)
			}
			if name, want, ok := strings.Cut(test.header, ": "); ok && resp.Header.Get(name) != want {
				t.Errorf("header %v, want %s", resp.Header, test.header)
			}
			var he *curlew.HandshakeError
			if err := <-refused; !errors.As(err, &he) || he.Response != nil {
				t.Errorf("Accept: %v", err)
			} else if !strings.Contains(string(body), he.Err.Error()) {
				t.Errorf("the client is told %q, the server %q", body, he.Err)
			}
			if resp.Close || test.name == "version of HTTP" {
				return
			}
			io.WriteString(conn, acceptRequest(get))
			if resp, err := http.ReadResponse(r, nil); err != nil || resp.StatusCode != 101 {
				t.Errorf("a good request then: %v, %v", resp, err)
			}
			wantNil(t, <-refused)
		})
	}
}

func TestAcceptOverHTTP2(t *testing.T) {
	curlewtest.NoLeaks(t)
	refused := make(chan error, 1)
	s := acceptor(t, func(h http.Handler) *httptest.Server {
		s := httptest.NewUnstartedServer(h)
		s.EnableHTTP2 = true
		s.StartTLS()
		return s
	}, nil, func(_ *curlew.Conn, err error) { refused <- err })
	resp, err := s.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	var he *curlew.HandshakeError
	if err := <-refused; resp.ProtoMajor != 2 || resp.StatusCode != 505 || !errors.As(err, &he) {
		t.Errorf("%s: %d, %v", resp.Proto, resp.StatusCode, err)
	}
}

// A taken is a ResponseWriter that gives s away.
type taken struct {
	*httptest.ResponseRecorder
	s     net.Conn
	early string
	err   error
}

func (w *taken) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r := bufio.NewReader(io.MultiReader(strings.NewReader(w.early), w.s))
	r.Peek(len(w.early))
	return w.s, bufio.NewReadWriter(r, bufio.NewWriter(w.s)), w.err
}

// wrapped is a middleware's ResponseWriter.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func goodRequest() *http.Request {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(acceptRequest("GET / HTTP/1.1"))))
	if err != nil {
		panic(err)
	}
	return r
}

// What the client sent behind its request is the session's beginning.
func TestAcceptEarlyBytes(t *testing.T) {
	messages := []rawFrame{textFrame("first"), textFrame(letters(3000)), textFrame(letters(200_000)), textFrame("last")}
	t.Run("server", func(t *testing.T) {
		curlewtest.NoLeaks(t)
		done := make(chan error, 1)
		s := acceptor(t, httptest.NewServer, nil, func(c *curlew.Conn, err error) { done <- echoMessages(c, err) })
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		go io.WriteString(conn, acceptRequest("GET / HTTP/1.1")+string(wireBytes(true, append(messages, closeFrame(1000, ""))...)))
		r := bufio.NewReader(conn)
		if resp, err := http.ReadResponse(r, nil); err != nil || resp.StatusCode != 101 {
			t.Fatal(resp, err)
		}
		for _, want := range append(messages, closeFrame(1000, "")) {
			if got, err := readRawFrame(r, false); err != nil || got != want {
				t.Errorf("%v, %v, want %v", got, err, want)
			}
		}
		wantNil(t, <-done)
	})
	for _, n := range []int{0, 1, 2, 5, 10, 20, 4000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				all := wireBytes(true, messages...)
				theirs, ours := curlewtest.Pipe()
				defer theirs.Close()
				go io.Copy(io.Discard, theirs)
				go theirs.Write(all[n:])
				c, err := curlew.Accept(&taken{httptest.NewRecorder(), ours, string(all[:n]), nil}, goodRequest(), &curlew.AcceptOptions{ReadBuffer: 512})
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				for _, want := range messages {
					if _, p, err := c.ReadMessage(t.Context(), nil); err != nil || string(p) != want.payload {
						t.Errorf("%d bytes, %v, want %v", len(p), err, want)
					}
				}
			})
		})
	}
}

// The HTTP server's time limits do not outlive the handshake, a middleware in
// front does no harm, and the head is what RFC 6455 asks for.
func TestAcceptTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		theirs, ours := curlewtest.Pipe()
		defer theirs.Close()
		ours.SetDeadline(time.Now().Add(time.Second))
		c, err := curlew.Accept(wrapped{&taken{httptest.NewRecorder(), ours, "", nil}}, goodRequest(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		resp, err := http.ReadResponse(bufio.NewReader(theirs), nil)
		if err != nil || resp.StatusCode != 101 || resp.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" || len(resp.Header) != 3 {
			t.Errorf("%v, %v", resp, err)
		}
		time.Sleep(time.Minute)
		theirs.Write(wireBytes(true, textFrame("late")))
		_, p, err := c.ReadMessage(t.Context(), nil)
		wantMessage(t, curlew.Message{Flags: curlew.Text, Data: []byte("late")}, curlew.Text, p, err)
	})
}

func TestAcceptCannotTakeOver(t *testing.T) {
	rec := httptest.NewRecorder() // has no Hijack
	_, err := curlew.Accept(rec, goodRequest(), nil)
	if wantError(t, err, http.ErrNotSupported); rec.Code != 500 {
		t.Errorf("status %d", rec.Code)
	}
	rec = httptest.NewRecorder()
	_, err = curlew.Accept(&taken{rec, nopConn{}, "", io.ErrNoProgress}, goodRequest(), nil)
	if wantError(t, err, io.ErrNoProgress); rec.Code != 500 {
		t.Errorf("status %d", rec.Code)
	}
	theirs, ours := curlewtest.Pipe()
	theirs.Close()
	_, err = curlew.Accept(&taken{httptest.NewRecorder(), ours, "", nil}, goodRequest(), nil)
	wantError(t, err, io.ErrClosedPipe)
	if _, err := ours.Write(nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the connection was not closed: %v", err)
	}
}

type nopConn struct{ net.Conn }

func (nopConn) Read([]byte) (int, error) { return 0, io.EOF }

// What is wrong with the server's options is the server's to know, not the client's.
func TestAcceptOptionsWrong(t *testing.T) {
	for name, o := range map[string]*curlew.AcceptOptions{
		"header of the handshake": {Header: http.Header{"Upgrade": {"x"}}},
		"header in two lines":     {Header: http.Header{"X": {"a\r\nSecret: b"}}},
		"pattern":                 {Origins: []string{"[secret"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, rec := goodRequest(), httptest.NewRecorder()
			r.Header.Set("Origin", "https://example.com")
			_, err := curlew.Accept(rec, r, o)
			if wantError(t, err, curlew.ErrUsage); rec.Code != 500 || strings.Contains(rec.Body.String(), "secret") {
				t.Errorf("status %d, %q", rec.Code, rec.Body)
			}
		})
	}
}

// The options of a session mean to a server what they mean to a client.
func TestAcceptOptions(t *testing.T) {
	for name, test := range map[string]struct {
		o    curlew.AcceptOptions
		send []rawFrame
		want func(t *testing.T, c *curlew.Conn)
	}{
		"RawMode": {curlew.AcceptOptions{RawMode: true}, []rawFrame{textFrame("x")}, func(t *testing.T, c *curlew.Conn) {
			p := make([]byte, 100)
			if n, err := c.NetConn().Read(p); err != nil || string(p[:n]) != string(wireBytes(true, textFrame("x"))) {
				t.Errorf("%x, %v", p[:n], err)
			}
		}},
		"NoAutoPong": {curlew.AcceptOptions{NoAutoPong: true}, []rawFrame{pingFrame("x")}, func(t *testing.T, c *curlew.Conn) { wantNext(t, c, curlew.Ping, "x") }},
		"NoAutoClose": {curlew.AcceptOptions{NoAutoClose: true}, []rawFrame{closeFrame(1000, "")}, func(t *testing.T, c *curlew.Conn) {
			wantNext(t, c, curlew.Close, "\x03\xe8")
			wantNil(t, c.Send(curlew.Text, nil))
		}},
		"NoUTF8Check": {curlew.AcceptOptions{NoUTF8Check: true}, []rawFrame{textFrame("\xff")}, func(t *testing.T, c *curlew.Conn) { wantNext(t, c, curlew.Text, "\xff") }},
		"MaxFrame": {curlew.AcceptOptions{MaxFrame: 1}, []rawFrame{textFrame("xx")}, func(t *testing.T, c *curlew.Conn) {
			_, _, err := c.Next()
			wantLimit(t, err, "MaxFrame", 1)
		}},
		"MaxMessage": {curlew.AcceptOptions{MaxMessage: 1}, []rawFrame{{wTextGo, "x"}, {wCont, "x"}}, func(t *testing.T, c *curlew.Conn) {
			_, _, err := c.ReadMessage(t.Context(), nil)
			wantLimit(t, err, "MaxMessage", 1)
		}},
		"MaxFragments": {curlew.AcceptOptions{MaxFragments: 1}, []rawFrame{{wTextGo, "x"}, {wCont, "x"}}, func(t *testing.T, c *curlew.Conn) {
			_, _, err := c.ReadMessage(t.Context(), nil)
			wantLimit(t, err, "MaxFragments", 1)
		}},
		"PingInterval": {curlew.AcceptOptions{PingInterval: time.Second}, nil, func(t *testing.T, c *curlew.Conn) {
			_, _, err := c.Next()
			wantError(t, err, curlew.ErrPongTimeout)
		}},
		"none": {curlew.AcceptOptions{}, []rawFrame{textFrame("x")}, func(t *testing.T, c *curlew.Conn) { wantNext(t, c, curlew.Text, "x") }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				theirs, ours := curlewtest.Pipe()
				defer theirs.Close()
				c, err := curlew.Accept(&taken{httptest.NewRecorder(), ours, "", nil}, goodRequest(), &test.o)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				theirs.Write(wireBytes(true, test.send...))
				test.want(t, c)
			})
		})
	}
}

// A server takes masked frames only, and sends none.
func TestAcceptMasks(t *testing.T) {
	for _, f := range performScript {
		synctest.Test(t, func(t *testing.T) {
			c, p := serverPair(t, nil)
			p.sendBytes(wireBytes(false, f))
			_, _, err := c.Next()
			wantProtocolError(t, err, 1002, 0)
			p.expect(closeFrame(1002, "")) // unmasked, or this fails
		})
	}
	synctest.Test(t, func(t *testing.T) {
		c, p := serverPair(t, nil)
		p.send(performScript...)
		all, err := receiveAll(c, nil)
		wantError(t, err, io.EOF)
		samePieces(t, joined(t, all), piecesOf(0, performScript...))
		p.expect(pongFrame("answered"), pongFrame(""), closeFrame(1000, ""))
	})
}

func TestAcceptMany(t *testing.T) {
	curlewtest.NoLeaks(t)
	const many = 100
	s := acceptor(t, httptest.NewServer, nil, func(c *curlew.Conn, err error) {
		if err := echoMessages(c, err); err != nil {
			t.Error(err)
		}
	})
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() {
			c, err := curlew.Dial(t.Context(), wsURL(s))
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			for j := range 10 {
				want := fmt.Sprint(i, j, letters(i*j*10))
				if err := c.WriteMessage(t.Context(), curlew.Text, []byte(want)); err != nil {
					t.Error(err)
				}
				f, p, err := c.ReadMessage(t.Context(), nil)
				wantMessage(t, curlew.Message{Flags: curlew.Text, Data: []byte(want)}, f, p, err)
			}
			wantNil(t, c.Shutdown(t.Context(), 1000, ""))
		})
	}
	all.Wait()
}

// A session goes on when its handler has returned.
func TestAcceptOutlivesItsHandler(t *testing.T) {
	curlewtest.NoLeaks(t)
	accepted := make(chan *curlew.Conn, 1)
	s := acceptor(t, httptest.NewTLSServer, nil, func(c *curlew.Conn, _ error) { accepted <- c })
	client := clientOf(s)
	c, err := client.Dial(t.Context(), wsURL(s))
	if err != nil {
		t.Fatal(err)
	}
	server := <-accepted
	s.Config.Shutdown(t.Context()) // waits for handlers, and knows no sessions
	done := make(chan error)
	go func() { done <- echoMessages(server, nil) }()
	wantNil(t, c.WriteMessage(t.Context(), curlew.Text, []byte("x")))
	_, p, err := c.ReadMessage(t.Context(), nil)
	wantMessage(t, curlew.Message{Flags: curlew.Text, Data: []byte("x")}, curlew.Text, p, err)
	wantNil(t, c.Shutdown(t.Context(), 1000, ""))
	wantNil(t, <-done)
}
