package curlew

import (
	"net"
	"runtime"
	"sync"
	"testing"
)

// A sink takes everything and notes the longest write.
type sink struct {
	net.Conn
	longest int
}

func (s *sink) Write(p []byte) (int, error) {
	s.longest = max(s.longest, len(p))
	runtime.Gosched()
	return len(p), nil
}

// No write is longer than the buffer: one that grew would be in the pool under
// a size that it does not have.
func TestBufferDoesNotGrow(t *testing.T) {
	for _, server := range []bool{false, true} {
		a, b := net.Pipe()
		s := &sink{Conn: a}
		c := NewConn(s, server, &AcceptOptions{WriteBuffer: 512})
		var senders sync.WaitGroup
		for i := range 8 {
			senders.Go(func() {
				for n := range 2000 {
					if err := c.Send(Binary, make([]byte, (n*i)%550)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		senders.Go(func() {
			for range 2000 {
				c.out.reply(Pong, make([]byte, 125))
				runtime.Gosched()
			}
		})
		senders.Go(func() {
			if err := c.Send(Binary, make([]byte, largeBuffer)); err != nil {
				t.Error(err)
			}
		})
		senders.Wait()
		c.out.mu.Lock()
		for c.out.flushing { // what was queued last
			c.out.sleep()
		}
		c.out.mu.Unlock()
		c.Close()
		b.Close()
		if s.longest > 512 {
			t.Errorf("server %v: a write of %d bytes", server, s.longest)
		}
	}
}
