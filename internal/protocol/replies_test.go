package protocol

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew/internal/wire"
)

// taken removes the first n frames from r, or as many as are queued.
func taken(t testing.TB, r *Replies, n int) (out []frame) {
	t.Helper()
	for len(out) < n {
		f, p := r.Next()
		if again, q := r.Next(); again != f || !bytes.Equal(p, q) {
			t.Fatalf("Next returned flags %d with %x, then flags %d with %x", f, p, again, q)
		}
		if r.Pending() != (f != 0) {
			t.Fatalf("pending is %t, next is a frame of flags %d", r.Pending(), f)
		}
		if f == 0 {
			break
		}
		out = append(out, frame{f, bytes.Clone(p), true})
		r.Pop()
	}
	return out
}

func TestRepliesOrder(t *testing.T) {
	var r Replies
	if got := taken(t, &r, 9); len(got) != 0 {
		t.Errorf("got %s from an empty queue", show(got))
	}
	r.Ping([]byte("old"))
	r.Pong([]byte("a"))
	r.Pong(nil)
	r.Ping([]byte("new"))
	if r.Closing() {
		t.Error("closing before Close")
	}
	r.Close([]byte("\x03\xe8first"))
	r.Pong([]byte("late"))
	r.Ping([]byte("late"))
	r.Close([]byte("\x03\xe9second"))
	if !r.Closing() {
		t.Error("not closing with a CLOSE after others")
	}
	want := []frame{{Pong, []byte("a"), true}, {Pong, nil, true}, {Ping, []byte("new"), true}, {Close, []byte("\x03\xe8first"), true}}
	if got := taken(t, &r, 9); !equal(got, want) {
		t.Errorf("got %s, expected %s", show(got), show(want))
	}
	checkShut(t, &r)
}

// heldBy returns the capacity of r's queue of PONGs, in bytes.
func heldBy(r *Replies) int {
	if r.replies == nil {
		return 0
	}
	return cap(r.pongs)
}

// checkShut checks that nothing is queued in r and nothing can be.
func checkShut(t *testing.T, r *Replies) {
	t.Helper()
	r.Pop()
	for range 2 {
		if r.Pending() || r.Closing() {
			t.Errorf("pending is %t, closing %t, expected neither", r.Pending(), r.Closing())
		}
		if got := taken(t, r, 9); len(got) != 0 {
			t.Errorf("got %s, expected nothing", show(got))
		}
		r.Pong([]byte("late"))
		r.Ping([]byte("late"))
		r.Close([]byte("\x03\xe9"))
	}
}

func TestRepliesDrop(t *testing.T) {
	var r Replies
	r.Pong([]byte("a"))
	r.Ping([]byte("b"))
	r.Close(nil)
	r.Drop()
	checkShut(t, &r)
}

// TestRepliesKeepTheirOwnCopy changes payloads after they were queued.
func TestRepliesKeepTheirOwnCopy(t *testing.T) {
	var r Replies
	p := make([]byte, 2)
	for _, queue := range []func([]byte){r.Pong, r.Ping, r.Close} {
		copy(p, "ab")
		queue(p)
		copy(p, "??")
	}
	for _, f := range taken(t, &r, 9) {
		if string(f.data) != "ab" {
			t.Errorf("the payload of flags %d is %q", f.flags, f.data)
		}
	}
}

func TestRepliesCoalesce(t *testing.T) {
	var r Replies
	var want []frame
	for i := range 1000 {
		p := []byte(strings.Repeat(fmt.Sprint(i), 1+i%20))
		r.Pong(p)
		if len(want) == 64 {
			want = want[:63]
		}
		want = append(want, frame{Pong, p, true})
	}
	if got := taken(t, &r, 1000); !equal(got, want) {
		t.Errorf("got %s, expected %s", show(got), show(want))
	}
}

// A queue is a model of Replies, made of lists of frames.
type queue struct {
	pongs, ping, close []frame
	closed             bool
}

