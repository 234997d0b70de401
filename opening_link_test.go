package curlew_test

import (
	"bufio"
	"context"
	"crypto/md5"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
	"github.com/curlew-ws/curlew/dial"
)

// stepByStep answers a challenge by the number of challenges so far.
func stepByStep(asked *int) curlew.Auth {
	return func(_ *curlew.Request, challenge *http.Response) (string, error) {
		if challenge == nil {
			return "", nil
		}
		*asked++
		return fmt.Sprint("Step ", *asked), nil
	}
}

// inMemory is a client whose connections are given to serve, in the test's
// bubble, and counted.
func inMemory(serve func(number int, c net.Conn)) (*curlew.Client, *int) {
	connections := 0
	return &curlew.Client{Net: dial.Config{NetDial: func(context.Context, string, string) (net.Conn, error) {
		connections++
		ours, theirs := curlewtest.Pipe()
		go serve(connections, theirs)
		return ours, nil
	}}}, &connections
}

// receiveRequest returns the Authorization and the key of the next request,
// or false if the connection has ended.
func receiveRequest(c net.Conn) (authorization, key string, ok bool) {
	r, err := http.ReadRequest(bufio.NewReader(c)) // a client that waits sends nothing behind it
	if err != nil {
		return "", "", false
	}
	return r.Header.Get("Authorization"), r.Header.Get("Sec-WebSocket-Key"), true
}

// What answers a challenge goes out on the connection of the challenge, if
// that can still be used.
func TestChallengeConnection(t *testing.T) {
	const status, length = "HTTP/1.1 401 No\r\n", "Content-Length: 4\r\n"
	for name, tc := range map[string]struct {
		refusal string
		hangUp  bool
		want    int
	}{
		"kept":                {status + length + "\r\nwho?", false, 1},
		"without a body":      {status + "Content-Length: 0\r\n\r\n", false, 1},
		"closed in words":     {status + length + "Connection: close\r\n\r\nwho?", false, 3},
		"closed without":      {status + length + "\r\nwho?", true, 3},
		"HTTP/1.0":            {"HTTP/1.0 401 No\r\n" + length + "\r\nwho?", false, 3},
		"chunked":             {status + "Transfer-Encoding: chunked\r\n\r\n4\r\nwho?\r\n0\r\n\r\n", false, 1},
		"trailer":             {status + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n", false, 1},
		"more than chunks":    {status + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK", false, 3},
		"chunks cut":          {status + "Transfer-Encoding: chunked\r\n\r\n4\r\nwho?\r\n0\r\n", true, 3},
		"chunked and length":  {status + length + "Transfer-Encoding: chunked\r\n\r\n4\r\nwho?\r\n0\r\n\r\n", false, 3},
		"more than the body":  {status + length + "\r\nwho? HTTP/1.1 200 OK", false, 3},
		"body without an end": {status + "\r\nwho?", true, 3},
		"body cut":            {status + "Content-Length: 9\r\n\r\nwho?", true, 3},
		"body too long":       {status + "Content-Length: 70000\r\n\r\n" + strings.Repeat("x", 70000), false, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, connections := inMemory(func(_ int, c net.Conn) {
					defer c.Close()
					for {
						authorization, key, ok := receiveRequest(c)
						if !ok {
							return
						}
						if authorization == "Step 2" {
							io.WriteString(c, accepted(key, ""))
							io.Copy(io.Discard, c)
							return
						}
						if io.WriteString(c, tc.refusal); tc.hangUp {
							return
						}
					}
				})
				asked := 0
				client.Auth = stepByStep(&asked)
				c, err := client.Dial(t.Context(), "ws://far.test/")
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				if asked != 2 || *connections != tc.want {
					t.Errorf("%d challenges on %d connections, expected 2 on %d", asked, *connections, tc.want)
				}
			})
		})
	}
}

// A refusal whose body does not come is one all the same, after five seconds.
func TestRefusalWithoutBody(t *testing.T) {
	for _, length := range []string{"Content-Length: 9\r\n", "Transfer-Encoding: chunked\r\n", ""} {
		synctest.Test(t, func(t *testing.T) {
			client, _ := inMemory(func(_ int, c net.Conn) {
				defer c.Close()
				receiveRequest(c)
				io.WriteString(c, "HTTP/1.1 403 No\r\n"+length+"\r\n")
				io.Copy(io.Discard, c)
			})
			start := time.Now()
			_, err := client.Dial(t.Context(), "ws://far.test/")
			var he *curlew.HandshakeError
			if took := time.Since(start); !errors.As(err, &he) || he.Response.StatusCode != 403 || took != 5*time.Second {
				t.Errorf("%q: after %v came %v", length, took, err)
			}
		})
	}
}

