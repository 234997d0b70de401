package main

import (
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/dial"
)

// TestAdviceOnTLS: ws:// to a port that speaks TLS, and the other way round, is
// what everybody does once.
func TestAdviceOnTLS(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want string
	}{
		{&dial.Error{Stage: dial.TLS, Addr: "localhost:80", Err: io.EOF}, "plain ws://"},
		{&dial.Error{Stage: dial.TLS, Addr: "localhost:80", Err: syscall.ECONNRESET}, "plain ws://"},
		{&curlew.HandshakeError{Err: io.ErrUnexpectedEOF}, "wss://"},
		{&dial.Error{Stage: dial.TLS, Addr: "localhost:443", Err: errors.New("tls: no cipher suite")}, ""},
	} {
		got := newConfig(std{}).advised(test.err)
		if !strings.Contains(got, test.want) || test.want == "" && got != plain(test.err) {
			t.Errorf("%v: expected to read of %q, got %q", test.err, test.want, got)
		}
	}
}
