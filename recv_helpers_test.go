package curlew_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	be "encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// The first bytes of frames; a name that ends in Go has fragments behind it.
const (
	wContGo, wTextGo, wBinaryGo      = 0x00, 0x01, 0x02
	wCont, wText, wBinary            = 0x80, 0x81, 0x82
	wClose, wPing, wPong        byte = 0x88, 0x89, 0x8A
)

// A rawFrame is one frame as it stands on the wire, without its mask.
type rawFrame struct {
	first   byte
	payload string
}

func (f rawFrame) String() string {
	if len(f.payload) > 40 {
		return fmt.Sprintf("%02x[%d]", f.first, len(f.payload))
	}
	return fmt.Sprintf("%02x%q", f.first, f.payload)
}

// wireBytes writes frames, masked as a client's are, or not. It shares no code
// with the library.
func wireBytes(masked bool, frames ...rawFrame) (b []byte) {
	for i, f := range frames {
		b = appendWireHeader(b, masked, f.first, uint64(len(f.payload)), byte(i))
		start := len(b)
		b = append(b, f.payload...)
		if !masked {
			continue
		}
		key := b[start-4 : start]
		for j := range len(f.payload) {
			b[start+j] ^= key[j%4]
		}
	}
	return b
}

func appendWireHeader(b []byte, masked bool, first byte, length uint64, key byte) []byte {
	var bit byte
	if masked {
		bit = 0x80
	}
	switch {
	case length < 126:
		b = append(b, first, bit|byte(length))
	case length < 1<<16:
		b = be.BigEndian.AppendUint16(append(b, first, bit|126), uint16(length))
	default:
		b = be.BigEndian.AppendUint64(append(b, first, bit|127), length)
	}
	if masked {
		b = append(b, 0x37, key, 0x00, 0xF1)
	}
	return b
}

// answersTo returns what a Conn answers to frames of its peer.
func answersTo(frames []rawFrame) (answers []rawFrame) {
	for _, f := range frames {
		switch f.first {
		case wPing:
			answers = append(answers, rawFrame{wPong, f.payload})
		case wClose:
			answers = append(answers, rawFrame{wClose, f.payload[:min(2, len(f.payload))]})
		}
	}
	return answers
}

// readRawFrame reads one frame, which must be masked or not and have its
// length in the shortest form.
func readRawFrame(r *bufio.Reader, masked bool) (f rawFrame, err error) {
	if f.first, err = r.ReadByte(); err != nil {
		return f, err
	}
	second, err := r.ReadByte()
	if err != nil {
		return f, io.ErrUnexpectedEOF
	}
	length := uint64(second & 0x7F)
	least := uint64(0)
	if length > 125 {
		size := 2
		if least = 126; length == 127 {
			size, least = 8, 1<<16
		}
		var wide [8]byte
		if _, err := io.ReadFull(r, wide[8-size:]); err != nil {
			return f, io.ErrUnexpectedEOF
		}
		length = be.BigEndian.Uint64(wide[:])
	}
	if length < least || second>>7 == 1 != masked || length > 1<<30 {
		return f, fmt.Errorf("header %02x %02x with length %d", f.first, second, length)
	}
	var key [4]byte
	if masked {
		if _, err := io.ReadFull(r, key[:]); err != nil {
			return f, io.ErrUnexpectedEOF
		}
	}
	p := make([]byte, length)
	if _, err := io.ReadFull(r, p); err != nil {
		return f, io.ErrUnexpectedEOF
	}
	for i := range p {
		p[i] ^= key[i%4]
	}
	f.payload = string(p)
	return f, nil
}

// readWire reads frames up to the end of the stream.
func readWire(r io.Reader, masked bool) (frames []rawFrame, err error) {
	br := bufio.NewReader(r)
	for {
		f, err := readRawFrame(br, masked)
		if err == io.EOF {
			return frames, nil
		}
		if err != nil {
			return frames, err
		}
		frames = append(frames, f)
	}
}

// A wirePeer is the other end of a Conn: bytes by hand.
type wirePeer struct {
	net.Conn
	t      testing.TB
	masked bool // what comes from the Conn is
	r      *bufio.Reader
	kept   []byte // read before r was
	cut    bool   // the stream may end within a frame
}

