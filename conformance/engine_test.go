package conformance

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/curlew-ws/curlew/internal/deflate"
	"github.com/curlew-ws/curlew/internal/handshake"
	"github.com/curlew-ws/curlew/internal/protocol"
	"github.com/curlew-ws/curlew/internal/wire"
)

// An engine is an endpoint made of the protocol engine alone: bytes in, bytes out.
// It echoes message by message.
type engine struct {
	server   bool
	dec      protocol.Decoder
	enc      protocol.Encoder
	replies  protocol.Replies
	keys     protocol.Keys
	inflater *deflate.Inflater
	deflater *deflate.Deflater

	message []byte
	out     []byte
	over    bool
	faults  faults
}

// faults are what an engine can be made to do wrong.
type faults struct {
	mute     bool // nothing is sent after the opening handshake
	lateUTF8 bool // text is checked only at its end
	anyCode  bool // CLOSE is answered with its own payload, unchecked
	closeAs  int  // a failure is reported with this code
	eager    bool // a failure drops what is still to be sent
	wide     bool // messages are compressed with any window
	far      bool // references are taken beyond the agreed window
	unmasked bool // frames are masked like those of the other role
	lingers  bool // the stream is not ended after the closing handshake
	grants   bool // the server's answer to an offer has no parameters
}

// take handles the next bytes of the stream. It returns those that must be given
// again, with more.
func (e *engine) take(in []byte) []byte {
	for !e.over {
		if !e.dec.Open() {
			n, err := e.dec.Header(in)
			e.fail(err)
			if n == 0 {
				break
			}
			in = in[n:]
		}
		f := e.dec.Flags()
		n := int(min(int64(len(in)), e.dec.Left()))
		if f&protocol.Control != 0 && int64(n) < e.dec.Left() || n == 0 && e.dec.Left() > 0 {
			break
		}
		if f&protocol.Control != 0 {
			e.control(f, in[:n])
		} else {
			e.fail(e.data(f, in[:n]))
		}
		in = in[n:]
	}
	e.answer()
	return in
}

func (e *engine) control(f protocol.Flags, p []byte) {
	if f == protocol.Close && e.faults.anyCode {
		e.dec.Payload(p, p)
		e.replies.Close(p)
		e.over = true
		return
	}
	if err := e.dec.Control(p); err != nil {
		e.fail(err)
		return
	}
	switch f {
	case protocol.Ping:
		e.replies.Pong(p)
	case protocol.Close:
		code, _, _ := wire.ParseClose(p)
		e.replies.Close(wire.AppendClose(nil, code, ""))
		e.over = true
	}
	e.dec.Skip()
}

func (e *engine) data(f protocol.Flags, p []byte) error {
	m, err := e.dec.Payload(p, p)
	if err == nil {
		err = e.dec.Err()
	}
	if err != nil {
		return err
	}
	if f&protocol.Compressed == 0 {
		e.message = append(e.message, p[:m.Len]...)
	} else if err := e.inflate(p); err != nil {
		return err
	}
	if e.dec.Message() != 0 {
		return nil
	}
	if f&protocol.Text != 0 && (f&protocol.Compressed != 0 || e.faults.lateUTF8) && !utf8.Valid(e.message) {
		return e.dec.Fail(wire.CloseInvalidData, errors.New("expected UTF-8"))
	}
	e.answer()
	e.echo(f, e.message)
	e.message = e.message[:0]
	return nil
}

func (e *engine) inflate(p []byte) error {
	e.inflater.Feed(p, e.dec.Message() == 0)
	for {
		view, err := e.inflater.Next()
		e.message = append(e.message, view...)
		switch {
		case err == deflate.ErrMore || err == io.EOF:
			return nil
		case err != nil:
			return e.dec.Fail(wire.CloseInvalidData, err)
		}
	}
}

// echo sends a message.
func (e *engine) echo(f protocol.Flags, p []byte) {
	f &^= protocol.Cont
	if f&protocol.Compressed != 0 {
		p = e.deflater.Append(nil, p, true)
	}
	e.out = e.enc.Frame(e.out, f, p, e.keys.Next())
}

