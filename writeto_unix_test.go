//go:build unix

package curlew_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// unixStreams is unixPair without addresses, which costs little.
func unixStreams(t testing.TB) (ours, theirs net.Conn) {
	syscall.ForkLock.RLock() // or a process that is started just now keeps them open
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	for _, fd := range fds {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	var ends [2]net.Conn
	for i, fd := range fds {
		f := os.NewFile(uintptr(fd), "socket")
		if ends[i], err = net.FileConn(f); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return ends[0], ends[1]
}

// A sinkKind makes a writer, and what returns all that was written to it and
// ends it.
type sinkKind struct {
	name string
	make func(t testing.TB) (w io.Writer, all func() []byte)
}

var sinkKinds = []sinkKind{
	{"memory", func(testing.TB) (io.Writer, func() []byte) {
		var b bytes.Buffer
		return &b, b.Bytes
	}},
	{"file", func(t testing.TB) (io.Writer, func() []byte) { return fileSink(t, 0) }},
	{"file to append to", func(t testing.TB) (io.Writer, func() []byte) { return fileSink(t, os.O_APPEND) }},
	{"pipe", func(t testing.TB) (io.Writer, func() []byte) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		return w, readSink(t, r, w)
	}},
	{"pipe that blocks", func(t testing.TB) (io.Writer, func() []byte) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		fd, err := syscall.Dup(int(w.Fd())) // Fd makes it block, as an inherited one does
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		w = os.NewFile(uintptr(fd), "inherited")
		return w, readSink(t, r, w)
	}},
	{"tcp", func(t testing.TB) (io.Writer, func() []byte) {
		w, r := tcpPair(t)
		return w, readSink(t, r, w)
	}},
	{"unix", func(t testing.TB) (io.Writer, func() []byte) {
		w, r := unixStreams(t)
		return w, readSink(t, r, w)
	}},
}