func (q *queue) add(f frame) {
	switch {
	case q.closed:
	case f.flags == Close:
		q.close, q.closed = []frame{f}, true
	case f.flags == Ping:
		q.ping = []frame{f}
	case len(q.pongs) == 64:
		q.pongs[63] = f
	default:
		q.pongs = append(q.pongs, f)
	}
}

// take removes at most n frames from the front.
func (q *queue) take(n int) []frame {
	all := slices.Concat(q.pongs, q.ping, q.close)
	n = min(n, len(all))
	for range n {
		switch {
		case len(q.pongs) > 0:
			q.pongs = q.pongs[1:]
		case len(q.ping) > 0:
			q.ping = nil
		default:
			q.close = nil
		}
	}
	return all[:n]
}

// replay runs a program on Replies and on a queue. A step has two bytes: what to
// do, and with how many bytes or frames.
func replay(t *testing.T, program []byte) {
	var r Replies
	var q queue
	for step := range slices.Chunk(program, 2) {
		if len(step) < 2 {
			break
		}
		p := bytes.Repeat(step[1:], int(step[1])%126)
		f := frame{Pong, p, true}
		switch what := step[0] % 64; {
		case what == 0:
			f.flags, f.data = Close, wire.AppendClose(nil, 1000, string(p))
			r.Close(f.data)
			q.add(f)
		case what < 3:
			f.flags = Ping
			r.Ping(p)
			q.add(f)
		case what < 12:
			n := int(step[1]) % 8
			if got, want := taken(t, &r, n), q.take(n); !equal(got, want) {
				t.Fatalf("got %s, expected %s", show(got), show(want))
			}
		default:
			r.Pong(p)
			q.add(f)
		}
		if r.Closing() != (len(q.close) > 0) {
			t.Fatalf("closing is %t, the queue has %s", r.Closing(), show(q.close))
		}
		if held := heldBy(&r); held > 2*64*126 {
			t.Fatalf("the PONGs hold %d bytes", held)
		}
	}
	if got, want := taken(t, &r, 99), q.take(99); !equal(got, want) {
		t.Fatalf("at the end got %s, expected %s", show(got), show(want))
	}
}

// TestRepliesModel runs random programs.
func TestRepliesModel(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for range 500 {
		program := make([]byte, 2*r.IntN(500))
		for i := range program {
			program[i] = byte(r.Uint32())
		}
		if r.IntN(2) == 0 { // without a CLOSE
			for i := range program {
				program[i] |= 1
			}
		}
		replay(t, program)
	}
}

func FuzzReplies(f *testing.F) {
	f.Add([]byte{12, 5, 12, 0, 4, 1, 1, 9, 4, 60, 0, 2, 5, 200})
	f.Fuzz(replay)
}

// TestRepliesFlood floods the queue. A full queue does not allocate, also while
// it is being emptied, and an empty one frees its memory.
func TestRepliesFlood(t *testing.T) {
	var r Replies
	p := make([]byte, 125)
	flood := func(every int) {
		for i := range 1000 {
			r.Pong(p)
			if every > 0 && i%every == 0 {
				r.Pop()
			}
		}
	}
	flood(0)
	for _, every := range []int{0, 1, 2, 7} {
		flood(every)
		if n := testing.AllocsPerRun(10, func() { flood(every) }); n != 0 {
			t.Errorf("1000 PONGs into a full queue, one in %d taken, allocate %v times", every, n)
		}
	}
	if held := heldBy(&r); held > 2*64*126 {
		t.Errorf("the PONGs hold %d bytes", held)
	}
	taken(t, &r, 64)
	if r.Pending() || cap(r.pongs) > keep {
		t.Errorf("after the flood the queue holds %d bytes, pending %t", cap(r.pongs), r.Pending())
	}
	if n := testing.AllocsPerRun(100, func() {
		r.Pong(p)
		r.Pong(p)
		r.Pop()
		r.Pop()
	}); n != 0 {
		t.Errorf("two PONGs at a time allocate %v times", n)
	}
}
