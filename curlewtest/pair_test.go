package curlewtest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

func TestPair(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		curlewtest.NoLeaks(t)
		client, server := curlewtest.Pair(t,
			&curlew.Client{Subprotocols: []string{"a", "b"}, Compression: &curlew.Compression{}},
			&curlew.AcceptOptions{Subprotocols: []string{"b"}, Compression: &curlew.Compression{}})
		if client.Subprotocol() != "b" || server.Subprotocol() != "b" {
			t.Errorf("subprotocols %q and %q", client.Subprotocol(), server.Subprotocol())
		}
		long := strings.Repeat("hello ", 100) // which compression makes shorter
		ends := map[*curlew.Conn]*curlew.Conn{client: server, server: client}
		for from, to := range ends {
			wantErr(t, from.Send(curlew.Text|curlew.Compressed, []byte(long)), nil)
			f, p, err := to.ReadMessage(t.Context(), nil)
			if f != curlew.Text|curlew.Compressed || string(p) != long || err != nil {
				t.Errorf("got %v %q, %v", f, p, err)
			}
		}
	})
}

func TestPairRefused(t *testing.T) {
	t.Parallel()
	for says, c := range map[string]*curlew.Client{
		"not allowed to connect": {Header: http.Header{"Origin": {"http://example.org"}}},
		"Compression":            {Compression: &curlew.Compression{ClientWindowBits: 99}},
	} {
		r := &recorder{TB: t}
		r.run(func() { curlewtest.Pair(r, c, nil) })
		if !strings.Contains(r.said(), says) {
			t.Errorf("got the failure %q, want %q in it", r.said(), says)
		}
	}
}

func TestUpgrade(t *testing.T) {
	t.Parallel()
	bubble(t, 1000, func(t *testing.T, a, b net.Conn) {
		mustWrite(t, a, request+"\x81\x80\x00\x00\x00\x00")
		c, err := curlewtest.Upgrade(t.Context(), b, &curlew.AcceptOptions{Header: http.Header{"X": {"y"}}})
		wantErr(t, err, nil)
		defer c.Close()
		wantRead(t, a, response[:len(response)-2]+"X: y\r\n\r\n")
		f, p, err := c.ReadMessage(t.Context(), nil) // arrived with the request
		if f != curlew.Text || len(p) > 0 || err != nil {
			t.Errorf("got %v %q, %v", f, p, err)
		}
	})
}

func TestUpgradeFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ request, answer, says string }{
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 426 Upgrade Required\r\n", "expected"},
		{strings.Replace(request, "X-Two: a", "Origin: http://b", 1), "HTTP/1.1 403 Forbidden\r\n", "not allowed"},
		{"nonsense\r\n\r\n", "", "expected a request"},
		{"GET / HT", "", "expected a request"},
	} {
		bubble(t, 1000, func(t *testing.T, a, b net.Conn) {
			mustWrite(t, a, c.request)
			a.(interface{ CloseWrite() error }).CloseWrite()
			conn, err := curlewtest.Upgrade(t.Context(), b, nil)
			if conn != nil || err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got the error %v, want %q in it", err, c.says)
			}
			answer, err := io.ReadAll(a)
			if !strings.HasPrefix(string(answer), c.answer) || err != nil {
				t.Errorf("answer %q, %v", answer, err)
			}
		})
	}
}

func TestUpgradeContext(t *testing.T) {
	t.Parallel()
	bubble(t, 1000, func(t *testing.T, a, b net.Conn) {
		over := errors.New("over")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Hour, over)
		defer cancel()
		_, err := curlewtest.Upgrade(ctx, b, nil)
		wantErr(t, err, over)
		_, err = a.Read(make([]byte, 1))
		wantErr(t, err, io.EOF)
	})
}