func fileSink(t testing.TB, flag int) (io.Writer, func() []byte) {
	f, err := os.OpenFile(filepath.Join(t.TempDir(), "sink"), os.O_CREATE|os.O_WRONLY|flag, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return f, func() []byte {
		f.Close()
		b, err := os.ReadFile(f.Name())
		if err != nil {
			t.Error(err)
		}
		return b
	}
}

// readSink reads on all that comes out of r, until w is closed.
func readSink(t testing.TB, r io.ReadCloser, w io.Closer) func() []byte {
	all := make(chan []byte, 1)
	go func() {
		b, err := io.ReadAll(r)
		if err != nil {
			t.Error(err)
		}
		r.Close()
		all <- b
	}()
	return func() []byte { w.Close(); return <-all }
}

// writeToScript has small and large frames, and control frames between.
func writeToScript() []rawFrame {
	return []rawFrame{
		{wBinaryGo, noise(300_000)}, pingFrame("1"), {wContGo, noise(10)}, pongFrame("x"), {wContGo, ""}, {wContGo, noise(65_536)},
		{wContGo, noise(70_000)}, pingFrame("2"), {wCont, noise(600_000)},
		textFrame(letters(200_000)), binaryFrame(""), binaryFrame(noise(100_000)), binaryFrame("small"),
	}
}

// What is written is what was sent, from any stream to any writer, and nothing
// beyond the message is.
func TestWriteTo(t *testing.T) {
	for _, stream := range append(streamKinds, struct {
		name string
		make func(testing.TB) (ours, theirs net.Conn)
	}{"unix", unixStreams}) {
		for _, kind := range sinkKinds {
			for _, server := range []bool{false, true} {
				if server && kind.name != "memory" && kind.name != "file" {
					continue // what is masked passes through memory to every sink alike
				}
				t.Run(fmt.Sprintf("%s to %s/server=%v", stream.name, kind.name, server), func(t *testing.T) {
					t.Parallel()
					curlewtest.NoLeaks(t)
					ours, theirs := stream.make(t)
					c, peer := newPair(t, ours, theirs, server, nil)
					frames := append(writeToScript(), closeFrame(1000, ""))
					go peer.sendBytes(wireBytes(server, frames...))
					got := peer.drain()
					for _, want := range dataMessages(frames) {
						w, all := kind.make(t)
						f, r, err := c.NextReader(t.Context())
						if err != nil {
							t.Fatal(err)
						}
						n, err := io.Copy(w, r)
						wantMessage(t, want, f, all(), err)
						if n != int64(len(want.Data)) {
							t.Errorf("%d bytes written, it says, of %d", n, len(want.Data))
						}
						if n, err := r.(io.WriterTo).WriteTo(w); n != 0 || err != nil {
							t.Errorf("behind the end: %d, %v", n, err)
						}
					}
					_, _, err := c.NextReader(t.Context())
					wantClose(t, err, 1000, "")
					c.Close()
					wantFrames(t, <-got, pongFrame("1"), pongFrame("2"), closeFrame(1000, ""))
				})
			}
		}
	}
}

// dataMessages puts the data messages of frames together.
func dataMessages(frames []rawFrame) (all []curlew.Message) {
	for _, f := range frames {
		if f.first&8 != 0 {
			continue
		}
		if f.first&3 != 0 {
			all = append(all, curlew.Message{Flags: curlew.Flags(f.first & 3)})
		}
		last := &all[len(all)-1]
		last.Data = append(last.Data, f.payload...)
	}
	return all
}

// A message whose receive times out again and again, at any byte, comes whole,
// by WriteTo and Read in turn.
func TestWriteToTimesOut(t *testing.T) {
	for _, stream := range []struct {
		name string
		make func(testing.TB) (ours, theirs net.Conn)
	}{{"tcp", tcpPair}, {"unix", unixStreams}} {
		for _, kind := range sinkKinds {
			t.Run(stream.name+" to "+kind.name, func(t *testing.T) {
				t.Parallel()
				ours, theirs := stream.make(t)
				c, peer := newPair(t, ours, theirs, false, nil)
				want, random := noise(1<<20), rand.New(rand.NewPCG(1, 2))
				wire := wireBytes(false, rawFrame{wBinaryGo, want[:700_000]}, pingFrame("?"), rawFrame{wCont, want[700_000:]})
				peer.sendBytes(wire[:11])
				send := sendInPieces(peer, wire[11:], random)
				_, r, err := c.NextReader(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				w, all := kind.make(t)
				taken, timeouts := int64(0), 0
				for done := false; !done; {
					send()
					if err := c.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
						t.Fatal(err)
					}
					var n int64
					var err error
					if random.IntN(4) > 0 {
						n, err = io.Copy(w, r)
						done = err == nil
					} else {
						n, err = io.CopyN(w, readerOnly{r}, 1<<random.IntN(18))
						if done = err == io.EOF; done {
							err = nil
						}
					}
					taken += n
					if err != nil {
						timeouts++
						wantError(t, err, os.ErrDeadlineExceeded)
						if sink := (*curlew.SinkError)(nil); errors.As(err, &sink) {
							t.Fatal("it was the connection that timed out:", err)
						}
					}
				}
				if got := all(); taken != int64(len(want)) || string(got) != want {
					t.Errorf("%d bytes came, it says %d, of %d; or others", len(got), taken, len(want))
				}
				if timeouts < 20 {
					t.Errorf("only %d time-outs", timeouts)
				}
				c.SetReadDeadline(time.Time{})
				peer.send(textFrame("next"))
				f, p, err := c.ReadMessage(t.Context(), nil)
				wantMessage(t, curlew.Message{Flags: curlew.Text, Data: []byte("next")}, f, p, err)
				peer.expect(pongFrame("?"))
			})
		}
	}
}

// sendInPieces returns what makes the peer send the next piece of b, of any length,
// once the last one is on its way.
func sendInPieces(peer *wirePeer, b []byte, random *rand.Rand) (send func()) {
	pieces, sent := make(chan []byte), make(chan struct{}, 1)
	peer.t.Cleanup(func() { close(pieces) })
	go func() {
		for p := range pieces {
			peer.sendBytes(p)
			sent <- struct{}{}
		}
	}()
	sent <- struct{}{}
	return func() {
		select {
		case <-sent:
			n := min(len(b), 1+random.IntN(1<<(1+random.IntN(17))))
			if n > 0 {
				pieces <- b[:n]
			}
			b = b[n:]
		default:
		}
	}
}

// failingSinks take something, then fail; taken returns what they took.
var failingSinks = []struct {
	name string
	want error
	make func(t testing.TB) (w io.Writer, taken func() []byte)
}{
	{"short", io.ErrShortWrite, func(testing.TB) (io.Writer, func() []byte) {
		w := limitedSink{room: 100_001}
		return &w, func() []byte { return w.b }
	}},
	{"failed", io.ErrClosedPipe, func(testing.TB) (io.Writer, func() []byte) {
		w := limitedSink{room: 100_001, err: io.ErrClosedPipe}
		return &w, func() []byte { return w.b }
	}},
	{"liar", curlew.ErrUsage, func(testing.TB) (io.Writer, func() []byte) { return liar{}, func() []byte { return nil } }},
	{"full pipe", os.ErrDeadlineExceeded, func(t testing.TB) (io.Writer, func() []byte) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		return fullSink(t, r, w, w)
	}},
	{"full tcp", os.ErrDeadlineExceeded, func(t testing.TB) (io.Writer, func() []byte) {
		w, r := tcpPair(t)
		w.(*net.TCPConn).SetWriteBuffer(4096)
		r.(*net.TCPConn).SetReadBuffer(4096)
		return fullSink(t, r, w, w)
	}},
	{"full unix", os.ErrDeadlineExceeded, func(t testing.TB) (io.Writer, func() []byte) {
		w, r := unixStreams(t)
		return fullSink(t, r, w, w)
	}},
	{"broken pipe", syscall.EPIPE, func(t testing.TB) (io.Writer, func() []byte) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		t.Cleanup(func() { w.Close() })
		return w, func() []byte { return nil }
	}},
	{"closed file", os.ErrClosed, func(t testing.TB) (io.Writer, func() []byte) {
		f, all := fileSink(t, 0)
		f.(*os.File).Close()
		return f, all
	}},
	{"file to read", syscall.EBADF, func(t testing.TB) (io.Writer, func() []byte) {
		f, err := os.Open(os.Args[0])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f, func() []byte { return nil }
	}},
}

