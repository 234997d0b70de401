package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew/internal/testpeer"
)

func TestDialTCP(t *testing.T) {
	t.Parallel()
	addr := testpeer.Serve(t, echo)
	for _, c := range []*Config{nil, {}} {
		conn := mustDial(t, c, "ws://"+addr+"/chat")
		if _, ok := conn.(*net.TCPConn); !ok {
			t.Errorf("got a %T, want *net.TCPConn", conn)
		}
		mustEcho(t, conn)
	}
}

func TestDialUnix(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Skip("no unix sockets:", err)
	}
	testpeer.ServeOn(t, l, echo)
	conn := mustDial(t, &Config{UnixSocket: path}, "ws://nowhere.invalid/")
	if _, ok := conn.(*net.UnixConn); !ok {
		t.Errorf("got a %T, want *net.UnixConn", conn)
	}
	mustEcho(t, conn)

	err = failure(t, t.Context(), &Config{UnixSocket: path + "gone"}, "ws://nowhere.invalid/", Connect)
	if !strings.Contains(err.Error(), path+"gone") {
		t.Errorf("got %v, want an error with the path", err)
	}
}

func TestDialTLS(t *testing.T) {
	t.Parallel()
	ca := testpeer.NewAuthority()
	hello := make(chan *tls.ClientHelloInfo, 1)
	addr := testpeer.Serve(t, testpeer.WithTLS(&tls.Config{
		NextProtos: []string{"http/1.1"},
		GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
			hello <- h
			cert := ca.Issue(t, "127.0.0.1", func(c *x509.Certificate) { c.DNSNames = []string{"sni.example"} })
			return &cert, nil
		},
	}, echo))
	_, port, _ := net.SplitHostPort(addr)
	tests := []struct {
		name      string
		config    Config
		alpn      []string
		sni       string
		wantProto string
	}{
		{"address", Config{TLS: ca.Trust()}, nil, "", ""},
		{"ALPN", Config{TLS: ca.Trust()}, []string{"http/1.1"}, "", "http/1.1"},
		{"NoALPN", Config{TLS: ca.Trust(), NoALPN: true}, []string{"http/1.1"}, "", ""},
		{"own NextProtos", Config{TLS: &tls.Config{RootCAs: ca.Pool, NextProtos: []string{"http/1.1"}}}, nil, "", "http/1.1"},
		{"Dial's ALPN wins", Config{TLS: &tls.Config{RootCAs: ca.Pool, NextProtos: []string{"h2"}}}, []string{"http/1.1"}, "", "http/1.1"},
		{"own ServerName", Config{TLS: &tls.Config{RootCAs: ca.Pool, ServerName: "sni.example"}}, nil, "sni.example", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn, _, err := tt.config.Dial(t.Context(), mustURL(t, "wss://127.0.0.1:"+port), tt.alpn...)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			mustEcho(t, conn)
			if h := <-hello; h.ServerName != tt.sni {
				t.Errorf("SNI %q, want %q", h.ServerName, tt.sni)
			}
			if got := conn.(*tls.Conn).ConnectionState().NegotiatedProtocol; got != tt.wantProto {
				t.Errorf("ALPN %q, want %q", got, tt.wantProto)
			}
		})
	}
	for _, tt := range tests {
		if tt.config.TLS.ServerName != tt.sni {
			t.Errorf("%s: Dial changed the caller's tls.Config", tt.name)
		}
	}
}

