package protocol

// MaxPongs is how many PONGs wait at most; behind that the newest takes the
// place of the last, as RFC 6455 section 5.5.3 allows.
const MaxPongs = 64

// Replies are the control frames that receiving obliges us to send, bounded in
// memory whatever the peer does. They go out between frames: PONGs in the
// order of their PINGs, then a PING of our own, then a CLOSE, behind which
// nothing is taken any more.
// The zero value is an empty queue, without memory until something waits.
type Replies struct {
	*replies
	shut bool // a CLOSE was taken, now or before
}

// replies are what waits, and the memory for it.
//
//	pongs: ... | len | payload | len | payload | ... | len | payload |
//	           head                                  last
type replies struct {
	pongs   []byte
	head    int // of the first that waits
	last    int // of the last that waits
	count   int
	ping    []byte
	close   []byte
	pinging bool // ping waits
	closing bool // close waits
}

// Pending reports whether a frame waits.
func (r *Replies) Pending() bool {
	return r.replies != nil && (r.count > 0 || r.pinging || r.closing)
}

// Closing reports whether a CLOSE waits.
func (r *Replies) Closing() bool { return r.replies != nil && r.closing }

// open reports whether anything is taken still, and has memory for it.
func (r *Replies) open() bool {
	if r.replies == nil && !r.shut {
		r.replies = new(replies)
	}
	return !r.shut
}

// Pong queues the answer to a PING with payload p.
func (r *Replies) Pong(p []byte) {
	if !r.open() {
		return
	}
	if r.count == MaxPongs {
		r.pongs = r.pongs[:r.last]
		r.count--
	}
	if r.head > 0 && len(r.pongs)+1+len(p) > cap(r.pongs) {
		r.pongs = r.pongs[:copy(r.pongs, r.pongs[r.head:])]
		r.head = 0
	}
	r.last = len(r.pongs)
	r.pongs = append(append(r.pongs, byte(len(p))), p...)
	r.count++
}

// Ping queues a PING of our own in place of one that still waits.
func (r *Replies) Ping(p []byte) {
	if r.open() {
		r.ping, r.pinging = append(r.ping[:0], p...), true
	}
}

// Close queues a CLOSE with payload p, the first one only.
func (r *Replies) Close(p []byte) {
	if r.open() {
		r.close, r.closing, r.shut = append([]byte(nil), p...), true, true
	}
}

// Drop forgets everything and takes nothing more.
func (r *Replies) Drop() { *r = Replies{shut: true} }

// Next returns the frame that is to be sent next; its flags are 0 if none is.
// The payload is valid until the next call of any other method.
func (r *Replies) Next() (f Flags, p []byte) {
	switch {
	case r.replies == nil:
	case r.count > 0:
		n := int(r.pongs[r.head])
		return Pong, r.pongs[r.head+1 : r.head+1+n]
	case r.pinging:
		return Ping, r.ping
	case r.closing:
		return Close, r.close
	}
	return 0, nil
}

// Pop forgets the frame that Next returned.
func (r *Replies) Pop() {
	switch {
	case r.replies == nil:
	case r.count > 0:
		r.head += 1 + int(r.pongs[r.head])
		if r.count--; r.count == 0 {
			r.reset()
		}
	case r.pinging:
		r.pinging = false
	case r.closing:
		r.Drop()
	}
}

// keep is how many bytes an empty queue of PONGs holds on to at most: two
// PONGs, as append rounds them up.
const keep = 256

func (r *replies) reset() {
	r.pongs, r.head = r.pongs[:0], 0
	if cap(r.pongs) > keep {
		r.pongs = nil
	}
}