// A connection that is kept is not left behind, whatever ends the handshake.
func TestChallengeConnectionEnds(t *testing.T) {
	const refusal = "HTTP/1.1 401 No\r\nContent-Length: 0\r\n"
	broken := errors.New("no ticket")
	for name, tc := range map[string]struct {
		answer string
		auth   curlew.Auth
	}{
		"no answer":    {refusal + "\r\n", nil},
		"gives up":     {refusal + "\r\n", curlew.BasicAuth("u", "p")},
		"fails":        {refusal + "\r\n", func(_ *curlew.Request, c *http.Response) (string, error) { return "x", errors.Join(broken) }},
		"redirected":   {"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /\r\n\r\n", nil},
		"another code": {"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // which waits for the servers
				client, _ := inMemory(func(_ int, c net.Conn) {
					defer c.Close()
					if _, _, ok := receiveRequest(c); ok {
						io.WriteString(c, tc.answer)
						io.Copy(io.Discard, c)
					}
				})
				client.Auth, client.MaxRedirects = tc.auth, 2
				if _, err := client.Dial(t.Context(), "ws://far.test/"); err == nil {
					t.Error("the handshake succeeded")
				}
			})
		})
	}
}

// A server that says nothing is given up after HandshakeTimeout, which the
// error names; also one that was asked before, and was quicker then.
func TestHandshakeTimeout(t *testing.T) {
	for _, quick := range []int{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			client, connections := inMemory(func(_ int, c net.Conn) {
				defer c.Close()
				for range quick {
					receiveRequest(c)
					time.Sleep(4 * time.Second)
					io.WriteString(c, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")
				}
				io.Copy(io.Discard, c)
			})
			asked := 0
			client.Auth, client.HandshakeTimeout = stepByStep(&asked), 5*time.Second
			start := time.Now()
			_, err := client.Dial(t.Context(), "ws://far.test/")
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(fmt.Sprint(err), "5s of Client.HandshakeTimeout") {
				t.Errorf("came %v, expected an error that names Client.HandshakeTimeout", err)
			}
			if took, want := time.Since(start), time.Duration(5+4*quick)*time.Second; took != want || *connections != 1 {
				t.Errorf("it took %v and %d connections, expected %v and 1", took, *connections, want)
			}
		})
	}
}

// Timings tells what each stage took, and of a connection that a challenge came
// by what making it took.
func TestTimings(t *testing.T) {
	with := &tls.Config{Certificates: []tls.Certificate{testCertificate()}}
	synctest.Test(t, func(t *testing.T) {
		client, _ := inMemory(func(_ int, c net.Conn) {
			defer c.Close()
			receiveRequest(c) // CONNECT
			time.Sleep(4 * time.Second)
			io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
			time.Sleep(5 * time.Second)
			c = tls.Server(c, with)
			receiveRequest(c)
			io.WriteString(c, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")
			_, key, _ := receiveRequest(c)
			time.Sleep(2 * time.Second)
			io.WriteString(c, accepted(key, ""))
			io.Copy(io.Discard, c)
		})
		asked := 0
		client.Auth = stepByStep(&asked)
		client.Net.TLS = &tls.Config{InsecureSkipVerify: true}
		client.Net.Proxy = dial.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.test"})
		connect := client.Net.NetDial
		client.Net.NetDial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			time.Sleep(3 * time.Second)
			return connect(ctx, network, addr)
		}
		c, err := client.Dial(t.Context(), "wss://far.test/")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		want := curlew.Timings{Connect: 3 * time.Second, Proxy: 4 * time.Second, TLS: 5 * time.Second, Upgrade: 2 * time.Second}
		if got := c.Response().Timings; got != want {
			t.Errorf("%+v, expected %+v", got, want)
		}
	})
}

// FirstFrame is 0 until a first byte was received, then stays, whoever asks.
func TestFirstFrame(t *testing.T) {
	for name, tc := range map[string]struct {
		early, late string
		want        time.Duration
	}{
		"with the response": {"\x89\x00", "\x81\x01a", 1},
		"part of it with":   {"\x81", "\x01a", 1},
		"behind":            {"", "\x81\x01a", 5 * time.Second},
		"a PING before":     {"", "\x89\x00\x81\x01a", 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, _ := inMemory(func(_ int, c net.Conn) {
					defer c.Close()
					_, key, _ := receiveRequest(c)
					io.WriteString(c, accepted(key, "")+tc.early)
					time.Sleep(5 * time.Second)
					io.WriteString(c, tc.late)
					time.Sleep(time.Second)
					io.WriteString(c, "\x81\x01b")
					io.Copy(io.Discard, c)
				})
				c, err := client.Dial(t.Context(), "ws://far.test/")
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				resp := c.Response()
				if got := resp.FirstFrame(); tc.early == "" && got != 0 {
					t.Errorf("%v before a byte came", got)
				}
				asked := make(chan time.Duration)
				go func() { // beside the receive
					for resp.FirstFrame() == 0 {
						time.Sleep(time.Millisecond)
					}
					asked <- resp.FirstFrame()
				}()
				for range 2 {
					if _, _, err := c.Next(); err != nil {
						t.Fatal(err)
					}
				}
				if got, other := resp.FirstFrame(), <-asked; got != tc.want || other != got {
					t.Errorf("%v, and %v for another goroutine, expected %v", got, other, tc.want)
				}
			})
		})
	}
}

