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
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
	"github.com/curlew-ws/curlew/dial"
	"github.com/curlew-ws/curlew/internal/handshake"
)

// cannedServer answers each connection's request with what answer makes of the
// request's key, and returns its URL and the requests it got.
func cannedServer(t *testing.T, answer func(key string) string) (url string, requests <-chan string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 16)
	var sessions sync.WaitGroup
	sessions.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			sessions.Go(func() {
				defer c.Close()
				head := readHead(c)
				_, key, _ := strings.Cut(head, "Sec-WebSocket-Key: ")
				key, _, _ = strings.Cut(key, "\r\n")
				got <- head
				io.WriteString(c, answer(key))
				c.(*net.TCPConn).CloseWrite()
				io.Copy(io.Discard, c)
			})
		}
	})
	t.Cleanup(func() { l.Close(); sessions.Wait() })
	return "ws://" + l.Addr().String(), got
}

func readHead(c net.Conn) string {
	var b strings.Builder
	r := bufio.NewReader(c)
	for {
		line, err := r.ReadString('\n')
		b.WriteString(line)
		if err != nil || line == "\r\n" {
			return b.String()
		}
	}
}

// accepted is a good answer with more header lines.
func accepted(key, more string) string {
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		handshake.AcceptKey(key) + "\r\n" + more + "\r\n"
}