func TestDialTLSFailures(t *testing.T) {
	t.Parallel()
	ca := testpeer.NewAuthority()
	expired := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }
	notServer := func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }
	isInvalid := func(reason x509.InvalidReason) func(error) bool {
		return func(err error) bool {
			e, ok := errors.AsType[x509.CertificateInvalidError](err)
			return ok && e.Reason == reason
		}
	}
	tests := []struct {
		name  string
		cert  tls.Certificate
		trust *tls.Config
		is    func(error) bool
		says  string
	}{
		{"wrong host", ca.Issue(t, "other.example"), ca.Trust(),
			func(err error) bool { _, ok := errors.AsType[x509.HostnameError](err); return ok }, "127.0.0.1"},
		{"unknown authority", ca.Issue(t, "127.0.0.1"), &tls.Config{RootCAs: x509.NewCertPool()},
			func(err error) bool { _, ok := errors.AsType[x509.UnknownAuthorityError](err); return ok }, "--cacert"},
		{"expired", ca.Issue(t, "127.0.0.1", expired), ca.Trust(), isInvalid(x509.Expired), "expired"},
		{"not for servers", ca.Issue(t, "127.0.0.1", notServer), ca.Trust(), isInvalid(x509.IncompatibleUsage), "key usage"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			addr := testpeer.Serve(t, testpeer.WithTLS(&tls.Config{Certificates: []tls.Certificate{tt.cert}}, silent))
			err := failure(t, t.Context(), &Config{TLS: tt.trust}, "wss://"+addr, TLS)
			if !tt.is(err) || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), addr) {
				t.Errorf("got %v", err)
			}
			if err.Timeout() {
				t.Errorf("got %v, want a timeout", err)
			}
		})
	}
	t.Run("no TLS there", func(t *testing.T) {
		addr := testpeer.Serve(t, func(c net.Conn) { c.Write([]byte("220 mail ready, say hello\r\n")); silent(c) })
		if err := failure(t, t.Context(), nil, "wss://"+addr, TLS); !strings.Contains(err.Error(), "ws://") {
			t.Errorf("got %v, want an error with advice", err)
		}
	})
}

func TestDialRefused(t *testing.T) {
	t.Parallel()
	addr := closedAddr(t)
	err := failure(t, t.Context(), nil, "ws://"+addr, Connect)
	if !errors.Is(err, syscall.ECONNREFUSED) || err.Addr != addr {
		t.Errorf("got %v", err)
	}
}

func TestDialUnknownHost(t *testing.T) {
	t.Parallel()
	err := failure(t, t.Context(), nil, "ws://no-such-host.invalid", Resolve)
	if _, ok := errors.AsType[*net.DNSError](err); !ok || err.Addr != "no-such-host.invalid:80" {
		t.Errorf("got %v", err)
	}
}

func TestDialBadURL(t *testing.T) {
	t.Parallel()
	for _, u := range []*url.URL{
		{}, {Scheme: "ftp", Host: "h"}, {Scheme: "ws"}, {Scheme: "ws", Host: ":80"},
		{Scheme: "ws", Host: "h:0"}, {Scheme: "ws", Host: "h:65536"}, {Scheme: "ws", Host: "h:99999999999999999999"},
		{Scheme: "ws", Host: "a\r\nX: y"}, {Scheme: "ws", Host: "a b"}, {Scheme: "ws", Host: "\u00e4\x00"},
		{Scheme: "ws", Host: "xn--\u00fc"},
	} {
		conn, _, err := (*Config)(nil).Dial(t.Context(), u)
		e, ok := err.(*Error)
		if conn != nil || !ok || e.Stage != Resolve {
			t.Errorf("%#v: got %v, %v", u, conn, err)
		}
	}
}

func TestTarget(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"ws://h/": "h:80", "wss://h": "h:443", "HTTP://H": "H:80", "https://h:1": "h:1",
		"ws://[::1]": "[::1]:80", "ws://[fe80::1%25eth0]:9/": "[fe80::1%eth0]:9",
		"ws://b\u00fccher.example": "xn--bcher-kva.example:80", "ws://a_b.example": "a_b.example:80",
	} {
		if got, _, err := target(mustURL(t, in)); got != want || err != nil {
			t.Errorf("target(%s) = %q, %v, want %q", in, got, err, want)
		}
	}
}

