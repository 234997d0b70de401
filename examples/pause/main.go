// Pause receives messages at its own speed, one in 10 ms, and so makes a faster
// server wait. It is libcurl's CURL_WRITEFUNC_PAUSE and curl_easy_pause.
//
//	pause ws://127.0.0.1:8080/
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/curlew-ws/curlew"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: pause URL")
	}
	var client curlew.Client
	var t taker
	if err := client.Perform(context.Background(), os.Args[1], curlew.Handler{OnOpen: ask, OnChunk: t.chunk}); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("paused %d times\n", t.pauses)
}

// ask sends the messages to be echoed.
func ask(c *curlew.Conn) error {
	for _, s := range []string{"one", "two", "three", "bye"} {
		if err := c.Send(curlew.Text, []byte(s)); err != nil {
			return err
		}
	}
	return nil
}

// A taker pauses once for every chunk. Everything but Resume runs on one goroutine.
type taker struct {
	waited bool
	pauses int
}

func (t *taker) chunk(c *curlew.Conn, p []byte, m curlew.Meta) error {
	if m.Flags&curlew.Text == 0 {
		return nil
	}
	if t.waited = !t.waited; t.waited {
		t.pauses++
		time.AfterFunc(10*time.Millisecond, c.Resume)
		return curlew.ErrPause // the same chunk is delivered again
	}
	fmt.Printf("%s\n", p)
	if string(p) == "bye" {
		return curlew.ErrStop
	}
	return nil
}
