package curlew_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/nettest"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// bothClose closes two ends at once, as two programs would.
func bothClose(a, b net.Conn) {
	var all sync.WaitGroup
	all.Go(func() { a.Close() })
	b.Close()
	all.Wait()
}

func TestMessageConn(t *testing.T) {
	for name, streams := range map[string]func(testing.TB) (net.Conn, net.Conn){
		"pipe": func(testing.TB) (net.Conn, net.Conn) { return curlewtest.Pipe() },
		"TCP":  tcpPair,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				a, b := streams(t)
				c1 = curlew.NewConn(a, false, nil).MessageConn(curlew.Binary)
				c2 = curlew.NewConn(b, true, nil).MessageConn(curlew.Binary)
				return c1, c2, func() { bothClose(c1, c2) }, nil
			})
		})
	}
}

// Text of any length comes through, cut into messages between characters, also
// compressed, and with a limit of messages that is odd.
func TestMessageConnText(t *testing.T) {
	text := strings.Repeat("grüße, 鷸 𝄞! ", 20_000)
	for _, with := range []*curlew.Compression{nil, {}} {
		client, server := curlewtest.Pair(t, &curlew.Client{Compression: with, MaxMessage: 1001}, &curlew.AcceptOptions{Compression: with, WriteBuffer: 512})
		from, to := server.MessageConn(curlew.Text), client.MessageConn(curlew.Text)
		go func() {
			if n, err := io.WriteString(from, text); n != len(text) || err != nil {
				t.Errorf("%d of %d bytes were written, %v", n, len(text), err)
			}
			from.Close()
		}()
		got, err := io.ReadAll(to)
		if string(got) != text || err != nil {
			t.Errorf("came %d of %d bytes, %v", len(got), len(text), err)
		}
		wantNilB(t, to.Close())
	}
}

// How the session ends is how the stream does.
func TestMessageConnEnds(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*wirePeer)
		want error
	}{
		"1000":    {func(p *wirePeer) { p.send(rawFrame{wClose, "\x03\xe8"}) }, io.EOF},
		"no code": {func(p *wirePeer) { p.send(rawFrame{wClose, ""}) }, io.EOF},
		"drop":    {func(p *wirePeer) { p.Close() }, io.ErrUnexpectedEOF},
	} {
		ours, peer := pipePair(t, nil)
		stream := ours.MessageConn(curlew.Binary)
		peer.send(rawFrame{wTextGo, "he"}, pingFrame("?"), rawFrame{wContGo, ""}, rawFrame{wCont, "l"}, binaryFrame("lo"))
		c.end(peer)
		got, err := io.ReadAll(&untilError{r: stream})
		if err != nil || string(got) != "hello" {
			t.Errorf("%s: came %q, %v", name, got, err)
		}
		if _, err := stream.Read(make([]byte, 1)); !errors.Is(err, c.want) {
			t.Errorf("%s: the end is %v, want %v", name, err, c.want)
		}
	}
	ours, peer := pipePair(t, nil)
	peer.send(rawFrame{wClose, "\x03\xf3why"})
	_, err := ours.MessageConn(curlew.Binary).Read(make([]byte, 1))
	var end *curlew.CloseError
	if !errors.As(err, &end) || end.Code != curlew.CloseInternal || end.Reason != "why" {
		t.Errorf("came %v, want the peer's CLOSE with code 1011", err)
	}
}

// untilError ends at any error.
type untilError struct{ r io.Reader }

func (u *untilError) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if err != nil {
		err = io.EOF
	}
	return n, err
}

// A deadline that passes within a message leaves it to the next Write, byte by
// byte what the counts say.
func TestMessageConnGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := curlewtest.PipeSize(100)
		from := curlew.NewConn(a, false, nil).MessageConn(curlew.Binary)
		to := curlew.NewConn(b, true, nil).MessageConn(curlew.Binary)
		data := []byte(letters(300_000))
		from.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := from.Write(data)
		var ne net.Error
		if !errors.As(err, &ne) || !ne.Timeout() || !errors.Is(err, os.ErrDeadlineExceeded) || n >= len(data) {
			t.Fatalf("wrote %d bytes, %v; want a timeout", n, err)
		}
		if n, err := from.Write(data); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("behind the deadline: wrote %d bytes, %v", n, err)
		}
		from.SetWriteDeadline(time.Time{})
		go func() {
			if k, err := from.Write(data[n:]); k != len(data)-n || err != nil {
				t.Errorf("then wrote %d of %d bytes, %v", k, len(data)-n, err)
			}
			from.Close()
		}()
		got, err := io.ReadAll(to)
		if string(got) != string(data) || err != nil {
			t.Errorf("came %d of %d bytes, %v", len(got), len(data), err)
		}
		to.Close()
	})
}

