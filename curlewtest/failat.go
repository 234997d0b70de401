package curlewtest

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"
)

// ErrInjected is the error of the call that FailAt made fail. Test for it with
// errors.Is.
var ErrInjected = errors.New("failure injected by the test")

// hangLimit is how long one run of FailAt may take before it counts as hung,
// and failLimit how many runs there may be. A working test gets near neither.
const (
	hangLimit = time.Minute
	failLimit = 20000
)

// FailAt calls run again and again, each time in its own subtest. It makes the
// Nth Read or Write fail with ErrInjected, for N = 0, 1, 2 … It stops at the
// first run that succeeds with fewer calls. Calls are counted over all
// connections that the run passed through wrap. The failed call also cuts its
// connection: all other calls, blocked ones too, return ErrInjected, and the peer
// sees the end of the connection.
//
// A run with a failed call must return an error, and the last run must return
// nil. Every run must close every connection it wrapped and end every goroutine
// it started. It must not hang: after a minute its connections are closed and
// the stacks of all goroutines are logged. A run may use synctest.Test.
func FailAt(t *testing.T, run func(t *testing.T, wrap func(net.Conn) net.Conn) error) {
	t.Helper()
	for n := int64(0); n < failLimit; n++ {
		f := &fuse{left: n}
		passed := t.Run(fmt.Sprintf("call %d", n), func(t *testing.T) {
			NoLeaks(t)
			defer f.watch(t).Stop()
			err := run(t, f.wrap)
			f.check(t, err)
		})
		if !passed || !f.blown() {
			return
		}
	}
	t.Fatalf("still failing at call %d: does the run ever end?", failLimit)
}

// fuse counts the calls of its connections and makes one of them fail.
type fuse struct {
	mu    sync.Mutex
	left  int64 // calls that still succeed; below 0 once blown
	conns []*fuseConn
}

func (f *fuse) wrap(c net.Conn) net.Conn {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := &fuseConn{cutConn: cutConn{below: below{c}}, fuse: f}
	f.conns = append(f.conns, w)
	return w
}

// hit counts a call and reports whether it is the one that fails.
func (f *fuse) hit() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left < 0 {
		return false
	}
	f.left--
	return f.left < 0
}

func (f *fuse) blown() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.left < 0
}

// check reports what a run that returned err did wrong.
func (f *fuse) check(t *testing.T, err error) {
	t.Helper()
	if blown := f.blown(); blown && err == nil {
		t.Error("a call failed and the run did not notice")
	} else if !blown && err != nil {
		t.Errorf("no call failed, and the run returned: %v", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, c := range f.conns {
		if !c.closed.Load() {
			t.Errorf("the run did not close its connection %d", i)
		}
	}
}

// watch ends a run that hangs.
func (f *fuse) watch(t *testing.T) *time.Timer {
	return time.AfterFunc(hangLimit, func() {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		t.Errorf("the run hangs\n%s", stacks)
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, c := range f.conns {
			c.cut(net.ErrClosed)
		}
	})
}

type fuseConn struct {
	cutConn
	fuse *fuse
}

func (c *fuseConn) count() {
	if c.fuse.hit() {
		c.cut(ErrInjected)
	}
}

func (c *fuseConn) Read(p []byte) (int, error) {
	c.count()
	return c.cutConn.Read(p)
}

func (c *fuseConn) Write(p []byte) (int, error) {
	c.count()
	return c.cutConn.Write(p)
}
