package curlew

import (
	"io"
	"net"
	"time"
)

// drop ends the connection: err is what every call returns from now on, those
// in progress included. A CLOSE that is due has until then to get out. Drop waits
// for that, but not in a Multi, whose other Conns would wait as well.
func (s *sender) drop(err error, lastWords time.Duration) {
	s.mu.Lock()
	s.mark(err)
	s.dropped.Store(true)
	switch {
	case s.dead && s.leaving == lingering: // the stream's end is on its way
		s.mu.Unlock()
		return
	case s.dead:
		s.mu.Unlock()
		cutOff(s.limit.stream)
		return
	case !s.flushing && s.socket != nil: // there is nothing to wait for
		s.leaveStream()
		return
	}
	s.changed()
	crowded := s.crowded
	s.mu.Unlock()
	if crowded && lastWords > 0 {
		go s.depart(lastSecond)
	} else {
		s.depart(lastWords)
	}
}

// depart closes the stream once a CLOSE that is due is written. If the peer has
// to end its side first, that is left to the flusher. It is over at limit.
func (s *sender) depart(limit time.Duration) {
	s.mu.Lock()
	over := time.AfterFunc(limit, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.dead || s.leaving != lingering {
			s.die()
		}
	})
	defer over.Stop()
	for s.flushing && (s.leaving == lingering || s.replies.Closing() || s.enc.Closed()) && !s.closeDone() {
		s.sleep()
	}
	if s.leaving == lingering && s.flushing && !s.dead { // fail has set a limit
		s.mu.Unlock()
		return
	}
	s.leaveStream() // may wait to say goodbye over TLS, until then
}

// leaveStream closes the stream. After the closing handshake it does so in the
// background, once the peer has ended its side, unless the receiver awaits that,
// whom this ends: what the peer sends behind its CLOSE must not undo ours by a
// reset. It takes mu over.
func (s *sender) leaveStream() {
	_, half := s.limit.stream.(halfCloser)
	orderly := half && !s.dead && s.leaving != awaited && s.peer != nil && s.closeDone()
	if orderly {
		s.leaving = lingering
	}
	s.deaden()
	s.mu.Unlock()
	if orderly {
		go farewell(s.limit.stream)
	} else {
		s.limit.stream.Close()
	}
}

// farewell closes a stream when the peer has ended its side, or lastSecond has passed.
func farewell(stream net.Conn) {
	late := time.AfterFunc(lastSecond, func() { cutOff(stream) })
	defer late.Stop()
	drain(stream)
	cutOff(stream)
}

// drain ends our side of the stream and reads until the peer ends its own, so
// that our last frame is not lost to a reset.
func drain(stream net.Conn) {
	shut(stream)
	stream.SetReadDeadline(time.Now().Add(lastSecond)) // in place of one that is sooner
	io.Copy(io.Discard, stream)
}

// shut ends our side of the stream, in all its layers: TLS by itself says
// goodbye, and no more.
func shut(stream net.Conn) {
	for _, layer := range []net.Conn{stream, bottom(stream)} {
		if half, ok := layer.(halfCloser); ok {
			half.CloseWrite()
		}
	}
}

// cutOff closes the connection at the bottom of stream, so that no layer above
// it waits to say goodbye.
func cutOff(stream net.Conn) { bottom(stream).Close() }

// bottom returns what is below all layers of stream.
func bottom(stream net.Conn) net.Conn {
	for {
		layer, ok := stream.(interface{ NetConn() net.Conn })
		if !ok {
			return stream
		}
		under := layer.NetConn()
		if under == nil {
			return stream
		}
		stream = under
	}
}
