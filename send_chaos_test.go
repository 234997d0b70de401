package curlew_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// Everything at once: senders of every kind, deadlines and contexts that end at
// any time, a slow peer with PINGs, breaches and drops. Nothing locks up, and
// all that is on the wire is whole frames that follow each other as they may.
func TestChaos(t *testing.T) {
	seeds := 40
	if testing.Short() {
		seeds = 10
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			curlewtest.NoLeaks(t)
			synctest.Test(t, func(t *testing.T) { newChaos(t, uint64(seed)).run() })
		})
	}
}

type chaos struct {
	t    *testing.T
	seed uint64
	c    *curlew.Conn
	peer *wirePeer
	wire bytes.Buffer // what the peer got
	over chan bool
}

func newChaos(t *testing.T, seed uint64) *chaos {
	r := rand.New(rand.NewPCG(seed, 0))
	c, peer := narrow(t, 1+r.IntN(3000), &curlew.AcceptOptions{
		WriteBuffer: 512 << r.IntN(3), ReadBuffer: 512, PingInterval: time.Duration(r.IntN(2)) * 50 * time.Millisecond,
	})
	return &chaos{t: t, seed: seed, c: c, peer: peer, over: make(chan bool)}
}

// each runs a step again and again until the session is over, or it says so.
func (x *chaos) each(all *sync.WaitGroup, who uint64, step func(r *rand.Rand, i int) (goOn bool)) {
	r := rand.New(rand.NewPCG(x.seed, who))
	all.Go(func() {
		for i := 0; step(r, i); i++ {
			select {
			case <-x.over:
				return
			case <-time.After(time.Duration(r.IntN(3000)) * time.Microsecond):
			}
		}
	})
}

func (x *chaos) run() {
	var all sync.WaitGroup
	x.each(&all, 1, x.receive)
	x.each(&all, 2, x.sendChunks)
	for who := range uint64(3) {
		x.each(&all, 3+who, func(r *rand.Rand, i int) bool { return x.write(r, int(who), i) })
	}
	x.each(&all, 6, x.control)
	x.each(&all, 7, x.deadlines)
	x.each(&all, 8, x.peerSends)
	all.Go(x.peerReads)
	r := rand.New(rand.NewPCG(x.seed, 9))
	time.Sleep(time.Duration(r.IntN(300)) * time.Millisecond)
	close(x.over)
	if r.IntN(2) == 0 {
		x.c.Send(curlew.Close, nil)
	}
	x.c.Close()
	all.Wait()
	x.check()
}

func (x *chaos) receive(*rand.Rand, int) bool {
	_, _, err := x.c.Next()
	return err == nil || overdue(err)
}

// sendChunks is the one goroutine that sends messages in pieces.
func (x *chaos) sendChunks(r *rand.Rand, i int) bool {
	p := []byte(interleaved(9, i) + strings.Repeat("c", r.IntN(2000)))
	switch r.IntN(4) {
	case 3:
		p = append(p, strings.Repeat("c", 20_000)...)
		return x.carryOn(p, x.c.SendInPlace(curlew.Text, p))
	case 0:
		half := r.IntN(len(p))
		return x.carryOn(p[:half], x.c.Send(curlew.Text|curlew.Cont, p[:half])) && x.carryOn(p[half:], x.c.Send(curlew.Text, p[half:]))
	case 1:
		b := x.c.Cork()
		err := b.Send(curlew.Text, p)
		for range r.IntN(4) {
			err = errors.Join(err, b.Send(curlew.Ping, nil))
		}
		err = errors.Join(err, b.Flush())
		return err == nil || overdue(err)
	}
	err := x.c.StartFrame(curlew.Text, int64(len(p)))
	if overdue(err) {
		return true
	}
	for err == nil && len(p) > 0 {
		n := min(len(p), 1+r.IntN(700))
		if !x.carryOn(p[:n], x.c.SendPayload(p[:n])) {
			return false
		}
		p = p[n:]
	}
	return err == nil
}