// The request is libcurl's, byte for byte.
func TestRequestIsLibcurls(t *testing.T) {
	for _, tc := range []struct {
		name   string
		client curlew.Client
		path   string
		want   string
	}{
		{"default", curlew.Client{}, "/a?b=c", "GET /a?b=c HTTP/1.1\r\nHost: HOST\r\nAccept: */*\r\nUpgrade: websocket\r\n" +
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: KEY\r\nConnection: Upgrade\r\n\r\n"},
		{"no path", curlew.Client{}, "", "GET / HTTP/1.1\r\nHost: HOST\r\nAccept: */*\r\nUpgrade: websocket\r\n" +
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: KEY\r\nConnection: Upgrade\r\n\r\n"},
		{"own headers", curlew.Client{Header: http.Header{"X-B": {"2"}, "X-A": {"1"}, "User-Agent": {"me"}, "Accept": nil, "Connection": {"keep-alive"}}}, "/",
			"GET / HTTP/1.1\r\nHost: HOST\r\nUser-Agent: me\r\nUpgrade: websocket\r\n" +
				"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: KEY\r\nX-A: 1\r\nX-B: 2\r\nConnection: keep-alive, Upgrade\r\n\r\n"},
		{"own host", curlew.Client{Host: "other.example:81"}, "/", "GET / HTTP/1.1\r\nHost: other.example:81\r\nAccept: */*\r\nUpgrade: websocket\r\n" +
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: KEY\r\nConnection: Upgrade\r\n\r\n"},
		{"subprotocols", curlew.Client{Subprotocols: []string{"one", "two"}}, "/", "GET / HTTP/1.1\r\nHost: HOST\r\nAccept: */*\r\nUpgrade: websocket\r\n" +
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: KEY\r\nSec-WebSocket-Protocol: one, two\r\nConnection: Upgrade\r\n\r\n"},
		{"credentials", curlew.Client{Auth: curlew.BasicAuth("user", "secret")}, "/", "GET / HTTP/1.1\r\nHost: HOST\r\nAuthorization: Basic dXNlcjpzZWNyZXQ=\r\nAccept: */*\r\nUpgrade: websocket\r\n" +
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: KEY\r\nConnection: Upgrade\r\n\r\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			url, requests := cannedServer(t, func(key string) string { return accepted(key, "") })
			c, err := tc.client.Dial(t.Context(), url+tc.path)
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
			got := strings.ReplaceAll(<-requests, strings.TrimPrefix(url, "ws://"), "HOST")
			_, key, _ := strings.Cut(got, "Sec-WebSocket-Key: ")
			key, _, _ = strings.Cut(key, "\r\n")
			if got = strings.Replace(got, key, "KEY", 1); got != tc.want || len(key) != 24 {
				t.Errorf("came\n%s\nexpected\n%s", got, tc.want)
			}
		})
	}
}

// Answers that are no valid upgrade: each is a HandshakeError that says what is wrong.
func TestMalformedAnswers(t *testing.T) {
	ok := func(key string) string { return accepted(key, "") }
	for name, tc := range map[string]struct {
		answer func(key string) string
		text   string
	}{
		"missing Accept":     {func(k string) string { return cut(ok(k), "Sec-WebSocket-Accept") }, "Sec-WebSocket-Accept"},
		"wrong Accept":       {func(k string) string { return accepted("x"+k, "") }, "Sec-WebSocket-Accept"},
		"two Accepts":        {func(k string) string { return accepted(k, "Sec-WebSocket-Accept: "+handshake.AcceptKey(k)+"\r\n") }, "Sec-WebSocket-Accept"},
		"missing Upgrade":    {func(k string) string { return cut(ok(k), "Upgrade:") }, "Upgrade"},
		"other Upgrade":      {func(k string) string { return strings.Replace(ok(k), "websocket", "h2c", 1) }, "Upgrade"},
		"missing Connection": {func(k string) string { return cut(ok(k), "Connection:") }, "Connection"},
		"HTTP/1.0":           {func(k string) string { return strings.Replace(ok(k), "HTTP/1.1", "HTTP/1.0", 1) }, "HTTP/1"},
		"unasked extension":  {func(k string) string { return accepted(k, "Sec-WebSocket-Extensions: permessage-deflate\r\n") }, "permessage-deflate"},
		"unasked subprotocol": {func(k string) string { return accepted(k, "Sec-WebSocket-Protocol: chat\r\n") },
			"Sec-WebSocket-Protocol"},
		"garbage":           {func(string) string { return "\x16\x03\x01\x02\x00 what is this" }, "HTTP/1"},
		"header of no name": {func(string) string { return "HTTP/1.1 101 X\r\n: x\r\n\r\n" }, "expected"},
		"no colon":          {func(string) string { return "HTTP/1.1 101 X\r\nnothing\r\n\r\n" }, "expected"},
		"oversize head":     {func(string) string { return "HTTP/1.1 101 X\r\nA: " + strings.Repeat("a", 400<<10) + "\r\n\r\n" }, "limit"},
		"too many lines":    {func(string) string { return "HTTP/1.1 101 X\r\n" + strings.Repeat("A: b\r\n", 6000) + "\r\n" }, "limit"},
		"nothing":           {func(string) string { return "" }, "got nothing"},
		"part of a head":    {func(string) string { return "HTTP/1.1 101 Swi" }, "rest of the response head"},
		"status 200":        {func(string) string { return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi" }, "200 OK"},
		"status 204":        {func(string) string { return "HTTP/1.1 204 No Content\r\n\r\n" }, "204"},
		"redirect": {func(string) string {
			return "HTTP/1.1 302 Found\r\nLocation: ws://localhost/\r\nContent-Length: 0\r\n\r\n"
		}, "302"},
	} {
		t.Run(name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			url, _ := cannedServer(t, tc.answer)
			c, err := curlew.Dial(t.Context(), url)
			if err == nil {
				c.Close()
			}
			var he *curlew.HandshakeError
			if !errors.As(err, &he) {
				t.Fatalf("came %v, expected a HandshakeError", err)
			}
			if !strings.Contains(err.Error(), tc.text) {
				t.Errorf("came %q, expected to read of %q", err, tc.text)
			}
			if l, limit := errors.AsType[*curlew.LimitError](err); limit != (tc.text == "limit") || limit && l.Limit <= 0 {
				t.Errorf("came %v as LimitError", l)
			}
		})
	}
}

// A response that ends anywhere within its head is a HandshakeError.
func TestHeadEndsAnywhere(t *testing.T) {
	curlewtest.NoLeaks(t)
	whole := accepted("", "X: y\r\n")
	for n := range whole {
		url, _ := cannedServer(t, func(key string) string { return accepted(key, "X: y\r\n")[:n] })
		_, err := curlew.Dial(t.Context(), url)
		var he *curlew.HandshakeError
		if !errors.As(err, &he) || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("after %d bytes: came %v, expected a HandshakeError for a stream that ended", n, err)
		}
	}
}

// cut takes the line that begins with prefix out of head.
func cut(head, prefix string) string {
	before, after, _ := strings.Cut(head, "\r\n"+prefix)
	_, after, _ = strings.Cut(after, "\r\n")
	return before + "\r\n" + after
}

// A refusal brings its status, headers and body.
func TestRefusal(t *testing.T) {
	for name, answer := range map[string]string{
		"length":     "HTTP/1.1 403 Forbidden\r\nX-Why: because\r\nContent-Length: 4\r\n\r\nnope and no more",
		"chunked":    "HTTP/1.1 403 Forbidden\r\nX-Why: because\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n2\r\npe\r\n0\r\n\r\n",
		"to the end": "HTTP/1.1 403 Forbidden\r\nX-Why: because\r\n\r\nnope",
		"interim":    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 403 Forbidden\r\nX-Why: because\r\n\r\nnope",
	} {
		t.Run(name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			url, _ := cannedServer(t, func(string) string { return answer })
			_, err := curlew.Dial(t.Context(), url)
			var he *curlew.HandshakeError
			if !errors.As(err, &he) {
				t.Fatalf("came %v, expected a HandshakeError", err)
			}
			if he.Response.StatusCode != 403 || he.Response.Header.Get("X-Why") != "because" || string(he.Body) != "nope" {
				t.Errorf("came %d %v %q", he.Response.StatusCode, he.Response.Header, he.Body)
			}
			if body, err := io.ReadAll(he.Response.Body); err != nil || string(body) != "nope" {
				t.Errorf("the response's body gave %q %v", body, err)
			}
		})
	}
}

// A refusal's body is bounded.
func TestRefusalBodyIsBounded(t *testing.T) {
	url, _ := cannedServer(t, func(string) string {
		return "HTTP/1.1 500 Oh\r\n\r\n" + strings.Repeat("x", 1<<20)
	})
	_, err := curlew.Dial(t.Context(), url)
	var he *curlew.HandshakeError
	if !errors.As(err, &he) || len(he.Body) != 64<<10 {
		t.Fatalf("came %v, expected a HandshakeError with 64 KiB of body", err)
	}
}

func TestBadURLs(t *testing.T) {
	for url, text := range map[string]string{
		"":                                      "ws://",
		"http://localhost/":                     `"http"`,
		"localhost:80":                          `"localhost"`,
		"ws://":                                 "host",
		"ws:///path":                            "host",
		"ws://a/#fragment":                      "fragment",
		"ws://user:canary/@localhost/":          "%2F",
		"ws://user:canary#@localhost/":          "%23",
		"ws://user:canary@[::1/":                "cannot be read",
		"ws://a b/":                             "cannot be read",
		"ws://localhost:0/":                     "from 1 to 65535",
		"ws://localhost:65536/":                 "from 1 to 65535",
		"ws://localhost:port/":                  "is not a port",
		"ws://::1:80/":                          "stands in brackets",
		"ws://user:canary:80/path@localhost/":   "without colons",
		"ws://user:canary@a/\x7f":               "cannot be read",
		"ws://xn--a" + "\u00ad-\u200b.example/": "",
	} {
		_, err := curlew.Dial(t.Context(), url)
		if !errors.Is(err, curlew.ErrUsage) || !strings.Contains(err.Error(), text) {
			t.Errorf("%q: came %v, expected ErrUsage and to read of %q", url, err, text)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: the error shows a password: %v", url, err)
		}
	}
}

func TestHostsThatCannotBeReached(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing := l.Addr().String()
	l.Close()
	for url, stage := range map[string]dial.Stage{
		"ws://" + refusing:           dial.Connect,
		"ws://no.such.host.invalid/": dial.Resolve,
	} {
		_, err := curlew.Dial(t.Context(), url)
		var de *dial.Error
		if !errors.As(err, &de) || de.Stage != stage {
			t.Errorf("%s: came %v, expected a dial.Error of stage %v", url, err, stage)
		}
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	for name, url := range map[string]string{
		"no TLS":     "wss" + strings.TrimPrefix(plain.URL, "http"),
		"unknown CA": "wss" + strings.TrimPrefix(secure.URL, "https"),
	} {
		_, err := curlew.Dial(t.Context(), url)
		var de *dial.Error
		if !errors.As(err, &de) || de.Stage != dial.TLS {
			t.Errorf("%s: came %v, expected a dial.Error of stage TLS", name, err)
		}
	}
}

// ctx ends the opening at every stage, and the error is its cause.
func TestDialContext(t *testing.T) {
	curlewtest.NoLeaks(t)
	why := errors.New("why not")
	l, err := net.Listen("tcp", "127.0.0.1:0") // connects, answers nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		c, err := l.Accept()
		if err == nil {
			readHead(c)
			defer c.Close()
		}
		cancel(why)
	}()
	if _, err := curlew.Dial(ctx, "ws://"+l.Addr().String()); !errors.Is(err, why) {
		t.Errorf("came %v, expected the cause", err)
	}
	if _, err := curlew.Dial(ctx, "ws://"+l.Addr().String()); !errors.Is(err, why) {
		t.Errorf("with a context that has ended came %v, expected the cause", err)
	}
}

// Bytes that come behind the response's head are the stream's first.
func TestEarlyBytes(t *testing.T) {
	hello := "\x81\x05hello"
	url, _ := cannedServer(t, func(key string) string { return accepted(key, "") + hello + "\x82\x01x" })
	c, err := curlew.Dial(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, want := range []string{"hello", "x"} {
		if p, m, err := c.Next(); string(p) != want || !m.MessageEnd() || err != nil {
			t.Errorf("came %q %+v %v, expected %q", p, m, err, want)
		}
	}
	raw := &curlew.Client{RawMode: true}
	if c, err = raw.Dial(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got := make([]byte, len(hello)+3)
	if _, err := io.ReadFull(c.NetConn(), got); err != nil || string(got) != hello+"\x82\x01x" {
		t.Errorf("the raw stream gave %q %v", got, err)
	}
}

// What the raw stream can do does not depend on whether bytes came early.
func TestRawStreamHalfClose(t *testing.T) {
	for _, early := range []string{"", "early"} {
		client := &curlew.Client{RawMode: true}
		client.Net.NetDial = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := curlewtest.Pipe()
			go func() {
				_, key, _ := strings.Cut(readHead(theirs), "Sec-WebSocket-Key: ")
				io.WriteString(theirs, accepted(key[:24], "")+early)
				said, _ := io.ReadAll(theirs)
				theirs.Write(said)
				theirs.Close()
			}()
			return ours, nil
		}
		c, err := client.Dial(t.Context(), "ws://host/")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		stream := c.NetConn()
		io.WriteString(stream, "hello")
		half, ok := stream.(interface{ CloseWrite() error })
		if !ok {
			t.Fatalf("with %q early the stream cannot be half closed", early)
		}
		wantNilB(t, half.CloseWrite())
		if got, err := io.ReadAll(stream); string(got) != early+"hello" || err != nil {
			t.Errorf("came %q, %v", got, err)
		}
	}
}

// upgrader upgrades requests that allowed lets pass, and drops the session.
func upgrader(t *testing.T, allowed func(w http.ResponseWriter, r *http.Request) bool) *httptest.Server {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !allowed(w, r) {
			return
		}
		if c, err := curlew.Accept(w, r, nil); err == nil {
			c.Close()
		}
	}))
	t.Cleanup(srv.Close)
	return srv
}

