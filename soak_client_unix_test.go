//go:build unix

package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
	"github.com/curlew-ws/curlew/dial"
)

// soakClient keeps so many connections busy until d is over, each with one
// session after the other.
func soakClient(d time.Duration) {
	var r soakReport
	n, _ := strconv.Atoi(os.Getenv(soakConns))
	end := time.Now().Add(d)
	sampled := make(chan struct{})
	go func() { r.sample(context.Background(), d); close(sampled) }()
	var all sync.WaitGroup
	for seed := range n {
		all.Go(func() {
			for rnd := rand.New(rand.NewPCG(uint64(seed), 1)); time.Now().Before(end); {
				s := soakSession{report: &r, rnd: rnd, expected: make(chan soakMessage, 8)}
				if err := s.run(); impossible(err) || err != nil && !s.cut {
					r.fault("connection %d, cut %v: %v", seed, s.cut, err)
				}
			}
		})
	}
	all.Wait()
	<-sampled
	r.print()
}

// A soakMessage is what a message that is to come looks like.
type soakMessage struct {
	size int
	sum  uint32
	data bool
}

// A soakSession is one session of random kind.
type soakSession struct {
	report   *soakReport
	rnd      *rand.Rand
	cut      bool // the connection may be cut at any byte
	chunks   bool // the client receives by Recv, not by messages
	expected chan soakMessage
	sum      uint32
	n        int
}

func (s *soakSession) run() error {
	ctx, cancel := context.WithTimeout(context.Background(), soakHang)
	defer cancel()
	s.chunks = s.rnd.IntN(4) == 0
	c, err := s.client().Dial(ctx, os.Getenv(soakURL))
	if err != nil {
		return err
	}
	defer c.Close()
	s.report.Sessions.Add(1)
	received, seed := make(chan error, 1), s.rnd.Uint64()
	go func() {
		err := s.receive(ctx, c, rand.New(rand.NewPCG(seed, 2)))
		if err != nil {
			c.Close() // a sender that waits
			for range s.expected {
			}
		}
		received <- err
	}()
	err = s.sendAll(ctx, c)
	close(s.expected)
	if receive := <-received; receive != nil {
		return receive // the cause, if both failed
	}
	if err != nil {
		return err
	}
	return s.end(ctx, c)
}

// client has compression and faults by chance.
func (s *soakSession) client() *curlew.Client {
	c := &curlew.Client{ReadBuffer: 512 << s.rnd.IntN(8), WriteBuffer: 512 << s.rnd.IntN(8)}
	if kind := s.rnd.IntN(16); kind < 4 {
		c.Compression = &curlew.Compression{ServerNoTakeover: kind > 0, ClientNoTakeover: kind > 0, Level: s.rnd.IntN(4)}
	}
	fault, size := s.rnd.IntN(12), int64(s.rnd.IntN(200_000))
	sizes := curlewtest.Random(s.rnd.Uint64(), 2000)
	s.cut = fault < 2
	if s.cut {
		s.report.Cut.Add(1)
	}
	c.Net = dial.Config{NetDial: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		switch fault {
		case 0:
			conn = curlewtest.CutReads(conn, size, syscall.ECONNRESET)
		case 1:
			conn = curlewtest.CutWrites(conn, size, syscall.EPIPE)
		case 2:
			conn = curlewtest.SplitReads(conn, sizes)
		case 3:
			conn = curlewtest.SplitWrites(conn, sizes)
		}
		return conn, nil
	}}
	return c
}

// sendAll sends some messages, with PINGs between them, and asks for the account.
func (s *soakSession) sendAll(ctx context.Context, c *curlew.Conn) error {
	for range 1 + s.rnd.IntN(60) {
		if s.rnd.IntN(8) == 0 {
			if err := s.ping(ctx, c); err != nil {
				return err
			}
			s.report.Pings.Add(1)
		}
		p := s.message()
		s.sum, s.n = crc32.Update(s.sum, crc32.IEEETable, p), s.n+1
		s.expected <- soakMessage{len(p), crc32.ChecksumIEEE(p), true}
		if err := s.send(ctx, c, []curlew.Flags{curlew.Text, curlew.Binary}[s.rnd.IntN(2)], p); err != nil {
			return err
		}
	}
	account := soakAccount(s.n, s.sum)
	s.expected <- soakMessage{len(account), crc32.ChecksumIEEE(account), false}
	return c.WriteMessage(ctx, curlew.Text, []byte("s"))
}

// ping awaits the PONG where others receive messages; Recv delivers it.
func (s *soakSession) ping(ctx context.Context, c *curlew.Conn) error {
	if s.chunks {
		return c.Send(curlew.Ping, []byte("soak"))
	}
	_, err := c.Ping(ctx)
	return err
}

