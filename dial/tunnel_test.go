package dial

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/curlew-ws/curlew/internal/testpeer"
)

// requestTo starts an HTTP proxy, dials through it, and returns the request that the
// proxy received.
func requestTo(t *testing.T, c Config, userinfo string) *http.Request {
	t.Helper()
	requests := make(chan *http.Request, 1)
	addr := testpeer.Serve(t, httpProxyReplying(&record{}, testpeer.Serve(t, echo), func(r *http.Request) string {
		requests <- r
		return accepted
	}))
	c.Proxy = ProxyURL(mustURL(t, "http://"+userinfo+addr))
	mustEcho(t, mustDial(t, &c, "ws://far.example:7"))
	return <-requests
}

func TestConnectRequest(t *testing.T) {
	t.Parallel()
	r := requestTo(t, Config{}, "")
	if r.RequestURI != "far.example:7" || r.Host != "far.example:7" || r.Proto != "HTTP/1.1" || len(r.Header) != 0 {
		t.Errorf("got %s %s %s %v", r.RequestURI, r.Host, r.Proto, r.Header)
	}
	own := http.Header{"X-Own": {"a", "b\r\nX-Smuggled: c"}, "Host": {"front.example"}}
	r = requestTo(t, Config{ProxyHeader: own}, "joe:s%3acret@")
	if user, password, ok := parseProxyBasic(r); !ok || user != "joe" || password != "s:cret" {
		t.Errorf("got credentials %q %q", user, password)
	}
	if len(r.Header["X-Own"]) != 2 || r.Header.Get("X-Smuggled") != "" {
		t.Errorf("got header %v", r.Header)
	}
	if own.Get("Host") != "front.example" || len(own) != 2 {
		t.Errorf("the caller's ProxyHeader changed: %v", own)
	}
	hook := func(method, uri string, challenge *http.Response) (string, error) {
		return fmt.Sprint("Own ", method, " ", uri, " ", challenge == nil), nil
	}
	r = requestTo(t, Config{ProxyAuth: hook}, "joe:secret@")
	if got := r.Header.Get("Proxy-Authorization"); got != "Own CONNECT far.example:7 true" {
		t.Errorf("got %q", got)
	}
}

func TestConnectRequestBytes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ host, want string }{
		{"", "CONNECT far.example:7 HTTP/1.1\r\nHost: far.example:7\r\nX-Own: a\r\n\r\n"},
		{"front.example", "CONNECT far.example:7 HTTP/1.1\r\nHost: front.example\r\nX-Own: a\r\n\r\n"},
		{"front\r\nX: y", "CONNECT far.example:7 HTTP/1.1\r\nHost: front  X: y\r\nX-Own: a\r\n\r\n"},
	} {
		got := make(chan string, 1)
		addr := testpeer.Serve(t, func(c net.Conn) {
			b := make([]byte, 1000)
			n, _ := c.Read(b)
			got <- string(b[:n])
			io.WriteString(c, accepted)
		})
		c := via(mustURL(t, "http://"+addr))
		c.ProxyHeader = http.Header{"X-Own": {"a"}}
		if tt.host != "" {
			c.ProxyHeader.Set("Host", tt.host)
		}
		mustDial(t, c, "ws://far.example:7")
		if request := <-got; request != tt.want {
			t.Errorf("got %q, want %q", request, tt.want)
		}
	}
}

func parseProxyBasic(r *http.Request) (user, password string, ok bool) {
	r = &http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}
	return r.BasicAuth()
}

func TestConnectRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ reply, body string }{
		{"HTTP/1.1 403 Not \x1b[31mhere\r\nX-Why: rules\r\nContent-Length: 7\r\n\r\nbecause", "because"},
		{"HTTP/1.1 502 Cut\r\nX-Why: rules\r\n\r\nto the end", "to the end"},
		{"HTTP/1.1 301 Moved\r\nX-Why: rules\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwhy\r\n0\r\n\r\n", "why"},
		{"HTTP/1.1 101 Switching\r\nX-Why: rules\r\n\r\n", ""},
		{"HTTP/1.1 500 Cut\r\nX-Why: rules\r\nContent-Length: 99\r\n\r\ncut", "cut"},
		{"HTTP/1.1 500 Big\r\nX-Why: rules\r\nContent-Length: 99999\r\n\r\n" + strings.Repeat("x", 99999), strings.Repeat("x", 65536)},
	} {
		addr := testpeer.Serve(t, func(c net.Conn) {
			c.Read(make([]byte, 1000))
			io.WriteString(c, tt.reply)
			if strings.Contains(tt.reply, "Cut") {
				return
			}
			silent(c)
		})
		err := failure(t, t.Context(), via(mustURL(t, "http://"+addr)), "ws://far.example", Proxy)
		refusal, ok := errors.AsType[*ConnectError](err)
		if !ok || refusal.Response.Header.Get("X-Why") != "rules" || refusal.Response.Status != tt.reply[9:strings.Index(tt.reply, "\r")] {
			t.Errorf("%.30q: got %v", tt.reply, err)
			continue
		}
		if strings.Contains(err.Error(), "\x1b") {
			t.Errorf("control characters of the proxy are in %q", err.Error())
		}
		if body, err := io.ReadAll(refusal.Response.Body); string(body) != tt.body || err != nil {
			t.Errorf("%.30q: got a body of %d bytes, %v", tt.reply, len(body), err)
		}
	}
}

// challengeSteps returns a ProxyAuth that answers the nth challenge with "step n". It
// checks that each challenge has its body.
func challengeSteps(t *testing.T) ProxyAuth {
	step := 0
	return func(_, _ string, challenge *http.Response) (string, error) {
		if challenge != nil {
			if body, err := io.ReadAll(challenge.Body); string(body) != "who?" || err != nil || challenge.StatusCode != 407 {
				t.Errorf("challenge %d: got %v with body %q, %v", step, challenge.Status, body, err)
			}
		}
		step++
		return fmt.Sprint("step ", step-1), nil
	}
}

const challenge407 = "HTTP/1.1 407 Auth\r\nContent-Length: 4\r\n"

// TestConnectChallenges dials through a proxy that refuses the first two requests.
func TestConnectChallenges(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		challenge   string
		connections int
	}{
		"kept open":              {challenge407 + "\r\nwho?", 1},
		"Connection: close":      {challenge407 + "Connection: close\r\n\r\nwho?", 3},
		"Proxy-Connection":       {challenge407 + "Proxy-Connection: Close\r\n\r\nwho?", 3},
		"chunked":                {"HTTP/1.1 407 Auth\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwho?\r\n0\r\n\r\n", 1},
		"odd framing":            {challenge407 + "Transfer-Encoding: chunked\r\n\r\n4\r\nwho?\r\n0\r\n\r\n", 3},
		"hangs up without words": {"hang up", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen record
			var requests, connections atomic.Int32
			steps := httpProxyReplying(&seen, testpeer.Serve(t, echo), func(r *http.Request) string {
				if got := r.Header.Get("Proxy-Authorization"); got != fmt.Sprint("step ", requests.Load()) {
					t.Errorf("request %d: got %q", requests.Load(), got)
				}
				switch {
				case requests.Add(1) == 3:
					return accepted
				case tt.challenge == "hang up":
					return challenge407 + "\r\nwho?"
				}
				return tt.challenge
			})
			addr := testpeer.Serve(t, func(c net.Conn) {
				connections.Add(1)
				if tt.challenge == "hang up" && requests.Load() < 2 {
					c = &oneRequest{Conn: c}
				}
				steps(c)
			})
			c := via(mustURL(t, "http://"+addr))
			c.ProxyAuth = challengeSteps(t)
			mustEcho(t, mustDial(t, c, "ws://far.example"))
			if requests.Load() != 3 || connections.Load() != int32(tt.connections) {
				t.Errorf("%d requests on %d connections, want 3 on %d", requests.Load(), connections.Load(), tt.connections)
			}
		})
	}
}

