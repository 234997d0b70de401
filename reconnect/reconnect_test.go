package reconnect

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
	"github.com/curlew-ws/curlew/dial"
)

// serving returns a client whose nth attempt is served by the nth function, and
// each attempt after the last by the last one.
func serving(t *testing.T, serve ...func(c net.Conn)) *curlew.Client {
	n := 0
	return &curlew.Client{Net: dial.Config{NetDial: func(context.Context, string, string) (net.Conn, error) {
		f := serve[min(n, len(serve)-1)]
		n++
		if f == nil {
			return nil, errUnreachable
		}
		ours, theirs := curlewtest.Pipe()
		go func() {
			f(theirs)
			theirs.Close()
		}()
		return ours, nil
	}}}
}

var errUnreachable = errors.New("unreachable")

// answer refuses the handshake with head.
func answer(head string) func(net.Conn) {
	return func(c net.Conn) {
		c.Read(make([]byte, 4096))
		io.WriteString(c, "HTTP/1.1 "+head+"\r\nContent-Length: 0\r\n\r\n")
	}
}

// accept records what the client sends, and calls end after n messages.
func accept(t *testing.T, n int, got *[]string, end func(*curlew.Conn)) func(net.Conn) {
	return func(s net.Conn) {
		c, err := curlewtest.Upgrade(context.Background(), s, nil)
		if err != nil {
			t.Error(err)
			return
		}
		for range n {
			f, p, err := c.ReadMessage(context.Background(), nil)
			if err != nil {
				t.Error(err)
			}
			*got = append(*got, fmt.Sprintf("%d %s", f, p))
		}
		end(c)
	}
}

func receive(ctx context.Context, c *curlew.Conn, _ Gap) error {
	for _, err := range c.Messages(ctx) {
		if err != nil {
			return err
		}
	}
	return nil
}

// Run opens one session after another, however the previous one ended. Each begins
// with the opening messages, and each gap is reported.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		lasting := 10 * time.Second
		drop := func(c *curlew.Conn) { c.Close() }
		bye := func(c *curlew.Conn) {
			time.Sleep(lasting)
			c.Shutdown(context.Background(), curlew.CloseGoingAway, "")
		}
		l := Loop{
			Client:   serving(t, nil, answer("503 Busy\r\nRetry-After: 100"), accept(t, 2, &got, drop), nil, accept(t, 2, &got, bye), accept(t, 2, &got, drop)),
			Opening:  []curlew.Message{{Flags: curlew.Text, Data: []byte("me")}, {Flags: curlew.Binary, Data: []byte("news")}},
			MinDelay: time.Second, MaxDelay: lasting,
		}
		var pauses []time.Duration
		l.OnPause = func(_ Gap, d time.Duration) { pauses = append(pauses, d) }
		var gaps []Gap
		start := time.Now()
		err := l.Run(context.Background(), "ws://host/", func(ctx context.Context, c *curlew.Conn, g Gap) error {
			gaps = append(gaps, g)
			if len(gaps) == 3 {
				return fmt.Errorf("enough: %w", ErrDone)
			}
			return receive(ctx, c, g)
		})
		synctest.Wait()
		if err != nil {
			t.Error(err)
		}
		if want := []string{"1 me", "2 news", "1 me", "2 news", "1 me", "2 news"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		for i, want := range []Gap{{Sessions: 0, Failures: 2}, {Sessions: 1, Failures: 4}, {Sessions: 2, Failures: 1}} {
			if g := gaps[i]; g.Sessions != want.Sessions || g.Failures != want.Failures {
				t.Errorf("gap %d is %+v, want %+v", i, g, want)
			}
		}
		var refused *curlew.HandshakeError
		if !errors.As(gaps[0].Err, &refused) || !errors.Is(gaps[1].Err, errUnreachable) || gaps[2].Err != nil {
			t.Errorf("the gaps' errors are %v, %v, %v", gaps[0].Err, gaps[1].Err, gaps[2].Err)
		}
		if !gaps[0].Begin.Equal(start) || !gaps[2].Begin.Equal(gaps[1].Begin.Add(pauses[2]+pauses[3]+lasting)) {
			t.Errorf("the gaps begin %v, %v, %v after the start; the pauses are %v", gaps[0].Begin.Sub(start), gaps[1].Begin.Sub(start), gaps[2].Begin.Sub(start), pauses)
		}
		for i, longest := range []time.Duration{1, 10, 4, 8, 1} {
			longest *= time.Second
			if p := pauses[i]; p > longest || p < longest/2 || i == 1 && p != longest {
				t.Errorf("pause %d is %v, want at most %v and half of it at least", i, p, longest)
			}
		}
	})
}

