//go:build unix

package curlew_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
	"github.com/curlew-ws/curlew/dial"
	"github.com/curlew-ws/curlew/internal/deflate"
	"github.com/curlew-ws/curlew/internal/socket"
)

// tryKinds are streams that can be tried, in which what is written to one end
// can be read from the other at once.
var tryKinds = []struct {
	name string
	make func(testing.TB) (ours, theirs net.Conn)
}{
	{"unix", unixStreams},
	{"tls", func(t testing.TB) (ours, theirs net.Conn) {
		return tlsOver(t, func(t testing.TB) (ours, theirs net.Conn) {
			ours, theirs = unixStreams(t)
			return socket.Below(ours), theirs
		})
	}},
}

// tryAll receives all that is there, up to the error behind it.
func tryAll(c *curlew.Conn, sizes curlewtest.Sizes) (all []piece, err error) {
	for {
		p := make([]byte, sizes())
		m, err := c.TryRecv(p)
		if err != nil {
			return all, err
		}
		all = append(all, pieceOf(p, m))
	}
}

// arrived returns how many frames tries must have handed on some of, and how many
// bytes, when n bytes of the stream of frames are there: data as far as it came,
// control frames when whole, PINGs never.
func arrived(masked bool, n int, frames ...rawFrame) (count, bytes int) {
	for _, f := range frames {
		length := len(f.payload)
		head := len(appendWireHeader(nil, masked, f.first, uint64(length), 0))
		if n < head || n < head+min(length, 1) || f.first&0x08 != 0 && n < head+length {
			break
		}
		if f.first != wPing {
			count++
			bytes += min(n-head, length)
		}
		n -= head + length
	}
	return count, bytes
}

// Whatever pieces the bytes come in, a try hands on all of them that can be
// handed on, then says ErrAgain, and in the end the same as Recv.
func TestTryRecvSplit(t *testing.T) {
	for name, frames := range splitScripts {
		for _, kind := range tryKinds {
			for _, server := range []bool{false, true} {
				for seed := range uint64(6) {
					t.Run(fmt.Sprintf("%s/%s/server=%v/%d", name, kind.name, server, seed), func(t *testing.T) {
						t.Parallel()
						random := rand.New(rand.NewPCG(seed, 7))
						stream := wireBytes(server, frames...)
						most := []int{1, 3, 100, 2000, 9000, 9000}[seed]
						rooms := []int{1, 5, 300, 5000, 100000, 100000}[seed]
						if len(stream) > 10000 {
							most, rooms = 9000, max(rooms, 300)
						}
						var cuts []int
						for at := 0; at < len(stream); {
							at = min(at+1+random.IntN(most), len(stream))
							cuts = append(cuts, at)
						}
						testTries(t, kind.make, server, frames, cuts, curlewtest.Random(seed, rooms))
					})
				}
			}
		}
	}
}

// A short script cut in three at every place.
func TestTryRecvSplitEverywhere(t *testing.T) {
	frames := splitScripts["small"]
	for _, kind := range tryKinds[:1] {
		for _, server := range []bool{false, true} {
			end := len(wireBytes(server, frames...))
			for i := 1; i < end; i++ {
				for j := i + 1; j < end; j += 7 {
					testTries(t, kind.make, server, frames, []int{i, j, end}, curlewtest.Fixed(100))
				}
			}
		}
	}
}

