package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// chunkSessions use the chunk methods of a client whose stream fails at one
// call after the other. Each returns the first error that it was told. The
// server echoes data, sends a PING with each frame, and answers CLOSE.
var chunkSessions = map[string]func(c *curlew.Conn) error{
	"Recv": func(c *curlew.Conn) error {
		if err := c.Send(curlew.Text, make([]byte, 700)); err != nil {
			return err
		}
		return receiveTo(c, 700, func() (int, error) { m, err := c.Recv(make([]byte, 200)); return m.Len, err })
	},
	"Next": func(c *curlew.Conn) error {
		if err := c.Send(curlew.Text, make([]byte, 1500)); err != nil {
			return err
		}
		return receiveTo(c, 1500, func() (int, error) { p, _, err := c.Next(); return len(p), err })
	},
	"StartFrame": func(c *curlew.Conn) error {
		if err := errors.Join(c.StartFrame(curlew.Binary, 3000), c.SendPayload(make([]byte, 1000)), c.SendPayload(make([]byte, 2000))); err != nil {
			return err
		}
		return receiveTo(c, 3000, func() (int, error) { p, _, err := c.Next(); return len(p), err })
	},
	"SendInPlace": func(c *curlew.Conn) error {
		if err := c.SendInPlace(curlew.Binary, make([]byte, 20_000)); err != nil {
			return err
		}
		return receiveTo(c, 20_000, func() (int, error) { p, _, err := c.Next(); return len(p), err })
	},
	"Cork": func(c *curlew.Conn) error {
		b := c.Cork()
		var err error
		for range 50 {
			err = errors.Join(err, b.Send(curlew.Text, make([]byte, 20)))
		}
		if err := errors.Join(err, b.Flush()); err != nil {
			return err
		}
		return receiveTo(c, 1000, func() (int, error) { p, _, err := c.Next(); return len(p), err })
	},
	"Send while receiving": func(c *curlew.Conn) error {
		received := make(chan error, 1)
		go func() {
			received <- receiveTo(c, 3000, func() (int, error) { p, _, err := c.Next(); return len(p), err })
		}()
		var sent error
		for range 3 {
			if sent = c.Send(curlew.Binary, make([]byte, 1000)); sent != nil {
				break
			}
		}
		return errors.Join(<-received, sent)
	},
	"CLOSE": func(c *curlew.Conn) error {
		if err := c.Send(curlew.Close, []byte("\x03\xe8")); err != nil {
			return err
		}
		_, err := receiveAll(c, nil)
		return err
	},
	"protocol error": func(c *curlew.Conn) error {
		if err := c.Send(curlew.Text, []byte("break the protocol")); err != nil {
			return err
		}
		_, err := receiveAll(c, nil)
		var pe *curlew.ProtocolError
		if !errors.As(err, &pe) {
			return err
		}
		if again := c.Send(curlew.Text, nil); again != err {
			return fmt.Errorf("then %w", again)
		}
		return nil
	},
}

// receiveTo receives n bytes of data.
func receiveTo(c *curlew.Conn, n int, receive func() (int, error)) error {
	for n > 0 {
		k, err := receive()
		if err != nil {
			return err
		}
		n -= k
	}
	return nil
}

// Whichever call of the stream fails, nothing hangs, panics or is left behind,
// and the error that comes is the stream's, or the end of the session.
func TestFailAtChunks(t *testing.T) {
	for name, session := range chunkSessions {
		t.Run(name, func(t *testing.T) {
			curlewtest.FailAt(t, func(t *testing.T, wrap func(net.Conn) net.Conn) (err error) {
				synctest.Test(t, func(t *testing.T) {
					ours, theirs := curlewtest.Pipe()
					stream := &noticing{Conn: wrap(ours)}
					c, peer := newPair(t, stream, theirs, false, &curlew.AcceptOptions{WriteBuffer: 512, ReadBuffer: 512})
					served := later(func() error { serveEchoes(peer); return nil })
					err = session(c)
					if err == io.EOF { // the right end
						err = nil
					}
					if err != nil {
						checkBroken(t, c, err)
					}
					synctest.Wait()
					if err == nil && stream.hit.Load() {
						err = c.Send(curlew.Ping, nil) // later calls tell
					}
					c.Close()
					<-served
				})
				return err
			})
		})
	}
}

