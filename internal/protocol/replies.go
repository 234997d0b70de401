package protocol

// MaxPongs is how many PONGs can be queued. Once they are, a new one replaces
// the last, as RFC 6455 section 5.5.3 allows.
const MaxPongs = 64

// Replies are the control frames that receiving obliges us to send. Their memory
// is bounded, whatever the peer does. They are sent between frames: PONGs in the
// order of their PINGs, then a PING of our own, then a CLOSE. After a CLOSE
// nothing more is queued.
//
// The zero value is an empty queue, which has no memory until something is queued.
type Replies struct {
	*replies
	shut bool // a CLOSE was queued, or Drop called: nothing more is queued
}

// replies are the queued frames, and the memory for them.
//
//	pongs: ... | len | payload | len | payload | ... | len | payload |
//	           head                                  last
type replies struct {
	pongs   []byte
	head    int // offset of the first queued
	last    int // offset of the last queued
	count   int // of PONGs queued
	ping    []byte
	close   []byte
	pinging bool // ping is queued
	closing bool // close is queued
}

// Pending reports whether a frame is queued.
func (r *Replies) Pending() bool {
	return r.replies != nil && (r.count > 0 || r.pinging || r.closing)
}

// Closing reports whether a CLOSE is queued.
func (r *Replies) Closing() bool { return r.replies != nil && r.closing }

// makeRoom reports whether frames may still be queued, and if so ensures that
// there is memory for them.
func (r *Replies) makeRoom() bool {
	if r.replies == nil && !r.shut {
		r.replies = new(replies)
	}
	return !r.shut
}

// Pong queues the answer to a PING with payload p.
func (r *Replies) Pong(p []byte) {
	if !r.makeRoom() {
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

// Ping queues a PING of our own. It replaces one that is still queued.
func (r *Replies) Ping(p []byte) {
	if r.makeRoom() {
		r.ping, r.pinging = append(r.ping[:0], p...), true
	}
}

// Close queues a CLOSE with payload p. Only the first one counts.
func (r *Replies) Close(p []byte) {
	if r.makeRoom() {
		r.close, r.closing, r.shut = append([]byte(nil), p...), true, true
	}
}

// Drop empties the queue. Nothing more is queued.
func (r *Replies) Drop() { *r = Replies{shut: true} }

// Next returns the frame to be sent next. Its flags are 0 if none is queued. The
// payload is valid until the next call of any other method.
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

// Pop removes the frame that Next returned.
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

// keep is how many bytes an empty queue of PONGs may keep: those of two PONGs, as
// append rounds them up.
const keep = 256

func (r *replies) reset() {
	r.pongs, r.head = r.pongs[:0], 0
	if cap(r.pongs) > keep {
		r.pongs = nil
	}
}
