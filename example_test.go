package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// serve starts a server whose sessions are served by serve, for the examples.
func serve(o *curlew.AcceptOptions, serve func(context.Context, *curlew.Conn) error) (url string, stop func()) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := curlew.Accept(w, r, o); err == nil {
			serve(context.Background(), c)
		}
	}))
	return "ws" + strings.TrimPrefix(s.URL, "http"), s.Close
}

// Connect only: libcurl's CURLOPT_CONNECT_ONLY = 2, then curl_ws_send and
// curl_ws_recv. A frame comes in chunks, and Meta says where each belongs.
func ExampleDial() {
	url, stop := serve(nil, curlewtest.EchoChunks)
	defer stop()

	ctx := context.Background()
	c, err := curlew.Dial(ctx, url)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	if err := c.Send(curlew.Text, []byte("hello, echo")); err != nil {
		log.Fatal(err)
	}
	buf := make([]byte, 5) // so that the frame needs three
	for {
		m, err := c.Recv(buf)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%q at %d, %d left\n", buf[:m.Len], m.Offset, m.BytesLeft)
		if m.MessageEnd() {
			break
		}
	}
	if err := c.Shutdown(ctx, curlew.CloseNormal, "done"); err != nil {
		log.Fatal(err)
	}
	// Output:
	// "hello" at 0, 6 left
	// ", ech" at 5, 1 left
	// "o" at 10, 0 left
}

// Callbacks: libcurl's curl_easy_perform with a write callback.
func ExampleClient_Perform() {
	url, stop := serve(nil, curlewtest.Echo)
	defer stop()

	var client curlew.Client
	err := client.Perform(context.Background(), url, curlew.Handler{
		OnOpen: func(c *curlew.Conn) error { return c.Send(curlew.Text, []byte("hello")) },
		OnChunk: func(c *curlew.Conn, chunk []byte, m curlew.Meta) error {
			fmt.Printf("%s", chunk)
			if m.MessageEnd() {
				fmt.Println()
				return curlew.ErrStop // closes the session in good order
			}
			return nil
		},
	})
	fmt.Println(err)
	// Output:
	// hello
	// <nil>
}

// Upload is asked for what to send whenever something can be sent, while
// OnChunk gets what comes back: libcurl's read and write callbacks.
func ExampleHandler_upload() {
	url, stop := serve(nil, curlewtest.Echo)
	defer stop()

	lines := []string{"one", "two", "three"}
	echoed := 0
	var client curlew.Client
	err := client.Perform(context.Background(), url, curlew.Handler{
		Upload: func(c *curlew.Conn, buf []byte) (int, error) {
			if len(lines) == 0 {
				return 0, io.EOF // ends the upload, not the session
			}
			n := copy(buf, lines[0])
			lines = lines[1:]
			return n, nil
		},
		OnChunk: func(c *curlew.Conn, chunk []byte, m curlew.Meta) error {
			fmt.Printf("%s ", chunk)
			if echoed++; echoed == 3 {
				return curlew.ErrStop
			}
			return nil
		},
	})
	fmt.Println(err)
	// Output:
	// one two three <nil>
}

// Whole messages, one a turn of the loop.
func ExampleConn_Messages() {
	url, stop := serve(nil, func(ctx context.Context, c *curlew.Conn) error {
		for i := range 3 {
			c.WriteMessage(ctx, curlew.Text, fmt.Append(nil, "news ", i))
		}
		return c.Shutdown(ctx, curlew.CloseNormal, "no more news")
	})
	defer stop()

	ctx := context.Background()
	c, err := curlew.Dial(ctx, url)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	for m, err := range c.Messages(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s\n", m.Data)
	}
	// Output:
	// news 0
	// news 1
	// news 2
}

// ReadMessage says how the peer closed the session.
func ExampleConn_ReadMessage() {
	url, stop := serve(nil, func(ctx context.Context, c *curlew.Conn) error {
		return c.Shutdown(ctx, curlew.ClosePolicy, "not today")
	})
	defer stop()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := curlew.Dial(ctx, url)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	_, _, err = c.ReadMessage(ctx, nil)
	var end *curlew.CloseError
	if errors.As(err, &end) {
		fmt.Println(end.Code, end.Reason)
	}
	// Output:
	// 1008 not today
}

// A message whose length is not known goes out in fragments, and comes in as
// a stream: neither end holds it in memory.
func ExampleConn_NextWriter() {
	url, stop := serve(nil, curlewtest.EchoChunks)
	defer stop()

	ctx := context.Background()
	c, err := curlew.Dial(ctx, url)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	sent := make(chan error, 1)
	go func() {
		w, err := c.NextWriter(ctx, curlew.Binary)
		if err != nil {
			sent <- err
			return
		}
		for range 100 {
			io.WriteString(w, strings.Repeat("many bytes ", 1000)) // Close returns its errors too
		}
		sent <- w.Close()
	}()
	_, r, err := c.NextReader(ctx)
	if err != nil {
		log.Fatal(err)
	}
	n, err := io.Copy(io.Discard, r)
	fmt.Println(n, err, <-sent)
	// Output:
	// 1100000 <nil> <nil>
}

