package protocol

import "github.com/curlew-ws/curlew/internal/wire"

// MaxPongs is how many PONGs wait at most; behind that the newest takes the
// place of the last, as RFC 6455 section 5.5.3 allows.
const MaxPongs = 64

// Replies are the control frames that receiving obliges us to send, bounded in
// memory whatever the peer does. They go out between frames: PONGs in the
// order of their PINGs, then a PING of our own, then a CLOSE, after which
// nothing is taken any more.
//
//	pongs: | len | payload | len | payload | ... | len | payload |
//	       0                                      last
type Replies struct {
	pongs   []byte
	count   int
	last    int
	ping    []byte
	close   []byte
	pinging bool // ping waits
	closing bool // close waits
	shut    bool // a CLOSE was taken, now or before
}

// Pending reports whether a frame waits.
func (r *Replies) Pending() bool { return r.count > 0 || r.pinging || r.closing }

// Pong queues the answer to a PING with payload p.
func (r *Replies) Pong(p []byte) {
	if r.shut {
		return
	}
	if r.count == MaxPongs {
		r.pongs = r.pongs[:r.last]
		r.count--
	}
	r.last = len(r.pongs)
	r.pongs = append(append(r.pongs, byte(len(p))), p...)
	r.count++
}

// Ping queues a PING of our own in place of one that still waits.
func (r *Replies) Ping(p []byte) {
	if !r.shut {
		r.ping, r.pinging = append(r.ping[:0], p...), true
	}
}

// Close queues a CLOSE with payload p, the first one only.
func (r *Replies) Close(p []byte) {
	if !r.shut {
		r.close, r.closing, r.shut = append([]byte(nil), p...), true, true
	}
}

// Drop forgets everything and takes nothing more.
func (r *Replies) Drop() { *r = Replies{shut: true} }

// Append appends the waiting frames to dst, as many as fit its capacity, and
// forgets them. No frame of e may be open.
func (r *Replies) Append(dst []byte, e *Encoder, k *Keys) []byte {
	if e.Closed() {
		r.Drop()
		return dst
	}
	dst = r.appendPongs(dst, e, k)
	if r.pinging && r.count == 0 && fits(dst, r.ping) {
		dst = e.Frame(dst, Ping, r.ping, k.Next())
		r.pinging = false
	}
	if r.closing && r.count == 0 && !r.pinging && fits(dst, r.close) {
		dst = e.Frame(dst, Close, r.close, k.Next())
		r.Drop()
	}
	return dst
}

func (r *Replies) appendPongs(dst []byte, e *Encoder, k *Keys) []byte {
	at := 0
	for r.count > 0 {
		p := r.pongs[at+1 : at+1+int(r.pongs[at])]
		if !fits(dst, p) {
			break
		}
		dst = e.Frame(dst, Pong, p, k.Next())
		at += 1 + len(p)
		r.count--
	}
	r.last -= at
	r.pongs = r.pongs[:copy(r.pongs, r.pongs[at:])]
	if r.count == 0 && cap(r.pongs) > 2*(1+wire.MaxControl) {
		r.pongs = nil // a flood is over
	}
	return dst
}

func fits(dst, p []byte) bool { return cap(dst)-len(dst) >= 6+len(p) }
