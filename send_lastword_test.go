package curlew_test

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// A CLOSE that answers the peer's gets out before Close ends the connection,
// whether it is being written or waits behind an answer that is.
func TestRememberedCloseLetsTheAnswerOut(t *testing.T) {
	for name, before := range map[string][]rawFrame{"being written": nil, "waiting": {pingFrame("first")}} {
		t.Run(name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := curlewtest.Pipe()
				stream := &gated{countWrites{Conn: ours}, make(chan struct{})}
				c, peer := newPair(t, stream, theirs, false, nil)
				peer.send(append(before, textFrame(""))...)
				wantNext(t, c, curlew.Text, "")
				synctest.Wait() // the first answer is being written, if there is one
				peer.send(closeFrame(4001, "enough"))
				wantNext(t, c, curlew.Close, closeFrame(4001, "enough").payload)
				synctest.Wait()
				closed := later(c.Close)
				close(stream.gate)
				peer.expect(append(answersTo(before), closeFrame(4001, ""))...)
				peer.expectEnd()
				<-closed
			})
		})
	}
}

// A bottomless stream has a NetConn, as those that are layers do, and nothing below.
type bottomless struct{ net.Conn }

func (bottomless) NetConn() net.Conn { return nil }

// Close closes a stream whose NetConn is nil, which is no layer then.
func TestRememberedCloseOfBottomless(t *testing.T) {
	curlewtest.NoLeaks(t)
	ours, theirs := curlewtest.Pipe()
	c, peer := newPair(t, bottomless{ours}, theirs, false, nil)
	end := make(chan error, 1)
	go func() { end <- next(c)() }()
	peer.sendBytes([]byte("\xFF\xFF")) // a breach, after which the stream is cut off
	var breach *curlew.ProtocolError
	if err := <-end; !errors.As(err, &breach) {
		t.Error(err)
	}
	peer.expect(closeFrame(curlew.CloseProtocolError, ""))
	c.Close()
	peer.expectEnd()
}
