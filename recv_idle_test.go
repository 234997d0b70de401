package curlew

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// idleStreams make connected streams.
var idleStreams = map[string]func(*testing.T) (ours, theirs net.Conn){
	"pipe": func(*testing.T) (net.Conn, net.Conn) { return net.Pipe() },
	"tcp":  idleTCP,
	"tls":  idleTLS,
}

func idleTCP(t *testing.T) (ours, theirs net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if ours, err = net.Dial("tcp", l.Addr().String()); err == nil {
		theirs, err = l.Accept()
	}
	if err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

func idleTLS(t *testing.T) (ours, theirs net.Conn) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	a, b := idleTCP(t)
	certificate := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	client := tls.Client(a, &tls.Config{InsecureSkipVerify: true})
	server := tls.Server(b, &tls.Config{Certificates: []tls.Certificate{certificate}})
	done := make(chan error, 1)
	go func() { done <- server.Handshake() }()
	if err := errors.Join(client.Handshake(), <-done); err != nil {
		t.Fatal(err)
	}
	return client, server
}

// A connection that waits holds no buffer: none before the first byte, none
// after any number of bytes, none where the rest of a frame's payload is awaited.
func TestIdleHoldsNoBuffer(t *testing.T) {
	for name, streams := range idleStreams {
		for _, stream := range []string{
			"", "\x81\x02hi", "\x81\x3a" + strings.Repeat("x", 58), "\x81\x3e" + strings.Repeat("x", 62), "\x81\x7e\x01\x00",
			"\x82\x7d" + strings.Repeat("x", 100), "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + strings.Repeat("x", 60),
			"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + strings.Repeat("x", 1<<16),
		} {
			t.Run(fmt.Sprintf("%s/%d bytes", name, len(stream)), func(t *testing.T) {
				t.Parallel()
				ours, theirs := streams(t)
				c := NewConn(ours, false, nil)
				defer c.Close()
				defer theirs.Close()
				go theirs.Write([]byte(stream))
				for wait := 5 * grace; ; wait *= 2 {
					c.SetReadDeadline(time.Now().Add(wait))
					if err := receiveOn(c); !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Fatal(err)
					}
					if c.in.buf == nil {
						return
					}
					if wait > time.Second {
						t.Fatalf("holds a buffer of %d bytes", len(c.in.buf.b))
					}
				}
			})
		}
	}
}

// receiveOn receives up to an error, the payload of large frames straight into
// its own memory.
func receiveOn(c *Conn) (err error) {
	for p := make([]byte, 1<<18); err == nil; {
		if c.dec.Left() > 1<<10 {
			_, err = c.Recv(p)
		} else {
			_, _, err = c.Next()
		}
	}
	return err
}

// Where part of a header or of a control frame is awaited, the buffer that holds
// it is the smallest, whatever came before; then the rest is as good as ever.
func TestIdleHoldsLittle(t *testing.T) {
	for name, streams := range idleStreams {
		for _, frame := range []string{"\x8a\x03abc", "\x82\x7e\x01\x00" + strings.Repeat("x", 256), "\x89\x7d" + strings.Repeat("p", 125) + "\x8a\x00"} {
			for _, before := range []string{"", "\x82\x7f\x00\x00\x00\x00\x00\x04\x00\x00" + strings.Repeat("b", 1<<18)} {
				t.Run(fmt.Sprintf("%s/%d behind %d", name, len(frame), len(before)), func(t *testing.T) {
					t.Parallel()
					ours, theirs := streams(t)
					c := NewConn(ours, false, nil)
					defer c.Close()
					defer theirs.Close()
					go theirs.Write([]byte(before + frame[:1]))
					for wait := 5 * grace; ; wait *= 2 {
						c.SetReadDeadline(time.Now().Add(wait))
						if err := receiveOn(c); !errors.Is(err, os.ErrDeadlineExceeded) {
							t.Fatal(err)
						}
						if c.in.len() == 1 && len(c.in.buf.b) == minBuffer {
							break
						}
						if wait > time.Second {
							t.Fatalf("holds %d bytes", c.in.len())
						}
					}
					c.SetReadDeadline(time.Time{})
					go theirs.Write([]byte(frame[1:]))
					for end := false; !end; {
						_, m, err := c.Next()
						if err != nil {
							t.Fatal(err)
						}
						end = m.BytesLeft == 0
					}
				})
			}
		}
	}
}