// testTries sends the stream of frames up to each of cuts, and tries behind each.
func testTries(t *testing.T, streams func(testing.TB) (net.Conn, net.Conn), server bool, frames []rawFrame, cuts []int, sizes curlewtest.Sizes) {
	t.Helper()
	ours, theirs := streams(t)
	c, peer := newPair(t, ours, theirs, server, &curlew.AcceptOptions{ReadBuffer: 1024})
	answers := peer.drain()
	stream := wireBytes(server, frames...)
	var all []piece
	var err error
	sent, count, bytes := 0, 0, 0
	for _, cut := range cuts {
		peer.sendBytes(stream[sent:cut])
		sent = cut
		var got []piece
		got, err = tryAll(c, sizes)
		for all = append(all, got...); len(got) > 0; got = got[1:] {
			if bytes += len(got[0].data); got[0].offset == 0 {
				count++
			}
		}
		if wantCount, wantBytes := arrived(server, sent, frames...); count != wantCount || bytes != wantBytes {
			t.Fatalf("behind %d bytes came %d bytes of %d frames, want %d of %d", sent, bytes, count, wantBytes, wantCount)
		}
		if err != curlew.ErrAgain && (err != io.EOF || sent < len(stream)) {
			t.Fatalf("behind %d bytes: %v", sent, err)
		}
	}
	samePieces(t, joined(t, all), piecesOf(0, frames...))
	if _, err := c.Recv(nil); err != io.EOF { // awaits our answer to CLOSE
		t.Errorf("the end is %v", err)
	}
	if _, err := c.TryRecv(nil); err != io.EOF {
		t.Errorf("the end, tried, is %v", err)
	}
	c.Close()
	wantFrames(t, <-answers, answersTo(frames)...)
	theirs.Close()
}

