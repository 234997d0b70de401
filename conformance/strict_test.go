package conformance

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
)

// mutants are peers that do one thing wrong, and the outcomes that the cases
// concerned must have. Every other case must pass.
var mutants = []struct {
	name string
	peer peer
	role string // "" means both
	want func(c *Case) Outcome
}{
	{"silent", enginePeer(faults{mute: true}), "", always(Fail)},
	{"drops", session(open, drop), "", func(c *Case) Outcome {
		if c.failing == nil && !c.anyCloseReply() {
			return Fail
		}
		return whenever(Lax, c.failing == nil || has[expect](c))
	}},
	{"sends a PONG more", session(open, onePong), "", func(c *Case) Outcome { return whenever(Fail, echoes(c)) }},
	{"sends many PONGs more", session(open, manyPongs), "", func(c *Case) Outcome { return whenever(Fail, echoes(c)) }},
	{"sends what it received as binary", session(open, allBinary), "", func(c *Case) Outcome {
		return whenever(Fail, sends(c, "text") && echoes(c))
	}},
	{"changes the last byte", session(open, lastByte), "", func(c *Case) Outcome {
		return whenever(Fail, echoes(c) && !slices.Contains([]string{"1.1.1", "1.2.1", "6.1.1", "6.1.2"}, c.ID))
	}},
	{"takes any text", session(openWith(curlew.AcceptOptions{NoUTF8Check: true}), echoChunks), "", func(c *Case) Outcome {
		return whenever(Fail, slices.Contains(c.failing, 1007) && (sends(c, "text") || !sends(c, "close")))
	}},
	{"answers no PING", session(openWith(curlew.AcceptOptions{NoAutoPong: true}), echoChunks), "", func(c *Case) Outcome {
		return whenever(Fail, c.failing == nil && sends(c, "ping") && !strings.HasPrefix(c.ID, "7."))
	}},
	{"answers no CLOSE", session(openWith(curlew.AcceptOptions{NoAutoClose: true}), echoChunks), "", func(c *Case) Outcome {
		if c.anyCloseReply() { // which includes the answer to a refused code
			return whenever(Lax, c.ID == "7.1.6")
		}
		return whenever(Fail, c.failing == nil)
	}},
	{"looks at text when it has ended", enginePeer(faults{lateUTF8: true}), "", func(c *Case) Outcome {
		return whenever(Lax, strings.HasPrefix(c.ID, "6.4.") || strings.HasPrefix(c.ID, "20.12."))
	}},
	{"fails with 1000", enginePeer(faults{closeAs: 1000}), "", func(c *Case) Outcome { return whenever(Fail, c.failing != nil) }},
	{"fails without a code", enginePeer(faults{closeAs: curlew.CloseNoStatus}), "", func(c *Case) Outcome { return whenever(Lax, c.failing != nil) }},
	{"fails before it echoes", enginePeer(faults{eager: true}), "", func(c *Case) Outcome {
		return whenever(Lax, c.failing != nil && has[expect](c) && !has[split](c))
	}},
	{"answers CLOSE with any code", enginePeer(faults{anyCode: true}), "", func(c *Case) Outcome {
		return whenever(Fail, c.failing != nil && (strings.HasPrefix(c.ID, "7.") && c.ID != "7.3.6" || strings.HasPrefix(c.ID, "20.4.")))
	}},
	{"masks wrongly", enginePeer(faults{unmasked: true}), "", always(Fail)},
	{"leaves the stream open", enginePeer(faults{lingers: true}), "", always(Fail)},
}

// always returns the same expectation for every case.
func always(o Outcome) func(*Case) Outcome { return func(*Case) Outcome { return o } }

func whenever(o Outcome, yes bool) Outcome {
	if yes {
		return o
	}
	return Pass
}

// has reports whether c has a step of type S.
func has[S step](c *Case) bool {
	return slices.ContainsFunc(c.steps, func(s step) bool {
		_, ok := s.(S)
		return ok
	})
}

// sends reports whether c sends frames of a type.
func sends(c *Case, kind string) bool {
	want, err := parseFrame([]string{kind}, true)
	return err == nil && slices.ContainsFunc(c.steps, func(s step) bool {
		f, ok := s.(send)
		return ok && f.Opcode == want.Opcode
	})
}

// echoes reports whether the peer must echo messages in c.
func echoes(c *Case) bool {
	return (has[echo](c) || has[expect](c) || has[mayEcho](c)) && (sends(c, "text") || sends(c, "binary"))
}