// foreign is a transport of another package, which opens by CONNECT.
type foreign struct{ requests []*curlew.Request }

func (f *foreign) Open(_ context.Context, r *curlew.Request) (net.Conn, *curlew.Response, error) {
	f.requests = append(f.requests, r)
	r.Net.Head(true, []byte("CONNECT / HTTP/2\r\nAuthorization: "+r.Header.Get("Authorization")+"\r\n\r\n"))
	return nil, &curlew.Response{Response: &http.Response{
		StatusCode: http.StatusUnauthorized, Header: http.Header{"Www-Authenticate": {`Digest realm="r", nonce="n"`}},
		Body: http.NoBody, Request: &http.Request{Method: http.MethodConnect},
	}}, nil
}

// A transport of another package gets what it needs: the time limit, a way to
// show heads, and Digest with its own method.
func TestForeignTransport(t *testing.T) {
	var f foreign
	var heads strings.Builder
	client := &curlew.Client{
		Transport: &f, HandshakeTimeout: time.Minute, Auth: curlew.DigestAuth("u", "p"),
		Trace: &curlew.Trace{Head: func(_ bool, head []byte) { heads.Write(head) }},
	}
	if _, err := client.Dial(t.Context(), "ws://far.test/x"); err == nil {
		t.Fatal("let in")
	}
	hash := func(s string) string { return fmt.Sprintf("%x", md5.Sum([]byte(s))) }
	want := `response="` + hash(hash("u:r:p")+":n:"+hash("CONNECT:/x")) + `"`
	if len(f.requests) != 2 || f.requests[0].Timeout != time.Minute || !strings.Contains(f.requests[1].Header.Get("Authorization"), want) {
		t.Errorf("came %d requests, the last with %v, expected %s", len(f.requests), f.requests[len(f.requests)-1].Header, want)
	}
	if got := heads.String(); strings.Count(got, "CONNECT / HTTP/2") != 2 || strings.Contains(got, "Digest") {
		t.Errorf("the heads shown were %q", got)
	}
}

// A cookie that is Secure does not go out by ws.
func TestSecureCookies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := make(chan string, 2)
		client, _ := inMemory(func(_ int, c net.Conn) {
			defer c.Close()
			r, err := http.ReadRequest(bufio.NewReader(c))
			if err != nil {
				t.Error(err)
				return
			}
			got <- r.Header.Get("Cookie")
			io.WriteString(c, accepted(r.Header.Get("Sec-WebSocket-Key"), "Set-Cookie: a=1; Secure\r\nSet-Cookie: b=2\r\n"))
			io.Copy(io.Discard, c)
		})
		client.Jar, _ = cookiejar.New(nil)
		for _, want := range []string{"", "b=2"} {
			c, err := client.Dial(t.Context(), "ws://far.test/")
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
			if cookies := <-got; cookies != want {
				t.Errorf("sent %q, expected %q", cookies, want)
			}
		}
	})
}

// A jar with the list of public suffixes takes no cookie for all of co.uk.
func TestPublicSuffixes(t *testing.T) {
	for name, tc := range map[string]struct {
		list cookiejar.PublicSuffixList
		want string
	}{
		"with the list":    {publicsuffix.List, "own=1"},
		"without the list": {nil, "all=2; own=1"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: tc.list})
				if err != nil {
					t.Fatal(err)
				}
				got := make(chan string, 3)
				client, _ := inMemory(func(_ int, c net.Conn) {
					defer c.Close()
					r, err := http.ReadRequest(bufio.NewReader(c))
					if err != nil {
						t.Error(err)
						return
					}
					got <- r.Header.Get("Cookie")
					more := "Set-Cookie: own=1; Domain=" + r.Host + "\r\nSet-Cookie: all=2; Domain=co.uk\r\n"
					io.WriteString(c, accepted(r.Header.Get("Sec-WebSocket-Key"), more))
					io.Copy(io.Discard, c)
				})
				client.Jar = jar
				for _, host := range []string{"a.co.uk", "b.co.uk", "a.co.uk"} {
					c, err := client.Dial(t.Context(), "ws://"+host+"/")
					if err != nil {
						t.Fatal(err)
					}
					c.Close()
				}
				if first, other, again := <-got, <-got, <-got; first != "" || strings.Contains(other, "own") || len(again) != len(tc.want) {
					t.Errorf("sent %q to a, %q to b and %q to a, expected nothing, and %q in the end", first, other, again, tc.want)
				} else if leaked := other != ""; leaked != (tc.list == nil) {
					t.Errorf("sent %q to another host of co.uk", other)
				}
			})
		})
	}
}
