package curlew_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// splitScripts have headers of every length, masked or not, empty frames,
// control frames at every place, and payloads around the sizes of buffers.
var splitScripts = map[string][]rawFrame{
	"small": {{wText, "a"}, {wBinary, ""}, {wPing, ""}, {wTextGo, "€"}, {wPing, "p"}, {wContGo, ""}, {wPong, "q"}, {wCont, "ñ"}, {wClose, "\x03\xe8x"}},
	"lengths": {{wBinary, strings.Repeat("\x00", 125)}, {wBinary, strings.Repeat("\x01", 126)}, {wText, strings.Repeat("ab", 300)},
		{wPing, strings.Repeat("p", 125)}, {wPong, strings.Repeat("q", 125)}, {wBinaryGo, strings.Repeat("x", 511)}, {wCont, strings.Repeat("y", 513)}, {wClose, ""}},
	"long": {{wBinary, strings.Repeat("0123456789abcde", 5000)}, {wPing, "between"}, {wTextGo, strings.Repeat("€", 30000)}, {wCont, ""},
		{wBinary, strings.Repeat("z", 65536)}, {wClose, "\x03\xe9"}},
}

// Whatever pieces the bytes come in, and whatever room there is for them, the
// frames are the same; chunks are only cut where they must be.
func TestSplit(t *testing.T) {
	for name, frames := range splitScripts {
		for _, kind := range streamKinds {
			for _, server := range []bool{false, true} {
				for seed := range uint64(6) {
					if testing.Short() && seed > 0 || name == "long" && seed > 1 {
						continue
					}
					t.Run(fmt.Sprintf("%s/%s/server=%v/%d", name, kind.name, server, seed), func(t *testing.T) {
						t.Parallel()
						testSplit(t, kind.make, server, seed, frames)
					})
				}
			}
		}
	}
}

func testSplit(t *testing.T, streams func(testing.TB) (net.Conn, net.Conn), server bool, seed uint64, frames []rawFrame) {
	curlewtest.NoLeaks(t)
	ours, theirs := streams(t)
	writes := []int{1, 3, 14, 100, 2000, 1 << 20}[seed]
	rooms := []int{1, 5, 300, 5000, 100000, 0}[seed]
	if len(frames[0].payload) > 10000 {
		writes, rooms = 5000, 300+100000*int(seed)
	}
	theirs = curlewtest.SplitWrites(theirs, curlewtest.Random(seed, writes))
	if seed%2 == 1 { // which makes the stream one that is not known to be a socket
		ours = curlewtest.SplitReads(ours, curlewtest.Random(seed, 2*writes))
	}
	c, peer := newPair(t, ours, theirs, server, &curlew.AcceptOptions{ReadBuffer: []int{0, 512, 1024}[seed%3]})
	var peers sync.WaitGroup
	peers.Go(func() { peer.send(frames...) })
	answers := peer.drain()
	sizes := curlewtest.Random(seed+1, rooms)
	if seed == 5 || seed == 2 {
		sizes = nil // Next
	}
	got, err := receiveAll(c, sizes)
	if err != io.EOF {
		t.Error(err)
	}
	samePieces(t, joined(t, got), piecesOf(0, frames...))
	peers.Wait()
	c.Close()
	wantFrames(t, <-answers, answersTo(frames)...)
}

// A short script cut in three at every place.
func TestSplitEverywhere(t *testing.T) {
	frames := splitScripts["small"]
	for _, server := range []bool{false, true} {
		stream := wireBytes(server, frames...)
		for i := range len(stream) {
			for j := i; j < len(stream); j += 1 + j%3 {
				pieces := [][]byte{stream[:i], stream[i:j], stream[j:]}
				c := curlew.NewConn(&scripted{pieces: pieces}, server, nil)
				got, err := receiveAll(c, nil)
				if !errors.Is(err, io.EOF) {
					t.Fatalf("cut at %d and %d: %v", i, j, err)
				}
				samePieces(t, joined(t, got), piecesOf(0, frames...))
				c.Close()
			}
		}
	}
}
