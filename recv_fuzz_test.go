package curlew_test

import (
	"context"
	"errors"
	"io"
	"math/bits"
	"slices"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// FuzzConnRecv gives a Conn any bytes in any pieces. It must end, without a
// panic, every Meta must hold, and what comes must depend neither on the pieces
// nor on the model and the methods that receive it.
func FuzzConnRecv(f *testing.F) {
	for _, frames := range splitScripts {
		stream := wireBytes(false, frames...)
		f.Add(stream[:min(len(stream), 1000)], uint64(1), byte(0))
		stream = wireBytes(true, frames...)
		f.Add(stream[:min(len(stream), 1000)], uint64(2), byte(1))
	}
	for _, v := range violations {
		f.Add([]byte(v.bytes), uint64(3), byte(0))
	}
	for _, s := range chunkScripts {
		f.Add(wireBytes(false, s.frames...), uint64(4), byte(6))
	}
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64, options byte) {
		server, o := fuzzOptions(options)
		whole, wholeErr := fuzzReceive(t, stream, nil, nil, server, o)
		pieces := curlewtest.Random(seed, 1+int(seed>>8%40))
		rooms := curlewtest.Random(seed+1, 1+int(seed>>16%1000))
		cut, cutErr := fuzzReceive(t, stream, pieces, rooms, server, o)
		if !sameEnd(wholeErr, cutErr) {
			t.Fatalf("whole: %v\nin pieces: %v", wholeErr, cutErr)
		}
		if o.RawMode {
			return
		}
		samePieces(t, joined(t, cut), joined(t, whole))
		if o.NoAutoPong { // which message methods refuse
			return
		}
		want := messagesOf(whole)
		for _, receive := range []func(*curlew.Conn) ([]string, error){readAll, performAll} {
			c := curlew.NewConn(&scripted{pieces: inPieces(stream, pieces)}, server, &o)
			got, err := receive(c)
			c.Close()
			if !slices.Equal(got, want) || !sameEnd(err, wholeErr) {
				t.Fatalf("by messages: %q, %v\nby chunks: %q, %v", got, err, want, wholeErr)
			}
		}
	})
}

// fuzzOptions returns the role and the options that the bits of b stand for.
func fuzzOptions(b byte) (server bool, o curlew.AcceptOptions) {
	o = curlew.AcceptOptions{
		NoAutoPong: b&2 != 0, NoAutoClose: b&4 != 0, NoUTF8Check: b&8 != 0, RawMode: b&16 != 0,
		ReadBuffer: 512, MaxMessage: -1,
	}
	if b&32 != 0 {
		o.MaxFrame, o.MaxMessage, o.MaxFragments = 10, 20, 3
	}
	return b&1 != 0, o
}

// messagesOf returns the payloads of the data messages that are complete.
func messagesOf(chunks []piece) (all []string) {
	message := ""
	for _, p := range chunks {
		if p.flags&(curlew.Text|curlew.Binary) == 0 {
			continue
		}
		message += p.data
		if p.bytesLeft == 0 && p.flags&curlew.Cont == 0 {
			all, message = append(all, message), ""
		}
	}
	return all
}

// readAll receives by ReadMessage and NextReader in turns. The peer's CLOSE is io.EOF.
func readAll(c *curlew.Conn) (all []string, err error) {
	for n := 0; ; n++ {
		var p []byte
		if n%2 == 0 {
			_, p, err = c.ReadMessage(context.Background(), nil)
		} else {
			var r io.Reader
			if _, r, err = c.NextReader(context.Background()); err == nil {
				p, err = io.ReadAll(r)
			}
		}
		var end *curlew.CloseError
		switch {
		case errors.As(err, &end):
			return all, io.EOF
		case err != nil:
			return all, err
		}
		all = append(all, string(p))
	}
}

// performAll receives by Perform, pausing at every chunk. The peer's CLOSE is io.EOF.
func performAll(c *curlew.Conn) ([]string, error) {
	var chunks []piece
	paused := false
	err := c.Perform(context.Background(), curlew.Handler{OnChunk: func(c *curlew.Conn, p []byte, m curlew.Meta) error {
		if paused = !paused; paused {
			c.Resume()
			return curlew.ErrPause
		}
		chunks = append(chunks, pieceOf(p, m))
		return nil
	}})
	var end *curlew.CloseError
	if err == nil || errors.As(err, &end) {
		err = io.EOF
	}
	return messagesOf(chunks), err
}

// sameEnd compares errors; of two breaches in one header, either may be named.
func sameEnd(a, b error) bool {
	var pa, pb *curlew.ProtocolError
	if errors.As(a, &pa) && errors.As(b, &pb) {
		return pa.Code == pb.Code && pa.Offset == pb.Offset
	}
	return a.Error() == b.Error()
}

// fuzzReceive receives all of stream, by Recv or, if rooms is nil, by Next.
func fuzzReceive(t *testing.T, stream []byte, sizes, rooms curlewtest.Sizes, server bool, o curlew.AcceptOptions) ([]piece, error) {
	c := curlew.NewConn(&scripted{pieces: inPieces(stream, sizes)}, server, &o)
	defer c.Close()
	got, err := receiveAll(c, rooms)
	for _, p := range got {
		checkPiece(t, p, o)
	}
	var pe *curlew.ProtocolError
	switch {
	case errors.As(err, &pe):
		if pe.Offset < 0 || pe.Offset > int64(len(stream)) || pe.Code < 1000 {
			t.Errorf("%+v in a stream of %d", pe, len(stream))
		}
	case err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF):
		t.Errorf("ended by %v", err)
	}
	return got, err
}

// inPieces returns a copy of stream cut into sizes, whole if that is nil.
func inPieces(stream []byte, sizes curlewtest.Sizes) (pieces [][]byte) {
	for rest := append([]byte(nil), stream...); len(rest) > 0; {
		n := len(rest)
		if sizes != nil {
			n = min(n, sizes())
		}
		pieces = append(pieces, rest[:n])
		rest = rest[n:]
	}
	return pieces
}

// checkPiece checks what holds for every chunk.
func checkPiece(t *testing.T, p piece, o curlew.AcceptOptions) {
	const control = curlew.Close | curlew.Ping | curlew.Pong
	kind := p.flags &^ curlew.Cont
	switch {
	case o.RawMode:
		if p.flags != 0 || p.offset != 0 || p.bytesLeft != 0 || p.data == "" {
			t.Errorf("raw: %+v", p)
		}
	case bits.OnesCount32(uint32(kind)) != 1 || kind&(control|curlew.Text|curlew.Binary) == 0 || kind&control != 0 && kind != p.flags,
		kind == curlew.Ping && !o.NoAutoPong,
		p.offset < 0 || p.bytesLeft < 0,
		kind&control != 0 && p.offset+int64(len(p.data))+p.bytesLeft > 125:
		t.Errorf("%+v", p)
	}
}