// message makes data of a random size, small ones as often as large ones.
func (s *soakSession) message() []byte {
	p := make([]byte, s.rnd.IntN(1<<s.rnd.IntN(18)))
	for i := range p {
		p[i] = 'a' + byte(s.rnd.Uint32()&15)
	}
	if len(p) > 0 {
		p[0] = 'd'
	}
	return p
}

// send sends p in one of the ways there are.
func (s *soakSession) send(ctx context.Context, c *curlew.Conn, f curlew.Flags, p []byte) error {
	switch s.rnd.IntN(5) {
	case 0:
		if err := c.StartFrame(f, int64(len(p))); err != nil {
			return err
		}
		return s.pieces(p, false, c.SendPayload)
	case 1:
		if err := s.pieces(p, true, func(p []byte) error { return c.Send(f|curlew.Cont, p) }); err != nil {
			return err
		}
		return c.Send(f, nil)
	case 2:
		w, err := c.NextWriter(ctx, f)
		if err != nil {
			return err
		}
		err = s.pieces(p, false, func(p []byte) error { _, err := w.Write(p); return err })
		return errors.Join(err, w.Close())
	case 3:
		m, err := curlew.Prepare(f, p)
		if err != nil {
			return err
		}
		return c.SendPrepared(m)
	}
	return c.WriteMessage(ctx, f, p)
}

// pieces hands p to each in random pieces, an empty one if p is empty and that
// is asked for.
func (s *soakSession) pieces(p []byte, empty bool, each func([]byte) error) error {
	for len(p) > 0 || empty {
		n := min(len(p), 1+s.rnd.IntN(20_000))
		if err := each(p[:n]); err != nil {
			return err
		}
		p, empty = p[n:], false
	}
	return nil
}

// receive checks that what comes is what is expected, in order.
func (s *soakSession) receive(ctx context.Context, c *curlew.Conn, rnd *rand.Rand) error {
	next := s.messages
	if s.chunks {
		next = s.byChunk
	}
	var p []byte
	for want := range s.expected {
		f, got, err := next(ctx, c, rnd, p[:0])
		if err != nil {
			return err
		}
		p = got
		if len(p) != want.size || crc32.ChecksumIEEE(p) != want.sum {
			s.report.fault("came %d bytes with the sum %08x, expected %+v", len(p), crc32.ChecksumIEEE(p), want)
		}
		if want.data {
			s.report.count(f, p)
		}
	}
	return nil
}

// messages receives a message in one of the ways there are, one of them with a
// context that ends again and again.
func (s *soakSession) messages(ctx context.Context, c *curlew.Conn, rnd *rand.Rand, p []byte) (curlew.Flags, []byte, error) {
	switch rnd.IntN(3) {
	case 0:
		f, r, err := c.NextReader(ctx)
		if err != nil {
			return 0, nil, err
		}
		p, err = io.ReadAll(r)
		return f, p, err
	case 1:
		for ctx.Err() == nil {
			short, cancel := context.WithTimeout(ctx, time.Duration(rnd.IntN(5_000_000)))
			f, got, err := c.ReadMessage(short, p)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) {
				return f, got, err
			}
		}
	}
	return c.ReadMessage(ctx, p)
}

// byChunk receives a message with Recv.
func (s *soakSession) byChunk(_ context.Context, c *curlew.Conn, rnd *rand.Rand, p []byte) (curlew.Flags, []byte, error) {
	buf := make([]byte, 1+rnd.IntN(20_000))
	for {
		m, err := c.Recv(buf)
		if err != nil {
			return 0, nil, err
		}
		if m.Flags == curlew.Pong {
			continue
		}
		if m.Flags&(curlew.Text|curlew.Binary) == 0 {
			return 0, nil, fmt.Errorf("came a chunk with the flags %#x, expected data", m.Flags)
		}
		if p = append(p, buf[:m.Len]...); m.MessageEnd() {
			return m.Flags, p, nil
		}
	}
}

// end ends the session in one of the ways there are.
func (s *soakSession) end(ctx context.Context, c *curlew.Conn) error {
	switch s.rnd.IntN(3) {
	case 0:
		return c.Close()
	case 1:
		return c.Shutdown(ctx, 3000+s.rnd.IntN(2000), "done")
	}
	if err := c.WriteMessage(ctx, curlew.Text, []byte("b")); err != nil {
		return err
	}
	_, _, err := c.ReadMessage(ctx, nil)
	var closed *curlew.CloseError
	if errors.As(err, &closed) && closed.Code == curlew.CloseNormal && closed.Reason == "bye" {
		return nil
	}
	return fmt.Errorf("expected CLOSE with 1000, bye; came %w", err)
}