// A liar says that it took more than there was.
type liar struct{}

func (liar) Write(p []byte) (int, error) { return len(p) + 1, nil }

// fullSink gives w little time.
func fullSink(t testing.TB, r io.ReadCloser, w io.WriteCloser, limit interface{ SetWriteDeadline(time.Time) error }) (io.Writer, func() []byte) {
	if err := limit.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	return w, func() []byte {
		all := readSink(t, r, w)
		return all()
	}
}

// A writer that fails is told from a connection that does, and what it did not
// take is still there, for Read or another writer.
func TestWriteToSinkFails(t *testing.T) {
	for _, sink := range failingSinks {
		sizes := []int{100_002, 500_000}
		if sink.want == os.ErrDeadlineExceeded {
			sizes = []int{4 << 20} // it takes less
		}
		for _, size := range sizes {
			for _, readOn := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/%d/read on=%v", sink.name, size, readOn), func(t *testing.T) {
					t.Parallel()
					ours, theirs := tcpPair(t)
					c, peer := newPair(t, ours, theirs, false, nil)
					want := noise(size)
					go peer.send(binaryFrame(want), textFrame("next"))
					_, r, err := c.NextReader(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					w, taken := sink.make(t)
					n, err := io.Copy(w, r)
					wantError(t, err, sink.want)
					if as := (*curlew.SinkError)(nil); !errors.As(err, &as) {
						t.Errorf("%v does not say that it was the writer", err)
					}
					got := taken()
					if int64(len(got)) != n {
						t.Errorf("the writer took %d bytes, it says %d", len(got), n)
					}
					if readOn {
						rest, err := io.ReadAll(readerOnly{r})
						if err != nil || string(got)+string(rest) != want {
							t.Errorf("%d bytes, then %d of %d; or others, %v", len(got), len(rest), len(want), err)
						}
					}
					f, p, err := c.ReadMessage(t.Context(), nil)
					if !readOn {
						wantError(t, err, curlew.ErrUsage) // in the middle of the message
						_, r, err := c.NextReader(t.Context())
						if err != nil {
							t.Fatal(err)
						}
						f = curlew.Text
						p, err = io.ReadAll(r)
						wantMessage(t, curlew.Message{Flags: curlew.Text, Data: []byte("next")}, f, p, err)
						return
					}
					wantMessage(t, curlew.Message{Flags: curlew.Text, Data: []byte("next")}, f, p, err)
				})
			}
		}
	}
}

