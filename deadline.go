package curlew

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A deadline is the time limit of one direction of a stream: the earliest of
// the user's, the library's own, and a context's end. None erases another. Its
// lock is held while the stream's own deadline is set, never during I/O.
type deadline struct {
	mu     sync.Mutex
	stream net.Conn
	limits atomic.Pointer[limits] // nil until one is set, as they seldom are
	watch  uint32                 // counts arm and disarm, so that a late fire does nothing
	fired  bool                   // the watched context ended
	writes bool                   // it is the stream's write deadline, not the read deadline
}

type limits struct {
	user time.Time
	own  time.Time // changed by the goroutine that receives only
	last time.Time // when silence is the end, since a write failed

	until  time.Time   // not before that
	failed atomic.Bool // a write has; until is set
}

// open returns the limits to be changed. mu is held.
func (d *deadline) open() *limits {
	l := d.limits.Load()
	if l == nil {
		l = new(limits)
		d.limits.Store(l)
	}
	return l
}

// past is a deadline that has passed whatever the clock says.
var past = time.Unix(1, 0)

// apply sets the stream's deadline. mu is held.
func (d *deadline) apply() error {
	t := past
	if !d.fired {
		t = d.limits.Load().earliest()
	}
	if d.writes {
		return d.stream.SetWriteDeadline(t)
	}
	return d.stream.SetReadDeadline(t)
}

// earliest returns the first of the limits, zero if there is none.
func (l *limits) earliest() (t time.Time) {
	if l == nil {
		return t
	}
	for _, limit := range [...]*time.Time{&l.user, &l.own, &l.last} {
		if t.IsZero() || !limit.IsZero() && limit.Before(t) {
			t = *limit
		}
	}
	return t
}

func (d *deadline) setUser(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open().user = t
	return d.apply()
}

func (d *deadline) setOwn(t time.Time) {
	if t.Equal(d.ownTime()) {
		return
	}
	d.mu.Lock()
	d.open().own = t
	d.apply()     // what it cannot set, the next read reports
	d.mu.Unlock() // not deferred, which takes more stack of those who wait
}

// ownTime is for the goroutine that receives.
func (d *deadline) ownTime() time.Time {
	if l := d.limits.Load(); l != nil {
		return l.own
	}
	return time.Time{}
}

// hurry limits the wait for what the peer sent before a write failed, that of a
// read in progress as well.
func (d *deadline) hurry() {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.open()
	l.until = time.Now().Add(lastSecond)
	l.last = l.until
	l.failed.Store(true)
	d.apply()
}

// hurried reports whether a write failed, and until when silence is no end.
func (d *deadline) hurried() (until time.Time, ok bool) {
	l := d.limits.Load()
	if l == nil || !l.failed.Load() {
		return time.Time{}, false
	}
	return l.until, true
}

// renew gives the read that follows a moment, if a write failed: time that the
// program spent elsewhere does not count.
func (d *deadline) renew() {
	until, ok := d.hurried()
	if !ok {
		return
	}
	now := time.Now()
	soon := now.Add(grace)
	if until.After(soon) {
		soon = until
	}
	if user := d.userTime(); user.After(now) && user.Before(soon) && !now.Before(until) {
		soon = user
	}
	d.setLast(soon)
}

func (d *deadline) setLast(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open().last = t
	d.apply()
}

// silent reports whether a write failed, and the read that renew was for has
// had its moment.
func (d *deadline) silent() bool {
	if _, ok := d.hurried(); !ok {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return !time.Now().Add(time.Millisecond).Before(d.limits.Load().last)
}

func (d *deadline) userTime() (t time.Time) {
	if l := d.limits.Load(); l != nil {
		d.mu.Lock()
		t = l.user
		d.mu.Unlock() // not deferred, which takes more stack of those who wait
	}
	return t
}

// soon returns the end of the grace that begins now, or the user's deadline if
// that comes before.
func (d *deadline) soon(now time.Time) time.Time {
	soon := now.Add(grace)
	if user := d.userTime(); user.After(now) && user.Before(soon) {
		return user
	}
	return soon
}

// passed reports whether the user's deadline has passed.
func (d *deadline) passed() bool {
	t := d.userTime()
	return !t.IsZero() && !time.Now().Before(t)
}

// ownPassed reports whether the library's own has, for which a stream may wake
// a trifle early.
func (d *deadline) ownPassed() bool {
	own := d.ownTime()
	return !own.IsZero() && !time.Now().Add(time.Millisecond).Before(own)
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
