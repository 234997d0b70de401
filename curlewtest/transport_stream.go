package curlewtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/internal/wirescript"
)

// past is a deadline that has passed on any clock.
var past = time.Unix(1, 0)

// flood is more than fits in the buffers between two ends.
const flood = 32 << 20

// overflow writes until flood bytes are written, or a Write fails.
func overflow(c net.Conn) error {
	p := make([]byte, 256<<10)
	for range flood / len(p) {
		if _, err := c.Write(p); err != nil {
			return err
		}
	}
	return nil
}

func readExactly(r io.Reader, want string) error {
	got := make([]byte, len(want))
	n, err := io.ReadFull(r, got)
	if err != nil || string(got) != want {
		return fmt.Errorf("expected the bytes %s, got %s: %w", wirescript.Show([]byte(want)), wirescript.Show(got[:n]), err)
	}
	return nil
}

func writeAll(w io.Writer, p []byte) error {
	if n, err := w.Write(p); err != nil || n != len(p) {
		return fmt.Errorf("Write wrote %d of %d bytes: %w", n, len(p), err)
	}
	return nil
}

// echoBytes sends back what it receives, to the end.
func echoBytes(s net.Conn) { io.Copy(struct{ io.Writer }{s}, struct{ io.Reader }{s}) }

// sink receives to the end.
func sink(s net.Conn) { io.Copy(io.Discard, s) }

func checkReadWhileWriting(x *trial) {
	read := make(chan struct{})
	letRead := sync.OnceFunc(func() { close(read) })
	defer letRead()
	c := x.open(Answer{Stream: func(s net.Conn) {
		s.Write([]byte("x"))
		<-read
		sink(s)
	}})
	written := inBackground(func() error { return overflow(c) })
	time.Sleep(pause)
	x.expect(c, "x")
	letRead()
	if err := recvWithin(x, "the Write, now that the peer reads", written); err != nil {
		x.Errorf("Write: %v", err)
	}
}

func checkWriteWhileReading(x *trial) {
	c := x.open(Answer{Stream: echoBytes})
	read := inBackground(func() error { return readExactly(c, "x") })
	time.Sleep(pause)
	x.write(c, "x")
	if err := recvWithin(x, "the Read that was blocked", read); err != nil {
		x.Error(err)
	}
}

// A noise is a stream of bytes that a seed determines, and its digest.
type noise struct {
	random *rand.Rand
	source *rand.ChaCha8
	sum    hash.Hash
}

func newNoise(seed uint64) *noise {
	return &noise{rand.New(rand.NewPCG(seed, 0)), rand.NewChaCha8([32]byte{byte(seed)}), sha256.New()}
}

const transferred = 4 << 20

// write writes the stream in pieces of all sizes.
func (z *noise) write(c net.Conn) error {
	buf := make([]byte, 100_000)
	for left := transferred; left > 0; {
		p := buf[:min(left, 1+z.random.IntN(1<<z.random.IntN(17)))]
		z.source.Read(p)
		z.sum.Write(p)
		if err := writeAll(c, p); err != nil {
			return err
		}
		left -= len(p)
	}
	return nil
}

// read reads as many bytes, in pieces of all sizes.
func (z *noise) read(c net.Conn) error {
	buf := make([]byte, 100_000)
	for left := transferred; left > 0; {
		p := buf[:min(left, 1+z.random.IntN(1<<z.random.IntN(17)))]
		n, err := c.Read(p)
		z.sum.Write(p[:n])
		left -= n
		if err != nil && left > 0 {
			return fmt.Errorf("Read, with %d bytes left: %w", left, err)
		}
	}
	return nil
}

// exchange writes z and reads other, at the same time.
func exchange(c net.Conn, out, in *noise) error {
	written := inBackground(func() error { return out.write(c) })
	return errors.Join(in.read(c), <-written)
}

