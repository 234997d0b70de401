package dial

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew/internal/testpeer"
)

// stall is a connection to the host on which a peer stops sending.
type stall struct {
	name    string
	proxy   string   // URL, or "" for none
	replies []string // what the peer sends, one for each read, before it stops
	url     string
	stage   Stage
	inTLS   bool // TLSTimeout covers it
}

var stalls = []stall{
	{"host, TLS", "", nil, "wss://h", TLS, true},
	{"host, TLS begun", "", []string{"\x16\x03\x03\x00\x7a\x02"}, "wss://h", TLS, true},
	{"host, TLS after http", "http://p", []string{accepted}, "wss://h", TLS, true},
	{"host, TLS after socks5h", "socks5h://p", []string{"\x05\x00", "\x05\x00\x00\x01\x01\x02\x03\x04\x00\x07"}, "wss://h", TLS, true},
	{"https, TLS", "https://joe:" + canary + "@p", nil, "ws://h", Proxy, true},
	{"http, reply", "http://joe:" + canary + "@p", nil, "ws://h", Proxy, false},
	{"http, status line", "http://p", []string{"HTTP/1.1 2"}, "ws://h", Proxy, false},
	{"http, head", "http://p", []string{"HTTP/1.1 200 OK\r\nX: "}, "ws://h", Proxy, false},
	{"http, final reply", "http://p", []string{"HTTP/1.1 100 Continue\r\n\r\n"}, "ws://h", Proxy, false},
	{"http, body", "http://joe:" + canary + "@p", []string{"HTTP/1.1 407 No\r\nContent-Length: 9\r\n\r\nabc"}, "ws://h", Proxy, false},
	{"http, second reply", "http://p", []string{challenge407 + "\r\nwho?"}, "ws://h", Proxy, false},
	{"socks4a, reply", "socks4a://joe@p", nil, "ws://h", Proxy, false},
	{"socks4a, half a reply", "socks4a://p", []string{"\x00\x5a\x00"}, "ws://h", Proxy, false},
	{"socks4, reply", "socks4://p", nil, "ws://127.0.0.1", Proxy, false},
	{"socks5, method", "socks5://p", nil, "ws://127.0.0.1", Proxy, false},
	{"socks5h, password", "socks5h://joe:" + canary + "@p", []string{"\x05\x02"}, "ws://h", Proxy, false},
	{"socks5h, reply", "socks5h://joe:" + canary + "@p", []string{"\x05\x02", "\x01\x00"}, "ws://h", Proxy, false},
	{"socks5h, address", "socks5h://p", []string{"\x05\x00", "\x05\x00\x00\x03\x09abc"}, "ws://h", Proxy, false},
	{"socks5h after http, reply", "socks5h://p", []string{accepted}, "ws://h", Proxy, false},
	{"https after http, TLS", "https://joe:" + canary + "@p", []string{accepted}, "ws://h", Proxy, true},
	{"connect", "", []string{"never"}, "ws://h", Connect, false},
	{"connect to proxy", "http://joe:" + canary + "@p", []string{"never"}, "ws://h", Proxy, false},
}

// config returns a Config for s without a real network. The function reports whether
// the client has closed every connection.
func (s stall) config(t *testing.T) (*Config, func() bool) {
	var ends []chan struct{}
	c := &Config{}
	c.NetDial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if slices.Contains(s.replies, "never") {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		client, server := net.Pipe()
		end := make(chan struct{})
		ends = append(ends, end)
		go func() {
			defer close(end)
			for _, reply := range s.replies {
				server.Read(make([]byte, 4000))
				io.WriteString(server, reply)
			}
			silent(server)
		}()
		return client, nil
	}
	if s.proxy != "" {
		c.Proxy = ProxyURL(mustURL(t, s.proxy))
	}
	if strings.Contains(s.name, "after http,") {
		c.PreProxy = mustURL(t, "http://joe:"+canary+"@before")
	}
	if s.name == "http, second reply" {
		c.ProxyAuth = func(string, string, *http.Response) (string, error) { return canary, nil }
	}
	return c, func() bool {
		synctest.Wait()
		for _, end := range ends {
			select {
			case <-end:
			default:
				return false
			}
		}
		return true
	}
}