// rawSessions pass bytes, which the other end sends back.
var rawSessions = map[string]func(c *curlew.Conn) error{
	"Send": func(c *curlew.Conn) error {
		sent := later(func() error { return c.Send(0, make([]byte, 3000)) })
		return errors.Join(receiveTo(c, 3000, func() (int, error) { m, err := c.Recv(make([]byte, 200)); return m.Len, err }), <-sent)
	},
	"Perform": func(c *curlew.Conn) error {
		left := 3000
		return c.Perform(context.Background(), curlew.Handler{
			OnChunk: func(_ *curlew.Conn, p []byte, _ curlew.Meta) error {
				if left -= len(p); left == 0 {
					return curlew.ErrStop
				}
				return nil
			},
			Upload: upTo(3000),
		})
	},
	"NetConn": func(c *curlew.Conn) error {
		sent := later(func() error { _, err := c.NetConn().Write(make([]byte, 3000)); return err })
		_, err := io.ReadFull(c.NetConn(), make([]byte, 3000))
		return errors.Join(err, <-sent)
	},
}

// upTo uploads n zeros.
func upTo(n int) func(*curlew.Conn, []byte) (int, error) {
	return func(_ *curlew.Conn, buf []byte) (int, error) {
		k := min(n, len(buf), 500)
		if n -= k; n == 0 {
			return k, io.EOF
		}
		return k, nil
	}
}

func TestFailAtRaw(t *testing.T) {
	for name, session := range rawSessions {
		t.Run(name, func(t *testing.T) {
			curlewtest.FailAt(t, func(t *testing.T, wrap func(net.Conn) net.Conn) (err error) {
				synctest.Test(t, func(t *testing.T) {
					ours, theirs := curlewtest.PipeSize(1000)
					stream := &noticing{Conn: wrap(ours)}
					c := curlew.NewConn(stream, false, &curlew.AcceptOptions{WriteBuffer: 512, ReadBuffer: 512, RawMode: true})
					echoed := later(func() error { _, err := io.Copy(theirs, theirs); return errors.Join(err, theirs.Close()) })
					err = session(c)
					c.Close()
					<-echoed
					if err != nil && !errors.Is(err, curlewtest.ErrInjected) {
						t.Errorf("%v, which is not what failed", err)
					}
					if err == nil && stream.hit.Load() {
						err = curlewtest.ErrInjected // when all had come
					}
				})
				return err
			})
		})
	}
}

// checkBroken checks the error of a stream that failed, and those of later calls.
func checkBroken(t *testing.T, c *curlew.Conn, err error) {
	t.Helper()
	if !errors.Is(err, curlewtest.ErrInjected) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the session ended with %v", err)
	}
	c.SetDeadline(time.Now().Add(time.Minute))
	for range 100 { // what is buffered may still come
		if _, _, err = c.Next(); err != nil {
			break
		}
	}
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("receiving goes on with %v", err)
	}
}

// serveEchoes is the server, which is done when the stream is.
func serveEchoes(peer *wirePeer) {
	defer peer.Close()
	for {
		f, err := readRawFrame(peer.r, true)
		if err != nil {
			return
		}
		reply := wireBytes(false, rawFrame{wPing, "with it"}, f)
		switch {
		case f.first == wPong:
			continue
		case f.payload == "break the protocol":
			reply = []byte{0xFF, 0xFF}
		}
		if _, err := peer.Write(reply); err != nil {
			return
		}
	}
}
