package dial

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew/internal/testpeer"
)

func TestSOCKSRefusals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		url, says string
		replies   []string
		code      SOCKSError
	}{
		{"socks4a://", "rejected", []string{"\x00\x5b......"}, SOCKSError{4, 91}},
		{"socks4a://", "without a standard meaning", []string{"\x00\x00......"}, SOCKSError{4, 0}},
		{"socks4a://", "expected 0 as the first byte", []string{"\x05\xff......"}, SOCKSError{}},
		{"socks5h://", "connection refused by the host", []string{"\x05\x00", "\x05\x05\x00\x01"}, SOCKSError{5, 5}},
		{"socks5h://", "without a standard meaning", []string{"\x05\x00", "\x05\xfe\x00\x01"}, SOCKSError{5, 254}},
		{"socks5h://", "requires authentication", []string{"\x05\xff"}, SOCKSError{}},
		{"socks5h://", "an offered authentication method, got 2", []string{"\x05\x02"}, SOCKSError{}},
		{"socks5h://", "expected 5 as the first byte of the SOCKS5 proxy's reply, got 72", []string{"HTTP/1.1 400 Bad\r\n\r\n"}, SOCKSError{}},
		{"socks5h://", "expected 5 as the first byte of the SOCKS5 proxy's reply, got 4", []string{"\x05\x00", "\x04\x00\x00\x01"}, SOCKSError{}},
		{"socks5h://", "in the SOCKS5 proxy's reply, got 2", []string{"\x05\x00", "\x05\x00\x00\x02"}, SOCKSError{}},
		{"socks5h://u:" + canary + "@", "accepts no authentication by user", []string{"\x05\xff"}, SOCKSError{}},
		{"socks5h://u:" + canary + "@", "an offered authentication method, got 1", []string{"\x05\x01"}, SOCKSError{}},
		{"socks5h://u:" + canary + "@", "rejects user and password", []string{"\x05\x02", "\x01\x01"}, SOCKSError{}},
		{"socks5h://" + strings.Repeat("u", 256) + ":p@", "255 bytes", []string{"\x05\x02"}, SOCKSError{}},
		{"socks5h://u:" + strings.Repeat(canary, 29) + "@", "255 bytes", []string{"\x05\x02"}, SOCKSError{}},
		{"socks4a://a%00b@", "NUL", nil, SOCKSError{}},
	} {
		gone := make(chan struct{})
		addr := testpeer.Serve(t, func(c net.Conn) {
			for _, reply := range tt.replies {
				c.Read(make([]byte, 1000))
				io.WriteString(c, reply)
			}
			silent(c)
			close(gone)
		})
		err := failure(t, t.Context(), via(mustURL(t, tt.url+addr)), "ws://far.example:7", Proxy)
		if !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: got %v, want %q", tt.url, err, tt.says)
		}
		if code, ok := errors.AsType[*SOCKSError](err); ok != (tt.code.Version != 0) || ok && *code != tt.code {
			t.Errorf("%s: got %v, want %v", tt.url, err, tt.code)
		}
		<-gone
	}
	long := "ws://" + strings.Repeat("h", 256)
	failure(t, t.Context(), via(mustURL(t, "socks5h://127.0.0.1:1")), long, Proxy)
	failure(t, t.Context(), via(mustURL(t, "socks4a://127.0.0.1:1")), long, Proxy)
}

// TestSOCKSTriesAll checks that a proxy that refuses the first address of a name looked
// up here is asked for the next one.
func TestSOCKSTriesAll(t *testing.T) {
	t.Parallel()
	var asked []string
	next := func(_ context.Context, _, addr string) (net.Conn, error) {
		asked = append(asked, addr)
		if addr == "127.0.0.2:7" {
			return nil, io.EOF
		}
		return nil, &Error{Proxy, "p", &SOCKSError{5, 4}}
	}
	d := &dialing{Config: &Config{Resolve: []string{"h:7:127.0.0.1,127.0.0.2,127.0.0.3"}}}
	_, err := d.resolving("tcp", next)(t.Context(), "tcp", "h:7")
	if want := []string{"127.0.0.1:7", "127.0.0.2:7"}; err != io.EOF || !slices.Equal(asked, want) {
		t.Errorf("asked for %v, then %v; want %v", asked, err, want)
	}
}

// TestSOCKSResolveFailure checks that a failed lookup on this side is not an error of
// the proxy.
func TestSOCKSResolveFailure(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"socks4", "socks5"} {
		c := via(proxyServer(t, scheme, "", &record{}, ""))
		if err := failure(t, t.Context(), c, "ws://no-such-host.invalid", Resolve); err.Addr != "no-such-host.invalid:80" {
			t.Errorf("%s: got %v", scheme, err)
		}
	}
	failure(t, t.Context(), via(mustURL(t, "socks4://127.0.0.1:1")), "ws://[::1]:80", Resolve)
	failure(t, t.Context(), via(proxyServer(t, "socks4a", "", &record{}, "")), "ws://[::1]:80", Proxy)
}
