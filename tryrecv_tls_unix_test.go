//go:build unix

package curlew_test

import (
	"crypto/tls"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
	"github.com/curlew-ws/curlew/internal/socket"
)

// What comes with a part of a TLS alert behind it, of which crypto/tls then tells
// both at once, is not lost.
func TestRememberedTryRecvBeforePartOfAlert(t *testing.T) {
	curlewtest.NoLeaks(t)
	ours, theirs := unixStreams(t)
	under := &withheld{Conn: theirs}
	client := tls.Client(socket.Below(ours), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12}) // 1.3 hides alerts
	server := tls.Server(under, &tls.Config{Certificates: []tls.Certificate{testCertificate()}})
	done := make(chan error, 1)
	go func() { done <- server.Handshake() }()
	if err := errors.Join(client.Handshake(), <-done); err != nil {
		t.Fatal(err)
	}
	c, peer := newPair(t, client, server, false, nil)
	want := noise(5000)
	under.on.Store(true)
	peer.send(binaryFrame(want))
	peer.closeWrite()
	theirs.SetWriteDeadline(time.Time{}) // closing TLS set one
	last := len(under.kept) - 1
	if _, err := theirs.Write(under.kept[:last]); err != nil {
		t.Fatal(err)
	}
	got := ""
	for p := make([]byte, 100); ; {
		m, err := c.TryRecv(p)
		if err == curlew.ErrAgain {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got += string(p[:m.Len])
	}
	if got != want {
		t.Errorf("%d bytes came of %d, or others", len(got), len(want))
	}
	if _, err := theirs.Write(under.kept[last:]); err != nil {
		t.Fatal(err)
	}
	_, err := c.TryRecv(make([]byte, 100))
	wantError(t, err, io.ErrUnexpectedEOF)
}

// A try is not held up by the beat at which an earlier receive would have stopped
// waiting.
func TestRememberedTryRecvAfterABeat(t *testing.T) {
	for _, kind := range tryKinds {
		t.Run(kind.name, func(t *testing.T) {
			ours, theirs := kind.make(t)
			c, _ := newPair(t, ours, theirs, false, &curlew.AcceptOptions{PingInterval: 10 * time.Millisecond, PongTimeout: time.Hour})
			c.SetReadDeadline(time.Now().Add(time.Millisecond))
			wantError(t, next(c)(), os.ErrDeadlineExceeded)
			c.SetReadDeadline(time.Time{})
			<-time.After(30 * time.Millisecond) // the beat passes
			tried := aside(func() error { _, err := c.TryRecv(make([]byte, 1)); return err })
			select {
			case err := <-tried:
				if err != curlew.ErrAgain {
					t.Error(err)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("the try does not end")
			}
		})
	}
}

// A passed read deadline is no beat of the heartbeat, however often it is met.
func TestRememberedTryRecvDeadlineIsNoBeat(t *testing.T) {
	for _, kind := range tryKinds {
		t.Run(kind.name, func(t *testing.T) {
			ours, theirs := kind.make(t)
			c, _ := newPair(t, ours, theirs, false, &curlew.AcceptOptions{PingInterval: time.Hour})
			c.SetReadDeadline(time.Unix(1, 0))
			for range 3 {
				_, err := c.TryRecv(make([]byte, 1))
				wantError(t, err, os.ErrDeadlineExceeded)
			}
			c.SetReadDeadline(time.Time{})
			wantAgain(t, c)
		})
	}
}
