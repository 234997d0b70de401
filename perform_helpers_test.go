package curlew_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

func textFrame(p string) rawFrame   { return rawFrame{wText, p} }
func binaryFrame(p string) rawFrame { return rawFrame{wBinary, p} }
func pingFrame(p string) rawFrame   { return rawFrame{wPing, p} }
func pongFrame(p string) rawFrame   { return rawFrame{wPong, p} }

func closeFrame(code int, reason string) rawFrame {
	return rawFrame{wClose, string(curlew.AppendClose(nil, code, reason))}
}

// bothEnds returns the two Conns of a session.
func bothEnds(t testing.TB, o *curlew.AcceptOptions) (client, server *curlew.Conn) {
	return bothEndsOf(t, curlewtest.PipeBuffer, o)
}

// bothEndsOf is bothEnds over a stream that holds size bytes in each direction.
func bothEndsOf(t testing.TB, size int, o *curlew.AcceptOptions) (client, server *curlew.Conn) {
	a, b := curlewtest.PipeSize(size)
	client, server = curlew.NewConn(a, false, o), curlew.NewConn(b, true, o)
	t.Cleanup(func() {
		client.Close()
		server.Close()
	})
	return client, server
}

// smallPair is pipePair over a stream that holds size bytes in each direction.
func smallPair(t testing.TB, size int, o *curlew.AcceptOptions) (*curlew.Conn, *wirePeer) {
	ours, theirs := curlewtest.PipeSize(size)
	return newPair(t, ours, theirs, false, o)
}

// wantClose fails the test unless err is the peer's CLOSE with code and reason.
func wantClose(t testing.TB, err error, code int, reason string) {
	t.Helper()
	var ce *curlew.CloseError
	if !errors.As(err, &ce) || *ce != (curlew.CloseError{Code: code, Reason: reason}) {
		t.Errorf("got error %v, want a CloseError of %d %q", err, code, reason)
	}
}

// goroutineID tells the running goroutine from others.
func goroutineID() string {
	b := make([]byte, 64)
	id, _, _ := strings.Cut(string(b[:runtime.Stack(b, false)]), " [")
	return id
}

// letters returns n bytes, of which each part differs from the next.
func letters(n int) string {
	const some = "abcdefghijklmnopqrstuvwxyz0123456789-"
	return strings.Repeat(some, n/len(some)+1)[:n]
}

// bubbleGoroutines counts the goroutines of the synctest bubble of t.
func bubbleGoroutines(t testing.TB) int {
	b := make([]byte, 1<<20)
	all := strings.Split(string(b[:runtime.Stack(b, true)]), "\n\n")
	_, mine, ok := strings.Cut(strings.SplitN(all[0], "\n", 2)[0], "synctest bubble ")
	if !ok {
		t.Fatalf("not in a bubble: %s", all[0])
	}
	n := 0
	for _, g := range all {
		if strings.Contains(strings.SplitN(g, "\n", 2)[0], "synctest bubble "+mine) {
			n++
		}
	}
	return n
}
