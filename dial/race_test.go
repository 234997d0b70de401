package dial

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// attempt is how an address of a race behaves: it answers or fails after some time.
type attempt struct {
	after time.Duration
	err   error
}

// closeCounter is a connection that counts its Close calls.
type closeCounter struct {
	net.Conn
	addr   string
	closed *int
}

func (c closeCounter) Close() error { *c.closed++; return nil }

func TestRace(t *testing.T) {
	t.Parallel()
	bad := errors.New("unreachable")
	const ms = time.Millisecond
	tests := []struct {
		name     string
		attempts []attempt
		delay    time.Duration
		winner   string // "" if all fail
		took     time.Duration
	}{
		{"one", []attempt{{5 * ms, nil}}, 200 * ms, "0", 5 * ms},
		{"first is quick", []attempt{{100 * ms, nil}, {0, nil}}, 200 * ms, "0", 100 * ms},
		{"first hangs", []attempt{{time.Hour, nil}, {10 * ms, nil}}, 200 * ms, "1", 210 * ms},
		{"first fails", []attempt{{20 * ms, bad}, {10 * ms, nil}}, 200 * ms, "1", 30 * ms},
		{"late first wins", []attempt{{250 * ms, nil}, {100 * ms, nil}}, 200 * ms, "0", 250 * ms},
		{"all fail", []attempt{{20 * ms, bad}, {10 * ms, bad}}, 200 * ms, "", 30 * ms},
		{"one after the other", []attempt{{time.Hour, bad}, {10 * ms, nil}}, -1, "1", time.Hour + 10*ms},
		{"all at once", []attempt{{30 * ms, nil}, {20 * ms, nil}, {10 * ms, nil}}, 1, "2", 10*ms + 2},
		{"first is quick enough by default", []attempt{{200*ms - 1, nil}, {0, nil}}, 0, "0", 200*ms - 1},
		{"first hangs, by default", []attempt{{time.Hour, nil}, {10 * ms, nil}}, 0, "1", 210 * ms},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var addrs []string
				for i := range tt.attempts {
					addrs = append(addrs, string(rune('0'+i)))
				}
				start := time.Now()
				var closed int
				conn, err := race(t.Context(), addrs, tt.delay, func(ctx context.Context, addr string) (net.Conn, error) {
					a := tt.attempts[addr[0]-'0']
					select {
					case <-time.After(a.after):
					case <-ctx.Done():
						return nil, ctx.Err()
					}
					if a.err != nil {
						return nil, a.err
					}
					return closeCounter{addr: addr, closed: &closed}, nil
				})
				if took := time.Since(start); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
				if tt.winner == "" {
					if conn != nil || !errors.Is(err, bad) || strings.Count(err.Error(), "unreachable") != len(tt.attempts) {
						t.Fatalf("got %v, %v", conn, err)
					}
					return
				}
				if err != nil || conn.(closeCounter).addr != tt.winner {
					t.Fatalf("got %v, %v, want %s", conn, err, tt.winner)
				}
			})
		})
	}
}

// TestRaceTie makes two addresses answer. The second connection must be closed.
func TestRaceTie(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var closed int
		end := time.Now().Add(time.Second)
		conn, err := race(t.Context(), []string{"a", "b"}, time.Nanosecond, func(ctx context.Context, addr string) (net.Conn, error) {
			time.Sleep(time.Until(end))
			return closeCounter{addr: addr, closed: &closed}, nil
		})
		if conn == nil || err != nil || closed != 1 {
			t.Errorf("got %v, %v, %d closed, want one connection and one closed", conn, err, closed)
		}
	})
}

// TestRaceCancelled ends the context at every moment of a race whose addresses ignore
// it. Every connection made must be returned or closed, and no goroutine left.
func TestRaceCancelled(t *testing.T) {
	t.Parallel()
	for at := range 12 {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(at)*time.Millisecond)
			defer cancel()
			var opened atomic.Int32
			var closed int // by race only
			conn, err := race(ctx, []string{"2", "5", "3x", "1", "9"}, 2*time.Millisecond, func(_ context.Context, addr string) (net.Conn, error) {
				time.Sleep(time.Duration(addr[0]-'0') * time.Millisecond)
				if addr == "3x" {
					return nil, errors.New("unreachable")
				}
				opened.Add(1)
				return closeCounter{addr: addr, closed: &closed}, nil
			})
			if conn == nil || err != nil || int(opened.Load()) != closed+1 {
				t.Errorf("at %d ms: %d opened, %d closed, got %v, %v", at, opened.Load(), closed, conn, err)
			}
		})
	}
}
