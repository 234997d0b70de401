package main

import (
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// A feeder sends feedRate messages a second, each to the next of its
// connections, once all that are expected are there. A message begins with the
// time of its sending, so that the client knows how long it was under way.
type feeder struct {
	mu    sync.Mutex
	conns []net.Conn
	full  bool // all were there, and some still are
	next  int
	once  sync.Once
}

const feedRate, feedPause = 50000, time.Millisecond

var theFeeder feeder

// feed keeps a connection until the client closes it.
func (f *feeder) feed(c net.Conn, w *workload) error {
	f.mu.Lock()
	f.conns = append(f.conns, c)
	f.full = f.full || len(f.conns) >= w.Conns
	f.mu.Unlock()
	f.once.Do(func() { go f.run(w.Size) })
	_, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{c}, make([]byte, bufferOf(feed)))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.conns = slices.DeleteFunc(f.conns, func(other net.Conn) bool { return other == c })
	f.full = f.full && len(f.conns) > 0
	return err
}

func (f *feeder) run(size int) {
	frame := append(appendHeader(nil, binaryFrame, size), make([]byte, size)...)
	stamp := frame[len(frame)-size:]
	last := time.Now()
	for now := range time.Tick(feedPause) {
		for range min(now.Sub(last), 10*feedPause) / (time.Second / feedRate) {
			if c := f.take(); c != nil {
				binary.BigEndian.PutUint64(stamp, uint64(time.Now().UnixNano()))
				c.Write(frame) // if it fails the client has gone
			}
		}
		last = now
	}
}

// take returns whose turn it is, nil while not all are there.
func (f *feeder) take() net.Conn {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.full {
		return nil
	}
	f.next++
	return f.conns[f.next%len(f.conns)]
}

const stampLen = 8

// arrived is a witness that notes how long a message was under way.
func (m *meter) arrived(p []byte) {
	if m.state != measuring || len(m.laps) == cap(m.laps) || len(p) < stampLen {
		return
	}
	lap := time.Duration(time.Now().UnixNano() - int64(binary.BigEndian.Uint64(p)))
	if lap >= 0 && lap < time.Minute { // else this is the rest of a message
		m.laps = append(m.laps, lap)
	}
}