// carryOn completes what a deadline cut. A fragment that was not begun at all
// cannot be sent later here, since others would come between.
func (x *chaos) carryOn(p []byte, err error) bool {
	for err != nil {
		var se *curlew.SendError
		if !errors.As(err, &se) {
			return false
		}
		p = p[se.Sent:]
		time.Sleep(time.Millisecond)
		err = x.c.SendPayload(p)
	}
	return true
}

func (x *chaos) write(r *rand.Rand, s, i int) bool {
	ctx := context.Background()
	if x.seed%3 == 0 && r.IntN(4) == 0 {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, time.Duration(r.IntN(2000))*time.Microsecond)
		defer cancel()
	}
	p := interleaved(s, i) + strings.Repeat("w", r.IntN(1200))
	err := x.c.WriteMessage(ctx, curlew.Text, []byte(p))
	var se *curlew.SendError
	if errors.As(err, &se) {
		return x.carryOn([]byte(p), err)
	}
	return err == nil || overdue(err)
}

func (x *chaos) control(r *rand.Rand, i int) bool {
	p := make([]byte, r.IntN(126))
	err := x.c.Send(curlew.Pong, p)
	return errors.Is(err, curlew.ErrFrameOpen) || overdue(err) && !errors.As(err, new(*curlew.SendError)) || x.carryOn(p, err)
}

func (x *chaos) deadlines(r *rand.Rand, _ int) bool {
	set := x.c.SetWriteDeadline
	if x.seed%3 != 1 || r.IntN(2) == 0 {
		set = x.c.SetReadDeadline
	}
	at := time.Time{}
	if r.IntN(3) == 0 {
		at = time.Now().Add(time.Duration(r.IntN(4000)-500) * time.Microsecond)
	}
	return set(at) == nil
}

func (x *chaos) peerSends(r *rand.Rand, i int) bool {
	frames := []rawFrame{{wPing, fmt.Sprint(i)}, {wText, "text"}, {wPing, ""}, {wPong, ""}}[r.IntN(4):]
	b := wireBytes(false, frames...)
	switch r.IntN(400) {
	case 0:
		b = append(b, 0xFF, 0xFF)
	case 1:
		b = append(b, wireBytes(false, rawFrame{wClose, ""})...)
	case 2:
		x.peer.Close()
	}
	_, err := x.peer.Write(b)
	return err == nil
}

func (x *chaos) peerReads() {
	r := rand.New(rand.NewPCG(x.seed, 10))
	for {
		p := make([]byte, 1+r.IntN(2000))
		n, err := x.peer.Read(p)
		x.wire.Write(p[:n])
		if err != nil {
			x.peer.Close()
			return
		}
		time.Sleep(time.Duration(r.IntN(1000)) * time.Microsecond)
	}
}

// check parses what the peer got.
func (x *chaos) check() {
	r := bufio.NewReader(&x.wire)
	next := map[int]int{}
	message := ""
	open, closed := false, false
	for n := 0; ; n++ {
		f, err := readRawFrame(r, true)
		if err == io.EOF || err == io.ErrUnexpectedEOF { // Close may cut a frame
			return
		}
		if err != nil || closed {
			x.t.Fatalf("frame %d: %v, %v", n, f, err)
		}
		switch f.first {
		case wPing, wPong:
			continue
		case wClose:
			closed = true
			continue
		case wText, wTextGo:
			if open {
				x.t.Fatalf("frame %d: a message within a message", n)
			}
			message = ""
		case wCont, wContGo:
			if !open {
				x.t.Fatalf("frame %d continues nothing", n)
			}
		default:
			x.t.Fatalf("frame %d: %v", n, f)
		}
		message += f.payload
		if open = f.first&0x80 == 0; open {
			continue
		}
		var s, i int
		if _, err := fmt.Sscanf(message, "%d,%d;", &s, &i); err != nil || i < next[s] || strings.Trim(message, "0123456789,;cw") != "" {
			x.t.Fatalf("frame %d ends the message %.60q", n, message)
		}
		next[s] = i + 1
	}
}

func overdue(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)
}