// Ends in the middle of a large message are the connection's, not the writer's,
// and all that came before them is written.
func TestWriteToEnds(t *testing.T) {
	const size = 300_000
	for _, test := range []struct {
		name string
		more []byte
		end  func(c *curlew.Conn, peer *wirePeer)
		want func(t testing.TB, err error)
	}{
		{"CLOSE", wireBytes(false, closeFrame(1001, "bye")), nil, func(t testing.TB, err error) { wantClose(t, err, 1001, "bye") }},
		{"drop", nil, func(_ *curlew.Conn, p *wirePeer) { p.closeWrite() }, func(t testing.TB, err error) { wantError(t, err, io.ErrUnexpectedEOF) }},
		{"drop in a frame", appendWireHeader(nil, false, wCont, size, 0), func(_ *curlew.Conn, p *wirePeer) { p.closeWrite() },
			func(t testing.TB, err error) { wantError(t, err, io.ErrUnexpectedEOF) }},
		{"another message", []byte("\x81\x00"), nil, func(t testing.TB, err error) { wantProtocolError(t, err, 1002, size+10) }},
		{"Close", nil, func(c *curlew.Conn, _ *wirePeer) { c.Close() }, func(t testing.TB, err error) { wantError(t, err, net.ErrClosed) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			ours, theirs := tcpPair(t)
			c, peer := newPair(t, ours, theirs, false, nil)
			want := noise(size)
			go peer.sendBytes(append(wireBytes(false, rawFrame{wBinaryGo, want}), test.more...))
			_, r, err := c.NextReader(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			from, to, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			copied := make(chan error, 1)
			go func() {
				n, err := io.Copy(to, r)
				if n != size {
					t.Errorf("%d bytes of %d", n, size)
				}
				copied <- err
			}()
			got := make([]byte, size)
			if _, err := io.ReadFull(from, got); err != nil || string(got) != want {
				t.Errorf("other bytes, %v", err)
			}
			if test.end != nil {
				test.end(c, peer)
			}
			err = <-copied
			test.want(t, err)
			if as := (*curlew.SinkError)(nil); errors.As(err, &as) {
				t.Errorf("%v: it was not the writer", err)
			}
			from.Close()
			to.Close()
		})
	}
}

// Bytes are life while they pass unseen: a peer that sends a little of a frame
// whenever it is asked by PING, and no PONG, is alive; one that sends nothing
// is not.
func TestWriteToHeartbeat(t *testing.T) {
	const beat, pings = 20 * time.Millisecond, 5
	ours, theirs := tcpPair(t)
	c, peer := newPair(t, ours, theirs, false, &curlew.AcceptOptions{PingInterval: beat, PongTimeout: time.Minute})
	want := noise(1 << 20)
	peer.sendBytes(appendWireHeader(nil, false, wBinary, 1<<20, 0))
	go func() {
		for i := range pings {
			if f := peer.frame(); f.first != wPing {
				peer.t.Errorf("the peer got %v", f)
			}
			peer.sendBytes([]byte(want[i<<10 : (i+1)<<10]))
		}
		peer.sendBytes([]byte(want[pings<<10:]))
	}()
	_, r, err := c.NextReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	all := readSink(t, from, to)
	n, err := io.Copy(to, r)
	if got := all(); err != nil || string(got) != want {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestWriteToPongTimeout(t *testing.T) {
	ours, theirs := tcpPair(t)
	theirs.(*net.TCPConn).SetWriteBuffer(1 << 20) // so that all is in the sockets before anything is received
	c, peer := newPair(t, ours, theirs, false, &curlew.AcceptOptions{PingInterval: 20 * time.Millisecond})
	peer.sendBytes(append(appendWireHeader(nil, false, wBinary, 1<<30, 0), noise(100_000)...))
	_, r, err := c.NextReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f, all := fileSink(t, 0)
	n, err := io.Copy(f, r)
	wantError(t, err, curlew.ErrPongTimeout)
	if got := all(); n != 100_000 || string(got) != noise(100_000) {
		t.Errorf("%d bytes written, it says %d", len(got), n)
	}
}
