package main

import (
	"strings"
	"testing"
)

// A liar claims to have done what it has not done.
type liar struct{ session }

func (l liar) read() error        { return nil }
func (l liar) write([]byte) error { return nil }

// A spoiler delivers, and sends, other bytes than it should.
type spoiler struct{ *gorilla }

func (s spoiler) write(p []byte) error {
	p = append([]byte(nil), p...)
	p[len(p)-1]++
	return s.gorilla.write(p)
}

// A peer that does not do what is counted fails its proof.
func TestProofFinds(t *testing.T) {
	was := peers
	defer func() { peers = was }()
	add := func(name string, wrap func(session) session) {
		peers = append(peers[:len(peers):len(peers)], peer{name: name, does: every})
		t.Cleanup(func() { delete(dials, name) })
		dials[name] = func(c *cell) (session, error) {
			see := c.witness
			if see != nil {
				c.witness = func(p []byte) { see(p) }
			}
			s, err := dialGorilla(c)
			return wrap(s), err
		}
	}
	add("honest", func(s session) session { return s })
	add("liar", func(s session) session { return liar{s} })
	add("spoiler", func(s session) session { return spoiler{s.(*gorilla)} })
	for _, c := range []struct {
		peer, expected string
		kind           kind
	}{
		{"honest", "", receive},
		{"honest", "", send},
		{"honest", "", echo},
		{"honest", "", inflate},
		{"honest", "", deflate},
		{"liar", ", expected 5 messages", receive},
		{"liar", "got 0 messages with checksum cbf29ce484222325, expected 5", send},
		{"liar", ", expected 5 messages", echo},
		{"liar", ", expected 64 messages", inflate},
		{"spoiler", ", expected 5 messages", send},
		{"spoiler", ", expected 5 messages", echo},
		{"spoiler", ", expected 64 messages", deflate},
	} {
		t.Run(c.peer, func(t *testing.T) {
			w := workload{Kind: c.kind, Size: 2048}
			host, stop, err := startServer(&w)
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			one := cell{Peer: c.peer, Workload: w, Host: host, Proof: true}
			err = one.prove()
			if err == nil && c.expected != "" || err != nil && (c.expected == "" || !strings.Contains(err.Error(), c.expected)) {
				t.Errorf("kind %d: got %v, expected %q", c.kind, err, c.expected)
			}
		})
	}
}

// Messages are counted only if their bytes were moved.
func TestPlausible(t *testing.T) {
	for _, c := range []struct {
		name     string
		workload workload
		result   result
		expected bool
	}{
		{"received", workload{Kind: receive, Size: 1000}, result{Messages: 1e6, Received: 1004}, true},
		{"not received", workload{Kind: receive, Size: 1000}, result{Messages: 1e6, Received: 500}, false},
		{"sent", workload{Kind: send, Size: 1000}, result{Messages: 1e6, Wire: 1008}, true},
		{"not sent", workload{Kind: cork, Size: 1000}, result{Messages: 1e6, Wire: 900}, false},
		{"not counted by the system", workload{Kind: send, Size: 1000}, result{Messages: 1e6, Wire: unknown}, true},
		{"buffered before", workload{Kind: receive, Size: 1000}, result{Messages: 1000, Received: 10}, true},
	} {
		if err := c.result.plausible(&c.workload); (err == nil) != c.expected {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}
