package curlew_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// A receive that times out loses nothing: the next one goes on, here in the
// middle of a message.
func ExampleConn_SetReadDeadline() {
	proceed := make(chan bool)
	url, stop := serve(nil, func(_ context.Context, c *curlew.Conn) error {
		c.StartFrame(curlew.Text, 9)
		c.SendPayload([]byte("half"))
		<-proceed
		c.SendPayload([]byte(" done"))
		return c.Shutdown(context.Background(), curlew.CloseNormal, "")
	})
	defer stop()

	c, err := curlew.Dial(context.Background(), url)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	buf := make([]byte, 100)
	receive := func() {
		m, err := c.Recv(buf)
		fmt.Printf("%q, %d bytes left, timed out: %v\n", buf[:m.Len], m.BytesLeft, errors.Is(err, os.ErrDeadlineExceeded))
	}
	receive()
	c.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	receive()
	close(proceed) // something else to do meanwhile
	c.SetReadDeadline(time.Time{})
	receive()
	// Output:
	// "half", 5 bytes left, timed out: false
	// "", 0 bytes left, timed out: true
	// " done", 0 bytes left, timed out: false
}

// A callback that cannot take a chunk now pauses, and gets it again.
func ExampleConn_Resume() {
	url, stop := serve(nil, func(ctx context.Context, c *curlew.Conn) error {
		c.Send(curlew.Text, []byte("a chunk"))
		return c.Shutdown(ctx, curlew.CloseNormal, "")
	})
	defer stop()

	room := false
	err := new(curlew.Client).Perform(context.Background(), url, curlew.Handler{
		OnChunk: func(c *curlew.Conn, chunk []byte, m curlew.Meta) error {
			if !room {
				fmt.Println("no room; pause")
				room = true
				time.AfterFunc(time.Millisecond, c.Resume) // from any goroutine
				return curlew.ErrPause
			}
			if m.Flags&curlew.Text != 0 {
				fmt.Printf("%s\n", chunk)
			}
			return nil
		},
	})
	fmt.Println(err)
	// Output:
	// no room; pause
	// a chunk
	// <nil>
}

// Read a message as it comes, in constant memory.
func ExampleConn_NextReader() {
	url, stop := serve(nil, curlewtest.Echo)
	defer stop()

	ctx := context.Background()
	c, err := curlew.Dial(ctx, url)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	c.WriteMessage(ctx, curlew.Text, []byte("first line\nsecond line\n"))
	_, r, err := c.NextReader(ctx)
	if err != nil {
		log.Fatal(err)
	}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fmt.Println(lines.Text())
	}
	// Output:
	// first line
	// second line
}

// A protocol that wants a stream of bytes is carried by messages.
func ExampleConn_MessageConn() {
	url, stop := serve(nil, func(_ context.Context, c *curlew.Conn) error {
		stream := c.MessageConn(curlew.Binary)
		defer stream.Close()
		_, err := io.Copy(stream, stream)
		return err
	})
	defer stop()

	c, err := curlew.Dial(context.Background(), url)
	if err != nil {
		log.Fatal(err)
	}
	stream := c.MessageConn(curlew.Binary)
	defer stream.Close()
	fmt.Fprintln(stream, "any number of bytes")
	line, err := bufio.NewReader(stream).ReadString('\n')
	fmt.Printf("%q %v\n", line, err)
	// Output:
	// "any number of bytes\n" <nil>
}

// The same message for many connections is prepared once.
func ExamplePrepare() {
	const clients = 3
	news, err := curlew.Prepare(curlew.Text, []byte("to all"))
	if err != nil {
		log.Fatal(err)
	}
	url, stop := serve(nil, func(ctx context.Context, c *curlew.Conn) error {
		if err := c.SendPrepared(news); err != nil {
			return err
		}
		return c.Shutdown(ctx, curlew.CloseNormal, "")
	})
	defer stop()

	ctx := context.Background()
	for range clients {
		c, err := curlew.Dial(ctx, url)
		if err != nil {
			log.Fatal(err)
		}
		for m := range c.Messages(ctx) {
			fmt.Printf("%s\n", m.Data)
		}
		c.Close()
	}
	// Output:
	// to all
	// to all
	// to all
}

// The closing handshake says why, and waits for the peer to agree; Close alone
// only drops the connection.
func ExampleConn_Shutdown() {
	seen := make(chan error, 1)
	url, stop := serve(nil, func(ctx context.Context, c *curlew.Conn) error {
		_, _, err := c.ReadMessage(ctx, nil)
		seen <- err
		return c.Close()
	})
	defer stop()

	c, err := curlew.Dial(context.Background(), url)
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err = c.Shutdown(ctx, curlew.CloseGoingAway, "good night")
	fmt.Println(err)
	fmt.Println(<-seen) // by the server
	// Output:
	// <nil>
	// curlew: the peer closed the session with code 1001, "good night"
}
