package conformance

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew/curlewtest"
)

// roles are the peer's roles.
var roles = map[string]bool{"client": false, "server": true}

// TestPipe plays every case against every peer in both roles, in memory and in
// virtual time.
func TestPipe(t *testing.T) {
	for _, p := range peers() {
		for role, server := range roles {
			t.Run(p.name+"/"+role, func(t *testing.T) {
				t.Parallel()
				for _, c := range played() {
					t.Run(c.Name(), func(t *testing.T) { check(t, playPipe(t, c, p.peer, server)) })
				}
			})
		}
	}
}

// played returns the cases to play. Under the race detector three sizes are
// enough for compression.
func played() []*Case {
	return slices.DeleteFunc(Cases(), func(c *Case) bool {
		n := numbers(c.ID)
		return raceEnabled && n[0] >= 12 && n[2] != 1 && n[2] != 5 && n[2] != 11
	})
}

// playPipe plays c against p, as a server if server is true, in a bubble of its own.
func playPipe(t *testing.T, c *Case, p peer, server bool) (r Result) {
	o := Options{Pause: time.Second, Yield: func() { time.Sleep(time.Nanosecond) }}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		clientEnd, serverEnd := curlewtest.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			if server {
				p(ctx, serverEnd, true)
			} else {
				p(ctx, clientEnd, false)
			}
		}()
		if server {
			r = c.Connect(ctx, clientEnd, &url.URL{Scheme: "ws", Host: "localhost", Path: "/"}, o)
		} else {
			r = c.Serve(ctx, serverEnd, o)
		}
		cancel()
		<-done
	})
	return r
}

// TestContext checks that a case fails when its context ends, although the peer
// then seems to end the stream, as the case expects.
func TestContext(t *testing.T) {
	list, err := Select(Cases(), "3.1", "12.1.1")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		synctest.Test(t, func(t *testing.T) {
			client, server := curlewtest.Pipe()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			go enginePeer(faults{mute: true})(ctx, server, true)
			r := c.Connect(ctx, client, &url.URL{Scheme: "ws", Host: "localhost", Path: "/"}, Options{})
			if r.Outcome != Fail || !strings.HasSuffix(r.Reason, context.DeadlineExceeded.Error()) || r.Time != time.Second {
				t.Errorf("after %v: %v, expected a failure by the context", r.Time, r)
			}
		})
	}
}
