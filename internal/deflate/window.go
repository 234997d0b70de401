package deflate

// slack is how many bytes behind its end a window has, so that 8 bytes can be
// loaded from any place.
const slack = 8

// minWindow is the size a window begins with.
const minWindow = 1024

// A window is the last bytes of the stream, in one piece:
//
//	b: | history | held back | room ... limit | slack |
//	             ^ at        ^ len(b)
type window struct {
	b     []byte
	at    int    // what lies before is compressed
	base  uint16 // place of b[0] in the stream, modulo 1<<16
	reach int    // the agreed window: no match is farther
	keep  int    // history that stays when the window moves
	piece int    // of a message so much is compressed at once
	limit int    // of len(b)
}

// newWindow returns a window for an agreed one, of 16 KiB at most.
func newWindow(bits int) *window {
	reach := 1 << bits
	limit := min(reach+4<<10, 16<<10)
	return &window{reach: reach, keep: limit - 4<<10, piece: 4 << 10, limit: limit}
}

// clear forgets all.
func (w *window) clear() { w.b, w.at, w.base = w.b[:0], 0, 0 }

// take makes w what another window is, but for what it cannot keep of the
// history.
func (w *window) take(from *window) {
	drop := max(0, from.at-w.keep)
	w.b = w.b[:0]
	w.add(from.b[drop:])
	w.at, w.base = from.at-drop, 0
}

// holds reports whether p can be held back until more comes, and then does so.
func (w *window) holds(p []byte) bool {
	if len(w.b)-w.at+len(p) >= w.piece {
		return false
	}
	w.room(len(p))
	w.add(p)
	return true
}

// room makes room for n bytes, if there can be, and returns how many there is
// room for.
func (w *window) room(n int) int {
	if n > w.limit-len(w.b) {
		w.move()
	}
	return w.limit - len(w.b)
}

// move drops the oldest history.
func (w *window) move() {
	drop := max(0, w.at-w.keep)
	w.b = w.b[:copy(w.b, w.b[drop:])]
	w.at -= drop
	w.base += uint16(drop)
}

// add adds p, for which there must be room.
func (w *window) add(p []byte) {
	w.grow(len(p))
	w.b = append(w.b, p...)
}

// grow makes b large enough for n bytes more, and the slack.
func (w *window) grow(n int) {
	need := len(w.b) + n + slack
	if need <= cap(w.b) {
		return
	}
	grown := make([]byte, len(w.b), max(need, min(max(2*cap(w.b), minWindow), w.limit+slack)))
	copy(grown, w.b)
	w.b = grown
}

// fill adds as much of p as there is room for, and returns the rest. The block
// that s has begun is put out before its bytes are dropped, if it may have to be
// stored.
func (w *window) fill(p []byte, s *scratch, b *bitWriter) []byte {
	if len(p) > w.limit-len(w.b) {
		if s.from < w.at-w.keep && !s.short(w.at-s.from) {
			s.block(w, b)
		}
		before := w.base
		w.move()
		s.from -= int(w.base - before)
	}
	n := min(len(p), w.limit-len(w.b))
	w.add(p[:n])
	return p[n:]
}

// place returns the place of b[i].
func (w *window) place(i int) uint16 { return w.base + uint16(i) }