func wsURL(s *httptest.Server) string { return "ws" + strings.TrimPrefix(s.URL, "http") }

// Redirects are followed as far as MaxRedirects, each visible, and what is
// secret stays with the host it was for.
func TestRedirects(t *testing.T) {
	var seen http.Header
	target := upgrader(t, func(_ http.ResponseWriter, r *http.Request) bool { seen = r.Header.Clone(); return true })
	hops := 0
	first := upgrader(t, func(w http.ResponseWriter, r *http.Request) bool {
		if hops++; r.URL.Path != "/there" {
			http.Redirect(w, r, "/there", http.StatusFound)
			return false
		}
		http.Redirect(w, r, target.URL+"/end", http.StatusTemporaryRedirect)
		return false
	})
	secret := http.Header{"Cookie": {"a=canary"}, "Authorization": {"Bearer canary"}, "X-Api-Key": {"canary"}, "Accept-Language": {"yes"}}
	for _, tc := range []struct {
		client curlew.Client
		ok     bool
		leaked bool
	}{
		{curlew.Client{MaxRedirects: 2, Header: secret}, true, false},
		{curlew.Client{MaxRedirects: 2, Auth: curlew.BasicAuth("u", "canary")}, true, false},
		{curlew.Client{MaxRedirects: 2, Header: secret, Unrestricted: true}, true, true},
		{curlew.Client{MaxRedirects: 1, Header: secret}, false, false},
		{curlew.Client{Header: secret}, false, false},
	} {
		c, err := tc.client.Dial(t.Context(), wsURL(first))
		if !tc.ok {
			var he *curlew.HandshakeError
			if !errors.As(err, &he) {
				t.Errorf("MaxRedirects %d: came %v, expected a HandshakeError", tc.client.MaxRedirects, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		if n := len(c.Response().Hops); n != 2 || c.Response().Hops[0].StatusCode != 302 || c.Response().Hops[1].StatusCode != 307 {
			t.Errorf("came %d hops, expected 302 and 307", n)
		}
		if tc.client.Header != nil && seen.Get("Accept-Language") != "yes" {
			t.Errorf("the other host did not get what is no secret: %v", seen)
		}
		if leaked := seen.Get("Cookie")+seen.Get("Authorization")+seen.Get("X-Api-Key") != ""; leaked != tc.leaked {
			t.Errorf("Unrestricted %t: the other host got %v", tc.client.Unrestricted, seen)
		}
	}
}

func TestBadRedirects(t *testing.T) {
	for location, text := range map[string]string{
		"ftp://localhost/": "ftp",
		"ws://[::1":        "expected a URL",
		"http:///":         "host",
		"/":                "MaxRedirects allows, which is 3",
	} {
		srv := upgrader(t, func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusFound)
			return false
		})
		_, err := (&curlew.Client{MaxRedirects: 3}).Dial(t.Context(), wsURL(srv))
		var he *curlew.HandshakeError
		if !errors.As(err, &he) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: came %v, expected a HandshakeError that tells of %q", location, err, text)
		}
	}
}

