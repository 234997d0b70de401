package curlew

import (
	"errors"
	"time"

	"github.com/curlew-ws/curlew/internal/socket"
)

// TryRecv is Recv that never waits: if nothing is there to hand on it returns
// [ErrAgain], also where Recv would wait for our answer to a CLOSE to be sent.
// libcurl's curl_ws_recv, which returns CURLE_AGAIN. Recv and TryRecv may take
// turns. [Multi] tells when to try again.
//
// A peer that sends nothing but what is answered automatically cannot hold it:
// after some hundred such frames TryRecv returns ErrAgain although more is there,
// and a [Multi] returns the Conn again, after the others.
//
// The heartbeat goes on where TryRecv finds nothing, so that it needs a call
// now and then, also while the peer is silent. A passed read deadline is
// os.ErrDeadlineExceeded, as it is for Recv.
//
// It can be had on a system that is a Unix, on a TCP or unix socket and over
// TLS: that of [Client.Dial], and that of a server behind [TryListener]; elsewhere
// it is ErrUsage. A TLS peer that asks for new keys, or breaks TLS, is answered at
// once, for which TryRecv waits as Send does.
func (c *Conn) TryRecv(p []byte) (Meta, error) {
	if c.tryRead == nil && c.layers.below == nil {
		return Meta{}, errNoTry
	}
	if err := c.performing(); err != nil {
		return Meta{}, err // what follows is the receiving goroutine's
	}
	m, err := c.tryRecv(p)
	if err != ErrAgain && err != errSpent {
		return m, err
	}
	if t := c.out.member.Load(); t != nil {
		t.tried(err == errSpent)
	}
	return Meta{}, ErrAgain
}

// maxSteps is how many frames that are not handed on, and pieces of a compressed
// message that inflate to nothing, one try takes.
const maxSteps = 512

// errSpent is what a try returns that has taken maxSteps: there may be more.
var errSpent = errors.New("curlew: a try has taken its steps")

// spend counts a step of a try, and reports whether it has taken them all.
func (r *receiver) spend() bool {
	r.steps--
	return r.steps == 0
}

// tryRecv takes the short way, or else receives without waiting.
func (c *Conn) tryRecv(p []byte) (m Meta, err error) {
	if m, ok := c.shortRecv(p); ok {
		return m, nil
	}
	if err := c.beginChunk(true); err != nil {
		return Meta{}, err
	}
	c.limit.setOwn(time.Time{}) // the last wait's
	c.trying, c.steps = true, maxSteps
	return c.recvChunk(p)
}

var errNoTry = usage("TryRecv and Multi need a Unix, and a TCP or unix socket, or TLS, its handshake done, over one that curlew dialed or TryListener accepted; receive with Recv in a goroutine")

// tryLayered is receive that does not wait.
func (r *receiver) tryLayered(direct []byte) (n int, err error) {
	r.layers.below.Try = true
	n, err = r.receive(direct)
	r.layers.below.Try = false // others may read it later: see drain
	if n == 0 && err == socket.ErrAgain {
		r.filled, err = false, ErrAgain
		r.in.idle()
	}
	return n, err
}

// again is what a try returns that found nothing.
func (r *receiver) again() error {
	if until, ok := r.limit.hurried(); ok && !time.Now().Before(until) {
		r.err = lost(r.out.failure())
		return r.err
	}
	if r.beat.overdue() {
		if err := r.missed(); err != nil {
			return err
		}
	}
	return ErrAgain
}