// TestMutants checks that the fault of each mutant is found, and nothing else.
func TestMutants(t *testing.T) {
	if raceEnabled {
		t.Skip("what is played is played in TestPipe as well")
	}
	list, err := Select(Cases(), "1", "2", "3", "4", "5", "6", "7", "10", "20.1", "20.2", "20.3", "20.4", "20.11.1", "20.11.2", "20.11.3", "20.11.4", "20.12")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutants {
		for role, server := range roles {
			t.Run(m.name+"/"+role, func(t *testing.T) {
				t.Parallel()
				for _, c := range list {
					if r, want := playPipe(t, c, m.peer, server), m.want(c); r.Outcome != want {
						t.Errorf("expected %s: %v", want, r)
					}
				}
			})
		}
	}
}

// TestDeflateMutants is TestMutants for faults of compression.
func TestDeflateMutants(t *testing.T) {
	plain := session(openWith(curlew.AcceptOptions{}), echoChunks)
	for _, m := range []struct {
		name   string
		peer   peer
		server bool
		ids    string
		want   Outcome
	}{
		{"silent", enginePeer(faults{mute: true}), true, "12.1.5 13.5.5", Fail},
		{"silent", enginePeer(faults{mute: true}), false, "12.1.5 13.5.5", Fail},
		{"does not compress", plain, true, "12.1.1 13.2.5", Unsupported},
		{"does not compress", plain, false, "12.1.1 13.7.5", Unsupported},
		{"ignores the window", enginePeer(faults{wide: true}), true, "13.3.6 13.5.6 13.7.6", Fail},
		{"ignores the window", enginePeer(faults{wide: true}), false, "13.3.6 13.5.6 13.7.6", Fail},
		{"ignores the window", enginePeer(faults{wide: true}), true, "13.1.6 13.2.6 13.4.6 13.6.6", Pass},
		{"takes any distance", enginePeer(faults{far: true}), true, "20.10.2 20.10.3", Fail},
		{"takes any distance", enginePeer(faults{far: true}), false, "20.10.2 20.10.3", Fail},
		{"takes any distance", enginePeer(faults{far: true}), false, "20.10.1 20.10.4", Pass},
		{"agrees on no window of ours", enginePeer(faults{grants: true}), true, "20.10.1", Unsupported},
		{"does not grant what was asked for", enginePeer(faults{grants: true}), true, "13.2.5 13.3.5 13.4.5 13.5.5 13.6.5", Lax},
		{"does not grant what was asked for", enginePeer(faults{grants: true}), true, "12.1.5 13.1.5 13.7.5", Pass},
		{"changes the last byte", session(open, lastByte), true, "12.1.1 12.5.10", Fail},
	} {
		list, err := Select(Cases(), strings.Fields(m.ids)...)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			if r := playPipe(t, c, m.peer, m.server); r.Outcome != m.want {
				t.Errorf("%s: expected %s: %v", m.name, m.want, r)
			}
		}
	}
}

func drop(_ context.Context, c *curlew.Conn) error { return c.Close() }

// echoChanged echoes messages, each changed by change.
func echoChanged(change func(c *curlew.Conn, m *curlew.Message)) func(context.Context, *curlew.Conn) error {
	return func(ctx context.Context, c *curlew.Conn) error {
		defer c.Close()
		for m, err := range c.Messages(ctx) {
			if err != nil {
				return err
			}
			m.Data = bytes.Clone(m.Data)
			change(c, &m)
			if err := c.WriteMessage(ctx, m.Flags, m.Data); err != nil {
				return err
			}
		}
		return nil
	}
}

var (
	onePong   = echoChanged(func(c *curlew.Conn, _ *curlew.Message) { c.Send(curlew.Pong, nil) })
	manyPongs = echoChanged(func(c *curlew.Conn, _ *curlew.Message) {
		for range 1000 {
			c.Send(curlew.Pong, nil)
		}
	})
	allBinary = echoChanged(func(_ *curlew.Conn, m *curlew.Message) { m.Flags = curlew.Binary })
	lastByte  = echoChanged(func(_ *curlew.Conn, m *curlew.Message) {
		if n := len(m.Data); n > 0 && m.Data[n-1] != '*' {
			m.Data[n-1] = '*'
		} else if n > 0 {
			m.Data[n-1] = '+'
		}
	})
)