// An answer that is no valid upgrade tells of those before it, as any other does.
func TestHopsOfMalformedAnswer(t *testing.T) {
	for text, answer := range map[string]func(key string) string{
		"Accept":                 func(key string) string { return accepted("x"+key, "") },
		"Sec-WebSocket-Protocol": func(key string) string { return accepted(key, "Sec-WebSocket-Protocol: chat\r\n") },
		"403":                    func(string) string { return "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n" },
	} {
		last, _ := cannedServer(t, answer)
		first, _ := cannedServer(t, func(string) string {
			return "HTTP/1.1 307 There\r\nLocation: " + last + "\r\nContent-Length: 0\r\n\r\n"
		})
		_, err := (&curlew.Client{MaxRedirects: 1}).Dial(t.Context(), first)
		he, ok := errors.AsType[*curlew.HandshakeError](err)
		if !ok || !strings.Contains(err.Error(), text) || len(he.Response.Hops) != 1 || he.Response.Hops[0].StatusCode != 307 {
			t.Errorf("%s: came %v, without the redirect", text, err)
		}
	}
}

// wss is never left for ws unless that is asked for.
func TestRedirectKeepsTLS(t *testing.T) {
	target := upgrader(t, func(http.ResponseWriter, *http.Request) bool { return true })
	srv := httptest.NewTLSServer(http.RedirectHandler(target.URL, http.StatusFound))
	defer srv.Close()
	client := &curlew.Client{MaxRedirects: 1, Net: dial.Config{TLS: &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}}}
	url := "wss" + strings.TrimPrefix(srv.URL, "https")
	if _, err := client.Dial(t.Context(), url); err == nil || !strings.Contains(err.Error(), "wss") {
		t.Errorf("came %v, expected an error that tells of wss", err)
	}
	client.Unrestricted = true
	c, err := client.Dial(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

// digestServer wants MD5 Digest of user and password, by the rules of RFC 2617.
func TestAuthSchemes(t *testing.T) {
	netrc := t.TempDir() + "/netrc"
	if err := os.WriteFile(netrc, []byte("machine 127.0.0.1 login user password secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	basic := "Basic dXNlcjpzZWNyZXQ="
	for name, tc := range map[string]struct {
		auth      curlew.Auth
		user      string // in the URL
		challenge string
		want      string // prefix of the Authorization that passes
	}{
		"basic at once":    {curlew.BasicAuth("user", "secret"), "", "", basic},
		"from the URL":     {nil, "user:secret@", "", basic},
		"bearer":           {curlew.BearerAuth("token"), "", "", "Bearer token"},
		"digest":           {curlew.DigestAuth("user", "secret"), "", `Digest realm="r", nonce="n", qop="auth"`, `Digest `},
		"any takes digest": {curlew.AnyAuth("user", "secret"), "", `Basic realm="r", Digest realm="r", nonce="n"`, `Digest `},
		"any takes basic":  {curlew.AnyAuth("user", "secret"), "", `Basic realm="r"`, basic},
		"netrc":            {curlew.NetrcAuth(netrc, curlew.BasicAuth), "", "", basic},
	} {
		t.Run(name, func(t *testing.T) {
			srv := upgrader(t, func(w http.ResponseWriter, r *http.Request) bool {
				if strings.HasPrefix(r.Header.Get("Authorization"), tc.want) {
					return true
				}
				w.Header().Set("WWW-Authenticate", tc.challenge)
				w.WriteHeader(http.StatusUnauthorized)
				return false
			})
			c, err := (&curlew.Client{Auth: tc.auth}).Dial(t.Context(), strings.Replace(wsURL(srv), "ws://", "ws://"+tc.user, 1))
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
		})
	}
}

// A redirect to another host finds what the netrc file has for that one. Nothing
// else that an Auth says goes there.
func TestNetrcRedirected(t *testing.T) {
	netrc := t.TempDir() + "/netrc"
	text := "machine near.test login near password canary machine far.test login far password away machine half.test login half machine digest.test login digest password d"
	if err := os.WriteFile(netrc, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var seen []string
	srv := upgrader(t, func(w http.ResponseWriter, r *http.Request) bool {
		value := r.Header.Get("Authorization")
		user, password, _ := r.BasicAuth()
		if strings.HasPrefix(value, "Digest") {
			user, password = value[:strings.Index(value, ",")], ""
		}
		seen = append(seen, r.Host+" "+user+":"+password)
		if to := r.FormValue("to"); to != "" {
			http.Redirect(w, r, to, http.StatusFound)
			return false
		}
		if r.Host == "digest.test" && value == "" {
			w.Header().Set("WWW-Authenticate", `Digest realm="r", nonce="n"`)
			w.WriteHeader(http.StatusUnauthorized)
			return false
		}
		return true
	})
	fromFile := curlew.NetrcAuth(netrc, curlew.BasicAuth)
	own := func(r *curlew.Request, challenge *http.Response) (string, error) {
		if value, err := fromFile(r, challenge); value != "" || err != nil {
			return value, err
		}
		return "Basic Y2FuYXJ5OmNhbmFyeQ==", nil
	}
	nearOnly := func(r *curlew.Request, challenge *http.Response) (string, error) {
		if r.URL.Host == "near.test" {
			return fromFile(r, challenge)
		}
		return "Basic Y2FuYXJ5OmNhbmFyeQ==", nil
	}
	fails := func(*curlew.Request, *http.Response) (string, error) { return "", errors.New("asked for another host") }
	for name, tc := range map[string]struct {
		auth     curlew.Auth
		from, to string
		want     []string
	}{
		"the other's own":    {fromFile, "near.test", "ws://far.test/", []string{"near.test near:canary", "far.test far:away"}},
		"none":               {fromFile, "near.test", "ws://unknown.test/", []string{"near.test near:canary", "unknown.test :"}},
		"none at first":      {fromFile, "unknown.test", "ws://far.test/", []string{"unknown.test :", "far.test far:away"}},
		"user only":          {fromFile, "near.test", "ws://half.test/", []string{"near.test near:canary", "half.test half:"}},
		"URL first":          {fromFile, "u:canary@near.test", "ws://far.test/", []string{"near.test u:canary", "far.test far:away"}},
		"URL there":          {fromFile, "near.test", "ws://u:p@far.test/", []string{"near.test near:canary", "far.test u:p"}},
		"there and back":     {fromFile, "near.test", "ws://far.test/?to=ws://near.test/", []string{"near.test near:canary", "far.test far:away", "near.test near:canary"}},
		"when asked":         {curlew.NetrcAuth(netrc, curlew.DigestAuth), "near.test", "ws://digest.test/", []string{"near.test :", "digest.test :", `digest.test Digest username="digest":`}},
		"an Auth around it":  {own, "near.test", "ws://far.test/", []string{"near.test near:canary", "far.test far:away"}},
		"what that adds":     {own, "near.test", "ws://unknown.test/", []string{"near.test near:canary", "unknown.test :"}},
		"instead of it":      {nearOnly, "near.test", "ws://unknown.test/", []string{"near.test near:canary", "unknown.test :"}},
		"then by the URL":    {nearOnly, "near.test", "ws://unknown.test/?to=ws://u:p@far.test/", []string{"near.test near:canary", "unknown.test :", "far.test u:p"}},
		"an Auth without it": {curlew.BasicAuth("u", "canary"), "near.test", "ws://far.test/", []string{"near.test u:canary", "far.test :"}},
		"which is not asked": {func(r *curlew.Request, c *http.Response) (string, error) {
			if r.URL.Host != "near.test" {
				return fails(r, c)
			}
			return "", nil
		}, "near.test", "ws://far.test/", []string{"near.test :", "far.test :"}},
	} {
		t.Run(name, func(t *testing.T) {
			seen = nil
			client := &curlew.Client{Auth: tc.auth, MaxRedirects: 2, Net: dial.Config{ConnectTo: []string{"::" + srv.Listener.Addr().String()}}}
			c, err := client.Dial(t.Context(), "ws://"+tc.from+"/?to="+url.QueryEscape(tc.to))
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
			if !slices.Equal(seen, tc.want) {
				t.Errorf("the hosts got %q, expected %q", seen, tc.want)
			}
		})
	}
}

// A server that refuses for ever is asked a few times only.
func TestAuthGivesUp(t *testing.T) {
	for name, auth := range map[string]curlew.Auth{
		"basic": curlew.BasicAuth("user", "canary"), "digest": curlew.DigestAuth("user", "canary"), "any": curlew.AnyAuth("user", "canary"),
		"own": func(*curlew.Request, *http.Response) (string, error) { return "Own x", nil },
	} {
		asked := 0
		srv := upgrader(t, func(w http.ResponseWriter, r *http.Request) bool {
			if asked++; asked > 20 {
				return true // or else it would go on for ever
			}
			w.Header().Add("WWW-Authenticate", fmt.Sprintf(`Digest realm="r", nonce="n%d", qop="auth"`, asked))
			w.Header().Add("WWW-Authenticate", `Basic realm="r"`)
			w.WriteHeader(http.StatusUnauthorized)
			return false
		})
		_, err := (&curlew.Client{Auth: auth}).Dial(t.Context(), wsURL(srv))
		var he *curlew.HandshakeError
		if !errors.As(err, &he) || he.Response.StatusCode != 401 {
			t.Errorf("%s: came %v, expected a HandshakeError of 401", name, err)
		}
		if want := map[string]int{"basic": 1, "own": 6}[name]; asked != want && want > 0 || asked > 6 {
			t.Errorf("%s: the server was asked %d times", name, asked)
		}
		if strings.Contains(fmt.Sprint(err), "canary") {
			t.Errorf("%s: the error shows the password: %v", name, err)
		}
	}
}

// Cookies go both ways, for ws as for http.
func TestCookies(t *testing.T) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var got string
	srv := upgrader(t, func(w http.ResponseWriter, r *http.Request) bool {
		if got = r.Header.Get("Cookie"); got == "" {
			http.SetCookie(w, &http.Cookie{Name: "id", Value: "7"})
			http.SetCookie(w, &http.Cookie{Name: "q", Value: "a b", Quoted: true})
			http.Error(w, "first a cookie", http.StatusForbidden)
			return false
		}
		return true
	})
	client := &curlew.Client{Jar: jar}
	if _, err := client.Dial(t.Context(), wsURL(srv)); err == nil {
		t.Fatal("the first attempt was let in")
	}
	client.Header = http.Header{"Cookie": {"own=1"}}
	c, err := client.Dial(t.Context(), wsURL(srv))
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if got != `own=1; id=7; q="a b"` {
		t.Errorf("the server got %q", got)
	}
}

// Errors about a redirect show no password that the server wrote into it.
func TestRedirectErrorsHidePasswords(t *testing.T) {
	for _, location := range []string{"ws://u:canary@127.0.0.1:1/", "ws://u:canary/@127.0.0.1/", "mailto:u:canary@a", "ws://u:canary@h:99999/", "ws://u:canary@/", "ws://u:canary@%zz"} {
		url, _ := cannedServer(t, func(string) string {
			return "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n"
		})
		for _, limit := range []int{0, 1} {
			_, err := (&curlew.Client{MaxRedirects: limit}).Dial(t.Context(), url)
			if err == nil || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: came %v", location, err)
			}
		}
	}
	loop := upgrader(t, func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, "ws://u:canary@"+r.Host, http.StatusFound)
		return false
	})
	_, err := (&curlew.Client{MaxRedirects: 1}).Dial(t.Context(), wsURL(loop))
	if _, limit := errors.AsType[*curlew.LimitError](err); !limit || strings.Contains(err.Error(), "canary") {
		t.Errorf("came %v", err)
	}
}

// Trace shows heads without secrets, unless asked for them.
func TestTraceHead(t *testing.T) {
	url, _ := cannedServer(t, func(key string) string { return accepted(key, "Set-Cookie: a=canary\r\n") })
	for _, show := range []bool{false, true} {
		var heads strings.Builder
		client := &curlew.Client{
			Auth: curlew.BasicAuth("user", "secret"), Header: http.Header{"Cookie": {"b=canary"}}, ShowSecrets: show,
			Trace: &curlew.Trace{Head: func(sent bool, head []byte) { fmt.Fprintf(&heads, "%t %s", sent, head) }},
		}
		c, err := client.Dial(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		got := heads.String()
		if !strings.Contains(got, "true GET / HTTP/1.1\r\n") || !strings.Contains(got, "false HTTP/1.1 101") {
			t.Errorf("the heads were %q", got)
		}
		if shown := strings.Contains(got, "canary") || strings.Contains(got, "dXNlcjpzZWNyZXQ="); shown != show {
			t.Errorf("ShowSecrets %t: the heads were %q", show, got)
		}
	}
}
