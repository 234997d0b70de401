package main

import (
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"time"
)

// A proof shows that a peer really does what will be counted. It runs before the
// measurement, in a process of its own, with the code that is measured. The peer
// receives messages whose bytes are known, or the server receives them from it.
// Floors move bytes without looking at them, so for floors only the count is proved.

const proofMessages, proofLen = 5, 1 << 20 // how many, and the longest

// A witness sees what a session receives. There is none during a measurement.
type witness func(p []byte)

func (w witness) saw(p []byte) {
	if w != nil {
		w(p)
	}
}

// proofs returns the messages of a proof.
func (w *workload) proofs() [][]byte {
	switch {
	case w.Kind&(idleTakeover|idleAlone) != 0:
		return w.payloads()[:1]
	case w.compressed():
		return w.payloads()
	}
	r := rand.NewChaCha8([32]byte{byte(w.Size)})
	all := make([][]byte, proofMessages)
	for i := range all {
		all[i] = make([]byte, w.Size)
		r.Read(all[i])
	}
	return all
}

// A tally sums up messages: their number and a checksum of their bytes.
type tally struct {
	messages int
	sum      uint64
}

func (t tally) String() string {
	return fmt.Sprintf("%d messages with checksum %016x", t.messages, t.sum)
}

func tallyOf(messages [][]byte) tally {
	sum := fnv.New64a()
	for _, p := range messages {
		sum.Write(p)
	}
	return tally{len(messages), sum.Sum64()}
}

// prove makes the proof of a cell.
func (c *cell) prove() error {
	w, peer := &c.Workload, peerNamed(c.Peer)
	w.Size, w.Conns, w.Crowd = min(w.Size, proofLen), 0, 0
	if w.Kind == feed {
		w.Kind = receive
	}
	proofs, sum := w.proofs(), fnv.New64a()
	expected := tallyOf(proofs) // computed now: a peer may mask in place
	c.witness = func(p []byte) { sum.Write(p) }
	s, err := c.dial()
	if err == nil {
		err = c.proveOn(s, proofs)
	}
	if err != nil {
		return err
	}
	got := tally{len(proofs), sum.Sum64()}
	if w.Kind&(send|cork|deflate) != 0 {
		if got, err = c.askServer(); err != nil {
			return err
		}
	}
	if got != expected && !(peer.floor && got.messages == expected.messages) {
		return fmt.Errorf("got %v, expected %v", got, expected)
	}
	return nil
}

// proveOn does the work with the messages of a proof.
func (c *cell) proveOn(s session, proofs [][]byte) error {
	defer s.Close()
	switch c.Workload.Kind {
	case idle, idleTLS, connect:
		return nil
	case idleTakeover, idleAlone:
		return c.greet(s, proofs[0])
	case sink:
		return c.proveSink(s, len(proofs))
	}
	g := &gauge{max: int64(len(proofs)), onStart: func() {}, onEnd: func() {}}
	m := g.meter(proofs, 0)
	g.start()
	m.state = g.state
	return c.workOn(s, m)
}

// proveSink receives into a file and checks its contents.
func (c *cell) proveSink(s session, messages int) error {
	to, end, err := openSink(true)
	if err != nil {
		return err
	}
	defer end()
	for range messages {
		if _, err := c.copyTo(to, s); err != nil {
			return err
		}
	}
	data, err := os.ReadFile(to.Name())
	c.saw(data)
	return err
}

// askServer asks the server what it has received.
func (c *cell) askServer() (t tally, err error) {
	conn, err := net.Dial("tcp", c.Host)
	if err != nil {
		return t, err
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /tally HTTP/1.1\r\n\r\n")
	answer, err := io.ReadAll(conn)
	if err == nil {
		_, err = fmt.Sscanf(string(answer), "%d %x", &t.messages, &t.sum)
	}
	return t, err
}

// tallies has what the server has received in a proof.
var tallies = make(chan tally, 1)

// giveTally answers askServer.
func giveTally(c net.Conn) error {
	select {
	case t := <-tallies:
		_, err := fmt.Fprintf(c, "%d %x", t.messages, t.sum)
		return err
	case <-time.After(5 * time.Second):
		return errors.New("received nothing")
	}
}

// serveProof serves a connection of a proof: the server sends its messages, or
// receives as many.
func serveProof(c net.Conn, w *workload, head []byte) error {
	proofs := w.proofs()
	switch {
	case w.Kind == inflate:
		first, _ := compressed(w.Size, noTakeover(head))
		c.Write(first)
	case w.Kind&(idleTakeover|idleAlone) != 0:
		c.Write(greeting(w.Size))
	case w.Kind&(receive|sink) != 0:
		for _, p := range proofs {
			c.Write(append(appendHeader(nil, binaryFrame, len(p)), p...))
		}
	case w.Kind == echo:
		return reflect(c)
	case w.Kind&(send|cork|deflate) != 0:
		select {
		case <-tallies: // that no client has asked for
		default:
		}
		t, err := receiveTally(bufio.NewReader(c), len(proofs))
		tallies <- t
		return err
	}
	_, err := io.Copy(io.Discard, c)
	return err
}

// receiveTally receives n messages, or those before an error.
func receiveTally(from *bufio.Reader, n int) (tally, error) {
	var all [][]byte
	for window := []byte(nil); len(all) < n; {
		p, squeezed, err := receiveMessage(from)
		if err == nil && squeezed {
			p, err = io.ReadAll(flate.NewReaderDict(bytes.NewReader(append(p, "\x00\x00\xff\xff\x01\x00\x00\xff\xff"...)), window))
			window = append(window, p...)
			window = window[max(0, len(window)-32<<10):]
		}
		if err != nil {
			return tallyOf(all), err
		}
		all = append(all, p)
	}
	return tallyOf(all), nil
}

// receiveMessage receives a message, possibly in fragments.
func receiveMessage(from *bufio.Reader) (message []byte, squeezed bool, err error) {
	for {
		h, err := from.Peek(headerLen)
		if err != nil && err != io.EOF {
			return nil, false, err
		}
		n, size, key := parse(h)
		if n == 0 {
			return nil, false, io.ErrUnexpectedEOF
		}
		first := h[0]
		from.Discard(n)
		p := make([]byte, size)
		if _, err := io.ReadFull(from, p); err != nil {
			return nil, false, err
		}
		for i := range p {
			p[i] ^= key[i&3]
		}
		if first&8 != 0 { // a control frame
			continue
		}
		message, squeezed = append(message, p...), squeezed || first&0x40 != 0
		if first&0x80 != 0 {
			return message, squeezed, nil
		}
	}
}