// oneRequest is a connection that ends after its first read, as that of a proxy that
// closes after each reply.
type oneRequest struct {
	net.Conn
	read bool
}

func (c *oneRequest) Read(p []byte) (int, error) {
	if c.read {
		return 0, io.EOF
	}
	c.read = true
	return c.Conn.Read(p)
}

func TestConnectChallengesEnd(t *testing.T) {
	t.Parallel()
	broken := errors.New("no ticket")
	gaveUp := func(_, _ string, challenge *http.Response) (string, error) { return "", nil }
	fails := func(_, _ string, challenge *http.Response) (string, error) {
		if challenge != nil {
			return "", broken
		}
		return canary, nil
	}
	always := func(_, _ string, challenge *http.Response) (string, error) { return canary, nil }
	for _, tt := range []struct {
		name     string
		auth     ProxyAuth
		userinfo string
		requests int
	}{
		{"no credentials", nil, "", 1},
		{"wrong Basic", nil, "joe:" + canary + "@", 1},
		{"gives up", gaveUp, "", 1},
		{"fails", fails, "", 1},
		{"endless", always, "", maxProxyRounds},
	} {
		var seen record
		gone := make(chan struct{})
		left := 20 // challenges, or else it might never end
		proxy := httpProxyReplying(&seen, "", func(*http.Request) string {
			if left--; left < 0 {
				return ""
			}
			return challenge407 + "\r\nwho?"
		})
		var once sync.Once
		addr := testpeer.Serve(t, func(c net.Conn) { proxy(c); once.Do(func() { close(gone) }) })
		c := via(mustURL(t, "http://"+tt.userinfo+addr))
		c.ProxyAuth = tt.auth
		err := failure(t, t.Context(), c, "ws://far.example", Proxy)
		refusal, ok := errors.AsType[*ConnectError](err)
		if ok == (tt.name == "fails") || ok && refusal.Response.StatusCode != 407 || !ok && !errors.Is(err, broken) {
			t.Errorf("%s: got %v", tt.name, err)
		}
		if got := len(strings.Fields(seen.all())); got != tt.requests {
			t.Errorf("%s: %d requests, want %d", tt.name, got, tt.requests)
		}
		<-gone // the connection was closed
	}
}

// TestProxyTruncated cuts off the replies of each kind of proxy at every byte.
func TestProxyTruncated(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		url     string
		replies []string // each sent after something was received
	}{
		{"socks4a://", []string{"\x00\x5a\x00\x07\x01\x02\x03\x04"}},
		{"socks5h://", []string{"\x05\x00", "\x05\x00\x00\x01\x01\x02\x03\x04\x00\x07"}},
		{"socks5h://", []string{"\x05\x00", "\x05\x00\x00\x03\x02ab\x00\x07"}},
		{"socks5h://joe:" + canary + "@", []string{"\x05\x02", "\x01\x00", "\x05\x00\x00\x04" + strings.Repeat("6", 16) + "\x00\x07"}},
		{"http://", []string{"HTTP/1.1 200 OK\r\nX: y\r\n\r\n"}},
	} {
		total := len(strings.Join(tt.replies, ""))
		for cut := range total + 1 {
			gone := make(chan struct{})
			addr := testpeer.Serve(t, func(c net.Conn) {
				defer close(gone)
				left := cut
				for _, reply := range tt.replies {
					c.Read(make([]byte, 1000))
					n := min(left, len(reply))
					io.WriteString(c, reply[:n])
					if left -= n; n < len(reply) {
						c.(*net.TCPConn).CloseWrite()
						silent(c)
						return
					}
				}
				echo(c)
			})
			c := via(mustURL(t, tt.url+addr))
			if cut == total {
				conn := mustDial(t, c, "ws://far.example:7")
				mustEcho(t, conn)
				conn.Close()
			} else if err := failure(t, t.Context(), c, "ws://far.example:7", Proxy); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s cut at %d: got %v", tt.url, cut, err)
			}
			<-gone
		}
	}
}