func checkTransfer(x *trial) {
	up, down, upThere, downThere := newNoise(1), newNoise(2), newNoise(3), newNoise(4)
	served := make(chan error, 1)
	c := x.open(Answer{Stream: func(s net.Conn) { served <- exchange(s, down, upThere) }})
	if err := x.within("the transfers", func() error { return exchange(c, up, downThere) }); err != nil {
		x.Fatalf("%v", err)
	}
	if err := recvWithin(x, "the transfers at the server", served); err != nil {
		x.Fatalf("at the server: %v", err)
	}
	if !bytes.Equal(up.sum.Sum(nil), upThere.sum.Sum(nil)) {
		x.Errorf("the server read bytes that differ from those written")
	}
	if !bytes.Equal(down.sum.Sum(nil), downThere.sum.Sum(nil)) {
		x.Errorf("the bytes read differ from those the server wrote")
	}
}

func checkSmall(x *trial) {
	c := x.open(Answer{Stream: echoBytes})
	var all strings.Builder
	for i := range 3000 {
		fmt.Fprint(&all, i, ",")
	}
	read := inBackground(func() error { return readExactly(c, all.String()) })
	for piece := range strings.SplitAfterSeq(all.String(), ",") {
		x.write(c, piece)
	}
	if err := recvWithin(x, "the echo", read); err != nil {
		x.Error(err)
	}
}

// checkTimeouts lets bytes through one by one below the transport, so that Reads
// time out at every byte of its framing.
func checkTimeouts(x *trial) {
	want := strings.Repeat("nothing may be lost. ", 4)
	const piece = 10
	next := make(chan struct{}, len(want))
	defer close(next)
	x.serve(func(*http.Request) Answer {
		return Answer{Stream: func(s net.Conn) {
			for i := 0; i < len(want); i += piece {
				<-next
				io.WriteString(s, want[i:min(i+piece, len(want))])
			}
			sink(s)
		}}
	})
	var below *drip
	c := x.stream(context.Background(), func(c *curlew.Client) {
		c.Net.NetDial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			s, err := x.netDial()(ctx, network, addr)
			if err == nil {
				below = newDrip(s)
			}
			return below, err
		}
	})
	let := func() {}
	if below != nil {
		below.start()
		defer below.stop()
		let = func() { below.let(1) }
	}
	step := func() {
		select {
		case next <- struct{}{}:
		default:
		}
		let()
	}
	if err := x.within("the bytes between timeouts", func() error { return readInterrupted(c, want, step) }); err != nil {
		x.Error(err)
	}
}

// readInterrupted reads want by Reads that time out again and again, and calls
// step after each that does.
func readInterrupted(c net.Conn, want string, step func()) error {
	got := make([]byte, 0, len(want))
	timeouts := 0
	for try := 0; len(got) < len(want); try++ {
		if try > 100*len(want) {
			return fmt.Errorf("expected %d bytes, got %d after %d timeouts: %s", len(want), len(got), timeouts, wirescript.Show(got))
		}
		c.SetReadDeadline(time.Now().Add(time.Duration(try%3-1) * time.Millisecond))
		n, err := c.Read(got[len(got):min(cap(got), len(got)+7)])
		got = got[:len(got)+n]
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			timeouts++
			step()
		case err != nil:
			return fmt.Errorf("Read after %d timeouts: %w", timeouts, err)
		}
	}
	if string(got) != want {
		return fmt.Errorf("the bytes read between timeouts differ from those written: %w", wirescript.Differ([]byte(want), got))
	}
	return nil
}

func checkReadDeadline(x *trial) {
	c := x.open(Answer{Stream: echoBytes})
	for _, before := range []time.Time{{}, time.Now().Add(time.Hour)} {
		c.SetReadDeadline(before)
		read := inBackground(func() error { return readExactly(c, "x") })
		time.Sleep(pause)
		c.SetReadDeadline(past)
		x.wantErr("a Read that was blocked when its deadline passed", recvWithin(x, "a Read whose deadline has passed", read), os.ErrDeadlineExceeded)
		c.SetReadDeadline(time.Time{})
		x.write(c, "y")
		x.expect(c, "y")
	}
}