// A frame whose payload comes in pieces: libcurl's curl_ws_start_frame.
func ExampleConn_StartFrame() {
	url, stop := serve(nil, curlewtest.Echo)
	defer stop()

	ctx := context.Background()
	c, err := curlew.Dial(ctx, url)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	pieces := []string{"a frame ", "in three ", "pieces"}
	size := 0
	for _, p := range pieces {
		size += len(p)
	}
	if err := c.StartFrame(curlew.Text, int64(size)); err != nil {
		log.Fatal(err)
	}
	for _, p := range pieces {
		if err := c.SendPayload([]byte(p)); err != nil {
			log.Fatal(err)
		}
	}
	_, got, err := c.ReadMessage(ctx, nil)
	fmt.Printf("%s, %v\n", got, err)
	// Output:
	// a frame in three pieces, <nil>
}

// Raw mode: after the opening handshake the session is a stream of bytes.
// libcurl's CURLWS_RAW_MODE.
func ExampleConn_NetConn() {
	url, stop := serve(&curlew.AcceptOptions{RawMode: true}, func(_ context.Context, c *curlew.Conn) error {
		defer c.Close()
		_, err := io.Copy(c.NetConn(), c.NetConn())
		return err
	})
	defer stop()

	client := curlew.Client{RawMode: true}
	c, err := client.Dial(context.Background(), url)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	stream := c.NetConn()
	fmt.Fprint(stream, "just bytes")
	buf := make([]byte, len("just bytes"))
	_, err = io.ReadFull(stream, buf)
	fmt.Printf("%s, %v\n", buf, err)
	// Output:
	// just bytes, <nil>
}

// A server: Accept within any http.Handler.
func ExampleAccept() {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := curlew.Accept(w, r, &curlew.AcceptOptions{Subprotocols: []string{"shout"}})
		if err != nil {
			return // the refusal was sent
		}
		defer c.Close()
		for m, err := range c.Messages(r.Context()) {
			if err != nil {
				return
			}
			c.WriteMessage(r.Context(), m.Flags, []byte(strings.ToUpper(string(m.Data))))
		}
	})
	server := httptest.NewServer(handler)
	defer server.Close()

	ctx := context.Background()
	client := curlew.Client{Subprotocols: []string{"whisper", "shout"}}
	c, err := client.Dial(ctx, strings.Replace(server.URL, "http", "ws", 1))
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	c.WriteMessage(ctx, curlew.Text, []byte("hello"))
	_, p, err := c.ReadMessage(ctx, nil)
	fmt.Printf("%s, by %s, %v\n", p, c.Subprotocol(), err)
	// Output:
	// HELLO, by shout, <nil>
}

// Ping measures how long the peer takes to answer.
func ExampleConn_Ping() {
	url, stop := serve(nil, curlewtest.Echo)
	defer stop()

	ctx := context.Background()
	c, err := curlew.Dial(ctx, url)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	rtt, err := c.Ping(ctx)
	fmt.Println(rtt > 0, err)
	// Output:
	// true <nil>
}

// Many small frames go out in one write.
func ExampleConn_Cork() {
	url, stop := serve(nil, curlewtest.Echo)
	defer stop()

	ctx := context.Background()
	c, err := curlew.Dial(ctx, url)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	b := c.Cork()
	for _, word := range []string{"all", "at", "once"} {
		if err := b.Send(curlew.Text, []byte(word)); err != nil {
			log.Fatal(err)
		}
	}
	if err := b.Flush(); err != nil {
		log.Fatal(err)
	}
	for range 3 {
		_, p, err := c.ReadMessage(ctx, nil)
		fmt.Printf("%s %v\n", p, err)
	}
	// Output:
	// all <nil>
	// at <nil>
	// once <nil>
}

// A payload that is not needed any more need not be copied.
func ExampleConn_SendInPlace() {
	url, stop := serve(nil, curlewtest.Echo)
	defer stop()

	ctx := context.Background()
	c, err := curlew.Dial(ctx, url)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	frame := make([]byte, 1<<20) // a picture, say, that was made to be sent
	for i := range frame {
		frame[i] = byte(i)
	}
	if err := c.SendInPlace(curlew.Binary, frame); err != nil {
		log.Fatal(err)
	}
	_, p, err := c.ReadMessage(ctx, frame[:0]) // it is ours again, with any content
	fmt.Println(len(p), p[1], p[255], err)
	// Output:
	// 1048576 1 255 <nil>
}

// A refusal tells what the server said.
func ExampleHandshakeError() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "members only", http.StatusForbidden)
	}))
	defer server.Close()

	_, err := curlew.Dial(context.Background(), strings.Replace(server.URL, "http", "ws", 1))
	var refusal *curlew.HandshakeError
	if errors.As(err, &refusal) {
		fmt.Printf("%d: %s", refusal.Response.StatusCode, refusal.Body)
	}
	// Output:
	// 403: members only
}