// Compressed messages too.
func TestTryRecvCompressed(t *testing.T) {
	texts := []string{"", "x", strings.Repeat("hello ", 3000), letters(3000)}
	z := deflate.NewDeflater(6, 15, true)
	frames := []rawFrame{{wPong, "first"}}
	for _, text := range texts {
		p := z.Append(nil, []byte(text), true)
		frames = append(frames, rawFrame{wTextGo | 0x40, string(p[:len(p)/2])}, rawFrame{wPong, "between"}, rawFrame{wCont, string(p[len(p)/2:])})
	}
	stream := wireBytes(false, frames...)
	for _, kind := range tryKinds {
		for most := 1; most < 4000; most *= 5 {
			ours, theirs := kind.make(t)
			c, _, err := openPair(t.Context(), ours, theirs, false, curlew.AcceptOptions{Compression: &curlew.Compression{}})
			if err != nil {
				t.Fatal(err)
			}
			random := rand.New(rand.NewPCG(uint64(most), 1))
			var got []string
			message := ""
			for rest := stream; len(rest) > 0; {
				n := min(1+random.IntN(most), len(rest))
				if _, err := theirs.Write(rest[:n]); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
				pieces, err := tryAll(c, curlewtest.Random(uint64(n), 1000))
				if err != curlew.ErrAgain {
					t.Fatal(err)
				}
				for _, p := range pieces {
					if p.flags&curlew.Pong != 0 {
						continue
					}
					if message += p.data; p.flags&curlew.Cont == 0 && p.bytesLeft == 0 {
						got, message = append(got, message), ""
					}
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(texts) {
				t.Errorf("%s: in pieces of at most %d bytes came %.300q", kind.name, most, got)
			}
			c.Close()
			theirs.Close()
		}
	}
}

// tryPair is newPair of a client over the kind of stream tried most.
func tryPair(t testing.TB, o *curlew.AcceptOptions) (*curlew.Conn, *wirePeer) {
	ours, theirs := unixStreams(t)
	return newPair(t, ours, theirs, false, o)
}

// wantAgain tries, and wants nothing to be there.
func wantAgain(t *testing.T, c *curlew.Conn) {
	t.Helper()
	if m, err := c.TryRecv(make([]byte, 100)); err != curlew.ErrAgain {
		t.Errorf("came %+v, %v; want ErrAgain", m, err)
	}
}

// aside calls on a goroutine of its own.
func aside(call func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- call() }()
	return done
}

// Recv goes on where a try stopped, and a try where Recv did.
func TestTryRecvBesideRecv(t *testing.T) {
	for _, kind := range tryKinds {
		t.Run(kind.name, func(t *testing.T) {
			ours, theirs := kind.make(t)
			c, peer := newPair(t, ours, theirs, false, &curlew.AcceptOptions{NoAutoPong: true})
			buf := make([]byte, 100)
			for i, f := range []rawFrame{{wText, strings.Repeat("t", 200)}, {wPing, "ping"}, {wBinary, ""}} {
				b := wireBytes(false, f)
				peer.sendBytes(b[:1])
				wantAgain(t, c)
				c.SetReadDeadline(time.Now().Add(time.Millisecond))
				_, err := c.Recv(nil) // waits
				wantError(t, err, os.ErrDeadlineExceeded)
				c.SetReadDeadline(time.Time{})
				received := aside(func() error { _, err := c.Recv(nil); return err })
				peer.sendBytes(b[1:])
				if err := <-received; err != nil {
					t.Fatal(err)
				}
				m, err := c.TryRecv(nil)
				if err != nil || m.Len != 0 || m.BytesLeft != int64(len(f.payload)) {
					t.Errorf("frame %d: %+v, %v", i, m, err)
				}
				for m.BytesLeft = 1; m.BytesLeft > 0; {
					if m, err = c.TryRecv(buf); err != nil {
						t.Fatalf("frame %d: %v", i, err)
					}
				}
				wantAgain(t, c)
			}
		})
	}
}

// A try that finds nothing allocates nothing, nor does one that finds a frame.
// (Over TLS, crypto/tls allocates for every read.)
func TestTryRecvAllocs(t *testing.T) {
	c, peer := tryPair(t, &curlew.AcceptOptions{PingInterval: time.Hour})
	frame, buf := wireBytes(false, textFrame("a short text")), make([]byte, 100)
	wantNoAllocs(t, "TryRecv", func() error {
		if _, err := c.TryRecv(buf); err != curlew.ErrAgain {
			return fmt.Errorf("want ErrAgain, came %w", err)
		}
		if _, err := peer.Write(frame); err != nil {
			return err
		}
		_, err := c.TryRecv(buf)
		return err
	})
}

// The answer to CLOSE waits for our open frame: so long a try says ErrAgain,
// unless the read deadline has passed.
func TestTryRecvAwaitsAnswer(t *testing.T) {
	c, peer := tryPair(t, nil)
	if err := c.StartFrame(curlew.Binary, 2); err != nil {
		t.Fatal(err)
	}
	peer.send(rawFrame{wClose, "\x03\xe8"})
	if m, err := c.TryRecv(make([]byte, 9)); m.Flags != curlew.Close || err != nil {
		t.Fatal(m, err)
	}
	wantAgain(t, c)
	c.SetReadDeadline(time.Unix(1, 0))
	if _, err := c.TryRecv(nil); err != io.EOF {
		t.Errorf("behind the read deadline: %v", err)
	}
	c.SetReadDeadline(time.Time{})
	wantAgain(t, c)
	if err := c.SendPayload([]byte("ab")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Recv(nil); err != io.EOF {
		t.Error(err)
	}
	if _, err := c.TryRecv(nil); err != io.EOF {
		t.Error(err)
	}
	peer.expect(rawFrame{wBinary, "ab"}, rawFrame{wClose, "\x03\xe8"})
}

// Every end is the one that Recv tells, once what came before it was handed on.
func TestTryRecvEnds(t *testing.T) {
	for name, test := range map[string]struct {
		o    curlew.AcceptOptions
		sent string
		do   func(c *curlew.Conn, peer *wirePeer)
		want []piece
		end  error
	}{
		"drop":          {sent: "\x81\x01a", want: piecesOf(0, textFrame("a")), end: io.ErrUnexpectedEOF},
		"drop in frame": {sent: "\x81\x02a", want: []piece{{curlew.Text, 0, "a", 1}}, end: io.ErrUnexpectedEOF},
		"breach":        {sent: "\x81\x01a\x83\x00", want: piecesOf(0, textFrame("a")), end: &curlew.ProtocolError{}},
		"limit":         {o: curlew.AcceptOptions{MaxFrame: 1}, sent: "\x81\x02ab", end: &curlew.ProtocolError{}},
		"not answered":  {o: curlew.AcceptOptions{NoAutoClose: true}, sent: "\x88\x00", want: piecesOf(0, rawFrame{wClose, ""}), end: io.EOF},
		"PING":          {o: curlew.AcceptOptions{NoAutoPong: true}, sent: "\x89\x01p", want: []piece{{curlew.Ping, 0, "p", 0}}, end: io.ErrUnexpectedEOF},
		"raw":           {o: curlew.AcceptOptions{RawMode: true}, sent: "\x89\x00raw", want: []piece{{0, 0, "\x89\x00raw", 0}}, end: io.EOF},
		"Close":         {sent: "\x81\x01a", do: func(c *curlew.Conn, _ *wirePeer) { c.Close() }, end: net.ErrClosed},
	} {
		t.Run(name, func(t *testing.T) {
			for _, kind := range tryKinds {
				ours, theirs := kind.make(t)
				c, peer := newPair(t, ours, theirs, false, &test.o)
				wantAgain(t, c)
				peer.sendBytes([]byte(test.sent))
				peer.closeWrite()
				if test.do != nil {
					test.do(c, peer)
				}
				got, err := tryAll(c, curlewtest.Fixed(100))
				samePieces(t, got, test.want)
				var breach *curlew.ProtocolError
				if _, want := test.end.(*curlew.ProtocolError); want && !errors.As(err, &breach) || !want && !errors.Is(err, test.end) {
					t.Errorf("%s: the end is %v, want %v", kind.name, err, test.end)
				}
				_, tried := c.TryRecv(nil)
				if _, again := c.Recv(nil); again != err || tried != err {
					t.Errorf("%s: then %v and %v", kind.name, again, tried)
				}
			}
		})
	}
}

// A passed deadline of the user is no ErrAgain: what is buffered still comes,
// and the next one goes on. One that the library set for an earlier wait is
// nobody's business.
func TestTryRecvDeadline(t *testing.T) {
	c, peer := tryPair(t, &curlew.AcceptOptions{PingInterval: time.Millisecond, PongTimeout: time.Hour})
	peer.send(textFrame("a"), textFrame("b"))
	p := make([]byte, 1)
	if _, err := c.TryRecv(p); err != nil {
		t.Fatal(err)
	}
	c.SetReadDeadline(time.Unix(1, 0))
	if _, err := c.TryRecv(p); err != nil || p[0] != 'b' {
		t.Errorf("what is buffered: %q, %v", p, err)
	}
	for range 2 {
		_, err := c.TryRecv(p)
		wantError(t, err, os.ErrDeadlineExceeded)
	}
	c.SetReadDeadline(time.Time{})
	wantAgain(t, c)
	received := aside(func() error { _, err := c.Recv(p); return err })
	for peer.frame().first != wPing { // after which the wait has a deadline of its own
	}
	peer.send(textFrame("c"))
	if err := <-received; err != nil || p[0] != 'c' {
		t.Fatalf("%q, %v", p, err)
	}
	for range 100 {
		wantAgain(t, c)
	}
}

// The heartbeat goes on where a try finds nothing: a PING after PingInterval,
// ErrPongTimeout if nothing comes for PongTimeout more. It may be used in place of waiting.
func TestTryRecvHeartbeat(t *testing.T) {
	c, peer := tryPair(t, &curlew.AcceptOptions{PingInterval: time.Millisecond, PongTimeout: time.Hour})
	pinged := make(chan rawFrame, 1)
	go func() { pinged <- peer.frame() }()
	for waiting := true; waiting; {
		wantAgain(t, c)
		select {
		case f := <-pinged:
			if waiting = false; f.first != wPing {
				t.Errorf("the peer got %v", f)
			}
		default:
		}
	}
	start := time.Now()
	c, peer = tryPair(t, &curlew.AcceptOptions{PingInterval: time.Millisecond, PongTimeout: 2 * time.Millisecond})
	err := curlew.ErrAgain
	for err == curlew.ErrAgain {
		_, err = c.TryRecv(nil)
	}
	wantError(t, err, curlew.ErrPongTimeout)
	if took := time.Since(start); took < 3*time.Millisecond {
		t.Errorf("after %v", took)
	}
	io.Copy(io.Discard, peer) // its end
}

// One whose PINGs are answered lives, whatever time has passed between tries,
// and the answers are not delivered.
func TestTryRecvHeartbeatAnswered(t *testing.T) {
	c, peer := tryPair(t, &curlew.AcceptOptions{PingInterval: 1, PongTimeout: 1})
	for range 20 {
		if _, err := c.TryRecv(nil); err != curlew.ErrAgain {
			t.Fatal(err)
		}
		f := peer.frame()
		peer.send(rawFrame{wPong, f.payload})
	}
}

// Where nothing can be tried, that is said at once, whatever is there.
func TestTryRecvNowhere(t *testing.T) {
	c, peer := pipePair(t, nil)
	peer.send(textFrame("a"))
	if _, err := c.Recv(nil); err != nil {
		t.Fatal(err)
	}
	_, err := c.TryRecv(make([]byte, 1))
	wantError(t, err, curlew.ErrUsage)
	if m, err := c.Recv(make([]byte, 1)); m.Len != 1 || err != nil {
		t.Errorf("then %+v, %v", m, err)
	}
}

// Over TLS that has still to shake hands it is said too: it would shake in vain.
func TestTryRecvBeforeHandshake(t *testing.T) {
	ours, _ := unixStreams(t)
	c := curlew.NewConn(tls.Server(socket.Below(ours), &tls.Config{Certificates: []tls.Certificate{testCertificate()}}), true, nil)
	defer c.Close()
	_, err := c.TryRecv(nil)
	wantError(t, err, curlew.ErrUsage)
}

// Over TLS a try answers a peer that breaks it, and waits for that until the
// write deadline.
func TestTryRecvAnswersBrokenTLS(t *testing.T) {
	var bottom, peer net.Conn
	ours, _ := tlsOver(t, func(t testing.TB) (net.Conn, net.Conn) {
		bottom, peer = unixStreams(t)
		return socket.Below(bottom), peer
	})
	c := curlew.NewConn(ours, false, nil)
	defer c.Close()
	fill(t, bottom.(*net.UnixConn))
	if _, err := peer.Write(append([]byte{23, 3, 3, 0, 20}, make([]byte, 20)...)); err != nil {
		t.Fatal(err)
	}
	c.SetWriteDeadline(time.Unix(1, 0))
	_, err := c.TryRecv(nil)
	wantError(t, err, io.ErrUnexpectedEOF)
}

// Beside Perform and within a message that another kind of method began, a try
// is as wrong as Recv, and waits no more.
func TestTryRecvMisuse(t *testing.T) {
	c, peer := tryPair(t, nil)
	peer.send(rawFrame{wTextGo, "ab"})
	_, r, err := c.NextReader(context.Background())
	if err == nil {
		_, err = r.Read(make([]byte, 1))
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.TryRecv(make([]byte, 1))
	wantError(t, err, curlew.ErrUsage)
	c, peer = tryPair(t, nil)
	peer.send(textFrame("x"))
	err = c.Perform(context.Background(), curlew.Handler{OnChunk: func(c *curlew.Conn, _ []byte, _ curlew.Meta) error {
		_, err := c.TryRecv(make([]byte, 1))
		wantError(t, err, curlew.ErrUsage)
		return errors.New("enough")
	}})
	if err == nil || err.Error() != "enough" {
		t.Errorf("Perform: %v", err)
	}
}

// Beside Perform on another goroutine a try changes nothing.
func TestTryRecvBesidePerform(t *testing.T) {
	c, peer := tryPair(t, nil)
	runs := make(chan bool, 1)
	performed := aside(func() error {
		return c.Perform(context.Background(), curlew.Handler{OnChunk: func(*curlew.Conn, []byte, curlew.Meta) error {
			runs <- true
			return nil
		}})
	})
	for range 100 {
		peer.send(textFrame("x"))
		<-runs
		_, err := c.TryRecv(make([]byte, 1))
		wantError(t, err, curlew.ErrUsage)
	}
	peer.Close()
	wantError(t, <-performed, io.ErrUnexpectedEOF)
}

// A withheld stream keeps what is written, once told to.
type withheld struct {
	net.Conn
	on   atomic.Bool
	kept []byte
}

func (w *withheld) Write(p []byte) (int, error) {
	if !w.on.Load() {
		return w.Conn.Write(p)
	}
	w.kept = append(w.kept, p...)
	return len(p), nil
}

// Over TLS a try stops within records, at each of their bytes, and the next goes
// on; over TLS within TLS too, which is that through an https proxy.
func TestTryRecvInTLSRecord(t *testing.T) {
	var under *withheld
	once := func(t testing.TB) (net.Conn, net.Conn) {
		return tlsOver(t, func(t testing.TB) (net.Conn, net.Conn) {
			ours, theirs := unixStreams(t)
			under = &withheld{Conn: theirs}
			return socket.Below(ours), under
		})
	}
	twice := func(t testing.TB) (net.Conn, net.Conn) { return tlsOver(t, once) }
	for name, streams := range map[string]func(testing.TB) (net.Conn, net.Conn){"once": once, "twice": twice} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := streams(t)
			c, peer := newPair(t, ours, theirs, false, nil)
			under.on.Store(true)
			for stream := wireBytes(false, timeoutFrames...); len(stream) > 0; {
				n := min(50, len(stream))
				peer.sendBytes(stream[:n]) // a record that ends anywhere in a frame
				stream = stream[n:]
			}
			var got []piece
			for i, b := range under.kept {
				if _, err := under.Conn.Write([]byte{b}); err != nil {
					t.Fatal(err)
				}
				more, err := tryAll(c, curlewtest.Fixed(16))
				if err != curlew.ErrAgain && (err != io.EOF || i < len(under.kept)-1) {
					t.Fatalf("behind byte %d: %v", i, err)
				}
				got = append(got, more...)
			}
			samePieces(t, joined(t, got), piecesOf(0, timeoutFrames...))
			under.on.Store(false)
			theirs.Close()
		})
	}
}