// send sends frames in one write.
func (p *wirePeer) send(frames ...rawFrame) {
	p.t.Helper()
	p.sendBytes(wireBytes(!p.masked, frames...))
}

func (p *wirePeer) sendBytes(b []byte) {
	p.t.Helper()
	if _, err := p.Write(b); err != nil {
		p.t.Errorf("peer: %v", err)
	}
}

// closeWrite ends what the peer sends.
func (p *wirePeer) closeWrite() {
	p.t.Helper()
	if err := p.Conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		p.t.Errorf("peer: %v", err)
	}
}

// frame reads one frame.
func (p *wirePeer) frame() rawFrame {
	p.t.Helper()
	f, err := readRawFrame(p.r, p.masked)
	if err != nil {
		p.t.Errorf("peer: %v", err)
	}
	return f
}

// expect reads frames, which must be these.
func (p *wirePeer) expect(want ...rawFrame) {
	p.t.Helper()
	for _, w := range want {
		if got := p.frame(); got != w {
			p.t.Fatalf("the peer got %v, want %v", got, w)
		}
	}
}

// keep reads up to n bytes that are there, to be looked at later.
func (p *wirePeer) keep(n int) {
	p.t.Helper()
	b := make([]byte, n)
	n, err := p.Read(b)
	if err != nil {
		p.t.Errorf("peer: %v", err)
	}
	p.kept = append(p.kept, b[:n]...)
	p.r.Reset(io.MultiReader(bytes.NewReader(p.kept), p.Conn))
}

// expectEnd reads the end of the stream.
func (p *wirePeer) expectEnd() {
	p.t.Helper()
	if rest, err := io.ReadAll(p.r); len(rest) > 0 || err != nil {
		p.t.Errorf("the peer got %x, %v; want the end of the stream", rest, err)
	}
}

// drain reads on until the stream ends, and returns the frames.
func (p *wirePeer) drain() <-chan []rawFrame {
	done := make(chan []rawFrame, 1)
	go func() {
		frames, err := readWire(p.r, p.masked)
		if err != nil && !errors.Is(err, net.ErrClosed) && !(p.cut && err == io.ErrUnexpectedEOF) {
			p.t.Errorf("peer: %v behind %d frames", err, len(frames))
		}
		done <- frames
	}()
	return done
}

// newPair makes a Conn of ours, which is of role server, and its peer. Both
// are closed when the test ends.
func newPair(t testing.TB, ours, theirs net.Conn, server bool, o *curlew.AcceptOptions) (*curlew.Conn, *wirePeer) {
	c := curlew.NewConn(ours, server, o)
	t.Cleanup(func() {
		c.Close()
		theirs.Close()
	})
	return c, &wirePeer{Conn: theirs, t: t, masked: !server, r: bufio.NewReader(theirs)}
}

// pipePair is newPair of a client over an in-memory connection.
func pipePair(t testing.TB, o *curlew.AcceptOptions) (*curlew.Conn, *wirePeer) {
	ours, theirs := curlewtest.Pipe()
	return newPair(t, ours, theirs, false, o)
}

// streamKinds make connected streams of each kind that the library treats by itself.
var streamKinds = []struct {
	name string
	make func(testing.TB) (ours, theirs net.Conn)
}{
	{"pipe", func(testing.TB) (net.Conn, net.Conn) { return curlewtest.Pipe() }},
	{"tcp", tcpPair},
	{"tls", tlsPair},
}

func tcpPair(t testing.TB) (ours, theirs net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ours, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if theirs, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

func tlsPair(t testing.TB) (ours, theirs net.Conn) {
	return tlsOver(t, tcpPair)
}

// tlsOver makes TLS over streams, where ours is the client.
func tlsOver(t testing.TB, streams func(testing.TB) (ours, theirs net.Conn)) (ours, theirs net.Conn) {
	a, b := streams(t)
	client := tls.Client(a, &tls.Config{InsecureSkipVerify: true, DynamicRecordSizingDisabled: true})
	server := tls.Server(b, &tls.Config{Certificates: []tls.Certificate{testCertificate()}, SessionTicketsDisabled: true, DynamicRecordSizingDisabled: true})
	done := make(chan error, 1)
	go func() { done <- server.Handshake() }()
	if err := errors.Join(client.Handshake(), <-done); err != nil {
		t.Fatal(err)
	}
	return client, server
}

var testCertificate = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)},
		&x509.Certificate{SerialNumber: big.NewInt(1)}, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
})

