package curlew_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

func newMulti(t testing.TB) *curlew.Multi {
	m, err := curlew.NewMulti()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func add(t testing.TB, m *curlew.Multi, c *curlew.Conn) {
	t.Helper()
	if err := m.Add(c); err != nil {
		t.Fatal(err)
	}
}

// wantConn waits for a Conn, which must be this one.
func wantConn(t *testing.T, m *curlew.Multi, want *curlew.Conn) {
	t.Helper()
	if c, err := m.Wait(t.Context()); c != want || err != nil {
		t.Fatalf("Wait returned %p, %v; want %p", c, err, want)
	}
}

// wantNone wants no Conn to be there to be tried.
func wantNone(t *testing.T, m *curlew.Multi) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if c, err := m.Wait(ctx); err != context.DeadlineExceeded {
		t.Fatalf("Wait returned %p, %v; want it to wait", c, err)
	}
}

// addIdle adds a Conn of which nothing has come.
func addIdle(t *testing.T, m *curlew.Multi, o *curlew.AcceptOptions) (*curlew.Conn, *wirePeer) {
	t.Helper()
	c, peer := tryPair(t, o)
	add(t, m, c)
	wantConn(t, m, c)
	wantAgain(t, c)
	return c, peer
}

// Wait returns a Conn that was added, and then whenever something came.
func TestMultiWait(t *testing.T) {
	for _, kind := range tryKinds {
		t.Run(kind.name, func(t *testing.T) {
			m := newMulti(t)
			ours, theirs := kind.make(t)
			c, peer := newPair(t, ours, theirs, false, nil)
			peer.send(textFrame("early"))
			add(t, m, c)
			for i, want := range []string{"early", "second", "third"} {
				if i > 0 {
					wantNone(t, m)
					peer.send(textFrame(want))
				}
				wantConn(t, m, c)
				got, err := tryAll(c, curlewtest.Fixed(100))
				if len(got) != 1 || got[0].data != want || err != curlew.ErrAgain {
					t.Errorf("came %v, %v; want %q", got, err, want)
				}
			}
			go peer.send(textFrame("while it waits"))
			wantConn(t, m, c)
			wantNone(t, m) // it is held
			if _, err := c.TryRecv(nil); err != nil {
				t.Error(err)
			}
			m.Yield(c)
			wantConn(t, m, c)
			m.Remove(c)
			peer.send(textFrame("for others"))
			wantNone(t, m)
			for range 2 {
				if _, _, err := c.Next(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// What comes while a Conn is held, on another goroutine, is not missed.
func TestMultiHeld(t *testing.T) {
	m := newMulti(t)
	c, peer := addIdle(t, m, nil)
	other, otherPeer := addIdle(t, m, nil)
	peer.send(textFrame("a"))
	wantConn(t, m, c)
	if got, _ := tryAll(c, func() int { return 1 }); len(got) != 1 {
		t.Fatal(got)
	}
	peer.send(textFrame("b"))
	wantConn(t, m, c)
	if _, err := c.TryRecv(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	peer.send(textFrame("c"))
	otherPeer.send(textFrame("d")) // behind which the event of c was told
	wantConn(t, m, other)
	if got, err := tryAll(c, curlewtest.Fixed(1)); len(got) != 1 || err != curlew.ErrAgain {
		t.Errorf("%v, %v", got, err)
	}
	wantConn(t, m, c) // again, as nobody can know that it was received already
	wantAgain(t, c)
	wantNone(t, m)
}

// The end of a connection, whoever makes it, makes Wait return it.
func TestMultiEnds(t *testing.T) {
	closing := rawFrame{wClose, "\x03\xe8"}
	for name, test := range map[string]struct {
		do   func(c *curlew.Conn, peer *wirePeer)
		want error
	}{
		"drop":     {func(_ *curlew.Conn, peer *wirePeer) { peer.Close() }, io.ErrUnexpectedEOF},
		"shutdown": {func(_ *curlew.Conn, peer *wirePeer) { peer.closeWrite() }, io.ErrUnexpectedEOF},
		"breach":   {func(_ *curlew.Conn, peer *wirePeer) { peer.send(rawFrame{0x83, ""}) }, nil},
		"CLOSE":    {func(_ *curlew.Conn, peer *wirePeer) { peer.send(closing) }, io.EOF},
		"CLOSE behind a frame": {func(c *curlew.Conn, peer *wirePeer) {
			c.StartFrame(curlew.Text, 1)
			peer.send(closing)
			time.AfterFunc(10*time.Millisecond, func() { c.SendPayload([]byte("x")) })
		}, io.EOF},
		"Close":            {func(c *curlew.Conn, _ *wirePeer) { c.Close() }, net.ErrClosed},
		"Close, soon":      {func(c *curlew.Conn, _ *wirePeer) { time.AfterFunc(10*time.Millisecond, func() { c.Close() }) }, net.ErrClosed},
		"a failed reply":   {func(c *curlew.Conn, peer *wirePeer) { peer.send(rawFrame{wPing, "p"}); peer.Close() }, nil},
		"a write too late": {func(c *curlew.Conn, _ *wirePeer) { cutMessage(c) }, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMulti(t)
			c, peer := addIdle(t, m, nil)
			test.do(c, peer)
			var err error
			for err == nil || err == curlew.ErrAgain {
				wantConn(t, m, c)
				_, err = tryAll(c, curlewtest.Fixed(100))
			}
			if test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("the end is %v, want %v", err, test.want)
			}
			c.Close()
			wantNone(t, m)
		})
	}
}

// cutMessage sends part of a message, so that the connection is lost.
func cutMessage(c *curlew.Conn) {
	ctx, cancel := context.WithCancel(context.Background())
	w, _ := c.NextWriter(ctx, curlew.Text)
	w.Write(make([]byte, 1<<17))
	cancel()
	w.Write(make([]byte, 1<<17))
	w.Close()
}

// The answer to CLOSE of a peer that reads nothing is given up at the write
// deadline, of which Wait tells.
func TestMultiAnswerTooLate(t *testing.T) {
	ours, theirs := unixPair(t)
	fill(t, ours)
	c, peer := newPair(t, ours, theirs, false, nil)
	m := newMulti(t)
	add(t, m, c)
	wantConn(t, m, c)
	peer.send(rawFrame{wClose, ""})
	if _, err := c.TryRecv(make([]byte, 9)); err != nil {
		t.Fatal(err)
	}
	wantAgain(t, c)
	c.SetWriteDeadline(time.Now().Add(10 * time.Millisecond))
	var err error
	for err = curlew.ErrAgain; err == curlew.ErrAgain; {
		wantConn(t, m, c)
		_, err = c.TryRecv(nil)
	}
	wantError(t, err, io.EOF)
}

// Close by another goroutine is told to who holds the Conn or else to Wait, once.
func TestMultiClosedElsewhere(t *testing.T) {
	m := newMulti(t)
	c, _ := addIdle(t, m, nil)
	c.Close()
	c.Close()
	wantConn(t, m, c)
	wantNone(t, m)
	wantError(t, m.Add(c), net.ErrClosed)
	c, peer := addIdle(t, m, nil)
	peer.send(textFrame("a"))
	wantConn(t, m, c)
	c.Close()
	_, err := c.TryRecv(nil)
	wantError(t, err, net.ErrClosed)
	wantNone(t, m)
}

// A heartbeat goes on in a Multi: silence brings a PING, and then an end.
func TestMultiHeartbeat(t *testing.T) {
	m := newMulti(t)
	addIdle(t, m, nil)
	c, peer := addIdle(t, m, &curlew.AcceptOptions{PingInterval: 5 * time.Millisecond, PongTimeout: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	waited := aside(func() error {
		for {
			c, err := m.Wait(ctx)
			if err != nil {
				return err
			}
			wantAgain(t, c)
		}
	})
	if f := peer.frame(); f.first != wPing {
		t.Errorf("came %v", f)
	}
	cancel()
	wantError(t, <-waited, context.Canceled)
	m.Remove(c)

	c, peer = addIdle(t, m, &curlew.AcceptOptions{PingInterval: 5 * time.Millisecond, PongTimeout: 10 * time.Millisecond})
	for err := curlew.ErrAgain; err != curlew.ErrPongTimeout; {
		wantConn(t, m, c)
		if _, err = c.TryRecv(nil); err != curlew.ErrAgain && err != curlew.ErrPongTimeout {
			t.Fatal(err)
		}
	}
	io.Copy(io.Discard, peer) // its end
}

// Wrong uses are said, and do no harm.
func TestMultiMisuse(t *testing.T) {
	m, other := newMulti(t), newMulti(t)
	c, peer := addIdle(t, m, nil)
	wantError(t, m.Add(c), curlew.ErrUsage)
	wantError(t, other.Add(c), curlew.ErrUsage)
	other.Remove(c)
	other.Yield(c)
	wantNone(t, other)
	peer.send(textFrame("a"))
	wantConn(t, m, c)
	m.Remove(c)
	m.Remove(c)
	m.Yield(c)
	wantNone(t, m)
	add(t, other, c) // where what came is found
	wantConn(t, other, c)
	if got, err := tryAll(c, curlewtest.Fixed(10)); len(got) != 1 || err != curlew.ErrAgain {
		t.Errorf("%v, %v", got, err)
	}
	pipe, _ := pipePair(t, nil)
	wantError(t, m.Add(pipe), curlew.ErrUsage)
	closed, _ := tryPair(t, nil)
	closed.Close()
	wantError(t, m.Add(closed), net.ErrClosed)

	waits := make(chan error, 2)
	for range 2 {
		go func() { _, err := m.Wait(context.Background()); waits <- err }()
	}
	wantError(t, <-waits, curlew.ErrUsage) // one of the two
	other.Close()
	m.Close()
	m.Close()
	wantError(t, <-waits, net.ErrClosed)
	_, err := other.Wait(t.Context())
	wantError(t, err, net.ErrClosed)
	wantError(t, other.Add(c), net.ErrClosed)
	other.Remove(c)
	peer.send(textFrame("b")) // a Conn survives its Multi
	if _, p, err := c.ReadMessage(t.Context(), nil); string(p) != "b" || err != nil {
		t.Errorf("%q, %v", p, err)
	}
}

// Wait ends with its context, also while others come and go, and goes on with another.
func TestMultiContext(t *testing.T) {
	m := newMulti(t)
	c, peer := addIdle(t, m, nil)
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(time.Millisecond, func() { cancel(cause) })
	if c, err := m.Wait(ctx); c != nil || err != cause {
		t.Errorf("%p, %v", c, err)
	}
	peer.send(textFrame("a"))
	if c, err := m.Wait(ctx); c != nil || err != cause {
		t.Errorf("%p, %v", c, err)
	}
	wantConn(t, m, c)
}

// A crowd of which each sends at random, in pieces of any size, and closes, is
// received by one goroutine and some helpers, and none more.
func TestMultiCrowd(t *testing.T) {
	const conns, helpers = 500, 3
	m := newMulti(t)
	type state struct {
		peer *wirePeer
		sum  int
	}
	before := runtime.NumGoroutine()
	states := map[*curlew.Conn]*state{}
	var all []*state
	for i := range conns {
		ours, theirs := tryKinds[i%len(tryKinds)].make(t)
		c, peer := newPair(t, ours, theirs, i%2 == 0, &curlew.AcceptOptions{PingInterval: time.Hour})
		s := &state{peer: peer}
		states[c] = s
		all = append(all, s)
		add(t, m, c)
	}
	if now := runtime.NumGoroutine(); now > before+conns/10 { // other tests' may come and go
		t.Errorf("%d goroutines for %d connections", now-before, conns)
	}
	var peers sync.WaitGroup
	want := make([]int, conns)
	for from := range 4 {
		peers.Go(func() {
			random := rand.New(rand.NewPCG(uint64(from), 1))
			for round := range 20 {
				for i := from; i < conns; i += 4 {
					if random.IntN(3) == 0 && round < 19 {
						continue
					}
					n := random.IntN(3000)
					b := wireBytes(i%2 == 0, rawFrame{wPing, "p"}, rawFrame{wBinary, string(make([]byte, n))})
					want[i] += n
					if round == 19 {
						b = append(b, wireBytes(i%2 == 0, rawFrame{wClose, ""})...)
					}
					cut := random.IntN(len(b))
					all[i].peer.Write(b[:cut])
					all[i].peer.Write(b[cut:])
				}
			}
		})
	}
	for _, s := range all {
		peers.Go(func() { io.Copy(io.Discard, s.peer) })
	}
	work, done := make(chan *curlew.Conn), make(chan *curlew.Conn, conns)
	for range helpers {
		go func() {
			buf := make([]byte, 1000)
			for c := range work {
				s := states[c]
				for tries := 0; ; tries++ {
					if tries == 5 {
						m.Yield(c)
						break
					}
					meta, err := c.TryRecv(buf)
					if err == nil {
						s.sum += meta.Len
						continue
					}
					if err != curlew.ErrAgain {
						if err != io.EOF {
							t.Error(err)
						}
						done <- c
					}
					break
				}
			}
		}()
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for range conns {
			c := <-done
			c.Close()
		}
		cancel()
	}()
	for {
		c, err := m.Wait(ctx)
		if err != nil {
			wantError(t, err, context.Canceled)
			break
		}
		work <- c
	}
	close(work)
	peers.Wait()
	for i, s := range all {
		if s.sum != want[i] {
			t.Errorf("connection %d got %d bytes, want %d", i, s.sum, want[i])
		}
	}
}

// Nothing is allocated for what comes.
func TestMultiAllocs(t *testing.T) {
	m := newMulti(t)
	_, peer := addIdle(t, m, nil)
	frame, buf := wireBytes(false, textFrame("a short text")), make([]byte, 100)
	wantNoAllocs(t, "Wait and TryRecv", func() error {
		if _, err := peer.Write(frame); err != nil {
			return err
		}
		c, err := m.Wait(context.Background())
		if err == nil {
			_, err = c.TryRecv(buf)
		}
		if err == nil {
			if _, err = c.TryRecv(buf); err == curlew.ErrAgain {
				err = nil
			}
		}
		return err
	})
}

// Connections come and go on all sides, so that numbers of files are used again:
// each end is told once, and those that were taken out are heard of no more.
func TestMultiChaos(t *testing.T) {
	const conns = 400
	m := newMulti(t)
	type fate struct {
		told    int
		removed atomic.Bool
		end     sync.Once
	}
	var fates sync.Map // by *Conn
	var ends sync.WaitGroup
	ends.Add(conns)
	loop := aside(func() error {
		buf := make([]byte, 100)
		for {
			c, err := m.Wait(context.Background())
			if err != nil {
				return err
			}
			for tries := 0; err == nil && tries < 3; tries++ {
				_, err = c.TryRecv(buf)
			}
			if err == nil {
				m.Yield(c)
			}
			if err == nil || err == curlew.ErrAgain {
				continue
			}
			v, _ := fates.Load(c)
			f := v.(*fate)
			f.told++
			go c.Close() // it gives the peer time to be told of a breach
			f.end.Do(ends.Done)
		}
	})
	var antagonists sync.WaitGroup
	for i := range 4 {
		random := rand.New(rand.NewPCG(uint64(i), 3))
		antagonists.Go(func() {
			for range conns / 4 {
				c, peer := tryPair(t, nil)
				f := &fate{}
				fates.Store(c, f)
				if err := m.Add(c); err != nil {
					t.Error(err)
				}
				for range random.IntN(4) {
					peer.send(rawFrame{wPing, "p"}, textFrame("x"), textFrame("y"))
				}
				switch random.IntN(4) {
				case 0:
					c.Close()
				case 1:
					peer.Close()
				case 2:
					peer.send(rawFrame{0x83, ""})
				case 3:
					f.removed.Store(true)
					m.Remove(c)
					peer.Close()
					f.end.Do(ends.Done)
				}
			}
		})
	}
	ends.Wait()
	antagonists.Wait()
	m.Close()
	wantError(t, <-loop, net.ErrClosed)
	fates.Range(func(_, v any) bool {
		if f := v.(*fate); f.told > 1 || f.told == 0 && !f.removed.Load() {
			t.Errorf("told %d times, removed=%v", f.told, f.removed.Load())
		}
		return true
	})
}
