package curlew_test

import (
	"errors"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// Text that stops being UTF-8 in the middle of a frame is refused at once,
// with nothing more coming: the bytes before the bad one, then the error, and a
// CLOSE of 1007 on the wire.
func TestBadTextIsRefusedAtOnce(t *testing.T) {
	curlewtest.NoLeaks(t)
	client, server := curlewtest.Pipe()
	c := curlew.NewConn(client, false, nil)
	defer c.Close()
	defer server.Close()
	if _, err := server.Write([]byte("\x81\x15abc\xff")); err != nil { // 4 of 21 bytes
		t.Fatal(err)
	}
	p, m, err := c.Next()
	if string(p) != "abc" || m.BytesLeft != 18 || err != nil {
		t.Fatalf("came %q %+v %v, expected the bytes before the bad one", p, m, err)
	}
	_, _, err = c.Next()
	var pe *curlew.ProtocolError
	if !errors.As(err, &pe) || pe.Code != curlew.CloseInvalidData || pe.Offset != 5 {
		t.Fatalf("came %v, expected a protocol error of code 1007 at byte 5", err)
	}
	got := make([]byte, 64)
	n, err := server.Read(got)
	if err != nil || n < 2 || got[0] != 0x88 {
		t.Fatalf("the peer got %x %v, expected a CLOSE", got[:n], err)
	}
}
