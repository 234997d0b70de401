//go:build !one || curlew

package main

import (
	"errors"
	"fmt"
	"sync"

	"github.com/curlew-ws/curlew"
)

func init() { dials["curlew-multi"] = dialMulti }

// A multi is a connection in a curlew.Multi, on which one goroutine waits.
type multi struct {
	*curlewSession
	meter *meter
	done  chan error
}

// crowd is the Multi of this process.
var crowd struct {
	once sync.Once
	*curlew.Multi
	err     error
	mu      sync.Mutex
	members map[*curlew.Conn]*multi
}

func dialMulti(c *cell) (session, error) {
	crowd.once.Do(func() {
		crowd.members = map[*curlew.Conn]*multi{}
		if crowd.Multi, crowd.err = curlew.NewMulti(); crowd.err == nil {
			go receiveCrowd(c.buffer())
		}
	})
	if errors.Is(crowd.err, errors.ErrUnsupported) {
		return nil, fmt.Errorf("%w: %w", errAbsent, crowd.err)
	}
	if crowd.err != nil {
		return nil, crowd.err
	}
	s, err := dialCurlew(c)
	return &multi{curlewSession: s}, err
}

// join adds the session to the Multi. failed gets the error that ends it, or nil
// if the meter ends the work.
func (s *multi) join(m *meter, failed chan error) error {
	s.meter, s.done = m, failed
	crowd.mu.Lock()
	crowd.members[s.Conn] = s
	crowd.mu.Unlock()
	return crowd.Add(s.Conn)
}

func (s *multi) receive(m *meter) error {
	done := make(chan error, 1)
	if err := s.join(m, done); err != nil {
		return err
	}
	return <-done
}

// read is for the greeting, before join.
func (s *multi) read() error { return next{s.curlewSession}.read() }

// receiveCrowd receives for all connections.
func receiveCrowd(p []byte) {
	for {
		c, err := crowd.Wait(background)
		if err != nil {
			panic(err) // it is never closed
		}
		crowd.mu.Lock()
		s := crowd.members[c]
		crowd.mu.Unlock()
		if over, err := s.take(p); over || err != nil {
			crowd.Remove(c)
			s.done <- err
		}
	}
}

// take receives what is available, until the meter ends the work.
func (s *multi) take(p []byte) (over bool, err error) {
	for {
		meta, err := s.TryRecv(p)
		if err == curlew.ErrAgain {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		s.saw(p[:meta.Len])
		if meta.MessageEnd() && s.meter.tick() {
			return true, nil
		}
	}
}
