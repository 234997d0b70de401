package curlew_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

func prepare(t testing.TB, f curlew.Flags, p []byte) *curlew.Prepared {
	t.Helper()
	m, err := curlew.Prepare(f, p)
	wantNilB(t, err)
	return m
}

func TestPrepareRefuses(t *testing.T) {
	for _, f := range []curlew.Flags{0, curlew.Compressed, curlew.Text | curlew.Binary, curlew.Text | curlew.Cont, curlew.Ping, curlew.Close} {
		if m, err := curlew.Prepare(f, nil); m != nil || !errors.Is(err, curlew.ErrUsage) {
			t.Errorf("flags %#x: came %v, %v; want ErrUsage", uint32(f), m, err)
		}
	}
}

// What is prepared does not change with the memory it was made of, and comes
// to every kind of connection, between messages of other kinds, in both roles.
func TestSendPrepared(t *testing.T) {
	ctx := context.Background()
	short, long := []byte("short"), []byte(strings.Repeat("long ", 50_000))
	of := bytes.Clone(long)
	messages := []*curlew.Prepared{
		prepare(t, curlew.Text, of), prepare(t, curlew.Text, short), prepare(t, curlew.Binary|curlew.Compressed, short),
		prepare(t, curlew.Binary, nil), prepare(t, curlew.Text|curlew.Compressed, nil),
	}
	clear(of)
	for _, with := range []*curlew.Compression{
		nil, {}, {ServerNoTakeover: true}, {ClientNoTakeover: true}, {Level: 9, ServerNoTakeover: true, ClientNoTakeover: true},
		{ServerNoTakeover: true, ServerWindowBits: 8, ClientNoTakeover: true, ClientWindowBits: 9},
	} {
		client, server := curlewtest.Pair(t, &curlew.Client{Compression: with}, &curlew.AcceptOptions{Compression: with})
		for i, ends := range [][2]*curlew.Conn{{client, server}, {server, client}} {
			from, to := ends[0], ends[1]
			sent := make(chan error, 1)
			go func() {
				for _, m := range messages {
					if err := errors.Join(from.SendPrepared(m), from.WriteMessage(ctx, curlew.Text, long), from.SendPrepared(m)); err != nil {
						sent <- err
						return
					}
				}
				sent <- nil
			}()
			deflated := curlew.Text
			if with != nil {
				deflated |= curlew.Compressed
			}
			for n, want := range []curlew.Message{
				{Flags: deflated, Data: long}, {Flags: curlew.Text, Data: short}, {Flags: curlew.Binary, Data: short}, // which do not get shorter
				{Flags: curlew.Binary}, {Flags: curlew.Text},
			} {
				for _, want := range []curlew.Message{want, {Flags: deflated, Data: long}, want} {
					f, got, err := to.ReadMessage(ctx, nil)
					if err != nil || f != want.Flags || !bytes.Equal(got, want.Data) {
						t.Fatalf("%+v, direction %d, message %d: came %#x, %d bytes, %v; want %#x, %d bytes", with, i, n, uint32(f), len(got), err, uint32(want.Flags), len(want.Data))
					}
				}
			}
			wantNilB(t, <-sent)
		}
	}
}

// Many connections send the same message at the same time, while others send
// theirs; on all servers it is the same bytes, on clients it is not.
func TestSendPreparedByMany(t *testing.T) {
	curlewtest.NoLeaks(t)
	ctx, text := context.Background(), []byte(strings.Repeat("news for all ", 1000))
	m := prepare(t, curlew.Text, text)
	with := &curlew.Compression{ServerNoTakeover: true, ClientNoTakeover: true}
	var (
		mu   sync.Mutex
		wire = map[bool]map[string]int{true: {}, false: {}}
		all  sync.WaitGroup
	)
	const pairs, each = 50, 5
	note := func(server bool) *curlew.Trace {
		return &curlew.Trace{Bytes: func(sent bool, p []byte) {
			if mu.Lock(); sent {
				wire[server][string(p)]++
			}
			mu.Unlock()
		}}
	}
	for range pairs {
		client, server := curlewtest.Pair(t, &curlew.Client{Compression: with, Trace: note(false)}, &curlew.AcceptOptions{Compression: with, Trace: note(true)})
		for _, ends := range [][2]*curlew.Conn{{client, server}, {server, client}} {
			all.Go(func() {
				for range each {
					if err := ends[0].SendPrepared(m); err != nil {
						t.Error(err)
					}
				}
			})
			all.Go(func() {
				for range each {
					if _, got, err := ends[1].ReadMessage(ctx, nil); err != nil || !bytes.Equal(got, text) {
						t.Errorf("came %d bytes, %v", len(got), err)
					}
				}
			})
		}
	}
	all.Wait()
	frames := func(server bool) (different int) {
		for p := range wire[server] {
			if !strings.HasPrefix(p, "HTTP") && !strings.HasPrefix(p, "GET") {
				different++
			}
		}
		return different
	}
	if n := frames(true); n != 1 {
		t.Errorf("the servers sent %d different frames, want 1", n)
	}
	if n := frames(false); n < pairs*each*9/10 {
		t.Errorf("of %d frames the clients sent %d different ones, want each with a key of its own", pairs*each, n)
	}
}

// It ends, and refuses, as WriteMessage does.
func TestSendPreparedEnds(t *testing.T) {
	m := prepare(t, curlew.Text|curlew.Compressed, []byte("longer than allowed"))
	with := &curlew.Compression{ServerNoTakeover: true}
	_, server := curlewtest.Pair(t, &curlew.Client{Compression: with}, &curlew.AcceptOptions{Compression: with, MaxMessage: 10})
	err := server.SendPrepared(m)
	wantError(t, err, curlew.ErrUsage)
	if !strings.Contains(err.Error(), "MaxMessage") {
		t.Errorf("%v does not name MaxMessage", err)
	}
	wantNilB(t, server.Close())
	wantError(t, server.SendPrepared(prepare(t, curlew.Text, nil)), net.ErrClosed)
	a, _ := curlewtest.Pipe()
	raw := curlew.NewConn(a, false, &curlew.AcceptOptions{RawMode: true})
	defer raw.Close()
	wantError(t, raw.SendPrepared(m), curlew.ErrUsage)
}

func BenchmarkSendPrepared(b *testing.B) {
	for _, n := range []int{125, 16 << 10} {
		for _, server := range []bool{true, false} {
			b.Run(fmt.Sprintf("%d/server=%v", n, server), func(b *testing.B) {
				c := onRepeatedly(b, server, textFrame(""))
				m := prepare(b, curlew.Binary, make([]byte, n))
				b.SetBytes(int64(n))
				b.ReportAllocs()
				for b.Loop() {
					wantNilB(b, c.SendPrepared(m))
				}
			})
		}
	}
}

// Text that would end the session of every peer it is sent to is not prepared.
func TestRememberedPrepareChecksText(t *testing.T) {
	for _, f := range []curlew.Flags{curlew.Text, curlew.Text | curlew.Compressed} {
		for _, p := range []string{"\xff", "a\xc3", "\xed\xa0\x80", strings.Repeat("a", 1000) + "\xf0\x9f\x90"} {
			_, err := curlew.Prepare(f, []byte(p))
			wantError(t, err, curlew.ErrUsage)
			prepare(t, curlew.Binary|f&curlew.Compressed, []byte(p))
		}
	}
	prepare(t, curlew.Text, []byte("grüße, 鷸, \U0001f426"))
}
