//go:build unix

package curlew_test

import (
	"io"
	"net"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
	"github.com/curlew-ws/curlew/internal/socket"
)

// FuzzTryRecv gives a Conn any bytes in any pieces, over a socket or a layer
// above one, and tries behind each. Up to any of them, and in the end, the same
// must have come as comes by Recv.
func FuzzTryRecv(f *testing.F) {
	for _, frames := range splitScripts {
		stream := wireBytes(false, frames...)
		f.Add(stream[:min(len(stream), 1000)], uint64(3<<32|1), byte(0))
		stream = wireBytes(true, frames...)
		f.Add(stream[:min(len(stream), 1000)], uint64(9<<32|2), byte(1|64))
	}
	for _, v := range violations {
		f.Add([]byte(v.bytes), uint64(1<<32|3), byte(64))
	}
	for _, s := range chunkScripts {
		f.Add(wireBytes(false, s.frames...), uint64(2<<32|4), byte(6))
	}
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64, options byte) {
		server, o := fuzzOptions(options)
		ours, theirs := unixStreams(t)
		if options&64 != 0 {
			ours = layer{socket.Below(ours)}
		}
		c, peer := newPair(t, ours, theirs, server, &o)
		go io.Copy(io.Discard, theirs)
		pieces := inPieces(stream, curlewtest.Random(seed, 1+int(seed>>8%40)))
		rooms := curlewtest.Random(seed+1, 1+int(seed>>16%1000))
		middle := int(seed >> 32 % uint64(len(pieces)+1))
		var got []piece
		err, sent := curlew.ErrAgain, 0
		for i := 0; i <= len(pieces) && err == curlew.ErrAgain; i++ {
			if i == middle {
				want, _ := fuzzReceive(t, stream[:sent], nil, nil, server, o)
				sameBytes(t, got, want, o)
			}
			if i == len(pieces) {
				peer.closeWrite()
			} else {
				peer.sendBytes(pieces[i])
				sent += len(pieces[i])
			}
			var more []piece
			more, err = tryAll(c, rooms)
			got = append(got, more...)
		}
		if err == curlew.ErrAgain && len(got) > 0 && got[len(got)-1].flags == curlew.Close {
			c.Recv(nil) // awaits our answer
			_, err = c.TryRecv(nil)
		}
		theirs.Close() // so that Close has nothing to wait for
		want, wantErr := fuzzReceive(t, stream, nil, nil, server, o)
		if !sameEnd(err, wantErr) {
			t.Errorf("by TryRecv: %v\nby Recv: %v", err, wantErr)
		}
		sameBytes(t, got, want, o)
	})
}

// A layer passes everything on to what is below it.
type layer struct{ net.Conn }

func (l layer) NetConn() net.Conn { return l.Conn }

// sameBytes is samePieces of frames however they were cut, or of raw bytes.
func sameBytes(t *testing.T, got, want []piece, o curlew.AcceptOptions) {
	t.Helper()
	for _, p := range got {
		checkPiece(t, p, o)
	}
	if o.RawMode {
		samePieces(t, joinRaw(got), joinRaw(want))
	} else {
		samePieces(t, joined(t, got), joined(t, want))
	}
}
