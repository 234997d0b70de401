package conformance

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew/curlewtest"
)

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
