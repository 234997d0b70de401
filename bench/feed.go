package main

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"time"
)

// A feeder sends feedRate messages a second, each to the next of one client's
// connections, from when all are open until all are closed. A message begins with
// its time of sending, so that the client can compute its delay.
type feeder struct {
	conns  []net.Conn
	closed int
}

const feedRate, feedPause = 20000, time.Millisecond

var (
	feeding sync.Mutex // guards all feeders
	feeders = map[int]*feeder{}
)

// keepFed feeds a client's connection until the client closes it.
func keepFed(c net.Conn, w *workload, client int) error {
	feeding.Lock()
	f := feeders[client]
	if f == nil {
		f = new(feeder)
		feeders[client] = f
	}
	if f.conns = append(f.conns, c); len(f.conns) == max(1, w.Conns) {
		go f.run(f.conns, w.Size)
	}
	feeding.Unlock()
	_, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{c}, make([]byte, bufferOf(feed)))
	feeding.Lock()
	defer feeding.Unlock()
	if f.closed++; f.closed == len(f.conns) {
		delete(feeders, client)
	}
	return err
}

func (f *feeder) over() bool {
	feeding.Lock()
	defer feeding.Unlock()
	return f.closed == len(f.conns)
}

func (f *feeder) run(conns []net.Conn, size int) {
	frame := append(appendHeader(nil, binaryFrame, size), make([]byte, size)...)
	stamp := frame[len(frame)-size:]
	next, last := 0, time.Now()
	for now := range time.Tick(feedPause) {
		if f.over() {
			return
		}
		for range min(now.Sub(last), 10*feedPause) / (time.Second / feedRate) {
			binary.BigEndian.PutUint64(stamp, uint64(time.Now().UnixNano()))
			conns[next%len(conns)].Write(frame) // if it fails the client has closed it
			next++
		}
		last = now
	}
}

const stampLen = 8

// arrived is a witness that records the delay of a message.
func (m *meter) arrived(p []byte) {
	if m.state != measuring || len(m.laps) == cap(m.laps) || len(p) < stampLen {
		return
	}
	lap := time.Duration(time.Now().UnixNano() - int64(binary.BigEndian.Uint64(p)))
	if lap >= 0 && lap < time.Minute { // otherwise this is the rest of a message
		m.laps = append(m.laps, lap)
	}
}