// Clients over TLS can be tried, and servers behind a TryListener.
func TestTryRecvOverHTTPS(t *testing.T) {
	accepted := make(chan *curlew.Conn, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := curlew.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
		}
		accepted <- c
	}))
	server.Listener = curlew.TryListener(server.Listener)
	for _, secure := range []bool{true, false} {
		if secure {
			server.StartTLS()
		} else {
			server = httptest.NewUnstartedServer(server.Config.Handler)
			server.Listener = curlew.TryListener(server.Listener)
			server.Start()
		}
		client := curlew.Client{Net: dial.Config{TLS: &tls.Config{InsecureSkipVerify: true}}}
		ours, err := client.Dial(t.Context(), "ws"+strings.TrimPrefix(server.URL, "http"))
		if err != nil {
			t.Fatal(err)
		}
		theirs := <-accepted
		for from, to := range map[*curlew.Conn]*curlew.Conn{ours: theirs, theirs: ours} {
			if _, err := to.TryRecv(nil); err != curlew.ErrAgain {
				t.Errorf("secure=%v: %v, want ErrAgain", secure, err)
			}
			if err := from.Send(curlew.Text, []byte("hello")); err != nil {
				t.Error(err)
			}
			if _, err := to.Recv(nil); err != nil {
				t.Error(err)
			}
			buf := make([]byte, 10)
			if m, err := to.TryRecv(buf); string(buf[:m.Len]) != "hello" || err != nil {
				t.Errorf("secure=%v: %q, %v", secure, buf[:m.Len], err)
			}
		}
		ours.Close()
		theirs.Close()
		server.Close()
	}
}