func checkWriteDeadline(x *trial) {
	deaf := make(chan struct{})
	defer close(deaf)
	c := x.open(Answer{Stream: func(s net.Conn) {
		s.Write([]byte("x"))
		<-deaf
	}})
	written := inBackground(func() error { return overflow(c) })
	time.Sleep(pause)
	c.SetWriteDeadline(time.Now().Add(pause))
	x.wantErr("a Write that was blocked when its deadline passed", recvWithin(x, "a Write whose deadline has passed", written), os.ErrDeadlineExceeded)
	x.expect(c, "x")
}

func checkPastDeadline(x *trial) {
	c := x.open(Answer{Stream: echoBytes})
	x.write(c, "x")
	x.expect(c, "x") // what is buffered may be read in spite of a deadline
	c.SetReadDeadline(past)
	for range 2 {
		x.wantErr("Read after its deadline", x.failedRead(c), os.ErrDeadlineExceeded)
	}
	c.SetReadDeadline(time.Time{})
	x.write(c, "y")
	x.expect(c, "y")

	c.SetDeadline(past)
	x.wantErr("Read after the deadline", x.failedRead(c), os.ErrDeadlineExceeded)
	x.wantErr("Write after the deadline", x.failedWrite(c), os.ErrDeadlineExceeded)
}

func checkDeadlineCleared(x *trial) {
	said := make(chan struct{})
	say := sync.OnceFunc(func() { close(said) })
	defer say()
	c := x.open(Answer{Stream: func(s net.Conn) {
		<-said
		s.Write([]byte("x"))
		sink(s)
	}})
	c.SetDeadline(time.Now().Add(2 * pause))
	read := inBackground(func() error { return readExactly(c, "x") })
	c.SetDeadline(time.Time{})
	time.Sleep(4 * pause)
	say()
	if err := recvWithin(x, "a Read whose deadline was taken back", read); err != nil {
		x.Errorf("a Read whose deadline was cleared: %v", err)
	}
	x.write(c, "y")
}

func checkCloseWakes(x *trial) {
	closed := make(chan struct{})
	defer close(closed)
	c := x.open(Answer{Stream: func(s net.Conn) {
		<-closed
		sink(s)
	}})
	read := inBackground(func() error { return readExactly(c, "x") })
	written := inBackground(func() error { return overflow(c) })
	time.Sleep(pause)
	x.within("Close", c.Close)
	x.wantErr("a Read that was blocked at Close", recvWithin(x, "a Read after Close", read), net.ErrClosed)
	x.wantErr("a Write that was blocked at Close", recvWithin(x, "a Write after Close", written), net.ErrClosed)
}

func checkAfterClose(x *trial) {
	c := x.open(Answer{Stream: sink})
	if err := x.within("Close", c.Close); err != nil {
		x.Errorf("Close: %v", err)
	}
	x.within("a second Close", c.Close) // may return an error
	x.wantErr("Read after Close", x.failedRead(c), net.ErrClosed)
	x.wantErr("Write after Close", x.failedWrite(c), net.ErrClosed)
}

func checkPeerCloses(x *trial) {
	want := strings.Repeat("to the last byte ", 10_000)
	c := x.open(Answer{Stream: func(s net.Conn) { s.Write([]byte(want)) }})
	x.expect(c, want)
	for range 2 {
		if err := x.failedRead(c); err != io.EOF {
			x.Errorf("Read at the stream's end: expected io.EOF, got %v", err)
		}
	}
}

func checkCloseWrite(x *trial) {
	c := x.open(Answer{Stream: func(s net.Conn) {
		all, err := io.ReadAll(s)
		fmt.Fprintf(s, "%s, %v", all, err)
	}})
	half, ok := c.(interface{ CloseWrite() error })
	if !ok {
		x.Log("the stream has no CloseWrite")
		return
	}
	x.write(c, "all")
	if err := half.CloseWrite(); err != nil {
		x.Errorf("CloseWrite: %v", err)
	}
	x.expect(c, "all, <nil>")
	if x.failedWrite(c) == nil {
		x.Errorf("Write after CloseWrite: expected an error")
	}
}

func checkAddrs(x *trial) {
	c := x.open(Answer{Stream: sink})
	if c.LocalAddr() == nil || c.RemoteAddr() == nil {
		x.Errorf("addresses: expected two, got %v and %v", c.LocalAddr(), c.RemoteAddr())
	}
}
