package curlew

import (
	"io"
	"net"
	"runtime"
	"testing"
)

// Bytes that the peer's system acknowledges are life: the program's writes show
// nothing of them until there is much room.
func TestRememberedAcknowledgedBytesAreLife(t *testing.T) {
	for network, address := range map[string]string{"tcp": "127.0.0.1:0", "unix": t.TempDir() + "/s"} {
		t.Run(network, func(t *testing.T) {
			l, err := net.Listen(network, address)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			ours, err := net.Dial(network, l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer theirs.Close()
			c := NewConn(ours, false, nil)
			defer c.Close()
			c.out.beat()
			sent := make(chan error, 1)
			go func() { sent <- c.Send(Binary, make([]byte, 64<<20)) }()
			for still := 0; still < 1000; still++ { // until the systems have no room
				if runtime.Gosched(); c.out.progress() == taken || !writing(c) {
					still = 0
				}
			}
			for range 10 {
				if got := c.out.progress(); got == taken {
					t.Fatalf("a peer that takes nothing took something")
				}
			}
			if _, err := io.CopyN(io.Discard, theirs, 600<<10); err != nil {
				t.Fatal(err)
			}
			for c.out.progress() != taken {
				runtime.Gosched() // the acknowledgement is on its way
			}
			c.Close()
			<-sent
		})
	}
}

// writing reports whether a write is in progress.
func writing(c *Conn) bool {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	return c.out.busy()
}