// fail ends the session if err is not nil.
func (e *engine) fail(err error) {
	var violation *protocol.Error
	if !errors.As(err, &violation) {
		return
	}
	code := violation.Code
	if e.faults.closeAs != 0 {
		code = e.faults.closeAs
	}
	if e.faults.eager {
		e.out = nil
	}
	e.replies.Close(wire.AppendClose(nil, code, ""))
	e.over = true
}

// answer sends the pending replies.
func (e *engine) answer() {
	for e.replies.Pending() {
		f, p := e.replies.Next()
		e.out = e.enc.Frame(e.out, f, p, e.keys.Next())
		e.replies.Pop()
	}
}

// enginePeer returns a peer that is an engine with faults.
func enginePeer(f faults) peer {
	return func(ctx context.Context, conn net.Conn, server bool) {
		defer conn.Close()
		e := &engine{server: server, faults: f}
		e.enc.Server = server != f.unmasked
		e.dec.Server, e.dec.NoUTF8 = server, f.lateUTF8
		in, err := e.open(ctx, conn)
		if f.mute {
			io.Copy(io.Discard, conn)
		}
		for err == nil && !e.over {
			in = e.take(in)
			if _, err = conn.Write(e.out); err == nil && !e.over {
				e.out = e.out[:0]
				in, err = more(conn, in)
			}
		}
		if f.lingers {
			<-ctx.Done()
		}
	}
}

// more reads once and appends the bytes to in.
func more(conn net.Conn, in []byte) ([]byte, error) {
	buf := make([]byte, 32<<10)
	n, err := conn.Read(buf)
	if n > 0 {
		err = nil
	}
	return append(in[:len(in):len(in)], buf[:n]...), err
}

// open makes the opening handshake and returns the bytes received after it.
func (e *engine) open(ctx context.Context, conn net.Conn) (early []byte, err error) {
	if e.server {
		return e.openServer(conn)
	}
	key := handshake.NewKey([16]byte{1})
	offer := handshake.Deflate{}
	head, err := handshake.AppendRequest(nil, &url.URL{Scheme: "ws", Host: "localhost", Path: target(ctx)}, "",
		http.Header{"Sec-WebSocket-Extensions": {offer.Offer()}}, key)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write(head); err != nil {
		return nil, err
	}
	var parser handshake.ResponseParser
	for in := []byte(nil); ; {
		if in, err = more(conn, in); err != nil {
			return nil, err
		}
		resp, n, err := parser.Parse(in)
		if err != nil {
			return nil, err
		}
		if resp != nil {
			if err := handshake.CheckUpgrade(resp, key); err != nil {
				return nil, err
			}
			agreed, err := offer.Check(resp.Header)
			e.compress(agreed)
			return in[n:], err
		}
	}
}

func (e *engine) openServer(conn net.Conn) (early []byte, err error) {
	var parser handshake.RequestParser
	for in := []byte(nil); ; {
		if in, err = more(conn, in); err != nil {
			return nil, err
		}
		r, n, err := parser.Parse(in)
		if err != nil {
			return nil, err
		}
		if r == nil {
			continue
		}
		key, _, err := handshake.CheckRequest(r)
		if err != nil {
			return nil, err
		}
		agreed, answer := handshake.Deflate{}.Accept(r.Header)
		if agreed != nil && e.faults.grants {
			agreed, answer = &handshake.Deflate{ServerBits: 15, ClientBits: 15}, extension
		}
		e.compress(agreed)
		head, err := handshake.AppendResponse(nil, key, "", answer, nil)
		if err == nil {
			_, err = conn.Write(head)
		}
		return in[n:], err
	}
}

// compress sets up compression as negotiated.
func (e *engine) compress(d *handshake.Deflate) {
	if d == nil {
		return
	}
	in, out := parameters{noTakeover: d.ServerNoTakeover, bits: d.ServerBits}, parameters{noTakeover: d.ClientNoTakeover, bits: d.ClientBits}
	if e.server {
		in, out = out, in
	}
	if e.faults.wide {
		out.bits = 15
	}
	if e.faults.far {
		in.bits = 15
	}
	e.dec.Compressed = true
	e.inflater = deflate.NewInflater(in.bits, !in.noTakeover)
	e.deflater = deflate.NewDeflater(1, out.bits, !out.noTakeover)
}