// A piece is a chunk as a test writes it down.
type piece struct {
	flags     curlew.Flags
	offset    int64
	data      string
	bytesLeft int64
}

func pieceOf(p []byte, m curlew.Meta) piece {
	return piece{m.Flags, m.Offset, string(p[:m.Len]), m.BytesLeft}
}

// piecesOf returns what frames are to arrive as where buffers hold size bytes
// and all frames arrive at once; size 0 is any. PINGs are swallowed.
func piecesOf(size int, frames ...rawFrame) (all []piece) {
	var message curlew.Flags
	for _, f := range frames {
		var flags curlew.Flags
		switch f.first & 0x0F {
		case 1, 2:
			message = curlew.Flags(f.first & 3)
			fallthrough
		case 0:
			if flags = message; f.first < 0x80 {
				flags |= curlew.Cont
			}
		case 8:
			flags = curlew.Close
		case 9:
			continue
		case 10:
			flags = curlew.Pong
		}
		rest := f.payload
		for {
			n := len(rest)
			if size > 0 {
				n = min(n, size)
			}
			all = append(all, piece{flags, int64(len(f.payload) - len(rest)), rest[:n], int64(len(rest) - n)})
			if rest = rest[n:]; rest == "" {
				break
			}
		}
	}
	return all
}

// joined puts the pieces of each frame together, checking that they fit.
func joined(t testing.TB, pieces []piece) (all []piece) {
	t.Helper()
	var data []byte // of the last frame
	for i, p := range pieces {
		if p.data == "" && (p.offset > 0 || p.bytesLeft > 0) {
			t.Errorf("chunk %d is empty, its frame is not", i)
		}
		if p.offset == 0 {
			data = append([]byte(nil), p.data...)
			all = append(all, p)
			continue
		}
		if len(all) == 0 {
			t.Fatalf("chunk %d begins in the middle of a frame", i)
		}
		last := &all[len(all)-1]
		if p.flags != last.flags || p.offset != int64(len(data)) || p.bytesLeft+int64(len(p.data)) != last.bytesLeft {
			t.Errorf("chunk %d %+v does not follow %+v", i, p, *last)
		}
		data = append(data, p.data...)
		if last.bytesLeft = p.bytesLeft; p.bytesLeft == 0 || i == len(pieces)-1 {
			last.data = string(data)
		}
	}
	return all
}

// receiveAll receives up to an error by Recv with buffers of the next of sizes,
// or by Next if that is nil.
func receiveAll(c *curlew.Conn, sizes curlewtest.Sizes) (all []piece, err error) {
	for {
		var p []byte
		var m curlew.Meta
		if sizes == nil {
			p, m, err = c.Next()
		} else {
			p = make([]byte, sizes())
			m, err = c.Recv(p)
		}
		if err != nil {
			return all, err
		}
		all = append(all, pieceOf(p, m))
	}
}

func samePieces(t testing.TB, got, want []piece) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("received\n%s\nwant\n%s", showPieces(got), showPieces(want))
	}
}

func showPieces(pieces []piece) string {
	var b strings.Builder
	for _, p := range pieces {
		fmt.Fprintf(&b, "flags %d offset %d len %d left %d %.20q\n", p.flags, p.offset, len(p.data), p.bytesLeft, p.data)
	}
	return b.String()
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
}

// A scripted stream gives pieces, one a Read, then io.EOF, and swallows what is
// written. Its calls never block.
type scripted struct {
	net.Conn
	pieces [][]byte
}

func (s *scripted) Read(p []byte) (int, error) {
	for len(s.pieces) > 0 && len(s.pieces[0]) == 0 {
		s.pieces = s.pieces[1:]
	}
	if len(s.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.pieces[0])
	s.pieces[0] = s.pieces[0][n:]
	return n, nil
}

func (s *scripted) Write(p []byte) (int, error)      { return len(p), nil }
func (s *scripted) Close() error                     { return nil }
func (s *scripted) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (s *scripted) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (s *scripted) SetDeadline(time.Time) error      { return nil }
func (s *scripted) SetReadDeadline(time.Time) error  { return nil }
func (s *scripted) SetWriteDeadline(time.Time) error { return nil }

// A readerOnly hides all methods but Read.
type readerOnly struct{ io.Reader }
