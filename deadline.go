package curlew

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// A deadline is the time limit of one direction of a stream: the earliest of
// the user's, the library's own, and a context's end. None erases another. Its
// lock is held while the stream's own deadline is set, never during I/O.
type deadline struct {
	mu    sync.Mutex
	set   func(time.Time) error // the stream's SetReadDeadline or SetWriteDeadline
	user  time.Time
	own   time.Time // changed by the goroutine that receives only
	watch uint      // counts arm and disarm, so that a late fire does nothing
	fired bool      // the watched context ended
}

// past is a deadline that has passed whatever the clock says.
var past = time.Unix(1, 0)

// apply sets the stream's deadline. mu is held.
func (d *deadline) apply() error {
	t := d.user
	if t.IsZero() || !d.own.IsZero() && d.own.Before(t) {
		t = d.own
	}
	if d.fired {
		t = past
	}
	return d.set(t)
}

func (d *deadline) setUser(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.user = t
	return d.apply()
}

func (d *deadline) setOwn(t time.Time) {
	if t.Equal(d.own) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.own = t
	d.apply() // what it cannot set, the next read reports
}

func (d *deadline) userTime() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.user
}

// passed reports whether the user's deadline has passed.
func (d *deadline) passed() bool {
	t := d.userTime()
	return !t.IsZero() && !time.Now().Before(t)
}

// ownPassed reports whether the library's own has, for which a stream may wake
// a trifle early.
func (d *deadline) ownPassed() bool {
	return !d.own.IsZero() && !time.Now().Add(time.Millisecond).Before(d.own)
}

// arm makes the end of ctx interrupt the I/O that follows, until disarm. A
// context that cannot end costs nothing.
func (d *deadline) arm(ctx context.Context) (stop func() bool) {
	if ctx == nil || ctx.Done() == nil {
		return nil
	}
	d.mu.Lock()
	d.watch++
	watch := d.watch
	d.mu.Unlock()
	return context.AfterFunc(ctx, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.watch == watch {
			d.fired = true
			d.apply()
		}
	})
}

// disarm ends what arm began and restores the deadline that it replaced.
func (d *deadline) disarm(stop func() bool) {
	if stop == nil || stop() {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watch++
	if d.fired {
		d.fired = false
		d.apply()
	}
}

// ended returns the cause of ctx's end, nil if it goes on.
func ended(ctx context.Context) error {
	if ctx == nil || ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}

// isTimeout reports whether err is a deadline's, after which a stream goes on.
// The system's ETIMEDOUT says that it does not: the peer is given up.
func isTimeout(err error) bool {
	var system syscall.Errno
	if errors.As(err, &system) {
		return false
	}
	var ne net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &ne) && ne.Timeout()
}
