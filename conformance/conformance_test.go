package conformance_test

import (
	"net/url"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew/conformance"
	"github.com/curlew-ws/curlew/curlewtest"
)

// fullSize plays the large cases whole.
var fullSize = os.Getenv("CURLEW_FULL_SIZE") == "1"

// roles are those of the peer.
var roles = map[string]bool{"client": false, "server": true}

// TestPipe plays every case against every peer in both roles, in memory and in
// virtual time.
func TestPipe(t *testing.T) {
	for _, p := range peers {
		for role, server := range roles {
			t.Run(p.name+"/"+role, func(t *testing.T) {
				t.Parallel()
				for _, c := range conformance.Cases() {
					t.Run(c.Name(), func(t *testing.T) { check(t, playPipe(t, c, p.peer, server)) })
				}
			})
		}
	}
}

func check(t *testing.T, r conformance.Result) {
	t.Helper()
	if r.Outcome != conformance.Pass {
		t.Errorf("%s: %s: %s", r.Case.Title, r.Outcome, r.Reason)
	}
}

// playPipe plays c against a peer of role server in a bubble of its own.
func playPipe(t *testing.T, c *conformance.Case, p peer, server bool) (r conformance.Result) {
	o := conformance.Options{FullSize: fullSize, Pause: time.Second, Yield: func() { time.Sleep(1) }}
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
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
		<-done
	})
	return r
}
