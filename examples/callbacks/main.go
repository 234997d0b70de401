// Callbacks prints what a server sends, until the server closes the session or the
// program is interrupted. It is libcurl's curl_easy_perform with a write callback.
// A message given as second argument is sent first.
//
//	callbacks ws://127.0.0.1:8080/ "hello"
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"

	"github.com/curlew-ws/curlew"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: callbacks URL [MESSAGE]")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var client curlew.Client
	err := client.Perform(ctx, os.Args[1], curlew.Handler{OnOpen: open, OnChunk: chunk})
	if err != nil && !errors.Is(err, context.Canceled) {
		log.Fatal(err)
	}
}

// open is called once, when the session is open.
func open(c *curlew.Conn) error {
	if len(os.Args) < 3 {
		return nil
	}
	return c.Send(curlew.Text, []byte(os.Args[2]))
}

// chunk is called for every chunk. It prints messages as lines, and ends the
// session at the message bye.
func chunk(c *curlew.Conn, p []byte, m curlew.Meta) error {
	if m.Flags&(curlew.Text|curlew.Binary) == 0 {
		return nil
	}
	if _, err := os.Stdout.Write(p); err != nil || !m.MessageEnd() {
		return err
	}
	if _, err := os.Stdout.WriteString("\n"); err != nil {
		return err
	}
	if m.Offset == 0 && string(p) == "bye" {
		return curlew.ErrStop
	}
	return nil
}