// TestLimits makes each stage stall. It checks that the error has the name of the
// limit, that it is returned at that time, and that no connection stays open.
func TestLimits(t *testing.T) {
	t.Parallel()
	for _, s := range stalls {
		for _, tt := range []struct {
			connect, tls time.Duration
			name         string
		}{
			{time.Minute, 0, "ConnectTimeout"},
			{time.Minute, time.Hour, "ConnectTimeout"},
			{time.Hour, time.Minute, "TLSTimeout"},
			{0, time.Minute, "TLSTimeout"},
		} {
			if tt.name == "TLSTimeout" && !s.inTLS {
				continue
			}
			t.Run(s.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c, closed := s.config(t)
					c.ConnectTimeout, c.TLSTimeout = tt.connect, tt.tls
					start := time.Now()
					err := failure(t, t.Context(), c, s.url, s.stage)
					limit, ok := errors.AsType[*TimeoutError](err)
					if !ok || *limit != (TimeoutError{tt.name, time.Minute}) || !strings.Contains(err.Error(), tt.name) {
						t.Errorf("got %v, want the limit %s", err, tt.name)
					}
					if !err.Timeout() || !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("got %v, want a timeout", err)
					}
					if took := time.Since(start); took != time.Minute {
						t.Errorf("took %v", took)
					}
					if !closed() {
						t.Error("a connection is still open")
					}
				})
			})
		}
	}
}

// TestCancel ends the context while a stage stalls.
func TestCancel(t *testing.T) {
	t.Parallel()
	reason := errors.New("changed my mind")
	for _, s := range stalls {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, closed := s.config(t)
				ctx, cancel := context.WithCancelCause(t.Context())
				go func() {
					synctest.Wait() // Dial is stuck
					cancel(reason)
				}()
				start := time.Now()
				err := failure(t, ctx, c, s.url, s.stage)
				if !errors.Is(err, reason) || err.Timeout() {
					t.Errorf("got %v, want the context's cause", err)
				}
				if took := time.Since(start); took != 0 {
					t.Errorf("took %v", took)
				}
				if !closed() {
					t.Error("a connection is still open")
				}

				c, _ = s.config(t)
				deadline, cancelDeadline := context.WithTimeout(t.Context(), time.Second)
				defer cancelDeadline()
				err = failure(t, deadline, c, s.url, s.stage)
				if !errors.Is(err, context.DeadlineExceeded) || !err.Timeout() {
					t.Errorf("got %v, want the context's deadline", err)
				}
			})
		})
	}
}

// TestCancelTCP cancels a handshake on a real connection.
func TestCancelTCP(t *testing.T) {
	t.Parallel()
	reason := errors.New("changed my mind")
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := make(chan struct{})
	addr := testpeer.Serve(t, func(c net.Conn) {
		c.Read(make([]byte, 1)) // the client is in its handshake
		cancel(reason)
		silent(c)
		close(gone)
	})
	if err := failure(t, ctx, nil, "wss://"+addr, TLS); !errors.Is(err, reason) {
		t.Errorf("got %v, want the context's cause", err)
	}
	<-gone // the connection was closed
}

// TestCancelTLSInTLS cancels a handshake inside a tunnel inside TLS.
func TestCancelTLSInTLS(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("changed my mind")
	gone := make(chan struct{})
	backend := testpeer.Serve(t, func(c net.Conn) {
		c.Read(make([]byte, 1))
		cancel(reason)
		silent(c)
		close(gone)
	})
	c := via(proxyServer(t, "https", "", &record{}, backend))
	c.TLS = &tls.Config{}
	if err := failure(t, ctx, c, "wss://h", TLS); !errors.Is(err, reason) {
		t.Errorf("got %v, want the context's cause", err)
	}
	<-gone
}
