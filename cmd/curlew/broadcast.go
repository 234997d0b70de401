package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/curlew-ws/curlew"
)

// How much may wait for a client of --broadcast, and how long one that has no
// room for more may hold up the others.
const (
	maxWaiting      = 1024
	maxWaitingBytes = 16 << 20
	maxHoldUp       = time.Second
)

// A crowd is the clients of --broadcast.
type crowd struct {
	turn sync.Mutex // of the sender, so that all get messages in the same order

	mu      sync.Mutex
	clients map[*subscriber]bool
}

func (c *crowd) add(s *subscriber) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clients[s] = true
}

func (c *crowd) remove(s *subscriber) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.clients, s)
	s.end()
}

func (c *crowd) others(than *subscriber) []*subscriber {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Collect(maps.Keys(c.clients)), func(s *subscriber) bool { return s == than })
}

// publish queues m for all but its sender. It waits for those who have no room,
// and lets go those who then still have none.
func (c *crowd) publish(from *subscriber, m curlew.Message) {
	c.turn.Lock()
	defer c.turn.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), maxHoldUp)
	defer cancel()
	for _, s := range c.others(from) {
		if !s.putWithin(ctx, m) {
			close(s.slow)
			c.remove(s)
		}
	}
}

// A subscriber is a client of --broadcast, with the messages that wait for it.
type subscriber struct {
	slow    chan struct{} // closed if it does not keep up
	more    chan struct{} // has an element if messages may wait, or it has ended
	changed chan struct{} // has an element if messages no longer wait, or it has ended

	mu      sync.Mutex
	waiting []curlew.Message
	bytes   int
	ended   bool
}

func newSubscriber() *subscriber {
	return &subscriber{slow: make(chan struct{}), more: make(chan struct{}, 1), changed: make(chan struct{}, 1)}
}

// putWithin queues m, and waits for room until ctx ends.
func (s *subscriber) putWithin(ctx context.Context, m curlew.Message) bool {
	for !s.put(m) {
		select {
		case <-s.changed:
		case <-ctx.Done():
			return s.put(m)
		}
	}
	return true
}

// put queues m, and reports whether there was room. There is for a message
// alone, and where nobody waits for it.
func (s *subscriber) put(m curlew.Message) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) > 0 && (len(s.waiting) == maxWaiting || s.bytes+len(m.Data) > maxWaitingBytes) {
		return false
	}
	if !s.ended {
		s.waiting = append(s.waiting, m)
		s.bytes += len(m.Data)
		wake(s.more)
	}
	return true
}

// next takes the next message, and waits for it; false is the end.
func (s *subscriber) next() (m curlew.Message, ok bool) {
	for {
		s.mu.Lock()
		if len(s.waiting) > 0 {
			m, s.waiting[0] = s.waiting[0], m
			s.waiting = s.waiting[1:]
			s.bytes -= len(m.Data)
			wake(s.changed)
			s.mu.Unlock()
			return m, true
		}
		ended := s.ended
		s.mu.Unlock()
		if ended {
			return m, false
		}
		<-s.more
	}
}

// end gives up what waits.
func (s *subscriber) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended, s.waiting, s.bytes = true, nil, 0
	wake(s.more)
	wake(s.changed)
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// relay sends a client's messages to the others, and theirs to it. One that
// does not keep up is let go.
func (s *server) relay(ctx context.Context, conn *curlew.Conn, me *subscriber) error {
	go func() {
		for m, ok := me.next(); ok && conn.WriteMessage(ctx, m.Flags, m.Data) == nil; {
			m, ok = me.next()
		}
	}()
	go func() {
		select {
		case <-me.slow:
			s.letGo(conn)
		case <-ctx.Done():
		}
	}()
	for {
		f, data, err := conn.ReadMessage(ctx, nil)
		if ctx.Err() != nil {
			away, cancel := context.WithTimeout(context.Background(), closeTime)
			defer cancel()
			return conn.Shutdown(away, curlew.CloseGoingAway, goodbye)
		}
		if err != nil {
			return err
		}
		s.crowd.publish(me, curlew.Message{Flags: f &^ curlew.Compressed, Data: data})
	}
}

// letGo closes a client that does not keep up, which has a little time to read so.
func (s *server) letGo(conn *curlew.Conn) {
	reason := fmt.Sprintf("too slow: %d messages or %d MiB wait", maxWaiting, maxWaitingBytes>>20)
	s.c.note("%s: let go with code %d, %s", conn.RemoteAddr(), curlew.CloseTryAgain, reason)
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	conn.Shutdown(ctx, curlew.CloseTryAgain, reason)
	conn.Close()
}