// Pauses grow to MaxDelay and no further, and they vary.
func TestPauses(t *testing.T) {
	for _, l := range []Loop{{}, {MinDelay: time.Millisecond, MaxDelay: time.Hour}, {MinDelay: time.Hour, MaxDelay: time.Second}, {MinDelay: 1, MaxDelay: 1}} {
		for n := range 100 {
			seen := map[time.Duration]bool{}
			for range 50 {
				p := l.pause(Gap{Failures: n + 1})
				if p <= 0 || p > l.longest() {
					t.Fatalf("%+v: pause %d is %v", l, n, p)
				}
				seen[p] = true
			}
			if len(seen) < 10 && l.longest() > 1 {
				t.Errorf("%+v: pause %d takes %d values of 50", l, n, len(seen))
			}
		}
		if p := l.pause(Gap{Failures: 1 << 30}); p < l.longest()/2 {
			t.Errorf("%+v: at last the pause is %v", l, p)
		}
	}
}

// A final error ends Run at once. So does the end of the context, in a pause or in
// a session.
func TestRunEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Loop{Client: serving(t, nil, answer("401 Unauthorized"))}
		var refused *curlew.HandshakeError
		if err := l.Run(context.Background(), "ws://host/", receive); !errors.As(err, &refused) || refused.Response.StatusCode != 401 {
			t.Errorf("got %v, want the refusal", err)
		}
		if err := new(Loop).Run(context.Background(), "http://host/", receive); !errors.Is(err, curlew.ErrUsage) {
			t.Errorf("got %v, want ErrUsage", err)
		}
		l = Loop{Client: serving(t, nil), Final: func(err error) bool { return errors.Is(err, errUnreachable) }}
		if err := l.Run(context.Background(), "ws://host/", receive); !errors.Is(err, errUnreachable) {
			t.Errorf("got %v, want what Final calls final", err)
		}
		var got []string
		cause := errors.New("the user left")
		for _, serve := range []func(net.Conn){nil, accept(t, 0, &got, func(c *curlew.Conn) { c.Next() })} {
			ctx, cancel := context.WithCancelCause(context.Background())
			time.AfterFunc(time.Hour, func() { cancel(cause) })
			l := Loop{Client: serving(t, serve)}
			if err := l.Run(ctx, "ws://host/", receive); err != cause {
				t.Errorf("got %v, want the cause of the context's end", err)
			}
		}
		synctest.Wait()
	})
}

// The peer's reason for ending the session counts even if it interrupted the opening
// messages: all of them fit, the first does not, or a later one is sent after the end.
func TestRunRefusedWhileOpening(t *testing.T) {
	for _, size := range []int{10, 10 * curlewtest.PipeBuffer} {
		synctest.Test(t, func(t *testing.T) {
			var got []string
			attempts := 0
			l := Loop{
				Client: serving(t, accept(t, 0, &got, func(c *curlew.Conn) {
					c.Send(curlew.Text, []byte("one moment"))
					c.Send(curlew.Close, curlew.AppendClose(nil, curlew.ClosePolicy, "not you"))
					c.Close()
				})),
				Opening: []curlew.Message{{Flags: curlew.Binary, Data: make([]byte, size)}, {Flags: curlew.Text}},
				OnPause: func(g Gap, _ time.Duration) {
					if attempts++; attempts == 3 {
						t.Fatalf("still running after %v", g.Err)
					}
				},
			}
			err := l.Run(t.Context(), "ws://host/", receive)
			if why, ok := errors.AsType[*curlew.CloseError](err); !ok || why.Code != curlew.ClosePolicy || why.Reason != "not you" {
				t.Errorf("%d bytes: got %v, want the peer's CLOSE", size, err)
			}
		})
	}
	l := Loop{Client: serving(t, accept(t, 0, nil, func(c *curlew.Conn) { c.Next() })), Opening: []curlew.Message{{Flags: curlew.Ping}}}
	if err := l.Run(t.Context(), "ws://host/", receive); !errors.Is(err, curlew.ErrUsage) {
		t.Errorf("got %v, want ErrUsage", err)
	}
}