func TestDialCancel(t *testing.T) {
	t.Parallel()
	reason := errors.New("changed my mind")
	t.Run("before", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(reason)
		for _, host := range []string{"127.0.0.1:1", "no-such-host.invalid"} {
			conn, _, err := (&Config{}).Dial(ctx, mustURL(t, "ws://"+host))
			if conn != nil || !errors.Is(err, reason) {
				t.Errorf("%s: got %v, want the context's cause", host, err)
			}
		}
	})
	t.Run("after", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		ca := testpeer.NewAuthority()
		addr := testpeer.Serve(t, testpeer.WithTLS(&tls.Config{Certificates: []tls.Certificate{ca.Issue(t, "127.0.0.1")}}, echo))
		conn, _, err := (&Config{TLS: ca.Trust()}).Dial(ctx, mustURL(t, "wss://"+addr))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		cancel()
		mustEcho(t, conn)
	})
}

// TestTimings makes each stage take a different time, on a fake clock.
func TestTimings(t *testing.T) {
	t.Parallel()
	ca := testpeer.NewAuthority()
	certs, now := []tls.Certificate{ca.Issue(t, "h")}, time.Now()
	synctest.Test(t, func(t *testing.T) {
		c := &Config{TLS: ca.Trust(), Proxy: ProxyURL(mustURL(t, "http://p"))}
		c.TLS.Time = func() time.Time { return now } // when the certificate is valid
		c.NetDial = func(context.Context, string, string) (net.Conn, error) {
			time.Sleep(3 * time.Second)
			client, server := net.Pipe()
			go func() {
				server.Read(make([]byte, 1000))
				time.Sleep(5 * time.Second)
				io.WriteString(server, accepted)
				time.Sleep(7 * time.Second)
				echo(tls.Server(server, &tls.Config{Certificates: certs}))
			}()
			return client, nil
		}
		conn, took, err := c.Dial(t.Context(), mustURL(t, "wss://h"))
		if want := (Timings{Connect: 3 * time.Second, Proxy: 5 * time.Second, TLS: 7 * time.Second}); err != nil || took != want {
			t.Fatalf("got %+v, %v, want %+v", took, err, want)
		}
		conn.(*tls.Conn).NetConn().Close()

		c.NetDial = func(context.Context, string, string) (net.Conn, error) {
			time.Sleep(3 * time.Second)
			return nil, io.EOF
		}
		if _, took, err = c.Dial(t.Context(), mustURL(t, "wss://h")); err == nil || took != (Timings{Connect: 3 * time.Second}) {
			t.Errorf("failed: got %+v, %v", took, err)
		}
	})
}

// TestZones checks that only the sockets of this machine get the zone of an IPv6
// address. Certificates have none, and proxies have other interfaces.
func TestZones(t *testing.T) {
	t.Parallel()
	a := testpeer.NewAuthority()
	server := &tls.Config{Certificates: []tls.Certificate{a.Issue(t, "fe80::1")}}
	var asked string
	c := &Config{TLS: a.Trust(), NetDial: func(_ context.Context, _, addr string) (net.Conn, error) {
		asked = addr
		return net.Dial("tcp", testpeer.Serve(t, testpeer.WithTLS(server, echo)))
	}}
	mustEcho(t, mustDial(t, c, "wss://[fe80::1%25eth0]"))
	if asked != "[fe80::1%eth0]:443" {
		t.Errorf("asked for %s, want the zone in it", asked)
	}
	request := make(chan string, 1)
	proxy := testpeer.Serve(t, func(c net.Conn) {
		head, _ := receiveHead(io.MultiReader(strings.NewReader("HTTP/"), c))
		request <- strings.TrimPrefix(string(head), "HTTP/")
		io.WriteString(c, accepted)
	})
	mustDial(t, via(mustURL(t, "http://"+proxy)), "ws://[fe80::1%25eth0]")
	if got := <-request; got != "CONNECT [fe80::1]:80 HTTP/1.1\r\nHost: [fe80::1]:80\r\n\r\n" {
		t.Errorf("the proxy got %q", got)
	}
}