// Close ends calls in progress, and waits neither for a peer that is dead nor,
// within a cut message, for one that lives.
func TestMessageConnClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, cut := range []bool{false, true} {
			a, b := curlewtest.PipeSize(100)
			stream := curlew.NewConn(a, false, nil).MessageConn(curlew.Binary)
			read := later(func() error { _, err := stream.Read(make([]byte, 1)); return err })
			var write <-chan error
			if cut {
				write = later(func() error { _, err := stream.Write(make([]byte, 1000)); return err })
			}
			synctest.Wait()
			start := time.Now()
			err := stream.Close()
			if took := time.Since(start); cut && (took > time.Second || err != nil) || !cut && (took != 5*time.Second || err == nil) {
				t.Errorf("cut %v: Close took %v and returned %v", cut, took, err)
			}
			wantError(t, <-read, net.ErrClosed)
			if cut {
				wantError(t, <-write, net.ErrClosed)
			}
			_, err = stream.Write(nil)
			wantError(t, err, net.ErrClosed)
			wantError(t, stream.SetDeadline(time.Time{}), net.ErrClosed)
			wantNilB(t, stream.Close())
			b.Close()
		}
	})
}

func TestMessageConnUsage(t *testing.T) {
	for _, c := range []struct {
		o curlew.AcceptOptions
		f curlew.Flags
	}{{curlew.AcceptOptions{RawMode: true}, curlew.Binary}, {curlew.AcceptOptions{}, curlew.Ping}} {
		a, b := curlewtest.Pipe()
		stream := curlew.NewConn(a, false, &c.o).MessageConn(c.f)
		_, err := stream.Write([]byte("x"))
		wantError(t, err, curlew.ErrUsage)
		b.Close()
		stream.Close()
	}
	client, server := curlewtest.Pair(t, nil, nil)
	wantNilB(t, server.WriteMessage(context.Background(), curlew.Text, []byte("hello")))
	_, r, err := client.NextReader(context.Background())
	wantNilB(t, err)
	if _, err := io.ReadFull(client.MessageConn(curlew.Text), make([]byte, 5)); err != nil {
		t.Error(err)
	}
	_, err = r.Read(make([]byte, 1))
	wantError(t, err, curlew.ErrUsage)
}

// While Close waits for the peer, which it may for 5 seconds, nothing else waits
// for Close.
func TestMessageConnWhileClosing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, peer := pipePair(t, nil)
		stream := ours.MessageConn(curlew.Binary)
		go stream.Close()
		peer.expect(closeFrame(curlew.CloseNormal, ""))
		began := time.Now()
		_, read := stream.Read(make([]byte, 1))
		_, write := stream.Write([]byte("x"))
		for _, err := range []error{
			read, write, stream.SetDeadline(began), stream.SetReadDeadline(began), stream.SetWriteDeadline(began),
		} {
			wantError(t, err, net.ErrClosed)
		}
		wantNilB(t, stream.Close())
		if took := time.Since(began); took > 0 {
			t.Errorf("that took %v", took)
		}
	})
}

// TLS on top, as a tunnel's two ends speak it: bytes go both ways at once, and
// each end finds where the other's end.
func TestMessageConnCarriesTLS(t *testing.T) {
	curlewtest.NoLeaks(t)
	data := []byte(strings.Repeat("grüße, 鷸 𝄞! ", 20_000))
	for _, with := range []*curlew.Compression{nil, {}} {
		client, server := curlewtest.Pair(t, &curlew.Client{Compression: with}, &curlew.AcceptOptions{Compression: with, WriteBuffer: 512})
		ours, theirs := tlsOver(t, func(testing.TB) (net.Conn, net.Conn) {
			return client.MessageConn(curlew.Binary), server.MessageConn(curlew.Binary)
		})
		var all sync.WaitGroup
		all.Go(func() {
			if n, err := io.Copy(theirs, theirs); n != int64(len(data)) || err != nil {
				t.Errorf("%d of %d bytes came and went, %v", n, len(data), err)
			}
			theirs.Close()
		})
		all.Go(func() {
			if n, err := ours.Write(data); n != len(data) || err != nil {
				t.Errorf("%d of %d bytes were written, %v", n, len(data), err)
			}
			wantNilB(t, ours.(*tls.Conn).CloseWrite())
		})
		if got, err := io.ReadAll(ours); !bytes.Equal(got, data) || err != nil {
			t.Errorf("%d of %d bytes came back, %v", len(got), len(data), err)
		}
		wantNilB(t, ours.Close())
		all.Wait()
	}
}

// A deadline that cost the connection is a timeout where it passed, and an end
// to all who call later: to try again would be to try for ever.
func TestMessageConnLostByDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, _ := tlsOver(t, func(testing.TB) (net.Conn, net.Conn) { return curlewtest.Pipe() })
		stream := curlew.NewConn(ours, false, nil).MessageConn(curlew.Binary)
		isTimeout := func(err error) bool {
			e, ok := errors.AsType[net.Error](err)
			return ok && e.Timeout()
		}
		stream.SetWriteDeadline(time.Now().Add(time.Second))
		_, err := stream.Write(make([]byte, 1<<20)) // the peer takes nothing
		if !isTimeout(err) || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("came %v, want a timeout", err)
		}
		if _, err := stream.Read(make([]byte, 1)); err == nil || isTimeout(err) || !strings.Contains(err.Error(), "lost") {
			t.Errorf("came %v, want that the connection is lost", err)
		}
		stream.SetWriteDeadline(time.Time{})
		if _, err := stream.Write([]byte("x")); err == nil || isTimeout(err) || !strings.Contains(err.Error(), "lost") {
			t.Errorf("came %v, want that the connection is lost", err)
		}
	})
}