// However long a server asks the client to wait, no pause exceeds MaxDelay.
func TestRememberedRetryAfter(t *testing.T) {
	for _, said := range []string{"100", "2147483647", "2147483648", "99999999999999999999999"} {
		h := http.Header{"Retry-After": {said}}
		err := &curlew.HandshakeError{Response: &curlew.Response{Response: &http.Response{StatusCode: 503, Header: h}}, Err: io.EOF}
		for _, l := range []Loop{{}, {MaxDelay: time.Second}} {
			if p := l.pause(Gap{Failures: 1, Err: err}); p != l.longest() {
				t.Errorf("Retry-After: %s: pause of %v, want %v", said, p, l.longest())
			}
		}
	}
}

// A bad redirect is for the server to mend: another attempt may help, and
// the caller did nothing wrong. The same holds for a refusal with bad framing.
func TestRememberedServersFault(t *testing.T) {
	for _, said := range []string{
		"302 Found\r\nLocation: ws://%FF/", "302 Found\r\nLocation: ws://xn--a\xc3\xbc.test/", "301 Found\r\nLocation: ws://[::1/", "307 Found\r\nLocation: ws://h:99999/",
		"308 Found\r\nLocation: ftp://h/", "302 Found\r\nLocation: ws:///x", "302 Found\r\nLocation: %zz://", "302 Found\r\nLocation: ws://a\\b/",
		"302 Found\r\nLocation: ws://" + strings.Repeat("h", 70_000),
		"503 Busy\r\nTransfer-Encoding: chunked", "503 Busy\r\nContent-Length: x", "429 Slow\r\nTransfer-Encoding: gzip",
	} {
		client := serving(t, answer(said))
		client.MaxRedirects = 3
		_, err := client.Dial(t.Context(), "ws://h/")
		if Final(err) || errors.Is(err, curlew.ErrUsage) || !errors.As(err, new(*curlew.HandshakeError)) || len(err.Error()) > 1000 {
			t.Errorf("%.60q gives %T %.1000v; Final returned %v", said, err, err, Final(err))
		}
	}
}

// A response that is not HTTP will not be HTTP the next time; half a response may be complete.
func TestFinalAnswers(t *testing.T) {
	for said, want := range map[string]bool{
		"SSH-2.0-OpenSSH_9.9\r\n":                true,
		"HTTP/1.1 101 X\r\nno colon\r\n":         true,
		"HTTP/1.1 101 Switching Protocols\r\n":   false,
		"HTTP/1.1 400 Bad Request\r\n\r\n":       true,
		"HTTP/1.1 503 Unavailable\r\n\r\n":       false,
		"HTTP/1.1 101 X\r\nUpgrade: h2c\r\n\r\n": true,
		"":                                       false,
	} {
		client := serving(t, func(c net.Conn) {
			c.Read(make([]byte, 4096))
			io.WriteString(c, said)
		})
		if _, err := client.Dial(t.Context(), "ws://h/"); Final(err) != want {
			t.Errorf("%q gives %v; Final returned %v", said, err, !want)
		}
	}
}

func TestFinal(t *testing.T) {
	status := func(n int) error {
		return &curlew.HandshakeError{Response: &curlew.Response{Response: &http.Response{StatusCode: n}}, Err: io.EOF}
	}
	proxy := func(n int) error {
		return &dial.Error{Stage: dial.Proxy, Err: &dial.ConnectError{Response: &http.Response{StatusCode: n}}}
	}
	closed := func(code int) error { return fmt.Errorf("ended: %w", &curlew.CloseError{Code: code}) }
	for want, errs := range map[bool][]error{
		true: {
			curlew.ErrUsage, &dial.Error{Err: &dial.OptionError{Name: "Resolve", Err: io.EOF}}, &tls.CertificateVerificationError{Err: io.EOF}, &curlew.ProtocolError{Err: io.EOF},
			&dial.Error{Stage: dial.TLS, Err: &dial.PinError{}}, proxy(403), proxy(407), &curlew.HandshakeError{Err: &curlew.LimitError{}},
			status(101), status(200), status(302), status(400), status(401), status(404), status(426),
			closed(1002), closed(1003), closed(1007), closed(1008), closed(1009), closed(1010),
		},
		false: {
			io.EOF, io.ErrUnexpectedEOF, os.ErrDeadlineExceeded, curlew.ErrPongTimeout, &curlew.HandshakeError{Err: io.EOF},
			&dial.Error{Err: io.EOF}, proxy(429), proxy(502), proxy(503), status(408), status(425), status(429), status(500), status(503),
			closed(1000), closed(1001), closed(1005), closed(1011), closed(1012), closed(1013), closed(4000),
		},
	} {
		for _, err := range errs {
			if Final(err) != want {
				t.Errorf("%v: got %v, want %v", err, !want, want)
			}
		}
	}
}
